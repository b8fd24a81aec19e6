"""The change log: append-only, numbered without gaps (architecture.md §2).

Every writer takes the numbers it needs from one counter at the start of its transaction and so holds the counter's
lock until it commits. That makes writers follow one another: numbers have no gaps (a transaction that is rolled
back gives its numbers back), they are in the order of commits, and what a writer has checked stays true until it
has written.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any, Literal, cast

import neo4j

from graph.connection import Run
from graph.errors import Unknown
from graph.time import COPENHAGEN, today

LOG = "changes"
Operation = Literal[
    "created", "changed", "moved", "ended", "withdrawn", "joined", "split", "erased", "marked different",
    "unmarked different", "begins", "ends", "takes effect",
]  # fmt: skip
"""What an entry of the log did to its thing. The last three are the day turn's."""


@dataclass(frozen=True, slots=True)
class Origin:
    """Who brings a change: a source or a user (by name), why, and in which run."""

    source: str
    user: str | None = None
    reason: str | None = None
    run: str | None = None


def entry(
    origin: Origin,
    number: int,
    kind: str,
    uuid: str,
    operation: Operation,
    before: str,
    after: str,
    day: date | None = None,
) -> dict[str, Any]:
    """One entry as a parameter. ``before``, ``after``: JSON. ``day``: the day that a day turn has turned."""
    return {
        "number": number,
        "source": origin.source,
        "user": origin.user,
        "reason": origin.reason,
        "run": origin.run,
        "day": day,
        "kind": kind,
        "uuid": uuid,
        "operation": operation,
        "before": before,
        "after": after,
    }


def append(change: str, node: str | None) -> str:
    """The clauses that append an entry; parameter ``$moment``.

    ``change``: expression of an ``entry``. ``node``: the thing that it is about, in scope; None where it is gone.
    """
    about = f"-[:CONCERNS]->({node})" if node else ""
    return f"""CREATE (logged:Change){about}
    SET logged = {change}, logged.at = $moment"""


def take_numbers(tx: neo4j.ManagedTransaction, count: int) -> int:
    """Lock the log and take ``count`` numbers; the first of them. Call it before anything is read to be checked."""
    row = tx.run(
        """
        MATCH (log:ChangeLog {name: $log})
        SET log.number = log.number + $count
        RETURN log.number - $count + 1 AS first
        """,
        log=LOG,
        count=count,
    ).single(strict=True)
    first: int = row["first"]
    return first


def identities(run: neo4j.Session | neo4j.ManagedTransaction) -> int:
    """How often people have moved records from one thing to another: who has matched keys before that is mistaken."""
    row = run.run("MATCH (log:ChangeLog {name: $log}) RETURN coalesce(log.identities, 0) AS count", log=LOG)
    count: int = row.single(strict=True)["count"]
    return count


def new_identities(tx: neo4j.ManagedTransaction) -> None:
    """Records have been moved. The log must be locked (``take_numbers``)."""
    tx.run("MATCH (log:ChangeLog {name: $log}) SET log.identities = coalesce(log.identities, 0) + 1", log=LOG).consume()


def now() -> datetime:
    """The moment at which a change is learnt, in UTC: the driver's C code crashes on zoneinfo's time zones."""
    return datetime.now(UTC)


def last_number(driver: neo4j.Driver) -> int:
    """The number of the last change; 0 before the first."""
    rows, _, _ = driver.execute_query(
        "MATCH (log:ChangeLog {name: $log}) RETURN log.number AS number",
        log=LOG,
        routing_=neo4j.RoutingControl.READ,
    )
    return int(rows[0]["number"]) if rows else 0


def moment_of(driver: neo4j.Driver, number: int) -> datetime | None:
    """When the change was learnt; None if there is none with this number."""
    rows, _, _ = driver.execute_query(
        "MATCH (c:Change {number: $number}) RETURN c.at AS at", number=number, routing_=neo4j.RoutingControl.READ
    )
    return cast("datetime", rows[0]["at"].to_native()) if rows else None


def changed_since(
    driver: neo4j.Driver, after: int, last: int, asked: Mapping[str, Sequence[str]]
) -> dict[str, list[str]]:
    """Which things have changed after one number, up to another. ``asked``: a name → (kind, property); without a
    property ("") every change of the kind counts. Returns uuids by name."""
    rows, _, _ = driver.execute_query(
        """
        UNWIND $asked AS asked
        MATCH (c:Change)
        WHERE c.number > $after AND c.number <= $last AND c.kind = asked.kind
            AND (asked.word = '' OR c.before CONTAINS asked.word OR c.after CONTAINS asked.word)
        RETURN asked.name AS name, collect(DISTINCT c.uuid) AS uuids
        """,
        after=after,
        last=last,
        asked=[
            {"name": name, "kind": kind, "word": f'"{property_}"' if property_ else ""}
            for name, (kind, property_) in asked.items()
        ],
        routing_=neo4j.RoutingControl.READ,
    )
    return {**{name: [] for name in asked}, **{row["name"]: sorted(row["uuids"]) for row in rows}}


def known_on(session: neo4j.Session, day: date) -> int:
    """The number of the last change that had been learnt at the end of a day.

    Raises Unknown: not_known_yet (the day is to come), nothing_known (it is before the first change).
    """
    if day > today():
        raise Unknown("not_known_yet", f"{day} is in the future: what will be known then is not known yet")
    midnight = datetime.combine(day + timedelta(days=1), time.min, COPENHAGEN).astimezone(UTC)
    last = session.run("MATCH (log:ChangeLog {name: $log}) RETURN log.number AS number", log=LOG).single(strict=True)
    known, later = 0, int(last["number"]) + 1
    if day == today() and later > 1:
        return later - 1
    while later - known > 1:  # numbers and moments are in the same order, and there are no gaps
        middle = (known + later) // 2
        learnt = session.run("MATCH (c:Change {number: $number}) RETURN c.at AS at", number=middle).single(strict=True)
        if learnt["at"].to_native() < midnight:
            known = middle
        else:
            later = middle
    if known == 0:
        first = session.run("MATCH (c:Change {number: 1}) RETURN c.at AS at").single()
        begins = "is empty" if first is None else f"begins on {first['at'].to_native().astimezone(COPENHAGEN).date()}"
        raise Unknown("nothing_known", f"nothing was known on {day}: the change log {begins}")
    return known


def turned_day(session: Run) -> date:
    """The day whose values the identity nodes show: the last day turn's."""
    row = session.run("MATCH (c:Clock) RETURN c.today AS today").single(strict=True)
    day: date = row["today"].to_native()
    return day
