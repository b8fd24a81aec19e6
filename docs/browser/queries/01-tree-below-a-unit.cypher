// 1. What belongs to a unit? The tree below it, as it is today.
MATCH path = (top:Unit)<-[parts:PART_OF*0..4]-(below:Unit)
WHERE top.name STARTS WITH 'Job'
  AND below.active
  AND all(part IN parts WHERE part.from <= date() AND (part.to IS NULL OR part.to > date()))
RETURN path
LIMIT 300
