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
RETURN CASE start WHEN 0 THEN head END AS head, [n IN page[start..start + 500] | [head([(n)-[r4:PART_OF]->(m3) WHERE m3:Unit AND m3.active AND (r4.from <= $p0 AND (r4.to IS NULL OR r4.to > $p0)) | [m3.name]]), COLLECT {
  MATCH (n)<-[r8:PART_OF]-(m7)
  WHERE m7:Unit AND m7.active AND (r8.from <= $p0 AND (r8.to IS NULL OR r8.to > $p0))
  WITH *
  ORDER BY coalesce(m7.sort_key, ''), m7.uuid
  RETURN [m7.name]
}]] AS rows
