"""What people do with cases and tasks: start, look, complete.

Every moment is given, so that a day can be tried before it comes. Who has a task is asked of the organisation within
the transaction that changes it. Persons and units are uuids or sources' keys; whoever acts is a person.
"""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, TypeVar

import neo4j

from graph.connection import Run
from graph.errors import Ambiguous, GraphError, Unknown
from graph.identity.lookup import find, surviving_match, survivors
from processes.cases import attachments, definitions, kept, service_tasks
from processes.cases.definitions import Version
from processes.cases.kept import Task, day_of
from processes.cases.made_again import make_again
from processes.cases.places import Naming
from processes.cases.running import Running, hold
from processes.cases.starting import require_starter
from processes.cases.written import Written
from processes.engine.errors import ProcessError, ValuesRejected
from processes.errors import (
    AlreadyClaimed,
    AlreadyDone,
    FormRejected,
    NotCandidate,
    TaskClosed,
    ToOneself,
)
from processes.forms import Form
from processes.routing import Candidate, Route, routes

T = TypeVar("T")
Find = Callable[[Run, str, str], str]
"""UUID of the thing of a kind that somebody names: run, kind, name. Raises Unknown, Ambiguous."""
UNANSWERED = (neo4j.exceptions.DriverError, neo4j.exceptions.TransientError)
"""The database does not answer: that is no case's fault."""
STARTER = "starter"
"""The variable that has the person who has started the case, if the definition declares it."""


def by_name(run: Run, kind: str, name: str) -> str:
    """Whatever there is by this name. Raises Unknown, Ambiguous."""
    return find(run, kind, name).uuid


@dataclass(frozen=True, slots=True)
class Look:
    """A task as somebody sees it. ``claimed``: who has said to do it; ``lapsed``: whose claim holds no longer (T3)."""

    task: Task
    route: Route
    claimed: str | None
    lapsed: str | None


def start(
    driver: neo4j.Driver,
    process: str,
    values: Mapping[str, Any],
    by: str | None,
    now: datetime,
    reason: str = "",
    named: Find = by_name,
) -> str:
    """Start a case of the process's current version; its id.

    ``values``: what the start form takes. ``by`` None: no person, such as a system. ``named``: finds what the values
    name. Raises Unknown, FormRejected, NotStarter.
    """

    def work(tx: neo4j.ManagedTransaction) -> str:
        person = None if by is None else find(tx, "Person", by).uuid
        return begin(tx, definitions.current(tx, process), values, person, now, reason, named)

    return write(driver, work)


def begin(
    tx: neo4j.ManagedTransaction,
    version: Version,
    values: Mapping[str, Any],
    person: str | None,
    now: datetime,
    reason: str,
    named: Find = by_name,
) -> str:
    """As ``start``, within a transaction. What it refuses, it refuses before anything is written."""
    running = _begun(tx, version, values, person, now, reason, named, None)
    running.write(now)
    return running.id


def begun(
    tx: neo4j.ManagedTransaction,
    version: Version,
    values: Mapping[str, Any],
    now: datetime,
    reason: str,
    naming: Naming,
) -> Written:
    """A case that no person starts, as ``begin`` would write it: for whoever writes many at once.

    ``naming``: finds what the values name.
    """
    return _begun(tx, version, values, None, now, reason, naming.named, naming).written(now)


def _begun(
    tx: neo4j.ManagedTransaction,
    version: Version,
    values: Mapping[str, Any],
    person: str | None,
    now: datetime,
    reason: str,
    named: Find,
    naming: Naming | None,
) -> Running:
    form = version.forms.get(version.definition.start_form)
    told = _read(tx, form, values, version.definition.start_form or f"the start of {version.process}", named)
    if STARTER in version.definition.start_fields:
        told[STARTER] = person
    if person is not None:
        require_starter(tx, version, told, person, day_of(now))
    with refused():
        return Running.start(tx, version, told, person, now, reason, naming)


def look(run: Run, task: str, now: datetime) -> Look:
    """Who has a task now. Raises Unknown (unknown_task)."""
    return looks(run, [kept.task(run, task)], now)[0]


