// 9. Who has more than one employment today, and where?
MATCH (person:Person)-[:HAS]->(employment:Employment)-[at:IN]->(unit:Unit)
WHERE employment.active AND at.from <= date() AND (at.to IS NULL OR at.to > date())
WITH person, collect(employment.title + ' in ' + unit.name) AS employments
WHERE size(employments) > 1
RETURN person.name AS person, employments
ORDER BY size(employments) DESC, person
LIMIT 200
