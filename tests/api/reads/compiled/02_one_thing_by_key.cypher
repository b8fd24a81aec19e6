// unit
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
