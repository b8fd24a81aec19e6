"""What people do with cases and tasks: start, look, claim, give back, hand on, complete, delegate.

Every moment is given, so that a day can be tried before it comes. Who has a task is asked of the organisation within
the transaction that changes it. Persons and units are uuids or sources' keys; whoever acts is a person.
"""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime
from functools import partial
from typing import Any, TypeVar
from uuid import uuid4

import neo4j

from graph.connection import Run
from graph.errors import ChangeRejected, GraphError, Unknown
from graph.identity.lookup import find, surviving_match, survivors
from processes.cases import case_log, definitions, kept
from processes.cases.definitions import Version
from processes.cases.kept import Task, day_of
from processes.cases.running import Running
from processes.cases.starting import require_starter
from processes.engine.errors import ProcessError, ValuesRejected
from processes.errors import (
    AlreadyClaimed,
    AlreadyDone,
    FormRejected,
    NotCandidate,
    NotInPerson,
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


@dataclass(frozen=True, slots=True)
class Delegation:
    """From ``start`` to the day before ``end``, ``to`` has the process's tasks that ``by`` has (T7)."""

    id: str
    process: str
    by: str
    to: str
    start: date
    end: date
    made: datetime


@dataclass(frozen=True, slots=True)
class Passed:
    """How many cases time has passed in. ``failed``: those that could not go on, by id, with the reason."""

    cases: int
    failed: Mapping[str, str]


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

    return _write(driver, work)


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
    form = version.forms.get(version.definition.start_form)
    told = _read(tx, form, values, version.definition.start_form or f"the start of {version.process}", named)
    if STARTER in version.definition.start_fields:
        told[STARTER] = person
    if person is not None:
        require_starter(tx, version, told, person, day_of(now))
    with refused():
        running = Running.start(tx, version, told, person, now, reason)
    running.write(now)
    return running.id


def look(run: Run, task: str, now: datetime) -> Look:
    """Who has a task now. Raises Unknown (unknown_task)."""
    return looks(run, [kept.task(run, task)], now)[0]


def looks(run: Run, tasks: list[Task], now: datetime) -> list[Look]:
    """As ``look``, of several tasks, in their order. One that is not open any more is with nobody."""
    waiting = [each for each in tasks if each.state == "open"]
    found = dict(
        zip((each.id for each in waiting), routes(run, [each.asked for each in waiting], day_of(now)), strict=True)
    )
    claimers = survivors(run, "Person", {each.claim.by for each in tasks if each.claim is not None})
    return [_look(each, found.get(each.id, Route()), claimers) for each in tasks]


def require_open(run: Run, task: Task) -> None:
    """Raises AlreadyDone, with who has done it; TaskClosed."""
    if task.done is not None:
        raise AlreadyDone(task.name, _name(run, task.done.by), task.done.by, task.done.at)
    if task.state != "open":
        raise TaskClosed(task.name)


def require_mine(tx: neo4j.ManagedTransaction, task: str, person: str, now: datetime) -> Task:
    """The task, locked, if the person has it now. Raises Unknown, NotCandidate, AlreadyDone, TaskClosed."""
    return _mine(tx, task, person, now)[1].task


def claim(driver: neo4j.Driver, task: str, by: str, now: datetime, reason: str = "") -> Task:
    """Say to do a task; it holds while they have it (T3).

    Raises Unknown, NotCandidate, AlreadyDone, AlreadyClaimed, TaskClosed.
    """

    def work(tx: neo4j.ManagedTransaction) -> Task:
        person, seen, candidate = _mine(tx, task, by, now)
        _require_not_claimed(tx, seen, person)
        told = {"claimed_by": person, "claimed": now.astimezone(UTC), "lapsed": None}
        kept.set_task(tx, task, told)
        entry = case_log.LogEntry("claimed", now, person, candidate.instead_of, seen.task.element, reason)
        case_log.log(tx, seen.task.case, entry)
        return kept.task(tx, task)

    return _write(driver, work)


def give_back(driver: neo4j.Driver, task: str, by: str, now: datetime, reason: str = "") -> Task:
    """End one's own claim, and what was handed to one. Raises Unknown, NotCandidate, AlreadyDone, TaskClosed."""

    def work(tx: neo4j.ManagedTransaction) -> Task:
        person = find(tx, "Person", by).uuid
        seen = _open(tx, task, now)
        if seen.claimed != person:
            text = f"{_name(tx, person)} has not claimed the task {seen.task.name!r}; only a claim is given back"
            raise NotCandidate(text)
        told = {"claimed_by": None, "claimed": None, "to_tell": str(uuid4())}
        handed = seen.task.asked.handed
        if handed is not None and survivors(tx, "Person", [handed[1]]).get(handed[1]) == person:
            told |= {"handed_by": None, "handed_to": None}
        kept.set_task(tx, task, told)
        case_log.log(tx, seen.task.case, case_log.LogEntry("given_back", now, person, None, seen.task.element, reason))
        return kept.task(tx, task)

    return _write(driver, work)


def hand(
    driver: neo4j.Driver, task: str, by: str, to: str, now: datetime, reason: str = "", named: Find = by_name
) -> Task:
    """Hand one task to a colleague, who has it instead of whoever hands it, while these have it.

    Raises Unknown, NotCandidate (also for a colleague who may not have it, or is away), NotInPerson, ToOneself,
    AlreadyDone, AlreadyClaimed, TaskClosed.
    """

    def work(tx: neo4j.ManagedTransaction) -> Task:
        person, seen, candidate = _mine(tx, task, by, now)
        _require_not_claimed(tx, seen, person)
        other = named(tx, "Person", to)
        _require_other(tx, person, other)
        if candidate.how == "delegate":
            text = f"{_name(tx, person)} has the task {seen.task.name!r} by delegation, which is not passed on"
            raise NotInPerson(text)
        told = {"handed_by": person, "handed_to": other, "claimed_by": other, "claimed": now.astimezone(UTC)}
        kept.set_task(tx, task, {**told, "lapsed": None, "to_tell": str(uuid4())})
        if look(tx, task, now).route.of(other) is None:
            text = f"{_name(tx, other)} may not have the task {seen.task.name!r}, or is away; hand it to somebody else"
            raise NotCandidate(text)
        case_log.log(tx, seen.task.case, case_log.LogEntry("handed", now, person, None, seen.task.element, reason))
        return kept.task(tx, task)

    return _write(driver, work)


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
        person, seen, candidate = _mine(tx, task, by, now)
        _require_not_claimed(tx, seen, person)
        running = Running.lock(tx, seen.task.case)
        told = _read(tx, running.version.forms.get(seen.task.form), values, seen.task.name, named)
        with refused():
            running.engine.complete(task, told, now)
        running.done(seen.task, person, candidate.instead_of, told, now, reason)
        running.write(now)
        return kept.task(tx, task)

    return _write(driver, work)


def ask(driver: neo4j.Driver, task: str, by: str, of: str | None, now: datetime, question: str) -> Task:
    """Ask for more: put a question to whoever has started the case, or to ``of``, who has started it or has done a task
    of it. The task stays where it is, and has one question at a time.

    Raises Unknown (also if no person has started the case), NotCandidate, ToOneself, AlreadyDone, AlreadyClaimed,
    TaskClosed.
    """

    def work(tx: neo4j.ManagedTransaction) -> Task:
        person, seen, candidate = _mine(tx, task, by, now)
        _require_not_claimed(tx, seen, person)
        starter = kept.case(tx, seen.task.case).started_by
        known = [starter] if starter is not None else []
        known += [each.done.by for each in kept.tasks_of(tx, seen.task.case) if each.done is not None]
        called = survivors(tx, "Person", known)
        if of is None and starter not in called:
            text = f"no person has started the case of {seen.task.name!r}; name whom to ask"
            raise Unknown("unknown_person", text, "of")
        other = called[str(starter)] if of is None else _any_person(tx, of)
        if other == person:
            raise ToOneself(f"{_name(tx, person)} can't ask themselves; name somebody else")
        if other not in called.values():
            text = "of: they have not been at this case; ask whoever has started it or has done one of its tasks"
            raise NotCandidate(text)
        told = {"question": question, "asked_by": person, "asked_of": other, "asked": now.astimezone(UTC)}
        told["to_tell"] = str(uuid4())
        kept.set_task(tx, task, told)
        entry = case_log.LogEntry("asked", now, person, candidate.instead_of, seen.task.element, question)
        case_log.log(tx, seen.task.case, entry)
        return kept.task(tx, task)

    return _write(driver, work)


def answer(driver: neo4j.Driver, task: str, by: str, now: datetime, text: str) -> Task:
    """Answer the question that a task has for one. Raises Unknown, NotCandidate, AlreadyDone, TaskClosed."""

    def work(tx: neo4j.ManagedTransaction) -> Task:
        person = find(tx, "Person", by).uuid
        seen = _open(tx, task, now)
        question = seen.task.question
        if question is None or survivors(tx, "Person", [question.of]).get(question.of) != person:
            raise NotCandidate(f"the task {seen.task.name!r} has no question for {_name(tx, person)}")
        kept.set_task(tx, task, dict.fromkeys(("question", "asked_by", "asked_of", "asked")))
        case_log.log(tx, seen.task.case, case_log.LogEntry("answered", now, person, None, seen.task.element, text))
        return kept.task(tx, task)

    return _write(driver, work)


def delegate(
    driver: neo4j.Driver,
    process: str,
    by: str,
    to: str,
    start: date,
    end: date,
    now: datetime,
    reason: str = "",
    named: Find = by_name,
) -> Delegation:
    """Let somebody do one's own tasks of a process, from ``start`` to the day before ``end`` (T7).

    Raises Unknown, ToOneself, NotInPerson, ChangeRejected (empty_period, over).
    """

    def work(tx: neo4j.ManagedTransaction) -> Delegation:
        definitions.current(tx, process)
        person, other = find(tx, "Person", by).uuid, named(tx, "Person", to)
        _require_other(tx, person, other)
        if end <= start:
            text = f"until: {end} is not later than {start}; it is the day after the last"
            raise ChangeRejected("empty_period", text, field="until")
        if end <= day_of(now):
            raise ChangeRejected("over", f"until: {end} is over already", field="until")
        mine = [each.route.of(person) for each in looks(tx, kept.open_tasks(tx, process=process), now)]
        if not any(each is not None and each.how != "delegate" and each.instead_of is None for each in mine):
            text = f"{_name(tx, person)} has no open task of {process} in person, and can't delegate it"
            raise NotInPerson(text)
        made = Delegation(str(uuid4()), process, person, other, start, end, now)
        tx.run(
            """
            MATCH (p:Process {id: $process})
            SET p.delegations = coalesce(p.delegations, 0) + 1
            CREATE (d:Delegation {id: $id, number: p.delegations, process: $process, by: $by, to: $to})
            SET d.from = $start, d.until = $end, d.made = $now, d.reason = $reason
            """,
            id=made.id,
            process=process,
            by=person,
            to=other,
            start=start,
            end=end,
            now=now.astimezone(UTC),
            reason=reason or None,
        ).consume()
        return made

    return _write(driver, work)


def end_delegation(driver: neo4j.Driver, id_: str, by: str, now: datetime, reason: str = "") -> None:
    """End a delegation today; only who has delegated can. Raises Unknown (unknown_delegation), NotInPerson."""

    def work(tx: neo4j.ManagedTransaction) -> None:
        person = find(tx, "Person", by).uuid
        row = tx.run("MATCH (d:Delegation {id: $id}) RETURN d.by AS by", id=id_).single()
        if row is None:
            raise Unknown("unknown_delegation", f"there is no delegation {id_!r}", id_)
        if survivors(tx, "Person", [row["by"]]).get(row["by"]) != person:
            raise NotInPerson("only who has delegated ends it")
        query = "MATCH (d:Delegation {id: $id}) WHERE d.until > $day SET d.until = $day, d.end_reason = $reason"
        tx.run(query, id=id_, day=day_of(now), reason=reason or None).consume()

    return _write(driver, work)


def pass_time(driver: neo4j.Driver, now: datetime) -> Passed:
    """Let everything happen that is due by now: timers of cases.

    Each case is changed by itself: one that can't go on, for whatever reason, has an incident and holds up no other.
    Several processes may do it at once. Raises DriverError if the database does not answer: that is no case's fault.
    """
    with driver.session(default_access_mode=neo4j.READ_ACCESS) as session:
        waiting = kept.due(session, now)
    passed, failed = 0, {}
    for id_ in waiting:
        try:
            passed += _write(driver, partial(_pass_time, id_=id_, now=now))
        except UNANSWERED:
            raise
        except Exception as wrong:
            failed[id_] = _told(wrong, "time can't pass in it")
            _write(driver, partial(kept.note_stopped, id_=id_, text=failed[id_], now=now))
    return Passed(passed, failed)


@dataclass(frozen=True, slots=True)
class Lapsed:
    """How many claims have ended. ``failed``: tasks of which it can't be told, by id, with the reason."""

    claims: int
    failed: Mapping[str, str]


def lapse_claims(driver: neo4j.Driver, now: datetime) -> Lapsed:
    """End the claims of people who no longer have their task (T3); once a day is enough.

    Each task is looked at by itself: one that can't be holds up no other. Raises DriverError as ``pass_time``.
    """
    failed: dict[str, str] = {}
    with driver.session(default_access_mode=neo4j.READ_ACCESS) as session:
        gone = _lapsed(session, kept.open_tasks(session, claimed=True), now, failed)
    lapsed = 0
    for id_ in gone:
        try:
            lapsed += _write(driver, partial(_lapse, id_=id_, now=now))
        except UNANSWERED:
            raise
        except Exception as wrong:
            failed[id_] = _told(wrong, "its claim can't be looked at")
    return Lapsed(lapsed, failed)


def _lapsed(run: Run, tasks: list[Task], now: datetime, failed: dict[str, str]) -> list[str]:
    """Ids of those whose claimer no longer has them. They are looked at together, for that is fast; where one of them
    can't be looked at, half and half."""
    if not tasks:
        return []
    try:
        return [each.task.id for each in looks(run, tasks, now) if each.claimed is None]
    except UNANSWERED:
        raise
    except Exception as wrong:
        if len(tasks) == 1:
            failed[tasks[0].id] = _told(wrong, "its claim can't be looked at")
            return []
    half = len(tasks) // 2
    return _lapsed(run, tasks[:half], now, failed) + _lapsed(run, tasks[half:], now, failed)


def _told(wrong: Exception, what: str) -> str:
    known = isinstance(wrong, GraphError | ProcessError)
    return str(wrong) if known else f"{what} ({type(wrong).__name__}); report it"


def _pass_time(tx: neo4j.ManagedTransaction, id_: str, now: datetime) -> bool:
    """Whether it was still due: another worker may have let it go on, or its person was erased, meanwhile."""
    try:
        running = Running.lock(tx, id_)
    except Unknown:
        return False
    if not kept.is_due(tx, id_, now):
        return False
    running.engine.pass_time(now)
    running.write(now)
    return True


def _lapse(tx: neo4j.ManagedTransaction, id_: str, now: datetime) -> bool:
    """Whether the claim still was there: another worker may have ended it, or its person was erased, meanwhile."""
    try:
        seen = looks(tx, [kept.lock_of_task(tx, id_)], now)[0]
    except Unknown:
        return False
    if seen.task.state != "open" or seen.task.claim is None or seen.claimed is not None:
        return False
    kept.set_task(tx, id_, {"claimed_by": None, "claimed": None, "lapsed": seen.lapsed, "to_tell": str(uuid4())})
    case_log.log(tx, seen.task.case, case_log.LogEntry("lapsed", now, seen.lapsed, None, seen.task.element))
    return True


def _look(task: Task, route: Route, claimers: Mapping[str, str]) -> Look:
    by = None if task.claim is None else claimers.get(task.claim.by, task.claim.by)
    if by is None or task.state != "open":
        return Look(task, route, None, task.lapsed)
    holds = route.of(by) is not None
    return Look(task, route, by if holds else None, None if holds else by)


def _open(tx: neo4j.ManagedTransaction, task: str, now: datetime) -> Look:
    """The task, locked. Raises Unknown, AlreadyDone, TaskClosed."""
    found = kept.lock_of_task(tx, task)
    require_open(tx, found)
    return looks(tx, [found], now)[0]


def _mine(tx: neo4j.ManagedTransaction, task: str, by: str, now: datetime) -> tuple[str, Look, Candidate]:
    """The person, the task, and how they have it. Raises as ``_open``, and NotCandidate."""
    person = find(tx, "Person", by).uuid
    seen = _open(tx, task, now)
    candidate = seen.route.of(person)
    if candidate is None:
        if (other := _done_before(tx, seen.task, person)) is not None:
            text = f"{_name(tx, person)} has completed {other.name!r} of this case; {seen.task.name!r} is for another"
            raise NotCandidate(text)
        text = f"{_name(tx, person)} does not have the task {seen.task.name!r} now; look at it again to see who has it"
        raise NotCandidate(text)
    return person, seen, candidate


def _done_before(run: Run, task: Task, person: str) -> Task | None:
    """The task that the person, or another in their place, has completed, and for which they may not have this one."""
    if not task.exclude_who_did:
        return None
    done = {each: each.done for each in kept.tasks_of(run, task.case) if each.element in task.exclude_who_did}
    did = {each: {who for who in (by.by, by.instead_of) if who} for each, by in done.items() if by is not None}
    called = survivors(run, "Person", {who for some in did.values() for who in some})
    return next((each for each, some in did.items() if person in {called.get(who, who) for who in some}), None)


def _require_not_claimed(tx: neo4j.ManagedTransaction, seen: Look, person: str) -> None:
    if seen.claimed is not None and seen.claimed != person and seen.task.claim is not None:
        raise AlreadyClaimed(seen.task.name, _name(tx, seen.claimed), seen.claimed, seen.task.claim.at)


def _require_other(tx: neo4j.ManagedTransaction, person: str, other: str) -> None:
    if person == other:
        raise ToOneself(f"{_name(tx, person)} can't delegate to themselves; name a colleague")


def _read(run: Run, form: Form | None, values: Mapping[str, Any], what: str, named: Find) -> dict[str, Any]:
    """Values of a form, with uuids for what its fields name. Raises FormRejected, Unknown."""
    if form is None:
        if values:
            raise FormRejected(min(values), f"{what} takes no values; {min(values)} was given")
        return {}
    form.check(values)
    return {field: with_uuid(run, form, field, value, named) for field, value in values.items()}


def with_uuid(run: Run, form: Form, field: str, value: Any, named: Find) -> Any:
    """The value of a field, with the uuid of what it names. Raises Unknown, Ambiguous."""
    kind = form.kind(field)
    if kind is not None and isinstance(value, str):
        return named(run, kind, value)
    if kind is not None and isinstance(value, list):
        return [named(run, kind, each) for each in value if isinstance(each, str)]
    return value


def _any_person(run: Run, name: str) -> str | None:
    """The person's uuid; None also where it is not certain who is meant: what is unknown is told nobody here."""
    try:
        return by_name(run, "Person", name)
    except GraphError:
        return None


def _name(run: Run, person: str) -> str:
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


def _write(driver: neo4j.Driver, work: Callable[[neo4j.ManagedTransaction], T]) -> T:
    with driver.session() as session:
        return session.execute_write(work)
