"""Steps of cases that can't be made, and services that have failed: made again, or skipped with a reason."""

from collections.abc import Callable
from datetime import UTC, datetime

import neo4j

from graph.errors import ChangeRejected, Unknown
from processes.cases import kept, service_tasks
from processes.cases.kept import Running
from processes.cases.service_tasks import ServiceTask


def retry(driver: neo4j.Driver, case: str, incident: str, by: str | None, now: datetime, reason: str) -> None:
    """Make the step of an incident again; a service is tried by the worker.

    ``incident``: its ``task``. ``by``: the person; None = no person. Raises Unknown (unknown_case, unknown_incident).
    """

    def work(running: Running, service: ServiceTask | None) -> None:
        if incident == kept.WHOLE_CASE:
            running.log("retried", now, by, reason=reason)
            running.engine.pass_time(now)
            return
        if service is None:
            element = next(each.element for each in running.engine.incidents if each.task == incident)
            running.log("retried", now, by, element=element, reason=reason)
            running.engine.retry(incident, now)
            return
        told = {"state": "open", "next": now.astimezone(UTC), "tries": 0, "begun": None, "problem": None}
        service_tasks.set_task(running.tx, incident, told)
        running.log("retried", now, by, element=service.element, reason=reason)

    _decide(driver, case, incident, now, work)


def skip(driver: neo4j.Driver, case: str, incident: str, by: str | None, now: datetime, reason: str) -> None:
    """Go on without a service that has failed: it has no answer.

    Raises as ``retry``, and ChangeRejected (not_skipped): a step of the case itself has no way on without it.
    """

    def work(running: Running, service: ServiceTask | None) -> None:
        if service is None:
            text = "only a service can be skipped, and this is a step of the case itself; fix its cause, then retry it"
            raise ChangeRejected("not_skipped", text, field="incident")
        running.engine.complete(incident, {}, now)
        service_tasks.set_task(running.tx, incident, {"state": "skipped", "closed": now.astimezone(UTC), "begun": None})
        running.log("skipped", now, by, element=service.element, reason=reason)

    _decide(driver, case, incident, now, work)


def _decide(
    driver: neo4j.Driver,
    case: str,
    incident: str,
    now: datetime,
    decide: Callable[[Running, ServiceTask | None], None],
) -> None:
    def work(tx: neo4j.ManagedTransaction) -> None:
        stopped = [each["task"] for each in kept.case(tx, case).incidents if each["task"] == kept.WHOLE_CASE]
        running = Running.lock(tx, case)
        services = {each.id: each for each in service_tasks.tasks_of(tx, case) if each.state == "incident"}
        known = [*stopped, *(each.task for each in running.engine.incidents), *services]
        if incident not in known:
            text = f"the case {case} has no incident {incident!r}; it has: {', '.join(known) or 'none'}"
            raise Unknown("unknown_incident", text, incident, known)
        decide(running, services.get(incident))
        running.write(now)

    with driver.session() as session:
        session.execute_write(work)
