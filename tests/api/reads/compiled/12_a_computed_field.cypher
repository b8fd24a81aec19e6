// nearest
UNWIND $uuids AS uuid
MATCH (m1:Person {uuid: uuid})
WITH uuid, [m1.name] AS row
RETURN collect([uuid, row]) AS things
