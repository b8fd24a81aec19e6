// unit
CALL () {
  MATCH (:SourceRecord {key: $p2})-[:TELLS]->(n:Unit)
  RETURN n
  UNION
  MATCH (n:Unit {uuid: $p3})
  RETURN n
}
CALL (n) {
  MATCH (n)-[s2:STATE]->(v1)
  WHERE (s2.from < $p1 AND (s2.to IS NULL OR s2.to > $p0))
  RETURN v1
  ORDER BY s2.from
  LIMIT 1
}
RETURN null AS head, [[v1.name, head(COLLECT {
  MATCH (n)-[r4:PART_OF]->(m3)
  WHERE m3:Unit AND true AND (r4.from < $p1 AND (r4.to IS NULL OR r4.to > $p0))
  WITH m3, min(r4.from) AS r4
  CALL (m3) {
    MATCH (m3)-[s6:STATE]->(v5)
    WHERE (s6.from < $p1 AND (s6.to IS NULL OR s6.to > $p0))
    RETURN v5
    ORDER BY s6.from
    LIMIT 1
  }
  WITH *
  ORDER BY r4, m3.uuid
  LIMIT 1
  RETURN [v5.name]
})]] AS rows
