// tree
MATCH (top:Unit {top: true})
MATCH way = (top)<-[parts:PART_OF*0..2]-(n:Unit)
WHERE all(part IN parts WHERE (part.from <= $p0 AND (part.to IS NULL OR part.to > $p0)))
WITH *
WHERE n.active
WITH n, size(parts) AS depth, nodes(way) AS line
WITH n, depth, line[-2].uuid AS parent
ORDER BY [u IN line | coalesce(u.sort_key, '') + u.uuid]
WITH collect({n: n, depth: depth, parent: CASE depth WHEN 0 THEN null ELSE parent END}) AS found
UNWIND range(0, size(found) - 1, 500) AS start
RETURN null AS head, COLLECT {
  UNWIND found[start..start + 500] AS entry
  WITH entry, entry.n AS n
  WITH *
  WHERE n.active
  RETURN [entry.depth, [n.name]]
} AS rows
