"""Cases that start by what happens, or by time, without a person: stated in the definition, off until switched on.

What has happened is read from the change log. Up to where it was read is kept with the process, and written in one
transaction with the cases that started by it: each change counts once, however many workers look, and whatever is
killed meanwhile. Only what happens after the switch counts.

An import starts thousands of cases, so those of some changes are begun together: what they need is asked once for all
of them, and they are written by one statement. Where that breaks off, they are begun one by one, to find the one that
is to blame.
"""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from functools import partial
from itertools import chain
from typing import Any, Final, TypeVar

import neo4j
from structlog.stdlib import get_logger

from graph.change_log import LOG
from graph.connection import Run
from graph.errors import ChangeRejected, GraphError
from graph.expressions import ExpressionFailed
from graph.time import COPENHAGEN, stored_moment
from processes.cases import definitions, happened, written
from processes.cases.definitions import Version
from processes.cases.happened import Change, Seen
from processes.cases.kept import day_of
from processes.cases.places import Naming
from processes.cases.tasks import UNANSWERED, begun
from processes.cases.written import Written
from processes.engine.errors import ProcessError
from processes.engine.timers import Distance
from processes.engine.triggers import Trigger

T = TypeVar("T")
Values = Mapping[str, Any]
WINDOW: Final = 200
"""Changes for which cases are begun in one transaction, at most."""
_FARTHEST: Final = 20_000
"""Entries of the log among which they are looked for, at most."""
_LONGEST_PROBLEM = 500
_log = get_logger("processes.cases.by_itself")


@dataclass(frozen=True, slots=True)
class Started:
    """How many cases have started. ``failed``: by process, why the last of those that could not start did not."""

    cases: int
    failed: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class _Step:
    started: int
    problem: str
    more: bool


def switch(
    driver: neo4j.Driver, process: str, by: str, reason: str, now: datetime, *, on: bool, first: date | None = None
) -> datetime | None:
    """Let cases of a process start by themselves from now on, or no longer. When the first starts by time, if one does.

    ``first``: the day on which the first starts by time; by default so long after now as lies between two.
    Raises Unknown (unknown_process), ChangeRejected (no_trigger, over).
    """

    def work(tx: neo4j.ManagedTransaction) -> datetime | None:
        read = partial(definitions.current, tx, process)
        version = read() if on else definitions.readable(read)  # what can't be read can be switched off
        triggers = () if version is None else version.definition.triggers
        if on and not triggers:
            raise ChangeRejected("no_trigger", f"{process} does not say by what its cases start; add a trigger to it")
        every = _every(triggers)
        if first is not None and (every is None or first < day_of(now)):
            text = f"first: {process} starts by no time" if every is None else f"first: {first} is over"
            raise ChangeRejected("over", text, field="first")
        counted, due = None, None
        if on and every is not None:
            counted = now.astimezone(COPENHAGEN) if first is None else datetime.combine(first, time(), COPENHAGEN)
            due = every.after(counted) if first is None else counted
        tx.run(
            """
            MATCH (p:Process {id: $process}), (log:ChangeLog {name: $log})
            SET p.starts = $on, p.starts_after = log.number, p.starts_next = $due, p.starts_first = $counted,
                p.starts_problem = null, p.starts_by = $by, p.starts_at = $now, p.starts_reason = $reason
            """,
            process=process,
            log=LOG,
            on=on,
            due=None if due is None else due.astimezone(UTC),
            counted=None if counted is None else counted.astimezone(UTC),
            by=by,
            now=now.astimezone(UTC),
            reason=reason,
        ).consume()
        return due

    return _write(driver, work)


@dataclass(frozen=True, slots=True)
class Switched:
    """A process whose cases start by themselves: who has switched it on, when; when the next starts by time, if one
    does; why the last that could not start did not."""

    by: str
    at: datetime
    next: datetime | None
    problem: str


