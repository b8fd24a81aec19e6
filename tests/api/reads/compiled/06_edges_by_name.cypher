// persons
MATCH (n:Person)
WHERE n.sort_key IS NOT NULL AND (n.uuid IS NOT NULL) AND (n.active)
WITH n
ORDER BY n.sort_key, n.uuid
LIMIT $p1
WITH collect(n) AS found
WITH found[..$p2] AS page, found
WITH page, { more: size(found) > size(page), before: false, begin: head(page).sort_key + '|' + head(page).uuid, last: last(page).sort_key + '|' + last(page).uuid, total: null } AS head
UNWIND range(0, CASE WHEN page = [] THEN 0 ELSE size(page) - 1 END, 500) AS start
RETURN CASE start WHEN 0 THEN head END AS head, [n IN page[start..start + 500] | [n.sort_key + '|' + n.uuid, [n.name]]] AS rows
