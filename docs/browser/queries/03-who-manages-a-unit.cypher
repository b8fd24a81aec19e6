// 3. Who manages which unit today?
MATCH (holder)-[:HOLDS]->(assignment:Assignment)-[:OF]->(:Role {key: 'manager'})
WHERE assignment.active
MATCH (assignment)-[for:FOR]->(unit:Unit)
WHERE for.from <= date() AND (for.to IS NULL OR for.to > date())
OPTIONAL MATCH (person:Person)-[:HAS]->(holder)
RETURN unit.name AS unit, coalesce(person.name, holder.name) AS manager, holder.title AS title
ORDER BY unit
LIMIT 500
