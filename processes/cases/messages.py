"""Messages that people and other systems deliver to a case that waits for them, such as payroll's answer to a hire.

What a message brings is stated with it (``data``). All places of the case that wait for it get it.
"""

import hashlib
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

import neo4j
import orjson

from graph.errors import ChangeRejected, Unknown
from graph.identity.lookup import find
from processes.cases import case_log, kept
from processes.cases.definitions import Version
from processes.cases.ending import require_running
from processes.cases.running import Running
from processes.cases.set_values import require_another, typed
from processes.cases.tasks import Find, by_name, refused
from processes.engine.values import check_values


def deliver(
    driver: neo4j.Driver,
    case: str,
    message: str,
    values: Mapping[str, Any],
    by: str | None,
    now: datetime,
    reason: str,
    *,
    user: str = "",
    named: Find = by_name,
    require: Callable[[Version, str], None] = lambda version, message: None,
    process: str | None = None,
    key: str = "",
) -> bool:
    """Deliver a message to a case; whether it is new.

    Args:
        by: the person; None = no person, and ``user`` says who.
        named: finds what the values name.
        require: refuses, by raising, a caller who may not let the case do what follows the message.
        process: the case's, if the caller has named it.
        key: of ``user``, the same for each try of the same call: a repeated one is delivered once.

    Raises:
        Unknown: unknown_case.
        ChangeRejected: wrong_state, the case has ended; key_used, for another message or other values; wrong_value.
        NotWaiting: the case does not wait for the message now; nothing is kept of it.
        FormRejected: the message has no such field, or a form of the process does not take it.
        NotCandidate, ToOneself: the case is about the person, or a value names them.
    """
    try:
        content = orjson.dumps([message, dict(values)], option=orjson.OPT_SORT_KEYS)
    except orjson.JSONEncodeError as wrong:
        raise ChangeRejected("wrong_value", f"the values can't be kept: {wrong}") from wrong
    digest = hashlib.sha256(content).hexdigest()
    own_key = hashlib.sha256(orjson.dumps([user, case, key])).hexdigest() if key else ""

    def work(tx: neo4j.ManagedTransaction) -> bool:
        found = kept.lock(tx, case)
        if process is not None and found.process != process:
            raise Unknown("unknown_case", f"there is no case {case!r}", case)
        if own_key and (earlier := _with_key(tx, case, own_key)) is not None:
            if earlier != digest:
                text = "this Idempotency-Key has delivered something else; send each message with a key of its own"
                raise ChangeRejected("key_used", text)
            return False
        require_running(tx, found)
        running = Running.lock(tx, case)
        require(running.version, message)
        with refused():  # before each value is looked at
            check_values(values, running.version.definition.message_fields(message), f"the message {message}")
        told = {name: typed(tx, running.version, name, value, named) for name, value in values.items()}
        person = None if by is None else find(tx, "Person", by).uuid
        if person is not None:
            require_another(tx, case, person, told, "deliver it")
        with refused():
            running.engine.deliver(message, told, now)
        entry = case_log.LogEntry(
            "delivered", now, person, None, message, reason, user if person is None else "", values=told
        )
        case_log.log(tx, case, entry)
        if own_key:
            tx.run(_KEEP_KEY, case=case, key=own_key, digest=digest).consume()
        running.write(now)
        return True

    with driver.session() as session:
        return session.execute_write(work)


def _with_key(tx: neo4j.ManagedTransaction, case: str, key: str) -> str | None:
    """What was delivered with a key; None = nothing."""
    query = "MATCH (:Case {id: $case})<-[:OF_CASE]-(e:CaseEntry {key: $key}) RETURN e.digest AS digest"
    row = tx.run(query, case=case, key=key).single()
    found: str | None = None if row is None else row["digest"]
    return found


_KEEP_KEY = """
MATCH (c:Case {id: $case})<-[:OF_CASE]-(e:CaseEntry)
WHERE e.number = c.entries
SET e.key = $key, e.digest = $digest
"""
