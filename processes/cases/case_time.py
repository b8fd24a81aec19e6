"""Time passes in cases: what is due happens, in each by itself."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import partial

import neo4j

from graph.errors import Unknown
from processes.cases import kept
from processes.cases.running import Running
from processes.cases.tasks import UNANSWERED, failure_text, write


@dataclass(frozen=True, slots=True)
class Passed:
    """How many cases time has passed in. ``failed``: those that could not go on, by id, with the reason."""

    cases: int
    failed: Mapping[str, str]


def pass_time(driver: neo4j.Driver, now: datetime) -> Passed:
    """Let everything happen that is due by now: timers of cases.

    Each case is changed by itself: one that can't go on, for whatever reason, has an incident and holds up no other.
    Several processes may do it at once. Raises DriverError if the database does not answer: that is no case's fault.
    """
    with driver.session(default_access_mode=neo4j.READ_ACCESS) as session:
        waiting = kept.due(session, now)
    passed, failed = 0, {}
    for id_ in waiting:
        try:
            passed += write(driver, partial(_pass_time, id_=id_, now=now))
        except UNANSWERED:
            raise
        except Exception as wrong:
            failed[id_] = failure_text(wrong, "time can't pass in it")
            write(driver, partial(kept.note_stopped, id_=id_, text=failed[id_], now=now))
    return Passed(passed, failed)


def _pass_time(tx: neo4j.ManagedTransaction, id_: str, now: datetime) -> bool:
    """Whether it was still due: another worker may have let it go on, or its person was erased, meanwhile."""
    try:
        running = Running.lock(tx, id_)
    except Unknown:
        return False
    if not kept.is_due(tx, id_, now):
        return False
    running.engine.pass_time(now)
    running.write(now)
    return True