def switched_on(run: Run) -> dict[str, Switched]:
    """The processes whose cases start by themselves, by id."""
    rows = run.run(
        """
        MATCH (p:Process {starts: true})
        RETURN p.id AS id, p.starts_by AS by, p.starts_at AS at, p.starts_next AS next, p.starts_problem AS problem
        """
    )
    return {
        row["id"]: Switched(
            row["by"], stored_moment(row["at"]), row["next"] and stored_moment(row["next"]), row["problem"] or ""
        )
        for row in rows
    }


def start_due(driver: neo4j.Driver, now: datetime) -> Started:
    """Start what is due by now. A case that can't start holds up no other, nor does a process of which none can, for
    whatever reason; why is kept with its process. Each is tried once.

    Raises DriverError if the database does not answer: that is no process's fault.
    """
    with driver.session(default_access_mode=neo4j.READ_ACCESS) as session:
        ids = session.run("MATCH (p:Process {starts: true}) RETURN p.id AS id ORDER BY id").value()
    cases, failed = 0, {}
    for id_ in ids:
        more = True
        while more:
            try:
                step = _next(driver, id_, now)
            except UNANSWERED:
                raise
            except Exception as wrong:
                step = _Step(0, _problem(wrong), more=False)
                _write(driver, partial(_note_problem, process=id_, problem=step.problem))
            cases, more = cases + step.started, step.more
            if step.problem:
                failed[id_] = step.problem
    return Started(cases, failed)


class _Broken(Exception):
    """The start of one case has broken off, and with it the transaction. ``number``: of its change; None = by time."""

    def __init__(self, number: int | None, problem: str) -> None:
        super().__init__(problem)
        self.number, self.problem = number, problem


class _BrokenTogether(Exception):
    """The start of several cases at once has broken off; it is not known which of them is to blame."""


def _next(driver: neo4j.Driver, process: str, now: datetime) -> _Step:
    at_once = WINDOW
    while True:
        try:
            return _write(driver, partial(_step, process=process, now=now, at_once=at_once))
        except _BrokenTogether:
            at_once = 1
        except _Broken as broken:
            return _passed_over(driver, process, now, broken, at_once)


def _passed_over(driver: neo4j.Driver, process: str, now: datetime, broken: _Broken, at_once: int) -> _Step:
    """What comes before it is done without it, and it is noted: it would break off again, in front of all others."""
    _log.warning("case could not start", process=process, change=broken.number, error=broken.problem)
    only = {"passed": broken} if broken.number is None else {"until": broken.number - 1}
    try:
        started = _write(driver, partial(_step, process=process, now=now, at_once=at_once, **only)).started
    except _BrokenTogether:
        started = _write(driver, partial(_step, process=process, now=now, at_once=1, **only)).started
    if broken.number is not None:
        _write(driver, partial(_pass, process=process, number=broken.number))
    _write(driver, partial(_note_problem, process=process, problem=broken.problem))
    return _Step(started, broken.problem, more=True)


def _step(
    tx: neo4j.ManagedTransaction,
    process: str,
    now: datetime,
    at_once: int,
    until: int | None = None,
    passed: _Broken | None = None,
) -> _Step:
    """The next changes of the log, and what is due by time. Raises _Broken, _BrokenTogether.

    ``at_once``: how many changes are looked at together. ``until``: no change after this one, and nothing by time.
    ``passed``: what is due by time is not started.
    """
    tx.run("MATCH (p:Process {id: $process}) SET p.locked = $process", process=process).consume()
    row = tx.run(
        """
        MATCH (p:Process {id: $process}), (log:ChangeLog {name: $log})
        RETURN p.starts AS starts, p.starts_after AS after, p.starts_next AS next, p.starts_first AS first,
            log.number AS last
        """,
        process=process,
        log=LOG,
    ).single(strict=True)
    if not row["starts"]:  # switched off meanwhile
        return _Step(0, "", more=False)
    version = definitions.current(tx, process)
    last = min(row["last"], row["after"] + _FARTHEST)
    if until is not None:
        last = max(row["after"], min(last, until))
    changes = _changes(tx, version, row["after"], last)
    if len(changes) == WINDOW:
        last = changes[-1].number
    every, due = _every(version.definition.triggers), row["next"] and stored_moment(row["next"])
    first = row["first"] and stored_moment(row["first"])
    by_time: list[_Start] = []
    if every is not None and due is not None and due <= now and until is None:
        if passed is None:
            by_time.append(_Start(None, f"due on {due:%Y-%m-%d}", {"today": day_of(now).isoformat()}))
        first, due = _again(every, first or due, due, now)
    elif every is not None and due is None:  # a version that starts by time has come since the switch
        first = now.astimezone(COPENHAGEN)
        due = every.after(first)
    naming, started, problem = Naming(tx, day_of(now)), 0, ""
    groups: list[tuple[Sequence[Change], Sequence[_Start]]] = [
        (changes[place : place + at_once], ()) for place in range(0, len(changes), at_once)
    ]
    for some, timed in (*groups, ((), by_time)):
        cases, text = _begin(tx, version, some, timed, now, naming)
        started, problem = started + cases, text or problem
    tx.run(
        """
        MATCH (p:Process {id: $process})
        SET p.starts_after = $last, p.starts_next = $due, p.starts_first = $first,
            p.starts_problem = coalesce($problem, p.starts_problem)
        """,
        process=process,
        last=last,
        due=None if every is None or due is None else due.astimezone(UTC),
        first=None if every is None or first is None else first.astimezone(UTC),
        problem=problem or None,
    ).consume()
    return _Step(started, problem, more=last < row["last"])


