"""The best Cypher that we could write by hand for "the nearest manager of everybody, today".

It uses what an analyst would know about this graph: today's values are on the nodes; managers are computed per unit,
once for all its people, who share the walk up the tree; answers are packed in lists, because a row costs more than an
answer. It follows the rule in architecture.md §4 and the decisions A1–A24 in ``nearest.yaml`` that apply: the person is
excluded as holder and as substitute, absent holders are replaced by substitutes in force, and the first level with a
holder answers.
"""

from datetime import date

import neo4j


def holds(link: str) -> str:
    return f"{link}.from <= $at AND ({link}.to IS NULL OR {link}.to > $at)"


NEAREST_MANAGER_OF_ALL = f"""
MATCH (:Role {{key: 'manager'}})<-[of:OF]-(a:Assignment {{active: true}})-[counts:FOR]->(unit:Unit {{active: true}})
WHERE {holds("of")} AND {holds("counts")}
MATCH (holder {{active: true}})-[holds:HOLDS]->(a), (person:Person)-[has:HAS]->(holder)
WHERE {holds("holds")} AND {holds("has")} AND coalesce(person.dead, false) = false
WITH unit, a, person, coalesce(holder.on_leave, false) OR coalesce(person.absent, false) AS away
ORDER BY a.primary DESC, a.from, a.uuid
CALL (a, person, away) {{
    WITH a, person, away
    WHERE NOT away
    RETURN person AS who, null AS via
  UNION ALL
    WITH a, person, away
    WHERE away
    MATCH (who:Person)-[:STANDS_IN]->(via:Substitution {{active: true}})-[:SUBSTITUTES]->(a)
    WHERE coalesce(who.dead, false) = false AND coalesce(who.absent, false) = false
      AND EXISTS {{ MATCH (who)-[:HAS]->(e {{active: true}}) WHERE coalesce(e.on_leave, false) = false }}
      AND NOT EXISTS {{ (via)-[:SCOPE_ABOUT]->() }} AND NOT EXISTS {{ (via)-[:SCOPE_UNIT]->() }}
    WITH DISTINCT who, via
    ORDER BY via.rank, via.uuid
    RETURN who, via.uuid AS via
}}
WITH unit, collect({{of: person.uuid, person: who.uuid, assignment: a.uuid, via: via}}) AS held
MATCH (unit)<-[parts:PART_OF*0..30]-(below:Unit {{active: true}})
WHERE all(part IN parts WHERE {holds("part")})
WITH below, unit, held, size(parts) AS steps
ORDER BY steps
WITH below, collect({{unit: unit.uuid, steps: steps, held: held}}) AS levels
MATCH (person:Person)-[has:HAS]->(employment:Employment {{active: true}})-[works:IN]->(below)
WHERE {holds("has")} AND {holds("works")}
WITH employment, person.uuid AS self, levels
WITH employment, self,
     [level IN levels WHERE any(each IN level.held WHERE each.of <> self AND each.person <> self)][0] AS level
WITH [
    employment.uuid, level.unit, level.steps,
    [each IN level.held WHERE each.of <> self AND each.person <> self | [each.person, each.assignment, each.via]]
] AS answer
WITH collect(answer) AS answers
UNWIND range(0, size(answers) - 1, 2000) AS first
RETURN answers[first..first + 2000] AS answers
"""

Answer = tuple[str | None, int | None, tuple[str, ...]]
"""Unit that answers, steps to it, and the persons found, in no order."""


def by_hand(driver: neo4j.Driver, at: date) -> dict[str, Answer]:
    """Employment → answer, for every employment on ``at``; only for today, since it reads today's values."""
    with driver.session(default_access_mode=neo4j.READ_ACCESS) as session:
        return {
            employment: (unit, steps, tuple(sorted({person for person, _, _ in holders or ()})))
            for record in session.run(NEAREST_MANAGER_OF_ALL, at=at)
            for employment, unit, steps, holders in record["answers"]
        }
