"""A case is ended by a person, before its process is at its end: its open tasks lapse, and nothing is due any more.

What it has done stays done, also of a service that another system is just carrying out. Whoever has started a case
withdraws it; who looks after processes ends any case but one about themselves.
"""

from datetime import datetime
from typing import Literal

import neo4j

from graph.connection import Run
from graph.errors import ChangeRejected
from graph.identity.lookup import find, survivors
from graph.time import COPENHAGEN
from processes.cases import kept
from processes.cases.kept import CaseRow, Running
from processes.errors import NotStarter, ToOneself

Way = Literal["stopped", "withdrawn"]


def end(driver: neo4j.Driver, case: str, by: str | None, now: datetime, reason: str) -> None:
    """End a case. ``by``: the person; None = no person.

    Of two who end it, or complete its last task, the first wins. Raises Unknown (unknown_case), ChangeRejected
    (wrong_state: it has ended), ToOneself.
    """
    _end(driver, case, by, "stopped", now, reason)


def withdraw(driver: neo4j.Driver, case: str, by: str, now: datetime, reason: str) -> None:
    """End a case that one has started. Raises as ``end``, and NotStarter."""
    _end(driver, case, by, "withdrawn", now, reason)


def require_running(run: Run, case: CaseRow) -> None:
    """Raises ChangeRejected (wrong_state), with when it has ended, and by whom."""
    if case.is_open:
        return
    last = next((each for each in reversed(kept.log_of(run, case.id)) if each.action in ("stopped", "withdrawn")), None)
    ended = f"{case.ended.astimezone(COPENHAGEN):%Y-%m-%d %H:%M}" if case.ended is not None else "before"
    how = "has come to its end" if last is None else f"was {last.action}"
    text = f"the case {how} ({ended}); nothing was changed"
    raise ChangeRejected("wrong_state", text, field="case")


def _end(driver: neo4j.Driver, case: str, by: str | None, way: Way, now: datetime, reason: str) -> None:
    def work(tx: neo4j.ManagedTransaction) -> None:
        running = Running.lock(tx, case)
        found = kept.case(tx, case)
        require_running(tx, found)
        person = None if by is None else find(tx, "Person", by).uuid
        named = {each for each in (found.started_by, found.person) if each is not None}
        called = survivors(tx, "Person", named)
        if way == "withdrawn" and called.get(found.started_by or "") != person:
            raise NotStarter(
                "only whoever has started a case withdraws it; others ask them, or who looks after processes"
            )
        if way == "stopped" and person is not None and called.get(found.person or "") == person:
            raise ToOneself("the case is about you: another must end it")
        running.stop(person, way, now, reason)

    with driver.session() as session:
        session.execute_write(work)