def _problem(wrong: Exception) -> str:
    known = isinstance(wrong, GraphError | ProcessError)
    text = str(wrong) if known else f"its cases can't be started ({type(wrong).__name__}); report it"
    return text[:_LONGEST_PROBLEM]


def _pass(tx: neo4j.ManagedTransaction, process: str, number: int) -> None:
    """Go on after a change, unless another worker has."""
    query = "MATCH (p:Process {id: $process}) WHERE p.starts_after = $number - 1 SET p.starts_after = $number"
    tx.run(query, process=process, number=number).consume()


def _note_problem(tx: neo4j.ManagedTransaction, process: str, problem: str) -> None:
    query = "MATCH (p:Process {id: $process, starts: true}) SET p.starts_problem = $problem"
    tx.run(query, process=process, problem=problem).consume()


def _again(every: Distance, first: datetime, due: datetime, now: datetime) -> tuple[datetime, datetime]:
    """From when it is counted, and when it is due next; what was missed while no worker ran is made up for once.

    Months are counted from the first: a month after 31 January is 28 February, and two are 31 March.
    """
    if not every.by_month:
        while due <= now:
            due = every.after(due)
        return first, due
    number, counted = 0, first
    while counted < due:
        number += 1
        counted = every.times(number).after(first)
    if counted != due:  # another distance has been stated since
        number, first, counted = 0, due, due
    while counted <= now:
        number += 1
        counted = every.times(number).after(first)
    return first, counted


@dataclass(frozen=True, slots=True)
class _Start:
    """Why a case is to start, and the values of which its own are made. ``number``: of the change; None = by time."""

    number: int | None
    why: str
    values: Mapping[str, Any]


def watched(version: Version) -> tuple[set[str], set[str]]:
    """The kinds of things, and the operations, at which the process looks; empty if it starts by no change."""
    triggers = [each for each in version.definition.triggers if each.operations]
    return {each.kind for each in triggers}, {name for each in triggers for name in each.operations}


def looked_at(version: Version) -> set[str]:
    """The names of ``happened.NAMES`` that its conditions, and what its cases start with, look at."""
    expressions = version.definition.checked.of_triggers.values()
    return {name.partition(".")[0] for each in expressions for name in each.references}


def every(version: Version) -> Distance | None:
    """The time between two starts; None = none starts by time."""
    return _every(version.definition.triggers)


def starting(version: Version, change: Change, seen: Seen | None, begun: Counter[str | None]) -> Values | None:
    """The values with which a change starts a case; None if it starts none.

    ``seen``: None = its thing is not there any more. ``begun``: open cases of the process that were not counted there,
    by the person whom they are about.
    """
    fitting = [
        each for each in version.definition.triggers if each.kind == change.kind and change.operation in each.operations
    ]
    if seen is None or not fitting:
        return None
    values = seen.beside(begun)
    return values if any(_holds(version, each, values) for each in fitting) else None


