// nearest
UNWIND $uuids AS uuid
MATCH (:Person {uuid: uuid})-[:JOINED_INTO*0..]->(m1)
WHERE NOT EXISTS {
  (m1)-[:JOINED_INTO]->()
}
WITH uuid, [m1.name] AS row
RETURN collect([uuid, row]) AS things
