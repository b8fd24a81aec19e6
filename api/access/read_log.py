"""The log of reads: who has seen whose personal data, when, which groups of fields, and by which operation.

For callers who are people: their queries, what their mutations answer, and the changes that they follow. What machines
read is the business of the systems that they serve. Readings of CPR numbers are in a log of their own as well
(``api.access.cpr_readings``), which is written before the answer. This one is written in batches, so that no read waits
for it: within a second, and when the service stops. A process that is killed loses at most what it has answered in its
last second.
"""

import asyncio
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import neo4j
import structlog

from api.availability import CLOSED
from graph.change_log import now
from graph.identity.lookup import canonical, find_query
from graph.identity.user_names import names_of_same
from graph.questions.readable import Readable
from graph.time import today

EVERY = 0.5
"""Seconds between two writes."""
_MOST = 100_000
"""Reads that wait for the graph. Beyond that people are refused, since what they read could not be logged."""
_AT_ONCE = 1_000
_LAST_SECONDS = 8.0
"""Seconds in which what is left must be written when the service stops."""
_ABOUT = {
    "Person": "",
    **dict.fromkeys(("Employment", "Affiliation"), "<-[:HAS]-"),
    "Account": "<-[:OWNS]-",
    **dict.fromkeys(
        ("PlannedAccount", "AccountException", "AccountRequest", "ManualStep", "Attestation"), "-[:OF_PERSON]->"
    ),
    "Assignment": "<-[:HOLDS]-()<-[:HAS*0..1]-",
    "Substitution": "<-[:STANDS_IN]-",
    **dict.fromkeys(("Grant", "RightsRequest"), "-[:GIVEN_TO]->()<-[:HAS*0..1]-"),
}
"""Kind of thing → the way from it to the people whose data it is, at any time."""


def _persons_of(kind: str, way: str) -> str:
    """Rows of ``person``, from the ``uuid`` in scope."""
    thing = f"(:{kind} {{uuid: uuid}}){way}" if way else ""
    return f"MATCH {thing}(person:Person{'' if way else ' {uuid: uuid}'}) RETURN person"


_WRITE = f"""
UNWIND $reads AS read
CALL (read) {{
    UNWIND read.things AS uuid
    CALL (uuid) {{
        {" UNION ".join(_persons_of(kind, way) for kind, way in _ABOUT.items())}
        UNION
        MATCH (task:Task {{id: uuid}})-[:OF_CASE]->(c:Case)
        UNWIND [
            c.person, task.claimed_by, task.lapsed, task.done_by, task.done_for, task.asked_by, task.asked_of
        ] AS named
        MATCH (:Person {{uuid: named}})-[:JOINED_INTO*0..]->(person)
        WHERE NOT EXISTS {{ (person)-[:JOINED_INTO]->() }}
        RETURN person
        UNION
        MATCH (c:Case {{id: uuid}})
        UNWIND [c.person, c.started_by] AS named
        MATCH (:Person {{uuid: named}})-[:JOINED_INTO*0..]->(person)
        WHERE NOT EXISTS {{ (person)-[:JOINED_INTO]->() }}
        RETURN person
        UNION
        MATCH (d:Delegation {{id: uuid}})
        UNWIND [d.by, d.to] AS named
        MATCH (:Person {{uuid: named}})-[:JOINED_INTO*0..]->(person)
        WHERE NOT EXISTS {{ (person)-[:JOINED_INTO]->() }}
        RETURN person
    }}
    RETURN collect(DISTINCT person.uuid) AS owners
}}
WITH read, read.persons + [each IN owners WHERE NOT each IN read.persons] AS persons
WHERE size(persons) > 0 OR read.is_kept
CREATE (:PersonRead {{
    at: read.at, by: read.by, operation: read.operation, reason: read.reason, groups: read.groups, persons: persons
}})
"""
_KEPT = frozenset({"log", "search"})
"""Groups of reads that are kept even if no person was found: their texts may still be about people."""
_log = structlog.get_logger("api.access")