def looks(run: Run, tasks: list[Task], now: datetime, turned: date | None = None) -> list[Look]:
    """As ``look``, of several tasks, in their order. One that is not open any more is with nobody.

    ``turned``: as in ``processes.routing.routes``.
    """
    waiting = [each for each in tasks if each.state == "open"]
    asked = [each.asked for each in waiting]
    found = dict(zip((each.id for each in waiting), routes(run, asked, day_of(now), turned), strict=True))
    claimers = survivors(run, "Person", {each.claim.by for each in tasks if each.claim is not None})
    return [_look(each, found.get(each.id, Route()), claimers) for each in tasks]


def require_open(run: Run, task: Task) -> None:
    """Raises AlreadyDone, with who has done it; TaskClosed."""
    if task.done is not None:
        raise AlreadyDone(task.name, name_of(run, task.done.by), task.done.by, task.done.at)
    if task.state != "open":
        raise TaskClosed(task.name)


def require_mine(tx: neo4j.ManagedTransaction, task: str, person: str, now: datetime) -> Task:
    """The task, locked, if the person has it now. Raises Unknown, NotCandidate, AlreadyDone, TaskClosed."""
    return mine(tx, task, person, now)[1].task


def complete(
    driver: neo4j.Driver,
    task: str,
    by: str,
    values: Mapping[str, Any],
    now: datetime,
    reason: str = "",
    named: Find = by_name,
) -> Task:
    """Complete a task. Of two who do, the first wins, and the other is told who it was (T8).

    ``values``: what its form takes. Raises Unknown, NotCandidate, AlreadyDone, AlreadyClaimed, TaskClosed,
    FormRejected.
    """

    def work(tx: neo4j.ManagedTransaction) -> Task:
        held = hold(tx, task, by)
        person = held.person
        require_open(tx, held.task)
        seen = looks(tx, [held.task], now, held.turned)[0]
        candidate = require_has(tx, seen, person)
        require_not_claimed(tx, seen, person)
        running = held.running()
        if seen.task.incident:
            return _complete_owners(running, seen.task, person, candidate.instead_of, values, now, reason)
        form = running.version.forms.get(seen.task.form)
        told = _read(tx, form, values, seen.task.name, named)
        attachments.settle(running, seen.task, form, told, person)
        with refused():
            running.engine.complete(task, told, now)
        done = running.done(seen.task, person, candidate.instead_of, told, now, reason)
        running.write(now)
        return done

    return write(driver, work)


def _complete_owners(
    running: Running,
    task: Task,
    person: str,
    instead_of: str | None,
    values: Mapping[str, Any],
    now: datetime,
    reason: str,
) -> Task:
    """The owner's task is done by making the step of its incident again."""
    _read(running.tx, None, values, task.name, by_name)
    services = {each.id: each for each in service_tasks.tasks_of(running.tx, running.id)}
    done = running.done(task, person, instead_of, {}, now, reason)
    running.log("retried", now, person, instead_of, task.element, reason)
    make_again(running, task.incident, services.get(task.incident), now)
    running.write(now)
    return done


def failure_text(wrong: Exception, what: str) -> str:
    known = isinstance(wrong, GraphError | ProcessError)
    return str(wrong) if known else f"{what} ({type(wrong).__name__}); report it"


def _look(task: Task, route: Route, claimers: Mapping[str, str]) -> Look:
    by = None if task.claim is None else claimers.get(task.claim.by, task.claim.by)
    if by is None or task.state != "open":
        return Look(task, route, None, task.lapsed)
    holds = route.of(by) is not None
    return Look(task, route, by if holds else None, None if holds else by)


def opened(tx: neo4j.ManagedTransaction, task: str, now: datetime) -> Look:
    """The task, locked. Raises Unknown, AlreadyDone, TaskClosed."""
    found = kept.lock_of_task(tx, task)
    require_open(tx, found)
    return looks(tx, [found], now)[0]


def mine(tx: neo4j.ManagedTransaction, task: str, by: str, now: datetime) -> tuple[str, Look, Candidate]:
    """The person, the task, and how they have it. Raises as ``opened``, and NotCandidate."""
    person = find(tx, "Person", by).uuid
    seen = opened(tx, task, now)
    return person, seen, require_has(tx, seen, person)


