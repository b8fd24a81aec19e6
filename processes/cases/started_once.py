"""Cases that other systems start: each once, however often a system repeats its call.

The call names a key of its own (``Idempotency-Key``). What it has started is found by it for as long as the case is
kept. Keys of one caller and process count; of others, the same key is another one.
"""

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import neo4j
import orjson

from graph.errors import ChangeRejected
from processes.cases import definitions
from processes.cases.definitions import Version
from processes.cases.tasks import Find, begin, by_name


@dataclass(frozen=True, slots=True)
class StartedOnce:
    """``is_new``: this call has started it, not an earlier one with its key."""

    case: str
    is_new: bool


def start_once(
    driver: neo4j.Driver,
    process: str,
    values: Mapping[str, Any],
    caller: str,
    key: str,
    person: str | None,
    now: datetime,
    named: Find = by_name,
    require: Callable[[Version], None] = lambda version: None,
) -> StartedOnce:
    """Start a case of the process's current version, or find the one that this call has started before.

    ``caller``: whose key it is; ``person``: who starts the case, if a person does. ``require``: raises if the caller
    may not start this version. Raises as ``tasks.start``, and ChangeRejected (key_used: with other values; wrong_value:
    no JSON that can be kept).
    """
    try:
        digest = _hash(person or "", orjson.dumps(dict(values), option=orjson.OPT_SORT_KEYS).decode())
    except orjson.JSONEncodeError as wrong:  # such as lists in lists, 300 times
        raise ChangeRejected("wrong_value", f"the values can't be kept: {wrong}") from wrong

    def work(tx: neo4j.ManagedTransaction) -> StartedOnce:
        version = definitions.current(tx, process)
        require(version)
        # Of two calls at once, the second waits here for what the first has started.
        tx.run("MATCH (p:Process {id: $process}) SET p.locked = $process", process=process).consume()
        found = tx.run(
            "MATCH (c:Case {start_key: $key}) RETURN c.id AS id, c.start_values AS digest", key=own_key
        ).single()
        if found is not None and found["digest"] != digest:
            text = "this Idempotency-Key has started a case with other values; send each start with a key of its own"
            raise ChangeRejected("key_used", text)
        if found is not None:
            return StartedOnce(found["id"], is_new=False)
        case = begin(tx, version, values, person, now, "" if person else caller, named)
        tx.run(
            "MATCH (c:Case {id: $id}) SET c.start_key = $key, c.start_values = $digest",
            id=case,
            key=own_key,
            digest=digest,
        ).consume()
        return StartedOnce(case, is_new=True)

    own_key = _hash(caller, process, key)
    with driver.session() as session:
        return session.execute_write(work)


def _hash(*parts: str) -> str:
    """Of parts of any length, none of which can run into the next."""
    return hashlib.sha256(orjson.dumps(parts)).hexdigest()