@dataclass(frozen=True, slots=True)
class ShownData:
    """Whose data an answer shows: people (uuids), things that are about people (uuids), and things by kind and the name
    by which they were asked for. The log finds the people of the last two."""

    persons: Collection[str] = ()
    things: Collection[str] = ()
    named: Sequence[tuple[str, str]] = ()


class ReadLogFull(Exception):
    """What is read can't be logged now, so it isn't answered."""


class ReadLog:
    """The log of one process. Belongs to the event loop in which it is first used."""

    def __init__(self, driver: neo4j.AsyncDriver) -> None:
        self._driver = driver
        self._waiting: list[dict[str, Any]] = []
        self._in_writing = 0
        """How many of the first of them are being written."""
        self._writer: asyncio.Task[None] | None = None

    def require_room(self) -> None:
        """Raises ReadLogFull."""
        if len(self._waiting) >= _MOST:
            raise ReadLogFull

    def note(
        self, by: str, operation: str, groups: Collection[str], seen: ShownData, reason: str | None = None
    ) -> None:
        """A person has seen data of these people. ``operation``: its name, else its root fields. ``reason``: why,
        in the person's words."""
        if not seen.persons and not seen.things and not seen.named and not _KEPT & set(groups):
            return
        self._waiting.append(
            {
                "at": now(),
                "by": by,
                "operation": operation,
                "reason": reason,
                "groups": sorted(groups),
                "persons": sorted(seen.persons),
                "things": sorted(seen.things),
                "named": seen.named,
                "is_kept": bool(_KEPT & set(groups)),
            }
        )
        self._begin()

    def note_event(self, by: str, operation: str, thing: str) -> None:
        """A person has received a change of a thing (uuid). Those that come within a write of the log are one entry."""
        last = self._waiting[-1] if len(self._waiting) > self._in_writing else None
        if last is not None and (last["by"], last["operation"], last["groups"]) == (by, operation, ["log"]):
            last["things"].append(thing)
        else:
            self.note(by, operation, ("log",), ShownData(things=(thing,)))

    def _begin(self) -> None:
        if self._writer is None or self._writer.done():
            self._writer = asyncio.create_task(self._write_on(), name="write the log of reads")

    async def close(self) -> None:
        """Write what is left. What can't be written in time is counted in the log."""
        if self._writer is not None:
            self._writer.cancel()
            await asyncio.wait({self._writer})
        try:
            async with asyncio.timeout(_LAST_SECONDS):
                while self._waiting:
                    await self._write()
        except (TimeoutError, *CLOSED, neo4j.exceptions.Neo4jError) as error:
            _log.error("reads_not_logged", count=len(self._waiting), error=type(error).__name__)

    async def _write_on(self) -> None:
        failed = False
        while self._waiting:
            await asyncio.sleep(EVERY)
            try:
                await self._write()
                failed = False
            except (*CLOSED, neo4j.exceptions.Neo4jError) as error:
                if not failed:
                    _log.warning("read_log_waits", error=type(error).__name__)
                failed = True

    async def _write(self) -> None:
        some = self._waiting[:_AT_ONCE]
        self._in_writing = len(some)
        try:
            reads = []
            for each in some:
                named = [uuid for kind, name in each["named"] for uuid in await self._named(kind, name)]
                reads.append({**each, "things": [*each["things"], *named], "named": None})
            await self._driver.execute_query(_WRITE, reads=reads)
            del self._waiting[: len(some)]
        finally:
            self._in_writing = 0

    async def _named(self, kind: str, name: str) -> list[str]:
        """The thing with this name; several, if it fits several: the answer was about one of them."""
        rows, _, _ = await self._driver.execute_query(
            find_query(kind),
            name=name,
            uuid=canonical(name),
            today=today(),
            routing_=neo4j.RoutingControl.READ,
        )
        return sorted({row["uuid"] for row in rows})


_JOINED = """
MATCH (former)-[:JOINED_INTO]->()
MATCH (former)-[:JOINED_INTO*1..]->(person)
WHERE NOT EXISTS { (person)-[:JOINED_INTO]->() }
RETURN former.uuid AS former, person.uuid AS person
"""
"""Those who were joined into another person: few, so all are read."""


