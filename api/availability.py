"""Watches whether Neo4j answers, so that no query waits for it while it is away.

A watcher queries Neo4j every second. If it can't be reached, or does not answer two times in a row, it is away: queries
in progress end at once, and new ones are refused until the watcher gets an answer again.
"""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from functools import partial
from time import monotonic
from types import TracebackType
from typing import ParamSpec, TypeVar

import anyio.to_thread
import neo4j
import structlog

P = ParamSpec("P")
T = TypeVar("T")
CLOSED = (
    neo4j.exceptions.DriverError,
    neo4j.exceptions.TransientError,
    neo4j.exceptions.DatabaseUnavailable,
)
"""The driver's errors when Neo4j is gone, before the watcher has noticed. They pass when Neo4j is back."""
RETRY_AFTER = 5
"""Seconds after which a retry makes sense; sent as ``Retry-After``."""
_EVERY = 1.0  # seconds between two queries of the watcher
_PATIENCE = 4.0  # seconds that each may take; a pause of Neo4j's garbage collector is shorter
_IN_A_ROW = 2  # queries without an answer; a single one may be due to a busy machine
_LONGEST = 30.0  # seconds for one answer of the login: it may wait for another's password, or an identity provider
_log = structlog.get_logger("api")


class Away(Exception):
    """Neo4j does not answer. A later request may succeed."""

    def __init__(self) -> None:
        super().__init__(f"The graph does not answer now; try again in {RETRY_AFTER} seconds.")


class OutOfTime(Exception):
    """A query of Neo4j took longer than allowed."""


@dataclass
class Availability:
    """Watches one Neo4j. ``trouble``: why it is away; None while it answers.

    Belongs to the event loop in which it is first used.
    """

    driver: neo4j.AsyncDriver
    trouble: str | None = None
    _watcher: asyncio.Task[None] | None = None
    _waiting: set[asyncio.Timeout] = field(default_factory=set)
    _silences: int = 0

    def watched(self) -> None:
        """Start the watcher, unless it runs."""
        if self._watcher is None or self._watcher.done():
            self._watcher = asyncio.get_running_loop().create_task(self._watch(), name="watch Neo4j")

    async def close(self) -> None:
        """Stop the watcher."""
        if self._watcher is not None:
            self._watcher.cancel()
            await asyncio.wait({self._watcher})

    def within(self, seconds: float) -> "Within":
        """Let a block wait for Neo4j. Raises Away, also if Neo4j goes away meanwhile; OutOfTime after ``seconds``.

        The block must not yield to others: only what it waits for is cancelled.
        """
        return Within(self, self._waiting, asyncio.timeout(seconds))

    async def answered(self, asked: Callable[[], Awaitable[T]]) -> T:
        """The result of ``asked``, which waits for Neo4j in threads (``in_thread``).

        Raises Away, as ``within``; also if it takes too long.
        """
        try:
            async with self.within(_LONGEST):
                return await asked()
        except OutOfTime as late:
            raise Away from late

    async def _watch(self) -> None:
        while True:
            try:
                await asyncio.wait_for(self._ask(), _PATIENCE)
            except TimeoutError:
                self._silences += 1
                if self._silences >= _IN_A_ROW:
                    self._lost(f"no answer within {_IN_A_ROW * _PATIENCE:g} seconds")
            except neo4j.exceptions.Neo4jError as error:
                self._lost(error.code or type(error).__name__)
            except Exception as error:  # any error: without the watcher, queries would wait for ever
                self._lost(type(error).__name__)
            else:
                self._found()
            await asyncio.sleep(_EVERY)

    async def _ask(self) -> None:
        async with self.driver.session(default_access_mode=neo4j.READ_ACCESS) as session:
            await (await session.run("RETURN 1")).consume()

    def _lost(self, why: str) -> None:
        if self.trouble is None:
            _log.error("neo4j_away", why=why, in_flight=len(self._waiting))
        self.trouble = why
        now = asyncio.get_running_loop().time()
        for each in self._waiting:
            if not each.expired():
                each.reschedule(now)

    def _found(self) -> None:
        self._silences = 0
        if self.trouble is not None:
            _log.info("neo4j_back")
        self.trouble = None


@dataclass(slots=True)
class Within:
    """See ``Availability.within``. Not a generator, which would be slower: every read enters several."""

    availability: Availability
    waiting: set[asyncio.Timeout]
    timeout: asyncio.Timeout

    async def __aenter__(self) -> None:
        if self.availability.trouble is not None:
            raise Away
        await self.timeout.__aenter__()
        self.waiting.add(self.timeout)

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.waiting.discard(self.timeout)
        try:
            await self.timeout.__aexit__(kind, error, trace)
        except TimeoutError as late:
            self._tell(late)
            raise
        if isinstance(error, TimeoutError):
            self._tell(error)

    def _tell(self, late: TimeoutError) -> None:
        """The error for a late answer, unless the block itself was cancelled."""
        if not self.timeout.expired():
            return
        if self.availability.trouble is not None:
            raise Away from late
        raise OutOfTime from late


async def in_thread(work: Callable[P, T], *given: P.args, **named: P.kwargs) -> T:
    """The work in a thread of its own.

    Who is told that Neo4j is away does not wait for the thread: the driver's own limits end it.
    """
    return await anyio.to_thread.run_sync(partial(work, *given, **named), abandon_on_cancel=True)


@dataclass(slots=True)
class Patience:
    """How long one query may still wait for Neo4j, in seconds.

    Time between two waits does not count: it is the client's.
    """

    availability: Availability
    left: float

    async def wait(self, asked: Callable[[], Awaitable[T]]) -> T:
        """The result of ``asked``. Raises Away, OutOfTime."""
        began = monotonic()
        try:
            async with self.availability.within(max(self.left, 0.001)):
                return await asked()
        finally:
            self.left -= monotonic() - began
