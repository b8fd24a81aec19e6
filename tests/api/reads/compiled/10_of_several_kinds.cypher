// assignments
MATCH (n:Assignment)
WHERE (n.uuid IS NOT NULL) AND (n.active)
WITH n
ORDER BY n.uuid
LIMIT $p1
WITH collect(n) AS found
WITH found[..$p2] AS page, found
WITH page, { more: size(found) > size(page), before: false, begin: toString(head(page).uuid), last: toString(last(page).uuid), total: null } AS head
UNWIND range(0, CASE WHEN page = [] THEN 0 ELSE size(page) - 1 END, 500) AS start
RETURN CASE start WHEN 0 THEN head END AS head, [n IN page[start..start + 500] | [head([(n)<-[r4:HOLDS]-(m3) WHERE m3:Employment|Affiliation|Person AND m3.active AND (r4.from <= $p0 AND (r4.to IS NULL OR r4.to > $p0)) | CASE WHEN m3:Employment THEN ['Employment', m3.uuid, m3.number] WHEN m3:Affiliation THEN ['Affiliation', m3.uuid] WHEN m3:Person THEN ['Person', m3.uuid] END])]] AS rows
