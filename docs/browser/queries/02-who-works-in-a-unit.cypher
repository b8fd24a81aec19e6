// 2. Who works in a unit, and in all that is below it, today?
MATCH (top:Unit)
WHERE top.name STARTS WITH 'Job' AND top.active
MATCH (unit:Unit)-[parts:PART_OF*0..]->(top)
WHERE all(part IN parts WHERE part.from <= date() AND (part.to IS NULL OR part.to > date()))
MATCH (person:Person)-[:HAS]->(employment:Employment)-[at:IN]->(unit)
WHERE employment.active AND at.from <= date() AND (at.to IS NULL OR at.to > date())
RETURN DISTINCT unit.name AS unit, person.name AS person, employment.title AS title
ORDER BY unit, person
