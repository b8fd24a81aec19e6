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
RETURN CASE start WHEN 0 THEN head END AS head, [n IN page[start..start + 500] | [head(COLLECT {
  UNWIND [COLLECT {
    MATCH (n)<-[r4:IN]-(m3)
    WHERE m3:Employment AND m3.active AND (r4.from <= $p0 AND (r4.to IS NULL OR r4.to > $p0))
    WITH *
    WHERE (m3.type = $p3)
    WITH *, null AS sorted_by
    ORDER BY sorted_by, m3.uuid
    RETURN {thing: m3, by: sorted_by}
  }] AS found8
  WITH found8, found8 AS rest9
  WITH found8, rest9, rest9[..$p4] AS page10
  RETURN [size(found8), COLLECT {
    UNWIND page10 AS entry7
    WITH entry7, entry7.thing AS m3
    RETURN [toString(entry7.thing.uuid), [m3.number]]
  }]
})]] AS rows
