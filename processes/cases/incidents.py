"""Steps of cases that can't be made, and services that have failed: made again, perhaps with other values, or skipped
with a reason."""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any

import neo4j

from graph.errors import ChangeRejected, Unknown
from graph.identity.lookup import find
from processes.cases import case_log, kept, owners, service_tasks
from processes.cases.definitions import Version
from processes.cases.ending import require_running
from processes.cases.made_again import element_of, make_again
from processes.cases.running import Running
from processes.cases.service_tasks import ServiceTask
from processes.cases.set_values import require_another, typed
from processes.cases.tasks import Find, by_name, name_of, refused
from processes.errors import FormRejected, NotCandidate
from processes.routing import Candidate


def retry(
    driver: neo4j.Driver,
    case: str,
    incident: str,
    by: str | None,
    now: datetime,
    reason: str,
    *,
    as_owner: bool = False,
) -> None:
    """Make the step of an incident again; a service is tried by the worker.

    ``incident``: its ``task``. ``by``: the person; None = no person. ``as_owner``: only if the person has the task of
    the process's owner. Raises Unknown (unknown_case, unknown_incident), ChangeRejected (wrong_state: the case has
    ended), NotCandidate.
    """

    def work(running: Running, service: ServiceTask | None) -> None:
        owner = _taken(running, incident, by, now, reason, as_owner=as_owner)
        instead_of = None if owner is None else owner.instead_of
        running.log("retried", now, by, instead_of, element_of(running, incident, service), reason)
        make_again(running, incident, service, now)
        running.write(now)

    _decide(driver, case, incident, work)


def repair(
    driver: neo4j.Driver,
    case: str,
    incident: str,
    values: Mapping[str, Any],
    by: str | None,
    now: datetime,
    reason: str,
    *,
    user: str = "",
    named: Find = by_name,
    require: Callable[[Version], None] = lambda version: None,
) -> None:
    """Set variables of a case where a step could not be made, or of the whole case, and make it again.

    A variable that a form of the process has takes what the form takes. Open tasks follow the new values. Who repairs
    is an author of what the case writes, so another approves it.

    Args:
        values: by variable.
        user: who does it, where it is no person.
        named: finds what the values name.
        require: refuses, by raising, a caller who may not let the case do what its definition does.

    Raises:
        As ``retry``.
        FormRejected: no variable, or not what its form takes; the starter, who is not chosen.
        NotCandidate: the case is about the person, or has a task that excludes them (T2).
        ToOneself: a value names the person.
    """

    def work(running: Running, service: ServiceTask | None) -> None:
        tx = running.tx
        require(running.version)
        if not values:
            raise FormRejected("", "values: name at least one variable")
        person = None if by is None else find(tx, "Person", by).uuid
        found = {name: typed(tx, running.version, name, value, named) for name, value in values.items()}
        with refused():
            # First: the engine knows how deep and how large a value may be.
            running.engine.repair(None if incident == kept.WHOLE_CASE else incident, found)
        if person is not None:
            require_another(tx, running.id, person, found, "repair it")
        element = element_of(running, incident, service)
        nobody = user if person is None else ""
        case_log.log(
            tx, running.id, case_log.LogEntry("repaired", now, person, None, element, reason, nobody, values=found)
        )
        make_again(running, incident, service, now)
        running.renew_owners()
        running.write(now)
        running.follow_values(found)

    _decide(driver, case, incident, work)


def skip(
    driver: neo4j.Driver,
    case: str,
    incident: str,
    by: str | None,
    now: datetime,
    reason: str,
    *,
    as_owner: bool = False,
) -> None:
    """Go on without a service that has failed: it has no answer.

    Raises as ``retry``, ChangeRejected (not_skipped): a step of the case itself has no way on without it, and
    NotCandidate: the case is about the person, or has a task that excludes them (T2).
    """

    def work(running: Running, service: ServiceTask | None) -> None:
        if service is None:
            text = (
                "only a service can be skipped, and this is a step of the case itself; repair its values or fix its "
                "cause, then retry it"
            )
            raise ChangeRejected("not_skipped", text, field="incident")
        owner = _taken(running, incident, by, now, reason, as_owner=as_owner)
        if owner is None and by is not None:  # the owner's task leaves out whom the case is about
            require_another(running.tx, case, by, {}, "skip the step")
        instead_of = None if owner is None else owner.instead_of
        running.engine.complete(incident, {}, now)
        service_tasks.set_task(running.tx, incident, {"state": "skipped", "closed": now.astimezone(UTC), "begun": None})
        running.log("skipped", now, by, instead_of, service.element, reason)
        running.write(now)

    _decide(driver, case, incident, work)


def _taken(
    running: Running, incident: str, by: str | None, now: datetime, reason: str, *, as_owner: bool
) -> Candidate | None:
    """How the person has the owner's task, which is done by deciding; None = they decide with a system role. Raises
    NotCandidate, AlreadyClaimed."""
    candidate = None if by is None else owners.take(running, incident, by, now, reason)
    if candidate is None and as_owner and by is not None:
        name = name_of(running.tx, by)
        raise NotCandidate(f"{name} does not look after this incident now; look at the case again")
    return candidate


def _decide(
    driver: neo4j.Driver, case: str, incident: str, decide: Callable[[Running, ServiceTask | None], None]
) -> None:
    def work(tx: neo4j.ManagedTransaction) -> None:
        running = Running.lock(tx, case)
        found = kept.case(tx, case)
        require_running(tx, found)
        stopped = [each["task"] for each in found.incidents if each["task"] == kept.WHOLE_CASE]
        services = {each.id: each for each in service_tasks.tasks_of(tx, case) if each.state == "incident"}
        known = [*stopped, *(each.task for each in running.engine.incidents), *services]
        if incident not in known:
            text = f"the case {case} has no incident {incident!r}; it has: {', '.join(known) or 'none'}"
            raise Unknown("unknown_incident", text, incident, known)
        decide(running, services.get(incident))

    with driver.session() as session:
        session.execute_write(work)
