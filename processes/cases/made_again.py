"""A step that could not be made is made again."""

from datetime import UTC, datetime

from processes.cases import kept, service_tasks
from processes.cases.running import Running
from processes.cases.service_tasks import ServiceTask


def make_again(running: Running, incident: str, service: ServiceTask | None, now: datetime) -> None:
    """Make the step of an incident again; ``service``: if it is one."""
    if incident == kept.WHOLE_CASE:
        running.engine.pass_time(now)
    elif service is None:
        running.engine.retry(incident, now)
    else:
        told = {"state": "open", "next": now.astimezone(UTC), "tries": 0, "begun": None, "problem": None}
        service_tasks.set_task(running.tx, incident, told)


def element_of(running: Running, incident: str, service: ServiceTask | None) -> str:
    """Where the incident is in the diagram; empty for the whole case."""
    if service is not None:
        return service.element
    return next((each.element for each in running.engine.incidents if each.task == incident), "")
