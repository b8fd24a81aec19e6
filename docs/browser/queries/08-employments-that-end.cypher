// 8. Whose employment ends in the next 30 days?
MATCH (person:Person)-[:HAS]->(employment:Employment)
WHERE employment.active AND employment.to > date() AND employment.to <= date() + duration('P30D')
MATCH (employment)-[at:IN]->(unit:Unit)
WHERE at.from <= date() AND (at.to IS NULL OR at.to > date())
RETURN employment.to AS first_day_without, person.name AS person, employment.title AS title, unit.name AS unit
ORDER BY first_day_without, person
LIMIT 500
