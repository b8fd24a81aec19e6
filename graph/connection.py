"""How the program speaks to Neo4j: one place for the driver's options, and for what it gets wrong."""

from datetime import UTC, datetime
from typing import Any

import neo4j
from neo4j._async.work.transaction import AsyncTransactionBase
from neo4j._codec.hydration.bolt.v2 import temporal
from neo4j._codec.packstream import Structure
from neo4j._sync.work.transaction import TransactionBase

# Notifications are off: a young graph lacks labels and properties that queries name, and such notices help no one.

Run = neo4j.Session | neo4j.ManagedTransaction
"""What runs a statement: a session, or the transaction of one."""

_CONNECT_S, _ACQUIRE_S = 5, 10
"""Where someone waits for an answer: they get an error, and ask again."""


def connect(uri: str, user: str, password: str, *, is_asked: bool = False) -> neo4j.Driver:
    """A driver for imports, exports and writing. Close it, or use it as a context manager.

    ``is_asked``: callers of the web service wait for it, so it doesn't try again for long.
    """
    if not is_asked:
        return neo4j.GraphDatabase.driver(uri, auth=(user, password), notifications_min_severity="OFF")
    return neo4j.GraphDatabase.driver(
        uri,
        auth=(user, password),
        notifications_min_severity="OFF",
        connection_timeout=_CONNECT_S,
        connection_acquisition_timeout=_ACQUIRE_S,
        max_transaction_retry_time=5,
    )


def connect_async(uri: str, user: str, password: str) -> neo4j.AsyncDriver:
    """A driver for the API's reads. It doesn't try again for long."""
    return neo4j.AsyncGraphDatabase.driver(
        uri,
        auth=(user, password),
        notifications_min_severity="OFF",
        connection_timeout=_CONNECT_S,
        connection_acquisition_timeout=_ACQUIRE_S,
        max_transaction_retry_time=2,
    )


_rollback: Any = TransactionBase._rollback
_rollback_async: Any = AsyncTransactionBase._rollback


def _rolled_back(transaction: Any) -> None:
    """Undo a transaction, unless it has failed.

    Neo4j has undone one that failed, and the driver has given its connection back: another thread may use it by now.
    The driver would still read from it, and raise ResultFailedError instead of what had failed.
    """
    if transaction._last_error is None:
        _rollback(transaction)
    transaction._closed_flag = True


async def _rolled_back_async(transaction: Any) -> None:
    if transaction._last_error is None:
        await _rollback_async(transaction)
    transaction._closed_flag = True


TransactionBase._rollback = _rolled_back  # type: ignore[method-assign]
AsyncTransactionBase._rollback = _rolled_back_async  # type: ignore[method-assign]


_sent: Any = temporal.dehydrate_datetime
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def _sent_in_utc(moment: Any) -> Any:
    """A moment of a parameter, at any depth of its lists and maps, as it is sent.

    The driver asks a zone of zoneinfo for the offset of a moment that isn't Python's; zoneinfo's C code then reads
    memory that isn't there, which ends the process or gives the wrong hour. And Cypher takes the same moment in two
    zones for two. So each is sent in UTC. Raises ValueError where it has no zone: compared with one that has, it would
    be neither before nor after.

    The driver would count the seconds with moments of its own, which takes 75 times as long.
    """
    if isinstance(moment, datetime):
        if moment.utcoffset() is None:
            raise ValueError(f"{moment.isoformat()} was to be sent to Neo4j without a time zone")
        since = moment - _EPOCH
        return Structure(b"I", since.days * 86_400 + since.seconds, since.microseconds * 1_000, 0)
    return _sent(moment)


# The driver has no setting for it. Each connection takes this function as it opens.
temporal.dehydrate_datetime = _sent_in_utc
