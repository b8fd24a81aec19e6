"""The nearest manager of everyone, today, by six flat reads and a walk in Python.

Each read returns pairs of Neo4j's integer node ids, which are cheap to send and to look up; uuids are read once per
thing. It follows the same rules as ``nearest_by_hand``, with the same answers.
"""

from collections import defaultdict
from collections.abc import Iterator
from datetime import date
from typing import Any

import neo4j

from benchmarks.nearest_by_hand import Answer, holds

_PARENTS = f"""
MATCH (child:Unit)-[part:PART_OF]->(parent:Unit)
WHERE {holds("part")}
RETURN collect([id(child), id(parent)]) AS rows
"""
_UNITS = """
MATCH (u:Unit {active: true})
RETURN collect([id(u), u.uuid]) AS rows
"""
_HELD = f"""
MATCH (:Role {{key: 'manager'}})<-[of:OF]-(a:Assignment {{active: true}})-[counts:FOR]->(unit:Unit {{active: true}})
WHERE {holds("of")} AND {holds("counts")}
MATCH (holder {{active: true}})-[holds:HOLDS]->(a), (person:Person)-[has:HAS]->(holder)
WHERE {holds("holds")} AND {holds("has")} AND coalesce(person.dead, false) = false
WITH unit, a, person, coalesce(holder.on_leave, false) OR coalesce(person.absent, false) AS away
ORDER BY a.primary DESC, a.from, a.uuid
RETURN collect([id(unit), id(a), id(person), away]) AS rows
"""
_STANDING_IN = """
MATCH (who:Person)-[:STANDS_IN]->(via:Substitution {active: true})-[:SUBSTITUTES]->(a:Assignment)
WHERE coalesce(who.dead, false) = false AND coalesce(who.absent, false) = false
  AND EXISTS { MATCH (who)-[:HAS]->(e {active: true}) WHERE coalesce(e.on_leave, false) = false }
  AND NOT EXISTS { (via)-[:SCOPE_ABOUT]->() } AND NOT EXISTS { (via)-[:SCOPE_UNIT]->() }
WITH DISTINCT a, who, via
ORDER BY via.rank, via.uuid
RETURN collect([id(a), id(who)]) AS rows
"""
_PERSONS = """
MATCH (person:Person)
WHERE EXISTS { (person)-[:STANDS_IN]->() } OR EXISTS { (person)-[:HAS]->()-[:HOLDS]->() }
RETURN collect([id(person), person.uuid]) AS rows
"""
_EMPLOYED = f"""
MATCH (person:Person)-[has:HAS]->(employment:Employment {{active: true}})-[works:IN]->(unit:Unit)
WHERE {holds("has")} AND {holds("works")}
WITH collect([employment.uuid, id(person), id(unit)]) AS found
UNWIND range(0, size(found) - 1, 2000) AS first
RETURN found[first..first + 2000] AS rows
"""


def by_ids(driver: neo4j.Driver, at: date) -> dict[str, Answer]:
    """Employment → answer, for every employment on ``at``; only for today, since it reads today's values."""
    with driver.session(default_access_mode=neo4j.READ_ACCESS) as session:
        parents: dict[int, int] = dict(_rows(session, _PARENTS, at))
        units: dict[int, str] = dict(_rows(session, _UNITS, at))
        standing_in = defaultdict(list)
        for assignment, who in _rows(session, _STANDING_IN, at):
            standing_in[assignment].append(who)
        held: dict[int, list[tuple[int, int]]] = defaultdict(list)  # in a unit: whose assignment, and who answers
        involved: set[int] = set()
        for unit, assignment, person, away in _rows(session, _HELD, at):
            answering = standing_in[assignment] if away else [person]
            held[unit] += [(person, who) for who in answering]
            involved.update((person, *answering))
        persons: dict[int, str] = dict(_rows(session, _PERSONS, at))
        employed = list(_rows(session, _EMPLOYED, at))

    def walked(unit: int | None, leaving_out: int | None) -> Answer:
        steps = 0
        while unit is not None:
            if unit in held:
                found = {persons[who] for of, who in held[unit] if leaving_out is None or leaving_out not in (of, who)}
                if found:
                    return units[unit], steps, tuple(sorted(found))
            unit, steps = parents.get(unit), steps + 1
        return None, None, ()

    shared: dict[int, Answer] = {}
    answers = {}
    for employment, person, unit in employed:
        if unit not in units:
            continue
        if person in involved:
            answers[employment] = walked(unit, person)
            continue
        if unit not in shared:
            shared[unit] = walked(unit, None)
        answers[employment] = shared[unit]
    return answers


def _rows(session: neo4j.Session, statement: str, at: date) -> Iterator[Any]:
    for record in session.run(statement, at=at):
        yield from record["rows"]
