// now
CALL () {
  MATCH (:SourceRecord {key: $p1})-[:TELLS]->(n:Unit)
  RETURN n
  UNION
  MATCH (n:Unit {uuid: $p2})
  RETURN n
}
WITH *
WHERE n.active
RETURN null AS head, [[n.name]] AS rows

// then
CALL () {
  MATCH (:SourceRecord {key: $p1})-[:TELLS]->(n:Unit)
  RETURN n
  UNION
  MATCH (n:Unit {uuid: $p2})
  RETURN n
}
MATCH (n)-[s2:STATE]->(v1)
WHERE (s2.from <= $p0 AND (s2.to IS NULL OR s2.to > $p0))
RETURN null AS head, [[v1.name]] AS rows
