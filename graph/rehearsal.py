"""Doing something as it would be done, in one transaction that is rolled back: what comes of it is seen, and undone.

The same, kept to its end, is how several writes are made all or none (``all_or_none``). What is rehearsed gets a driver
that works as any other, and all of whose sessions are in that transaction. It holds the change log's lock from the
start, so other writers wait, and what others read meanwhile is the graph as it is.
Neo4j rolls back what is left open as well: after a kill nothing stays, nor after ``LONGEST``.
"""

from collections.abc import Callable, Iterator, Mapping
from random import uniform
from threading import RLock
from time import monotonic, sleep
from types import TracebackType
from typing import Any, TypeVar, cast

import neo4j
from neo4j.exceptions import Neo4jError, ResultNotSingleError, TransientError

from graph.change_log import take_numbers

T = TypeVar("T")
LONGEST = 120.0
"""Seconds that a rehearsal may take: others wait for it with what they write."""
LONGEST_KEPT = 600.0
"""Seconds that something may take that stays, in all."""
ATTEMPTS = 3
_PAUSE, _LONGEST_PAUSE = 0.05, 1.0  # seconds


class RehearsalBroken(Exception):
    """The graph has refused a statement, and with it all that follows in the transaction."""


def rehearsed(driver: neo4j.Driver, work: Callable[[neo4j.Driver], T]) -> T:
    """What ``work`` returns; nothing that it has written stays, whatever comes of it.

    Raises what ``work`` raises; TransientError where the graph has no memory or time for it.
    """
    return _in_one(driver, work, LONGEST, keep=False)


def all_or_none(driver: neo4j.Driver, work: Callable[[neo4j.Driver], T]) -> T:
    """What ``work`` returns, with all that it has written; nothing of that stays where it raises, or is killed.

    Within a rehearsal it is a part of that. ``work`` may be called again: until it returns, nothing has happened.
    Raises as ``rehearsed``; where the graph goes away at the very end, what is written may stay or not.
    """
    if isinstance(driver, Rehearsal):
        return work(cast(neo4j.Driver, driver))
    return _in_one(driver, work, LONGEST_KEPT, keep=True)


def _in_one(driver: neo4j.Driver, work: Callable[[neo4j.Driver], T], longest: float, *, keep: bool) -> T:
    for attempt in range(ATTEMPTS):
        with driver.session() as session:
            transaction = _begun(session, longest)
            try:
                done = work(cast(neo4j.Driver, Rehearsal(transaction, stays=keep)))
                if keep:
                    transaction.commit()
                return done
            except TransientError as error:
                if attempt == ATTEMPTS - 1 or not error.is_retryable():
                    raise
            finally:
                transaction.close()
    raise AssertionError("each attempt returns or raises")


def _begun(session: neo4j.Session, longest: float) -> neo4j.Transaction:
    """A transaction that holds the change log's lock; waits for it as long as another rehearsal may take.

    Each time that the holder counts on in the log, Neo4j finds a deadlock with those who wait, and ends their wait.
    """
    until, pause = monotonic() + LONGEST_KEPT, _PAUSE
    while True:
        transaction = session.begin_transaction(timeout=longest)
        try:
            take_numbers(cast(neo4j.ManagedTransaction, transaction), 0)
        except TransientError as error:
            transaction.close()
            if monotonic() > until or not error.is_retryable():
                raise
            sleep(pause * uniform(0.5, 1))
            pause = min(2 * pause, _LONGEST_PAUSE)
        except BaseException:
            transaction.close()
            raise
        else:
            return transaction


class Rows:
    """A result that has been read to its end, so that others may follow in the same transaction."""

    def __init__(self, result: neo4j.Result) -> None:
        self._keys = tuple(result.keys())
        self._rows = list(result)
        self._summary = result.consume()
        self._next = 0

    def __iter__(self) -> Iterator[neo4j.Record]:
        while self._next < len(self._rows):
            self._next += 1
            yield self._rows[self._next - 1]

    def keys(self) -> tuple[str, ...]:
        return self._keys

    def peek(self) -> neo4j.Record | None:
        return self._rows[self._next] if self._next < len(self._rows) else None

    def single(self, strict: bool = False) -> neo4j.Record | None:
        """Raises ResultNotSingleError, where ``strict``, unless there is exactly one."""
        rows = list(self)
        if strict and len(rows) != 1:
            raise ResultNotSingleError(cast(neo4j.Result, self), f"{len(rows)} rows where there should be one")
        return rows[0] if rows else None

    def data(self, *keys: str) -> list[dict[str, Any]]:
        return [each.data(*keys) for each in self]

    def values(self, *keys: int | str) -> list[list[Any]]:
        return [each.values(*keys) for each in self]

    def value(self, key: int | str = 0, default: Any = None) -> list[Any]:
        return [each.value(key, default) for each in self]

    def consume(self) -> neo4j.ResultSummary:
        self._next = len(self._rows)
        return self._summary

    def eager(self) -> neo4j.EagerResult:
        return neo4j.EagerResult(list(self), self._summary, list(self._keys))


class Rehearsal:
    """In place of a driver, a session and a transaction: all are the one transaction.

    An import compares in one thread while it writes in another; here one waits for the other.
    """

    def __init__(self, transaction: neo4j.Transaction, *, stays: bool = False) -> None:
        """``stays``: whether what is written is kept at the end."""
        self._transaction = transaction
        self.stays = stays
        self._lock = RLock()

    def run(self, query: Any, parameters: Mapping[str, Any] | None = None, **more: Any) -> Rows:
        """Raises Neo4jError, and RehearsalBroken once there was one."""
        with self._lock:
            if self._transaction.closed():
                raise RehearsalBroken("the rehearsal is over")
            try:
                return Rows(self._transaction.run(query, {**(parameters or {}), **more}))
            except Neo4jError:
                self._transaction.close()
                raise

    # -- as a driver ------------------------------------------------------------------------------------------------

    def session(self, **settings: Any) -> "Rehearsal":
        return self

    def execute_query(
        self, query_: Any, parameters_: Mapping[str, Any] | None = None, *, routing_: Any = None, **more: Any
    ) -> neo4j.EagerResult:
        return self.run(query_, parameters_, **more).eager()

    # -- as a session -----------------------------------------------------------------------------------------------

    def execute_write(self, work: Callable[..., T], *args: Any, **more: Any) -> T:
        with self._lock:
            return work(self, *args, **more)

    execute_read = execute_write

    def __enter__(self) -> "Rehearsal":
        return self

    def __exit__(
        self, type_: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """The transaction stays open until the rehearsal is over."""

    def close(self) -> None:
        """As ``__exit__``."""
