// employments
MATCH (n:Employment)
WHERE (n.uuid IS NOT NULL) AND (n.active) AND ((n.type = $p1)) AND ((EXISTS {
  MATCH (n)-[at:IN]->(place:Unit)
  MATCH (place)-[parts:PART_OF*0..]->(top:Unit)
  WHERE all(part IN parts WHERE (part.from <= $p0 AND (part.to IS NULL OR part.to > $p0))) AND (at.from <= $p0 AND (at.to IS NULL OR at.to > $p0)) AND top.uuid = $p2
}))
WITH n
ORDER BY n.uuid
LIMIT $p3
WITH collect(n) AS found
WITH found[..$p4] AS page, found
WITH page, { more: size(found) > size(page), before: false, begin: toString(head(page).uuid), last: toString(last(page).uuid), total: null } AS head
UNWIND range(0, CASE WHEN page = [] THEN 0 ELSE size(page) - 1 END, 500) AS start
RETURN CASE start WHEN 0 THEN head END AS head, [n IN page[start..start + 500] | [n.number]] AS rows
