// 12. Who handles a part of KLE, and for which unit?
MATCH (holder)-[:HOLDS]->(assignment:Assignment)-[:ABOUT]->(kle:KleNode)
WHERE assignment.active AND kle.number STARTS WITH '27'
MATCH (assignment)-[:OF]->(role:Role)
MATCH (assignment)-[for:FOR]->(unit:Unit)
WHERE for.from <= date() AND (for.to IS NULL OR for.to > date())
OPTIONAL MATCH (person:Person)-[:HAS]->(holder)
RETURN kle.number AS kle, role.title AS role, unit.name AS unit, collect(DISTINCT coalesce(person.name, holder.name)) AS who
ORDER BY kle, unit
LIMIT 300
