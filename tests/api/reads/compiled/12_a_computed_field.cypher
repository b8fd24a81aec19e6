// nearest
UNWIND range(0, size($p1) - 1, 500) AS start
RETURN null AS head, COLLECT {
  UNWIND $p1[start..start + 500] AS answer
  RETURN [answer.`steps`, COLLECT {
    UNWIND answer.holders AS part1
    RETURN [head(COLLECT {
      MATCH (m2:Person {uuid: part1.person})
      RETURN [m2.name]
    })]
  }]
} AS rows