def require_has(run: Run, seen: Look, person: str) -> Candidate:
    """How a person has a task. Raises NotCandidate."""
    candidate = seen.route.of(person)
    if candidate is None:
        if (other := _done_before(run, seen.task, person)) is not None:
            text = (
                f"{name_of(run, person)} has completed {other.name!r} of this case; {seen.task.name!r} is for another"
            )
            raise NotCandidate(text)
        text = (
            f"{name_of(run, person)} does not have the task {seen.task.name!r} now; look at it again to see who has it"
        )
        raise NotCandidate(text)
    return candidate


def _done_before(run: Run, task: Task, person: str) -> Task | None:
    """The task that the person, or another in their place, has completed, and for which they may not have this one."""
    if not task.exclude_who_did:
        return None
    others = [each for each in kept.tasks_of(run, task.case) if not each.incident]
    done = {each: each.done for each in others if each.element in task.exclude_who_did}
    did = {each: {who for who in (by.by, by.instead_of) if who} for each, by in done.items() if by is not None}
    called = survivors(run, "Person", {who for some in did.values() for who in some})
    return next((each for each, some in did.items() if person in {called.get(who, who) for who in some}), None)


def require_other(tx: neo4j.ManagedTransaction, person: str, other: str) -> None:
    if person == other:
        raise ToOneself(f"{name_of(tx, person)} can't delegate to themselves; name a colleague")


def checked_values(run: Run, form: Form | None, values: Mapping[str, Any], named: Find) -> dict[str, Any]:
    """Some values of a form, each checked by itself, with uuids for what they name. Raises FormRejected."""
    for field, value in values.items():
        if form is None or field not in form.fields:
            known = ", ".join(form.fields) if form is not None and form.fields else "none"
            raise FormRejected(field, f"the form has no field {field!r}; it has: {known}")
        form.check_field(field, value)
    return {} if form is None else {field: with_uuid(run, form, field, value, named) for field, value in values.items()}


def _read(run: Run, form: Form | None, values: Mapping[str, Any], what: str, named: Find) -> dict[str, Any]:
    """Values of a form, with uuids for what its fields name. Raises FormRejected."""
    if form is None:
        if values:
            raise FormRejected(min(values), f"{what} takes no values; {min(values)} was given")
        return {}
    form.check(values)
    return {field: with_uuid(run, form, field, value, named) for field, value in values.items()}


def with_uuid(run: Run, form: Form, field: str, value: Any, named: Find) -> Any:
    """The value of a field, with the uuid of what it names. Raises FormRejected, with the code of what is unknown."""
    kind = form.kind(field)
    try:
        if kind is not None and isinstance(value, str):
            return named(run, kind, value)
        if kind is not None and isinstance(value, list):
            return [named(run, kind, each) for each in value if isinstance(each, str)]
    except (Unknown, Ambiguous) as wrong:
        refused = FormRejected(field, f"{field}: {wrong}", wrong.code)
        refused.value = wrong.value
        raise refused from wrong
    return value


def name_of(run: Run, person: str) -> str:
    """What a person is called, for a text."""
    row = run.run(f"{surviving_match('Person', '$uuid')} RETURN n.name AS name", uuid=person).single()
    return str(row["name"]) if row is not None and row["name"] else person


@contextmanager
def refused() -> Iterator[None]:
    """What the engine refuses of values, as an error of the form."""
    try:
        yield
    except ValuesRejected as wrong:
        raise FormRejected(wrong.field, str(wrong)) from wrong


def write(driver: neo4j.Driver, work: Callable[[neo4j.ManagedTransaction], T]) -> T:
    with driver.session() as session:
        return session.execute_write(work)


def require_not_claimed(run: Run, seen: Look, person: str) -> None:
    if seen.claimed is not None and seen.claimed != person and seen.task.claim is not None:
        raise AlreadyClaimed(seen.task.name, name_of(run, seen.claimed), seen.claimed, seen.task.claim.at)