def _changes(run: Run, version: Version, after: int, last: int) -> list[Change]:
    kinds, operations = watched(version)
    return happened.changes(run, after, last, kinds, operations, WINDOW) if kinds and last > after else []


def _begin(
    tx: neo4j.ManagedTransaction,
    version: Version,
    changes: Sequence[Change],
    by_time: Sequence[_Start],
    now: datetime,
    naming: Naming,
) -> tuple[int, str]:
    """How many cases have begun, by some changes and by time, and why the last of those that could not did not."""
    tried: dict[int | None, str] = {each.number: _why(each) for each in changes}
    tried |= {each.number: each.why for each in by_time}
    with _together(tried):
        seen = happened.seen(tx, changes, version.process, day_of(now), looked_at(version))
        for kind in ("Person", "Unit"):
            naming.learn(kind, (uuid for each in seen.values() for uuid in _uuids(each.values.get(kind.lower()))))
    # One after another: whether a change is to start a case is asked with the cases of those before it counted.
    cases: list[Written] = []
    counted, problem = Counter[str | None](), ""
    for each in chain(_by_change(version, changes, seen, counted), by_time):
        try:
            case = begun(tx, version, _given(version, each.values), now, each.why, naming)
        except (ExpressionFailed, GraphError, ProcessError) as wrong:
            problem = f"{each.why}: {wrong}"[:_LONGEST_PROBLEM]
        except UNANSWERED:
            raise
        except Exception as wrong:
            raise _broken(each.number, each.why, wrong) from wrong
        else:
            cases.append(case)
            counted[case.person] += case.about["open"]
    with _together(tried):
        written.begin(tx, cases)
    return len(cases), problem


@contextmanager
def _together(tried: Mapping[int | None, str]) -> Iterator[None]:
    """Something is done for several cases at once. ``tried``: why each, by its number."""
    try:
        yield
    except UNANSWERED:
        raise
    except Exception as wrong:
        if len(tried) > 1:
            raise _BrokenTogether from wrong
        raise _broken(*next(iter(tried.items())), wrong) from wrong


def _broken(number: int | None, why: str, wrong: Exception) -> _Broken:
    return _Broken(number, f"{why}: {_problem(wrong)}"[:_LONGEST_PROBLEM])


def _uuids(thing: Mapping[str, Any] | None) -> Iterator[str]:
    if thing is not None:
        yield thing["uuid"]


def _why(change: Change) -> str:
    return f"change {change.number}: {change.kind} {change.operation}"


def _by_change(
    version: Version, changes: Sequence[Change], seen: Mapping[int, Seen], begun: Counter[str | None]
) -> Iterator[_Start]:
    for change in changes:
        try:
            values = starting(version, change, seen.get(change.number), begun)
        except Exception as wrong:
            raise _broken(change.number, _why(change), wrong) from wrong
        if values is not None:
            yield _Start(change.number, _why(change), values)


def _holds(version: Version, trigger: Trigger, values: Mapping[str, Any]) -> bool:
    if not trigger.condition:
        return True
    try:
        return version.definition.checked.of_triggers[trigger.condition].holds(values)
    except ExpressionFailed as failed:  # as of a grant's condition: what can't be said of it does not hold
        _log.warning("condition of a trigger can't be evaluated", process=version.process, error=str(failed))
        return False


def _given(version: Version, values: Mapping[str, Any]) -> dict[str, Any]:
    """The values of the start form. Raises ExpressionFailed."""
    expressions = version.definition.checked.of_triggers
    given = {name: expressions[text].evaluate(values) for name, text in version.definition.given.items()}
    return {name: value for name, value in given.items() if value not in (None, "")}


def _every(triggers: tuple[Trigger, ...]) -> Distance | None:
    return next((each.every for each in triggers if each.every is not None), None)


def _write(driver: neo4j.Driver, work: Callable[[neo4j.ManagedTransaction], T]) -> T:
    with driver.session() as session:
        return session.execute_write(work)
