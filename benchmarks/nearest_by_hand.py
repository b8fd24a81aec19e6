"""The best Cypher that we could write by hand for "the nearest manager of everybody, today".

It knows what an analyst would know of this graph: today's values on the nodes, managers per unit worked out once for
all its people, the walk up the tree shared by them. It keeps to the rule of DESIGN §4 and the decisions A1–A24 of
``nearest.yaml`` that its question touches: the person is left out as holder and as substitute, those away are
replaced by substitutes in force, the first level with anybody answers.
"""

from typing import Any

import neo4j

NEAREST_MANAGER_OF_ALL = """
MATCH (:Role {key: 'manager'})<-[:OF]-(a:Assignment {active: true})-[counts:FOR]->(unit:Unit {active: true})
WHERE counts.from <= $at AND (counts.to IS NULL OR counts.to > $at)
MATCH (holder {active: true})-[:HOLDS]->(a)
MATCH (person:Person)-[:HAS]->(holder)
WHERE coalesce(person.dead, false) = false
WITH unit, a, person, coalesce(holder.on_leave, false) OR coalesce(person.absent, false) AS away
ORDER BY a.primary DESC, a.from, a.uuid
CALL (a, person, away) {
    WITH a, person, away
    WHERE NOT away
    RETURN person AS who, null AS via
  UNION ALL
    WITH a, person, away
    WHERE away
    MATCH (who:Person)-[:STANDS_IN]->(via:Substitution {active: true})-[:SUBSTITUTES]->(a)
    WHERE coalesce(who.dead, false) = false AND coalesce(who.absent, false) = false
      AND EXISTS { MATCH (who)-[:HAS]->(e {active: true}) WHERE coalesce(e.on_leave, false) = false }
      AND NOT EXISTS { (via)-[:SCOPE_ABOUT]->() } AND NOT EXISTS { (via)-[:SCOPE_UNIT]->() }
    WITH who, via
    ORDER BY via.rank, via.uuid
    RETURN who, via.uuid AS via
}
WITH unit, collect({of: person.uuid, person: who.uuid, assignment: a.uuid, via: via}) AS held
MATCH (unit)<-[parts:PART_OF*0..30]-(below:Unit {active: true})
WHERE all(part IN parts WHERE part.from <= $at AND (part.to IS NULL OR part.to > $at))
WITH below, unit, held, size(parts) AS steps
ORDER BY steps
WITH below, collect({unit: unit.uuid, steps: steps, held: held}) AS levels
MATCH (employment:Employment {active: true})-[works:IN]->(below)
WHERE works.from <= $at AND (works.to IS NULL OR works.to > $at)
MATCH (person:Person)-[:HAS]->(employment)
WITH employment, person.uuid AS self, levels
WITH employment, self,
     [level IN levels WHERE any(each IN level.held WHERE each.of <> self AND each.person <> self)][0] AS level
RETURN employment.uuid AS employment, level.unit AS level_unit, level.steps AS steps,
       [each IN level.held WHERE each.of <> self AND each.person <> self] AS holders
"""


def ask(driver: neo4j.Driver, query: str, **parameters: Any) -> list[dict[str, Any]]:
    """Rows of a read."""
    with driver.session(default_access_mode=neo4j.READ_ACCESS) as session:
        return [record.data() for record in session.run(query, parameters)]
