// 6. Who was employed in a unit on a day in the past? States and periods answer for any day.
WITH date('2025-01-15') AS day
MATCH (unit:Unit)<-[at:IN]-(employment:Employment)<-[:HAS]-(person:Person)
WHERE unit.name STARTS WITH 'Job' AND at.from <= day AND (at.to IS NULL OR at.to > day)
MATCH (employment)-[held:STATE]->(state:EmploymentState)
WHERE held.from <= day AND (held.to IS NULL OR held.to > day)
RETURN unit.name AS unit, person.name AS person, state.title AS title, state.weekly_hours AS hours
ORDER BY unit, person
LIMIT 500
