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
RETURN CASE start WHEN 0 THEN head END AS head, [n IN page[start..start + 500] | [COLLECT {
  MATCH (n)-[r4:STATE]->(m3)
  WHERE m3:UnitState AND true
  WITH *
  ORDER BY r4.from
  RETURN [nullIf(toString(r4.from), '0001-01-01'), toString(r4.to), m3.name]
}, COLLECT {
  MATCH (n)-[r6:PART_OF]->(m5)
  WHERE m5:Unit AND m5.active AND (r6.from <= $p0 AND (r6.to IS NULL OR r6.to > $p0))
  WITH *
  ORDER BY r6.from, m5.uuid
  RETURN [nullIf(toString(r6.from), '0001-01-01'), toString(r6.to), [m5.name]]
}]] AS rows
