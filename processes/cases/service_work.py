"""What cases do by themselves is carried out: by any number of workers, each piece by one.

What writes in the graph is one transaction with the step of the case: done and noted together, or not at all. What is
done outside is begun in one transaction and ended in another. Where a worker is killed between them, it isn't known
whether it was done: after ``PATIENCE`` it is tried again with the same key if that does no harm, else it becomes an
incident, for a person to look. A try that failed is repeated after ``PAUSES``, and then becomes an incident, too.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Final, TypeVar, cast

import neo4j
from neo4j.exceptions import DriverError, Neo4jError

from graph.errors import GraphError, Unknown
from graph.expressions import ExpressionFailed
from graph.rehearsal import all_or_none
from graph.retry import NEXT, Retry
from graph.statements import normal_text
from processes.cases import rendering, service_tasks
from processes.cases.running import Running
from processes.cases.service_tasks import ServiceTask
from processes.engine import extensions
from processes.engine.errors import ProcessError
from processes.engine.work import Work
from processes.services import LETTER, MAIL, TEMPLATED, Call, Noted, Service, ServiceFailed, Services

T = TypeVar("T")
PAUSES: Final = tuple(timedelta(minutes=each) for each in (1, 5, 15, 60, 240))
PATIENCE: Final = timedelta(minutes=15)
"""No service takes longer: after that the worker that began it is taken to be gone."""
_LONGEST_PROBLEM = 500


@dataclass(frozen=True, slots=True)
class Carried:
    """How much was done. ``failed``: by id of the service task, why it was not; of an unexpected error, with its
    cause."""

    done: int
    failed: Mapping[str, GraphError | ProcessError]


def carry_out_due(driver: neo4j.Driver, services: Services, now: Callable[[], datetime]) -> Carried:
    """Carry out what is due; each by itself, so that one that fails holds up no other."""
    with driver.session(default_access_mode=neo4j.READ_ACCESS) as session:
        waiting = service_tasks.due(session, now())
    done = 0
    failed: dict[str, GraphError | ProcessError] = {}
    for id_ in waiting:
        try:
            done += carry_out(driver, services, id_, now())
        except (GraphError, ProcessError) as wrong:
            failed[id_] = wrong
    return Carried(done, failed)


def carry_out(driver: neo4j.Driver, services: Services, id_: str, now: datetime) -> bool:
    """Carry out one service, if it is due. Whether it was; False = there is nothing to do any more, or another does it.

    Raises what it failed for, which is noted: GraphError, ProcessError.
    """
    try:
        with driver.session(default_access_mode=neo4j.READ_ACCESS) as session:
            name = service_tasks.task(session, id_).service
        if name not in services:
            raise ServiceFailed(f"there is no service {name!r} any more", NEXT)
        do = _in_graph if services[name].in_graph else _outside
        return do(driver, services[name], id_, now)
    except Unknown as gone:
        if gone.code == "unknown_task":  # its case was erased meanwhile
            return False
        _fail(driver, id_, gone, now)
        raise
    except (GraphError, ProcessError) as wrong:
        _fail(driver, id_, wrong, now)
        raise
    except (Neo4jError, DriverError):
        raise  # the graph does not answer: nothing was done, and nothing can be noted
    except Exception as wrong:  # of any kind: one service holds up no other
        failed = ServiceFailed(f"an unexpected error: {type(wrong).__name__}", NEXT)  # its text may quote values
        _fail(driver, id_, failed, now)
        raise failed from wrong


def _in_graph(driver: neo4j.Driver, service: Service, id_: str, now: datetime) -> bool:
    def work(one: neo4j.Driver) -> bool:
        with one.session() as session:
            tx = cast(neo4j.ManagedTransaction, session)  # all sessions of ``one`` are in one transaction
            found, running = _locked(tx, id_)
            if running is None or not _is_due(found, now):
                return False
            call = _call(running, found, service, now)
            answer = service.carry_out(one, call)
            wrote = [each for each in (answer if isinstance(answer, list) else [answer]) if each]
            _complete(running, found, _noted(answer, call), now, wrote)
            return True

    return all_or_none(driver, work)


def _outside(driver: neo4j.Driver, service: Service, id_: str, now: datetime) -> bool:
    def begin(tx: neo4j.ManagedTransaction) -> Call | None:
        found, running = _locked(tx, id_)
        if running is None or not _is_due(found, now):
            return None
        if found.begun is not None and not service.repeatable:
            raise ServiceFailed(
                f"it is not known whether this was done: the last try began at {found.begun:%Y-%m-%d %H:%M} and broke "
                "off. Check whether it was done; then skip it or retry it",
                NEXT,
            )
        told = {"begun": now.astimezone(UTC), "next": (now + PATIENCE).astimezone(UTC)}
        service_tasks.set_task(tx, id_, told)
        return _call(running, found, service, now)

    def end(tx: neo4j.ManagedTransaction) -> bool:
        found, running = _locked(tx, id_)
        if running is None or found.state != "open":
            return False  # done, but the case no longer needed it
        _complete(running, found, _noted(answer, call), now)
        return True

    call = _write(driver, begin)
    if call is None:
        return False
    answer = service.carry_out(driver, call)
    return _write(driver, end)


def _locked(tx: neo4j.ManagedTransaction, id_: str) -> tuple[ServiceTask, Running | None]:
    """The service task as it is now, while nobody else changes its case; no case, if it is not open any more."""
    found = service_tasks.task(tx, id_)
    running = Running.lock(tx, found.case)
    found = service_tasks.task(tx, id_)
    return found, running if found.state in ("open", "incident") else None


def _is_due(found: ServiceTask, now: datetime) -> bool:
    return found.state == "open" and found.next <= now


def _call(running: Running, found: ServiceTask, service: Service, now: datetime) -> Call:
    """Raises ServiceFailed for an argument that can't be worked out, or a text that can't be made."""
    work = next(each for each in running.engine.work() if each.id == found.id)
    try:
        arguments = running.engine.arguments(work)
    except ExpressionFailed as failed:
        raise ServiceFailed(f"an argument can't be evaluated: {failed}", NEXT) from failed
    version = running.version
    note = ""
    persons: tuple[str, ...] = ()
    if found.service in (MAIL, LETTER):
        note, persons = _write_text(running, work, arguments, service.pages, now)
    alone = running.started_by if found.service in version.definition.unattended else None
    return Call(
        version.process, running.id, found.element, found.service, found.name, found.key, arguments,
        version.by, version.roles, alone, now, note, persons,
    )  # fmt: skip


def _write_text(
    running: Running, work: Work, arguments: dict[str, Any], pages: str, now: datetime
) -> tuple[str, tuple[str, ...]]:
    """Put what a mail or letter says into its arguments, if a template says it; what the log is to note of it, and the
    people whom it may name.

    Raises ServiceFailed.
    """
    template = extensions.attribute(running.version.definition.nodes[work.element].element, "service", "template")
    try:
        language = rendering.language_of(arguments.get("language"))
        if not template:
            _check_stated(arguments)
            return "", rendering.persons_in(running.version, work.data)
        made = rendering.rendered(running.tx, running.version, template, language, work.data, running.id, now, pages)
    except ValueError as failed:  # TemplateFailed is one
        raise ServiceFailed(str(failed), NEXT) from failed
    arguments |= {"subject": made.written.subject, "text": made.written.text, "language": made.language}
    return made.note, made.persons


def _check_stated(arguments: dict[str, Any]) -> None:
    """What a step states itself, without a template, keeps to the same rules: the subject is one line, and a CPR number
    is in neither. Raises ServiceFailed."""
    for name in TEMPLATED & arguments.keys():
        text = arguments[name]
        if isinstance(text, str) and normal_text.has_number(text):
            raise ServiceFailed(f"{name}: it would contain a CPR number, and is not sent", NEXT)
    if isinstance(subject := arguments.get("subject"), str):
        arguments["subject"] = normal_text.normal(subject)


def _noted(answer: Any, call: Call | None) -> Any:
    """An answer, with all that there is to note of it."""
    note = "" if call is None else call.note
    if isinstance(answer, Noted):
        return Noted(answer.answer, "; ".join(filter(None, (answer.note, note))))
    return Noted(answer, note) if note else answer


def _complete(running: Running, found: ServiceTask, answer: Any, now: datetime, wrote: Sequence[str] = ()) -> None:
    """``wrote``: uuids of what it has changed in the graph."""
    note = ""
    if isinstance(answer, Noted):
        answer, note = answer.answer, answer.note
    running.engine.complete(found.id, {found.result: answer} if found.result else {}, now)
    told = {"state": "done", "closed": now.astimezone(UTC), "begun": None, "wrote": list(wrote) or None}
    service_tasks.set_task(running.tx, found.id, told)
    running.log("served", now, element=found.element, reason=note)
    running.write(now)


def _fail(driver: neo4j.Driver, id_: str, wrong: GraphError | ProcessError, now: datetime) -> None:
    """Note that a try has failed: it is made again after a pause, or becomes an incident."""

    def work(tx: neo4j.ManagedTransaction) -> None:
        found, running = _locked(tx, id_)
        if running is None or found.state != "open":
            return
        problem = str(wrong)[:_LONGEST_PROBLEM]
        told: dict[str, Any] = {"problem": problem, "begun": None}
        again = _again(wrong.retry, found.tries, now)
        if again is None:
            told |= {"state": "incident", "next": now.astimezone(UTC)}
            running.log("failed", now, element=found.element, reason=problem)
        else:
            told |= {"next": again.astimezone(UTC), "tries": found.tries + (wrong.retry.moment is None)}
        service_tasks.set_task(tx, id_, told)
        running.write(now)

    _write(driver, work)


def _again(retry: Retry, tries: int, now: datetime) -> datetime | None:
    """When it is tried again; None = not by itself."""
    if retry.moment is not None:
        return max(retry.moment, now)
    return now + PAUSES[tries] if retry.when == "soon" and tries < len(PAUSES) else None


def _write(driver: neo4j.Driver, work: Callable[[neo4j.ManagedTransaction], T]) -> T:
    with driver.session() as session:
        return session.execute_write(work)
