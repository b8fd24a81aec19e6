// 11. What was a unit called, and where did it belong, over time?
MATCH (unit:Unit)-[held:STATE]->(state:UnitState)
WHERE unit.name STARTS WITH 'Job'
OPTIONAL MATCH (unit)-[part:PART_OF]->(parent:Unit)
WHERE (held.to IS NULL OR part.from < held.to) AND (part.to IS NULL OR part.to > held.from)
RETURN unit.number AS number, state.name AS name, held.from AS from, held.to AS to, collect(DISTINCT parent.name) AS below
ORDER BY number, from
LIMIT 200