@dataclass(frozen=True, slots=True)
class PersonRead:
    """``id``: in the graph, for reading on after it. ``persons``: uuids, as they are known today. ``reason``: why, if
    the person said so."""

    id: str
    at: datetime
    by: str
    operation: str
    groups: tuple[str, ...]
    persons: tuple[str, ...]
    reason: str | None = None


@dataclass(frozen=True, slots=True)
class Asked:
    """The reads of a period, whose moments are in UTC. ``person``: of that person's data; ``by``: the reader's name.
    ``readable``: only of persons who may be read; None = of all.

    Who was joined into another person is that person: also in what was read, and by whom, before the join.
    """

    start: datetime
    end: datetime
    person: str | None = None
    by: str | None = None
    readable: Readable | None = None

    def parameters(self, session: neo4j.Session, joined: Mapping[str, str]) -> dict[str, Any]:
        """Of ``_ASKED``."""
        own = None if self.person is None else _with_former({joined.get(self.person, self.person)}, joined)
        return {
            "start": self.start,
            "end": self.end,
            "own": own,
            "by": None if self.by is None else sorted(names_of_same(session, self.by)),
            "things": None if self.readable is None else _with_former(frozenset(self.readable.things), joined),
        }


_ASKED = """
MATCH (r:PersonRead)
WHERE r.at >= $start AND r.at < $end
  AND ($own IS NULL OR any(each IN r.persons WHERE each IN $own)) AND ($by IS NULL OR r.by IN $by)
"""
_READABLE = """
WITH r, [each IN r.persons WHERE $things IS NULL OR each IN $things] AS persons
WHERE $things IS NULL OR persons <> []
"""


def reads(
    driver: neo4j.Driver, asked: Asked, *, most: int | None = None, after: tuple[datetime, str] | None = None
) -> Iterator[PersonRead]:
    """The latest first; ``after``: only those after the read of this moment with this id."""
    with driver.session(default_access_mode=neo4j.READ_ACCESS) as session:
        joined = _joined(session)
        rows = session.run(
            f"""
            {_ASKED}
            {"" if after is None else "AND r.at <= $after AND (r.at < $after OR elementId(r) > $id)"}
            {_READABLE}
            RETURN elementId(r) AS id, r {{.*, persons: persons}} AS read
            ORDER BY r.at DESC, id
            {"" if most is None else "LIMIT $most"}
            """,
            **asked.parameters(session, joined),
            after=None if after is None else after[0].astimezone(UTC),
            id=None if after is None else after[1],
            most=most,
        )
        for row in rows:
            read = row["read"]
            yield PersonRead(
                row["id"],
                read["at"].to_native(),
                read["by"],
                read["operation"],
                tuple(read["groups"]),
                tuple(dict.fromkeys(joined.get(each, each) for each in read["persons"])),
                read.get("reason"),
            )


def how_many(driver: neo4j.Driver, asked: Asked, *, most: int) -> int:
    """How many reads there are; counted to ``most``."""
    with driver.session(default_access_mode=neo4j.READ_ACCESS) as session:
        row = session.run(
            f"{_ASKED} {_READABLE} WITH r LIMIT $most RETURN count(r) AS count",
            **asked.parameters(session, _joined(session)),
            most=most,
        ).single(strict=True)
        return int(row["count"])


def _joined(session: neo4j.Session) -> dict[str, str]:
    """Each who was joined into another person, and that person."""
    return {row["former"]: row["person"] for row in session.run(_JOINED)}


def _with_former(uuids: Collection[str], joined: Mapping[str, str]) -> list[str]:
    """With those of people who were joined into them."""
    return [*uuids, *(former for former, person in joined.items() if person in uuids)]


def sweep(driver: neo4j.Driver, kept: timedelta, moment: datetime) -> int:
    """Remove the reads that are older than ``kept``; how many."""
    removed = 0
    while True:
        rows, _, _ = driver.execute_query(
            "MATCH (r:PersonRead) WHERE r.at < $before WITH r LIMIT 5000 DETACH DELETE r RETURN count(*) AS removed",
            before=moment - kept,
        )
        removed += int(rows[0]["removed"])
        if rows[0]["removed"] < 5000:
            return removed
