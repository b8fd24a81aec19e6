"""Incidents that the owner of a process has: each is a task, found as any other; to do it is to make the step again.

Who the owner is, the definition states (``owner``), and *nearest* finds: whoever has the incidents of one part of the
organisation sees these cases, and no others. It needs no system role.
"""

from datetime import datetime

from graph.connection import Run
from processes.cases import kept
from processes.cases.kept import Task
from processes.cases.running import Running
from processes.cases.tasks import looks, require_not_claimed
from processes.routing import Candidate


def task_of(run: Run, case: str, incident: str) -> Task | None:
    """The open task that the owner has for an incident; None if there is none."""
    found = (each for each in kept.tasks_of(run, case) if each.incident == incident and each.state == "open")
    return next(found, None)


def owns(run: Run, case: str, incident: str, person: str, now: datetime) -> bool:
    """Whether the person has the incident's task now."""
    task = task_of(run, case, incident)
    return task is not None and looks(run, [task], now)[0].route.of(person) is not None


def take(running: Running, incident: str, person: str, now: datetime, reason: str) -> Candidate | None:
    """The task that the person has for an incident is done by deciding about the incident; how they have it.

    None: they don't have it, and decide with a system role. Raises AlreadyClaimed.
    """
    task = task_of(running.tx, running.id, incident)
    if task is None:
        return None
    seen = looks(running.tx, [task], now)[0]
    candidate = seen.route.of(person)
    if candidate is not None:
        require_not_claimed(running.tx, seen, person)
        running.done(task, person, candidate.instead_of, {}, now, reason)
    return candidate
