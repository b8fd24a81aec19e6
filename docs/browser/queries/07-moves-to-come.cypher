// 7. Who starts in a unit, or moves to it, in the next 60 days?
MATCH (person:Person)-[:HAS]->(employment:Employment)-[at:IN]->(unit:Unit)
WHERE at.from > date() AND at.from <= date() + duration('P60D')
OPTIONAL MATCH (employment)-[before:IN]->(old:Unit)
WHERE before.to = at.from
RETURN at.from AS day, person.name AS person, old.name AS leaves, unit.name AS comes_to
ORDER BY day, person
LIMIT 500
