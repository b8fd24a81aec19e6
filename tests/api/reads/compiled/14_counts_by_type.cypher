// units
MATCH (n:Unit)
WHERE (n.uuid IS NOT NULL) AND (n.active)
WITH n
ORDER BY n.uuid
LIMIT $p1
WITH collect(n) AS found
WITH found[..$p2] AS page, found
WITH page, { more: size(found) > size(page), before: false, begin: toString(head(page).uuid), last: toString(last(page).uuid), total: null } AS head
UNWIND range(0, CASE WHEN page = [] THEN 0 ELSE size(page) - 1 END, 500) AS start
RETURN CASE start WHEN 0 THEN head END AS head, [n IN page[start..start + 500] | [COUNT {
  MATCH (n)<-[part:PART_OF]-(child:Unit)
  WHERE (part.from <= $p0 AND (part.to IS NULL OR part.to > $p0)) AND child.active
  RETURN DISTINCT child
}, COLLECT {
  MATCH (n)<-[parts:PART_OF*0..]-(place:Unit)
  WHERE all(part IN parts WHERE (part.from <= $p0 AND (part.to IS NULL OR part.to > $p0)))
  WITH DISTINCT place
  MATCH (place)<-[at:IN]-(employment:Employment)
  WHERE (at.from <= $p0 AND (at.to IS NULL OR at.to > $p0)) AND employment.active
  WITH DISTINCT employment
  WITH employment.type AS type, count(*) AS count
  ORDER BY type
  WITH {type: type, count: count} AS counted
  RETURN [counted.type, counted.count]
}]] AS rows
