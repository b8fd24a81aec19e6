"""The log of reads: who has seen whose personal data, when, which groups of fields, and by which operation.

For callers who are people; what machines read is the business of the systems that they serve. Readings of CPR numbers
are in a log of their own as well (``api.access.cpr_readings``), which is written before the answer. This one is written
in batches, so that no read waits for it: within a second, and when the service stops. A process that is killed loses at
most what it has answered in its last second.
"""

import asyncio
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import neo4j
import structlog

from api.http.availability import CLOSED
from graph.change_log import now

EVERY = 0.5
"""Seconds between two writes."""
_MOST = 100_000
"""Reads that wait for the graph. Beyond that people are refused, since what they read could not be logged."""
_AT_ONCE = 1_000
_LAST_SECONDS = 8.0
"""Seconds in which what is left must be written when the service stops."""
_WRITE = """
UNWIND $reads AS read
CREATE (r:PersonRead)
SET r = read
"""
_log = structlog.get_logger("api.access")


class ReadLogFull(Exception):
    """What is read can't be logged now, so it isn't answered."""


class ReadLog:
    """The log of one process. Belongs to the event loop in which it is first used."""

    def __init__(self, driver: neo4j.AsyncDriver) -> None:
        self._driver = driver
        self._waiting: list[dict[str, Any]] = []
        self._writer: asyncio.Task[None] | None = None

    def require_room(self) -> None:
        """Raises ReadLogFull."""
        if len(self._waiting) >= _MOST:
            raise ReadLogFull

    def note(self, by: str, operation: str, groups: Collection[str], persons: Collection[str]) -> None:
        """A person has seen data of these people (uuids). ``operation``: its name, else its root fields."""
        if not persons and not {"log", "search"} & set(groups):
            return
        self._waiting.append(
            {"at": now(), "by": by, "operation": operation, "groups": sorted(groups), "persons": sorted(persons)}
        )
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
        await self._driver.execute_query(_WRITE, reads=some)
        del self._waiting[: len(some)]


@dataclass(frozen=True, slots=True)
class PersonRead:
    """``persons``: uuids."""

    at: datetime
    by: str
    operation: str
    groups: tuple[str, ...]
    persons: tuple[str, ...]


def reads(
    driver: neo4j.Driver,
    start: datetime,
    end: datetime,
    *,
    person: str | None = None,
    by: str | None = None,
    most: int | None = None,
) -> Iterator[PersonRead]:
    """The reads of a period, the latest first. ``person``: of that person's data; ``by``: the reader's name."""
    with driver.session(default_access_mode=neo4j.READ_ACCESS) as session:
        rows = session.run(
            f"""
            MATCH (r:PersonRead)
            WHERE r.at >= $start AND r.at < $end
              AND ($person IS NULL OR $person IN r.persons) AND ($by IS NULL OR r.by = $by)
            RETURN r {{.*}} AS read
            ORDER BY r.at DESC
            {"" if most is None else "LIMIT $most"}
            """,
            start=start,
            end=end,
            person=person,
            by=by,
            most=most,
        )
        for row in rows:
            read = row["read"]
            yield PersonRead(
                read["at"].to_native(), read["by"], read["operation"], tuple(read["groups"]), tuple(read["persons"])
            )


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
