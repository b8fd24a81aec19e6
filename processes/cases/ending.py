"""A case is ended by a person, before its process is at its end: its open tasks lapse, and nothing is due any more.

What it has done stays done, also of a service that another system is just carrying out. Whoever has started a case
withdraws it; who looks after processes ends any case but one about themselves, or with a task that excludes them. Also
one whose definition or state can't be read any more: this is the last way on.
"""

from collections.abc import Collection
from datetime import datetime
from typing import Literal

import neo4j

from graph.connection import Run
from graph.errors import ChangeRejected
from graph.identity.lookup import find, survivors
from graph.time import COPENHAGEN
from processes.cases import case_log, kept
from processes.cases.kept import CaseRow
from processes.errors import NotCandidate, NotStarter

Way = Literal["stopped", "withdrawn"]


def end(driver: neo4j.Driver, case: str, by: str | None, now: datetime, reason: str) -> None:
    """End a case. ``by``: the person; None = no person.

    Of two who end it, or complete its last task, the first wins. Raises Unknown (unknown_case), ChangeRejected
    (wrong_state: it has ended), NotCandidate.
    """
    _end(driver, case, by, "stopped", now, reason)


def withdraw(driver: neo4j.Driver, case: str, by: str, now: datetime, reason: str) -> None:
    """End a case that one has started. Raises as ``end``, and NotStarter."""
    _end(driver, case, by, "withdrawn", now, reason)


def require_running(run: Run, case: CaseRow) -> None:
    """Raises ChangeRejected (wrong_state), with when it has ended, and by whom."""
    if case.is_open:
        return
    last = next(
        (each for each in reversed(case_log.log_of(run, case.id)) if each.action in ("stopped", "withdrawn")), None
    )
    ended = f"{case.ended.astimezone(COPENHAGEN):%Y-%m-%d %H:%M}" if case.ended is not None else "before"
    how = "has come to its end" if last is None else f"was {last.action}"
    text = f"the case {how} ({ended}); nothing was changed"
    raise ChangeRejected("wrong_state", text, field="case")


def is_biased(run: Run, case: CaseRow, person: str) -> bool:
    """Whether a case is about a person, or has a task that they may not have (T2): others decide how it goes on."""
    excluded = {each for task in kept.tasks_of(run, case.id) for each in task.asked.exclude}
    return person in _today(run, excluded | ({case.person} if case.person is not None else set()))


def _today(run: Run, persons: Collection[str]) -> set[str]:
    """As they are known today, without those who were erased."""
    return set(survivors(run, "Person", persons).values())


def _end(driver: neo4j.Driver, case: str, by: str | None, way: Way, now: datetime, reason: str) -> None:
    def work(tx: neo4j.ManagedTransaction) -> None:
        found = kept.lock(tx, case)
        require_running(tx, found)
        person = None if by is None else find(tx, "Person", by).uuid
        if way == "withdrawn" and (found.started_by is None or _today(tx, {found.started_by}) != {person}):
            text = "only whoever has started a case withdraws it; others ask them, or who looks after processes"
            raise NotStarter(text)
        if way == "stopped" and person is not None and is_biased(tx, found, person):
            text = "the case is about you, or has a task that you may not have; another must end it"
            raise NotCandidate(f"{text} (whoever has started it withdraws it)")
        kept.stop(tx, case, person, way, now, reason)

    with driver.session() as session:
        session.execute_write(work)
