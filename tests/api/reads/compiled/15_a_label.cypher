// units
MATCH (n:Unit)
MATCH (n)-[s:STATE]->(v)
WHERE (s.from <= $p0 AND (s.to IS NULL OR s.to > $p0))
WITH *
WHERE (n.uuid IS NOT NULL) AND (true)
WITH n
ORDER BY n.uuid
LIMIT $p1
WITH collect(n) AS found
WITH found[..$p2] AS page, found
WITH page, { more: size(found) > size(page), before: false, begin: toString(head(page).uuid), last: toString(last(page).uuid), total: null } AS head
UNWIND range(0, CASE WHEN page = [] THEN 0 ELSE size(page) - 1 END, 500) AS start
RETURN CASE start WHEN 0 THEN head END AS head, COLLECT {
  UNWIND page[start..start + 500] AS n
  MATCH (n)-[s2:STATE]->(v1)
  WHERE (s2.from <= $p0 AND (s2.to IS NULL OR s2.to > $p0))
  RETURN ['Unit:' + n.uuid + ':' + toString($p0), CASE WHEN coalesce(v1.name, v1.number) IS NOT NULL THEN coalesce(v1.name, v1.number) ELSE coalesce(head(COLLECT {
    MATCH (n)-[was:STATE]->(known)
    WHERE coalesce(known.name, known.number) IS NOT NULL
    WITH known
    ORDER BY was.from > $p0, abs(duration.inDays($p0, was.from).days)
    LIMIT 1
    RETURN coalesce(known.name, known.number)
  }), n.uuid) END]
} AS rows
