"""Who sees a task: the people who have it, did it or started its case, and those who read the whole log.

What a person names in a case must be readable for them: else its tasks would tell more of it.
"""

import neo4j

from api.access.rights import Access
from api.access.roles import LOG
from api.access.sight import found_seen
from graph.connection import Run
from graph.errors import Unknown
from graph.identity.lookup import survivors
from processes.cases import kept
from processes.cases.tasks import Find, Look, by_name


def sees(run: Run, access: Access, seen: Look, person: str | None) -> bool:
    """Whether ``person`` may see the task, or the caller every one."""
    if LOG & access.everywhere:
        return True
    task = seen.task
    if person is None:
        return False
    known = {kept.case(run, task.case).started_by, *((task.done.by, task.done.instead_of) if task.done else ())}
    called = survivors(run, "Person", {each for each in known if each is not None})
    return seen.route.of(person) is not None or person in called.values()


def require_seen(run: Run, access: Access, seen: Look, person: str | None) -> None:
    """Raises Unknown (unknown_task), as for one that isn't there."""
    if not sees(run, access, seen, person):
        raise Unknown("unknown_task", f"there is no task {seen.task.id!r}", seen.task.id)


def names(driver: neo4j.Driver, access: Access) -> Find:
    """Finds what the caller names in a case, among what they may read, and themselves."""

    def found(run: Run, kind: str, name: str) -> str:
        own = frozenset[str]() if access.person is None else frozenset({access.person})
        return found_seen(driver, access, kind, name, lambda: by_name(run, kind, name), own=own)

    return found
