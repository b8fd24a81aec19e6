"""Persons who look alike but are different: marked by hand, with user and reason, and unmarked again."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Any

import neo4j
import orjson

from graph.change_log import Operation, Origin, append, entry, now, take_numbers
from graph.errors import ChangeRejected, Unknown


@dataclass(frozen=True, slots=True)
class DistinctPersons:
    """Two persons, sorted, who are marked as different. ``at``: ISO 8601, UTC."""

    persons: tuple[str, str]
    user: str
    reason: str
    at: str


def mark_as_different(driver: neo4j.Driver, persons: Sequence[str], origin: Origin) -> None:
    """Mark each two of these persons as different. Raises ChangeRejected (two_persons), Unknown."""
    _write(driver, persons, origin, "marked different", _APART)


def unmark_as_different(driver: neo4j.Driver, persons: Sequence[str], origin: Origin) -> None:
    """Undo it. Raises ChangeRejected (two_persons), Unknown (also if they are not marked)."""
    _write(driver, persons, origin, "unmarked different", _BACK)


def distinct_persons(driver: neo4j.Driver) -> Iterator[DistinctPersons]:
    """All pairs that are marked, the newest first."""
    with driver.session(default_access_mode=neo4j.READ_ACCESS) as session:
        for row in session.run(
            """
            MATCH (a:Person)-[apart:IS_NOT]->(b:Person)
            RETURN a.uuid AS one, b.uuid AS other, apart.user AS user, apart.reason AS reason, toString(apart.at) AS at
            ORDER BY apart.at DESC, one, other
            """
        ):
            yield DistinctPersons((row["one"], row["other"]), row["user"], row["reason"], row["at"])


# The relationship goes from the lower uuid, so that a pair has one.
_APART = """
UNWIND $pairs AS pair
MATCH (a:Person {uuid: pair[0]}), (b:Person {uuid: pair[1]})
MERGE (a)-[apart:IS_NOT]->(b)
SET apart.user = $user, apart.reason = $reason, apart.at = $at
RETURN count(*) AS pairs
"""
_BACK = """
UNWIND $pairs AS pair
MATCH (:Person {uuid: pair[0]})-[apart:IS_NOT]->(:Person {uuid: pair[1]})
DELETE apart
RETURN count(*) AS pairs
"""
_LOG = f"""
UNWIND $changes AS change
MATCH (p:Person {{uuid: change.uuid}})
{append("change", "p")}
"""


def _write(driver: neo4j.Driver, persons: Sequence[str], origin: Origin, operation: Operation, query: str) -> None:
    chosen = sorted(set(persons))
    if len(chosen) < 2:
        raise ChangeRejected("two_persons", "give two persons or more")
    pairs = [list(each) for each in combinations(chosen, 2)]

    def work(tx: neo4j.ManagedTransaction) -> None:
        number = take_numbers(tx, len(chosen))
        moment = now()
        row = tx.run(query, pairs=pairs, user=origin.user, reason=origin.reason, at=moment).single(strict=True)
        if row["pairs"] != len(pairs):
            raise Unknown("unknown_decision", "there is no such decision, or one of the persons is unknown")
        changes = [_change(chosen, each, number, origin, operation) for each in chosen]
        tx.run(_LOG, changes=changes, moment=moment).consume()

    with driver.session() as session:
        session.execute_write(work)


def _change(persons: Sequence[str], uuid: str, first: int, origin: Origin, operation: Operation) -> dict[str, Any]:
    others = [each for each in persons if each != uuid]
    before = orjson.dumps({"states": [], "links": []}).decode()
    after = orjson.dumps({"states": [], "links": [], "persons": others}).decode()
    return entry(origin, first + persons.index(uuid), "Person", uuid, operation, before, after)
