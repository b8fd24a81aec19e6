// person
CALL () {
  WITH $p1 AS uuid
  MATCH (:Person {uuid: uuid})-[:JOINED_INTO*0..]->(n)
  WHERE NOT EXISTS {
    (n)-[:JOINED_INTO]->()
  }
  RETURN uuid AS asked, n.uuid AS uuid
}
MATCH (n:Person {uuid: uuid})
WITH *
WHERE n.active
RETURN null AS head, [[n.uuid, n.name]] AS rows
