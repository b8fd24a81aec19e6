// 5. Which units are above a person, and who manages them? (The rule itself is nearestManager in the API.)
MATCH (person:Person)-[:HAS]->(employment:Employment)-[at:IN]->(unit:Unit)
WHERE person.name STARTS WITH 'A'
  AND employment.active AND at.from <= date() AND (at.to IS NULL OR at.to > date())
WITH person, unit
ORDER BY person.name
LIMIT 1
MATCH (unit)-[parts:PART_OF*0..]->(above:Unit)
WHERE all(part IN parts WHERE part.from <= date() AND (part.to IS NULL OR part.to > date()))
OPTIONAL MATCH (manager:Person)-[:HAS]->(:Employment)-[:HOLDS]->(assignment:Assignment)-[for:FOR]->(above)
WHERE assignment.active AND for.from <= date() AND (for.to IS NULL OR for.to > date())
  AND EXISTS { (assignment)-[:OF]->(:Role {key: 'manager'}) }
RETURN person.name AS person, size(parts) AS levels_up, above.name AS unit, collect(DISTINCT manager.name) AS managers
ORDER BY levels_up
