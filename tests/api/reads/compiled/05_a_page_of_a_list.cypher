// units
MATCH (n:Unit)
WHERE (n.uuid IS NOT NULL) AND (n.active) AND n.uuid > $p1
WITH n
ORDER BY n.uuid
LIMIT $p2
WITH collect(n) AS found
WITH found[..$p3] AS page, found
WITH page, { more: size(found) > size(page), before: false, begin: toString(head(page).uuid), last: toString(last(page).uuid), total: COUNT {
  MATCH (n:Unit)
  WITH *
  WHERE (n.uuid IS NOT NULL) AND (n.active)
  RETURN n
} } AS head
UNWIND range(0, CASE WHEN page = [] THEN 0 ELSE size(page) - 1 END, 500) AS start
RETURN CASE start WHEN 0 THEN head END AS head, [n IN page[start..start + 500] | [n.name]] AS rows
