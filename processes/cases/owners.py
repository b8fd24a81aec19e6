"""Incidents that the owner of a process has: each is a task, found as any other; to do it is to make the step again.

Who the owner is, the definition states (``owner``), and *nearest* finds: whoever has the incidents of one part of the
organisation sees these cases, and no others. It needs no system role.
"""

from datetime import datetime

import neo4j

from graph.connection import Run
from processes.cases import kept
from processes.cases.kept import Task
from processes.cases.tasks import looks, name_of
from processes.errors import NotCandidate


def task_of(run: Run, case: str, incident: str) -> Task | None:
    """The open task that the owner has for an incident; None if there is none."""
    found = (each for each in kept.tasks_of(run, case) if each.incident == incident and each.state == "open")
    return next(found, None)


def owns(run: Run, case: str, incident: str, person: str, now: datetime) -> bool:
    """Whether the person has the incident's task now."""
    task = task_of(run, case, incident)
    return task is not None and looks(run, [task], now)[0].route.of(person) is not None


def require(tx: neo4j.ManagedTransaction, case: str, incident: str, person: str, now: datetime) -> None:
    """The case must be locked. Raises NotCandidate."""
    if not owns(tx, case, incident, person, now):
        raise NotCandidate(f"{name_of(tx, person)} does not look after this incident now; look at the case again")
