// 10. How many people and hours does each of the largest parts of the organisation have, all below included?
MATCH (root:Unit)
WHERE root.active AND NOT EXISTS {
  MATCH (root)-[part:PART_OF]->()
  WHERE part.from <= date() AND (part.to IS NULL OR part.to > date())
}
MATCH (root)<-[part:PART_OF]-(top:Unit)
WHERE top.active AND part.from <= date() AND (part.to IS NULL OR part.to > date())
MATCH (unit:Unit)-[parts:PART_OF*0..]->(top)
WHERE all(each IN parts WHERE each.from <= date() AND (each.to IS NULL OR each.to > date()))
MATCH (person:Person)-[:HAS]->(employment:Employment)-[at:IN]->(unit)
WHERE employment.active AND at.from <= date() AND (at.to IS NULL OR at.to > date())
RETURN top.name AS part, count(DISTINCT person) AS people, round(sum(employment.weekly_hours)) AS weekly_hours
ORDER BY people DESC
