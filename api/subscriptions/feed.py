"""The one reader of the change log for all subscribers.

It looks for new changes while there are listeners, and keeps the latest. Listeners take them from there by number, so a
slow one delays no other; one that is further behind reads the log until it has caught up. A reader that fails, as when
Neo4j restarts, goes on where it was: listeners notice nothing but a pause.
"""

import asyncio
from asyncio import sleep
from collections import deque
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from time import monotonic
from typing import Any

import neo4j
import structlog

from api.availability import CLOSED, Availability, Away, OutOfTime

BATCH = 500
PAUSE = 0.5  # seconds between reads; the log has no gaps, so a later read misses nothing
_LONGEST_PAUSE = 4.0  # seconds, while Neo4j is away
_LOGGED_EVERY = 60.0  # seconds between lines of the log about that
LATEST = 2_000  # changes kept
_CATCHING_UP = 4  # listeners that read the log at the same time
_PATIENCE = 30.0  # seconds that one look may take
_AFTER = """
MATCH (c:Change)
WHERE c.number > $after
RETURN c {.*, at: toString(c.at), day: toString(c.day)} AS change
ORDER BY c.number
LIMIT $batch
"""
_LAST = "MATCH (log:ChangeLog) RETURN log.number AS number"
_PASSING = (Away, OutOfTime, *CLOSED)
"""Errors that pass when Neo4j is back."""
_log = structlog.get_logger("api")
Change = dict[str, Any]


class Broken(Exception):
    """The change log can't be read, and a retry will not help."""


class AfterTheEnd(Exception):
    """The log ends at ``last``, before the number that was asked for: it is another log, or was restored."""

    def __init__(self, last: int) -> None:
        super().__init__(f"the change log ends at {last}")
        self.last = last


@dataclass
class Feed:
    """Follows the log of one graph. Belongs to the event loop in which it is first used."""

    driver: neo4j.AsyncDriver
    availability: Availability
    _latest: deque[Change] = field(default_factory=lambda: deque(maxlen=LATEST))
    _head: int | None = None
    """The last number that was seen."""
    _news: asyncio.Event = field(default_factory=asyncio.Event)
    _broken: Exception | None = None
    _reader: asyncio.Task[None] | None = None
    _pause: float = PAUSE
    """Seconds before the next read: doubled while the log can't be read."""
    _listeners: int = 0
    _turns: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(_CATCHING_UP))

    async def follow(self, after: int | None, pause: float) -> AsyncIterator[Change | None]:
        """Changes after a number, each once and in order, as long as the caller iterates; None = future ones.

        Yields None after ``pause`` seconds without one. Raises Broken, and AfterTheEnd before the first change.
        Numbers are given in the order of commits (``graph.change_log``), so the last one is all there is to remember.
        """
        self._listeners += 1
        if self._reader is None or self._reader.done():
            self._head, self._broken = None, None
            self._latest.clear()
            self._reader = asyncio.create_task(self._read(), name="read the change log")
        try:
            seen = None
            while True:
                try:
                    if seen is None:
                        seen = await self._begin(after)
                    changes = await self._since(seen)
                except _PASSING:
                    await sleep(self._pause)
                    yield None
                    continue
                for change in changes:
                    seen = change["number"]
                    yield change
                if not changes and not await self._wait(pause):
                    yield None
        finally:
            self._listeners -= 1
            if not self._listeners and self._reader is not None:
                self._reader.cancel()
                self._reader = None

    async def _begin(self, after: int | None) -> int:
        last = await self._last()
        if after is not None and after > last:
            raise AfterTheEnd(last)
        return last if after is None else after

    async def _wait(self, seconds: float) -> bool:
        """Whether there is something new within so many seconds. Raises Broken."""
        try:
            async with asyncio.timeout(seconds):
                await self._news.wait()
        except TimeoutError:
            return False
        finally:
            if self._broken is not None:
                raise Broken from self._broken
        return True

    async def _since(self, seen: int) -> list[Change]:
        """The next changes: from those kept, otherwise from the log."""
        if self._head is None or seen >= self._head:
            return []
        if self._latest and self._latest[0]["number"] <= seen + 1:
            return [each for each in self._latest if each["number"] > seen]
        async with self._turns:
            return await self._asked(seen)

    async def _read(self) -> None:
        logged = -_LOGGED_EVERY
        while True:
            try:
                await self._look()
                self._pause = PAUSE
            except _PASSING as error:
                self._pause = min(2 * self._pause, _LONGEST_PAUSE)
                if monotonic() - logged >= _LOGGED_EVERY:
                    logged = monotonic()
                    _log.info("change_log_not_read", error=type(error).__name__)
            except Exception as error:
                _log.error("change_log_broken", exc_info=error)
                self._broken = error
                self._tell()
                return
            await sleep(self._pause)

    async def _look(self) -> None:
        if self._head is None:
            self._head = await self._last()
            self._tell()
        full = True
        while full:
            changes = await self._asked(self._head)
            full = len(changes) == BATCH
            if changes:
                self._latest.extend(changes)
                self._head = changes[-1]["number"]
                self._tell()

    async def _last(self) -> int:
        async with self.availability.within(_PATIENCE):
            rows, _, _ = await self.driver.execute_query(_LAST, routing_=neo4j.RoutingControl.READ)
        return rows[0]["number"] if rows else 0

    async def _asked(self, after: int) -> list[Change]:
        async with (
            self.availability.within(_PATIENCE),
            self.driver.session(default_access_mode=neo4j.READ_ACCESS) as session,
        ):
            result = await session.run(_AFTER, after=after, batch=BATCH)
            return [row["change"] async for row in result]

    def _tell(self) -> None:
        """Wake all listeners that wait; later ones wait for the next change."""
        self._news.set()
        self._news = asyncio.Event()
