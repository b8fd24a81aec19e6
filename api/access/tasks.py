"""Who sees a task: who has it, has done it or has started its case, and whoever reads the whole organisation's log."""

from api.access.rights import Access
from api.access.roles import LOG
from graph.connection import Run
from graph.errors import Unknown
from processes.cases import kept
from processes.cases.tasks import Look


def sees(run: Run, access: Access, seen: Look, person: str | None) -> bool:
    """Whether ``person`` may see the task, or the caller every one."""
    if LOG & access.everywhere:
        return True
    task = seen.task
    if person is None:
        return False
    done = task.done is not None and person in (task.done.by, task.done.instead_of)
    return done or seen.route.of(person) is not None or kept.case(run, task.case).started_by == person


def require_seen(run: Run, access: Access, seen: Look, person: str | None) -> None:
    """Raises Unknown (unknown_task), as for one that isn't there."""
    if not sees(run, access, seen, person):
        raise Unknown("unknown_task", f"there is no task {seen.task.id!r}", seen.task.id)
