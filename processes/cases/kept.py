"""Cases and their tasks as the graph keeps them: nodes beside the model, as plans are.

A case has its state as the engine's JSON, and runs on the version with which it began. Its tasks are nodes of their
own, with what decides who has them (``processes.routing``), so that they are found without reading any case. Whoever
changes a case locks it first: of two, the second sees what the first has done.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from functools import partial
from typing import Any, Final, Literal
from uuid import uuid4

import neo4j
import orjson

from graph.connection import Run
from graph.corrections.person_erasure import ERASED
from graph.errors import GraphError, Unknown
from graph.expressions import ExpressionFailed
from graph.identity.lookup import find
from graph.time import COPENHAGEN, stored_moment
from processes.cases import service_tasks
from processes.cases.definitions import Version, readable, version
from processes.cases.places import unit_named
from processes.engine.case import Case, Work
from processes.routing import Asked

TaskState = Literal["open", "done", "cancelled"]
Action = Literal[
    "started", "claimed", "lapsed", "given_back", "handed", "completed", "escalated", "cancelled", "ended", "served",
    "failed", "retried", "skipped", "moved", "asked", "answered", "repaired", "stopped", "withdrawn",
]  # fmt: skip

WHOLE_CASE: Final = "case"
"""What stands for the task of an incident that is not one step's: time can't pass in the case."""


@dataclass(frozen=True, slots=True)
class Claim:
    """Who has said to do a task, since when."""

    by: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Done:
    """Who has completed a task, when, and in whose place; None = in person."""

    by: str
    at: datetime
    instead_of: str | None


@dataclass(frozen=True, slots=True)
class Question:
    """What whoever has a task wants to know of somebody who has been at its case."""

    text: str
    by: str
    of: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Task:
    """A task of a case. ``element``: its id in the diagram. ``lapsed``: whose claim holds no longer (T3).

    ``exclude_who_did``: elements; who has completed one of them in this case is among those whom ``asked`` excludes.
    """

    id: str
    case: str
    element: str
    name: str
    form: str
    state: TaskState
    made: datetime
    asked: Asked
    claim: Claim | None
    lapsed: str | None
    done: Done | None
    question: Question | None = None
    exclude_who_did: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class CaseRow:
    """A case without its state. ``due``: when its next timer is. ``incidents``: task, element, text, at of each.

    ``is_stopped``: a person has ended it (``processes.cases.ending``), not its process.
    """

    id: str
    process: str
    version: str
    digest: str
    number: int
    is_open: bool
    unit: str | None
    person: str | None
    started: datetime
    started_by: str | None
    ended: datetime | None
    due: datetime | None
    incidents: tuple[Mapping[str, str], ...]
    is_stopped: bool = False


@dataclass(frozen=True, slots=True)
class LogEntry:
    """What somebody did with a case. ``by`` None: time or the process itself did it, or ``user``, who is no person.

    ``task``: id of the task that was completed. ``values``: what was filled in with it, at the start, or to repair a
    step.
    """

    action: Action
    at: datetime
    by: str | None
    instead_of: str | None
    element: str
    reason: str = ""
    user: str = ""
    task: str = ""
    values: Mapping[str, Any] = field(default_factory=dict)


# -- reading ----------------------------------------------------------------------------------------------------------


def tasks(run: Run, ids: Sequence[str]) -> list[Task]:
    """Tasks by their ids, in this order; unknown ones are left out."""
    rows = run.run(f"UNWIND $ids AS id MATCH (t:Task {{id: id}})-[:OF_CASE]->(c:Case) {_TASK}", ids=list(ids))
    return [_task(row) for row in rows]


def task(run: Run, id_: str) -> Task:
    """Raises Unknown (unknown_task)."""
    found = tasks(run, [id_])
    if not found:
        raise Unknown("unknown_task", f"there is no task {id_!r}", id_)
    return found[0]


def open_tasks(run: Run, *, process: str | None = None, claimed: bool = False) -> list[Task]:
    """The open tasks, the oldest first; of one process, or only those that are claimed."""
    rows = run.run(
        f"""
        MATCH (t:Task {{state: 'open'}})-[:OF_CASE]->(c:Case)
        WHERE ($process IS NULL OR t.process = $process) AND (NOT $claimed OR t.claimed_by IS NOT NULL)
        {_TASK} ORDER BY t.made, t.id
        """,
        process=process,
        claimed=claimed,
    )
    return [_task(row) for row in rows]


def started_by(run: Run, person: str) -> frozenset[str]:
    """Ids of the open cases that a person has started, or somebody who was joined into the person."""
    rows = run.run(
        """
        MATCH (was:Person)-[:JOINED_INTO*0..]->(:Person {uuid: $person})
        MATCH (c:Case {started_by: was.uuid, open: true})
        RETURN c.id AS id
        """,
        person=person,
    )
    return frozenset(rows.value())


def tasks_of(run: Run, case: str) -> list[Task]:
    """All tasks of a case, in the order in which they were reached."""
    rows = run.run(
        f"MATCH (c:Case {{id: $case}})<-[:OF_CASE]-(t:Task) {_TASK} ORDER BY t.made, t.place, t.id", case=case
    )
    return [_task(row) for row in rows]


def case(run: Run, id_: str) -> CaseRow:
    """Raises Unknown (unknown_case)."""
    row = run.run(f"MATCH (c:Case {{id: $id}}) {_CASE}", id=id_).single()
    if row is None:
        raise Unknown("unknown_case", f"there is no case {id_!r}", id_)
    return case_of(row)


def engine_of(run: Run, case: CaseRow) -> tuple[Version, Case]:
    """The version on which a case runs, and the case as the engine has it now."""
    found = version(run, case.version, case.digest)
    state = run.run("MATCH (c:Case {id: $id}) RETURN c.state AS state", id=case.id).single(strict=True)["state"]
    return found, Case.read(found.definition, state.encode())


def stuck_cases(run: Run) -> list[CaseRow]:
    """The cases with incidents, the oldest first."""
    return [case_of(row) for row in run.run(f"MATCH (c:Case) WHERE c.incidents IS NOT NULL {_CASE} ORDER BY c.started")]


def due(run: Run, now: datetime) -> list[str]:
    """Ids of the cases with a timer that is due, the earliest first."""
    query = "MATCH (c:Case) WHERE c.due <= $now RETURN c.id AS id ORDER BY c.due, c.id"
    return run.run(query, now=now.astimezone(UTC)).value()


def is_due(run: Run, case: str, now: datetime) -> bool:
    """Whether a case has a timer that is due."""
    query = "RETURN EXISTS { MATCH (c:Case {id: $case}) WHERE c.due <= $now } AS due"
    return bool(run.run(query, case=case, now=now.astimezone(UTC)).single(strict=True)["due"])


def due_between(run: Run, after: datetime, until: datetime) -> list[datetime]:
    """The moments in between at which a timer of a case is due, the earliest first."""
    query = "MATCH (c:Case) WHERE c.due > $after AND c.due < $until RETURN c.due AS due ORDER BY due"
    return [
        stored_moment(each) for each in run.run(query, after=after.astimezone(UTC), until=until.astimezone(UTC)).value()
    ]


def log_of(run: Run, case: str) -> list[LogEntry]:
    """What has been done with a case, in order."""
    rows = run.run("MATCH (:Case {id: $case})<-[:OF_CASE]-(e:CaseEntry) RETURN e ORDER BY e.number", case=case)
    return [
        LogEntry(
            action=each["action"],
            at=stored_moment(each["at"]),
            by=each.get("by"),
            instead_of=each.get("instead_of"),
            element=each.get("element") or "",
            reason=each.get("reason") or "",
            user=each.get("user") or "",
            task=each.get("task") or "",
            values=orjson.loads(each.get("values") or "{}"),
        )
        for each in (row["e"] for row in rows)
    ]


# -- changing ---------------------------------------------------------------------------------------------------------


def lock_of_task(tx: neo4j.ManagedTransaction, id_: str) -> Task:
    """The task as it is now, while nobody else changes its case. Raises Unknown (unknown_task)."""
    tx.run("MATCH (:Task {id: $id})-[:OF_CASE]->(c:Case) SET c.locked = $id", id=id_).consume()
    return task(tx, id_)


class Running:
    """A case that is being changed: the engine's case, and what is written of it."""

    def __init__(self, tx: neo4j.ManagedTransaction, id_: str, version: Version, engine: Case) -> None:
        self.tx, self.id, self.version, self.engine = tx, id_, version, engine

    @classmethod
    def lock(cls, tx: neo4j.ManagedTransaction, id_: str) -> "Running":
        """The case as it is now, while nobody else changes it. Raises Unknown (unknown_case)."""
        tx.run("MATCH (c:Case {id: $id}) SET c.locked = $id", id=id_).consume()
        row = tx.run(
            "MATCH (c:Case {id: $id})-[:RUNS]->(v) RETURN c.state AS state, v.id AS version, v.digest AS digest", id=id_
        ).single()
        if row is None:
            raise Unknown("unknown_case", f"there is no case {id_!r}", id_)
        found = version(tx, row["version"], row["digest"])
        return cls(tx, id_, found, Case.read(found.definition, row["state"].encode()))

    def starter(self) -> str | None:
        """UUID of the person who has started it; None: no person has."""
        started = self.tx.run("MATCH (c:Case {id: $id}) RETURN c.started_by AS by", id=self.id)
        found: str | None = started.single(strict=True)["by"]
        return found

    @classmethod
    def start(
        cls,
        tx: neo4j.ManagedTransaction,
        version: Version,
        values: Mapping[str, Any],
        by: str | None,
        now: datetime,
        reason: str,
    ) -> "Running":
        """A new case, as far as it goes by itself."""
        made = cls(tx, str(uuid4()), version, Case.start(version.definition, values, now))
        tx.run(
            """
            MATCH (v:ProcessVersion {id: $version})
            CREATE (c:Case {id: $id, process: $process, started: $now, started_by: $by, entries: 0})
            CREATE (c)-[:RUNS]->(v)
            SET c += $about
            """,
            id=made.id,
            version=version.id,
            process=version.process,
            by=by,
            now=now.astimezone(UTC),
            about={name: values[name] for name in ("unit", "person") if isinstance(values.get(name), str)},
        ).consume()
        log(tx, made.id, LogEntry("started", now, by, None, "", reason, values=values))
        return made

    def write(self, now: datetime) -> None:
        """What has become of the case and its tasks, other than by completing one (``done``)."""
        reached_now = self.engine.work()
        held_up = self._follow_services({each.id: each for each in reached_now if each.type == "service"}, now)
        work = {each.id: each for each in reached_now if each.type != "service"}
        reached = tasks_of(self.tx, self.id)
        known = {each.id: each for each in reached if each.state == "open"}
        for place, (id_, each) in enumerate(work.items(), len(reached)):
            if id_ not in known:
                self._make(each, place, now)
            elif each.escalations > known[id_].asked.escalations:
                set_task(self.tx, id_, {"escalations": each.escalations, "to_tell": str(uuid4())})
                self.log("escalated", now, element=each.element)
        for id_, gone in known.items():
            if id_ not in work:
                set_task(self.tx, id_, {"state": "cancelled", "closed": now.astimezone(UTC)})
                self.log("cancelled", now, element=gone.element)
        due, finished = self.engine.next_due(), self.engine.finished
        incidents = [
            *({"task": i.task, "element": i.element, "text": i.text, "at": i.at} for i in self.engine.incidents),
            *held_up,
        ]
        person = self.engine.variables.get("person")  # of a hire, a task names them
        self.tx.run(
            "MATCH (c:Case {id: $id}) SET c.state = $state, c.open = $open, c.due = $due, c.ended = $ended, "
            "c.incidents = $incidents, c.person = coalesce(c.person, $person)",
            id=self.id,
            person=person if isinstance(person, str) and person else None,
            state=self.engine.kept().decode(),
            open=not finished,
            due=None if due is None or finished else due.astimezone(UTC),
            ended=now.astimezone(UTC) if finished else None,
            incidents=orjson.dumps(incidents).decode() if incidents else None,
        ).consume()
        if finished:
            self.log("ended", now)

    def moved_here(self) -> None:
        """The case runs on this version from now on, and its open tasks are as this one has them."""
        self.tx.run(
            """
            MATCH (c:Case {id: $id})-[old:RUNS]->()
            MATCH (v:ProcessVersion {id: $version})
            DELETE old
            CREATE (c)-[:RUNS]->(v)
            """,
            id=self.id,
            version=self.version.id,
        ).consume()
        for each in self.engine.work():
            told = {"name": each.name or each.element}
            if each.type == "service":
                service_tasks.set_task(self.tx, each.id, {**told, "service": each.service, "result": each.result})
            else:
                set_task(self.tx, each.id, {**told, "form": each.form, "to_tell": str(uuid4()), **self._asked(each)})

    def follow_values(self, values: Mapping[str, Any]) -> None:
        """Variables were set from outside: who has the open tasks, and what the case is about, follows from them."""
        for each in self.engine.work():
            if each.type != "service":
                set_task(self.tx, each.id, {"to_tell": str(uuid4()), **self._asked(each)})
        about = {name: values[name] for name in ("unit", "person") if isinstance(values.get(name), str)}
        self.tx.run("MATCH (c:Case {id: $id}) SET c += $about", id=self.id, about=about).consume()

    def _follow_services(self, reached: Mapping[str, Work], now: datetime) -> list[dict[str, str]]:
        """What the case is to do by itself; of that, the incidents."""
        if not self.version.definition.services:
            return []
        incidents, cancelled = service_tasks.follow(self.tx, self.id, reached, now)
        for gone in cancelled:
            self.log("cancelled", now, element=gone.element)
        return [
            {"task": each.id, "element": each.element, "text": each.problem, "at": each.next.isoformat()}
            for each in incidents
        ]

    def done(
        self, task: Task, by: str, instead_of: str | None, values: Mapping[str, Any], now: datetime, reason: str
    ) -> None:
        """A task was completed with these values."""
        told = {"state": "done", "done_by": by, "done_for": instead_of, "closed": now.astimezone(UTC)}
        set_task(self.tx, task.id, told)
        self._exclude(task.element, by, instead_of)
        entry = LogEntry("completed", now, by, instead_of, task.element, reason, task=task.id, values=values)
        log(self.tx, self.id, entry)

    def _exclude(self, element: str, *who: str | None) -> None:
        """Whoever has completed a task, and in whose place, has none of the open ones that ask for somebody else."""
        self.tx.run(
            """
            MATCH (:Case {id: $case})<-[:OF_CASE]-(t:Task {state: 'open'})
            WHERE $element IN t.exclude_who_did
            SET t.exclude = t.exclude + [each IN $who WHERE NOT each IN t.exclude]
            """,
            case=self.id,
            element=element,
            who=sorted({each for each in who if each is not None}),
        ).consume()

    def _who_did(self, elements: Sequence[str]) -> set[str]:
        """Who has completed these in this case, and in whose place."""
        if not elements:
            return set()
        rows = self.tx.run(
            """
            MATCH (:Case {id: $case})<-[:OF_CASE]-(t:Task {state: 'done'})
            WHERE t.element IN $elements
            UNWIND [t.done_by, t.done_for] AS who
            RETURN DISTINCT who
            """,
            case=self.id,
            elements=list(elements),
        )
        return {who for who in rows.value() if who not in (None, ERASED)}

    def log(
        self,
        action: Action,
        now: datetime,
        by: str | None = None,
        instead_of: str | None = None,
        element: str = "",
        reason: str = "",
    ) -> None:
        log(self.tx, self.id, LogEntry(action, now, by, instead_of, element, reason))

    def _make(self, work: Work, place: int, now: datetime) -> None:
        self.tx.run(
            "MATCH (c:Case {id: $case}) CREATE (t:Task {id: $id, state: 'open'})-[:OF_CASE]->(c) SET t += $told",
            case=self.id,
            id=work.id,
            told={
                "element": work.element, "name": work.name or work.element, "form": work.form, "place": place,
                "made": now.astimezone(UTC), "to_tell": str(uuid4()), **self._asked(work),
            },
        ).consume()  # fmt: skip

    def _asked(self, work: Work) -> dict[str, Any]:
        """What decides who has the task, with the values that the case has now."""
        place = work.place
        faults: list[str] = []
        unit = self._unit(place.unit, work, faults)
        exclude = [each for text in place.exclude for each in self._persons(text, work, faults)]
        return {
            "process": self.version.process,
            "role": place.role,
            "responsibility": place.responsibility,
            "unit": unit,
            "exclude": sorted({*exclude, *self._who_did(place.exclude_who_did)}),
            "exclude_who_did": list(place.exclude_who_did),
            "fallback_role": place.fallback_role,
            "fallback_unit": self._unit(place.fallback_unit, work, []) if place.fallback_unit else None,
            "escalations": work.escalations,
            "fault": faults[0] if faults else "",
        }

    def _unit(self, text: str, work: Work, faults: list[str]) -> str | None:
        """The uuid of the unit that an expression names; None, and a fault, if it names none."""
        uuid = unit_named(self.tx, self._value(text, work), day_of(self.engine.now))
        if uuid is None:
            faults.append("unknown_unit")
        return uuid

    def _persons(self, text: str, work: Work, faults: list[str]) -> Iterable[str]:
        """Whom an expression names: nobody, one or several."""
        found = self._value(text, work)
        for each in found if isinstance(found, list) else [found]:
            if each is None or each == ERASED:  # who is erased has no task
                continue
            uuid = _found(self.tx, "Person", each)
            if uuid is None:  # then it is not certain who may not have the task
                faults.append("unknown_person")
            else:
                yield uuid

    def _value(self, text: str, work: Work) -> object:
        """What an expression gives; a text that names nothing if it can't be evaluated."""
        try:
            return self.engine.value(text, work) if text else None
        except ExpressionFailed as failed:
            return str(failed)


def set_task(tx: neo4j.ManagedTransaction, id_: str, properties: Mapping[str, Any]) -> None:
    """Set properties of a task; None takes one away. What is ``closed`` has no draft, and nobody is to hear of it."""
    is_closed = "closed" in properties
    told = {**properties, "to_tell": None} if is_closed else dict(properties)
    tx.run("MATCH (t:Task {id: $id}) SET t += $told", id=id_, told=told).consume()
    if is_closed:
        tx.run("MATCH (d:TaskDraft)-[:OF_TASK]->(:Task {id: $id}) DETACH DELETE d", id=id_).consume()


def lock(tx: neo4j.ManagedTransaction, id_: str) -> CaseRow:
    """The case as it is now, while nobody else changes it; its version need not be readable. Raises Unknown."""
    tx.run("MATCH (c:Case {id: $id}) SET c.locked = $id", id=id_).consume()
    return case(tx, id_)


def stop(tx: neo4j.ManagedTransaction, id_: str, by: str | None, action: Action, now: datetime, reason: str) -> None:
    """End a case that is locked: what is open lapses, and nothing is due any more. What it has stays as it is."""
    for each in tasks_of(tx, id_):
        if each.state == "open":
            set_task(tx, each.id, {"state": "cancelled", "closed": now.astimezone(UTC)})
            log(tx, id_, LogEntry("cancelled", now, None, None, each.element))
    _, left = service_tasks.follow(tx, id_, {}, now)
    for gone in left:
        log(tx, id_, LogEntry("cancelled", now, None, None, gone.element))
    log(tx, id_, LogEntry(action, now, by, None, "", reason))
    tx.run(
        "MATCH (c:Case {id: $id}) SET c.open = false, c.stopped = true, c.ended = $now REMOVE c.due, c.incidents",
        id=id_,
        now=now.astimezone(UTC),
    ).consume()


def note_stopped(tx: neo4j.ManagedTransaction, id_: str, text: str, now: datetime) -> None:
    """Show that time can't pass in a case, as an incident of the case as a whole.

    The next time that the case is written, what is written then takes its place.
    """
    tx.run("MATCH (c:Case {id: $id}) SET c.locked = $id", id=id_).consume()
    row = tx.run("MATCH (c:Case {id: $id, open: true}) RETURN c.incidents AS incidents", id=id_).single()
    if row is None:  # erased or ended meanwhile
        return
    found = orjson.loads(row["incidents"] or "[]")
    if any((each["task"], each["text"]) == (WHOLE_CASE, text) for each in found):  # since when, stays
        return
    others = [each for each in found if each["task"] != WHOLE_CASE]
    stopped = {"task": WHOLE_CASE, "element": "", "text": text, "at": now.isoformat()}
    told = orjson.dumps([*others, stopped]).decode()
    tx.run("MATCH (c:Case {id: $id}) SET c.incidents = $incidents", id=id_, incidents=told).consume()


def log(tx: neo4j.ManagedTransaction, case: str, entry: LogEntry) -> None:
    """Add to what has been done with a case. The case must be locked."""
    tx.run(
        """
        MATCH (c:Case {id: $case})
        SET c.entries = c.entries + 1
        CREATE (e:CaseEntry {number: c.entries, action: $action, at: $at, by: $by, instead_of: $instead_of})
        SET e.element = $element, e.reason = $reason, e.user = $user, e.task = $task, e.values = $values
        CREATE (e)-[:OF_CASE]->(c)
        """,
        case=case,
        action=entry.action,
        at=entry.at.astimezone(UTC),
        by=entry.by,
        instead_of=entry.instead_of,
        element=entry.element or None,
        reason=entry.reason or None,
        user=entry.user or None,
        task=entry.task or None,
        values=orjson.dumps(dict(entry.values)).decode() if entry.values else None,
    ).consume()


def process_name(run: Run, case: CaseRow) -> str:
    """What the process of a case is called; its id, if the version can't be read."""
    found = readable(partial(version, run, case.version, case.digest))
    return case.process if found is None else found.definition.name


def day_of(now: datetime) -> date:
    """The day on which somebody looks, in Copenhagen."""
    return now.astimezone(COPENHAGEN).date()


_TASK = "RETURN t, c.id AS case"
_CASE = "MATCH (c)-[:RUNS]->(v) RETURN c, v.id AS version, v.digest AS digest, v.number AS number"


def _found(run: Run, kind: str, name: object) -> str | None:
    if not isinstance(name, str) or not name:
        return None
    try:
        return find(run, kind, name).uuid
    except GraphError:  # also where it is not certain what is meant
        return None


def _task(row: Mapping[str, Any]) -> Task:
    node = row["t"]
    handed = (node["handed_by"], node["handed_to"]) if node.get("handed_by") else None
    done = None
    if node["state"] == "done":
        done = Done(node["done_by"], stored_moment(node["closed"]), node.get("done_for"))
    question = None
    if node.get("question"):
        question = Question(node["question"], node["asked_by"], node["asked_of"], stored_moment(node["asked"]))
    return Task(
        id=node["id"],
        case=row["case"],
        element=node["element"],
        name=node["name"],
        form=node["form"],
        state=node["state"],
        made=stored_moment(node["made"]),
        asked=Asked(
            process=node["process"],
            role=node["role"],
            responsibility=node["responsibility"],
            unit=node.get("unit"),
            exclude=frozenset(node["exclude"]),
            fallback_role=node["fallback_role"],
            fallback_unit=node.get("fallback_unit"),
            escalations=node["escalations"],
            handed=handed,
            fault=node["fault"],
        ),
        claim=Claim(node["claimed_by"], stored_moment(node["claimed"])) if node.get("claimed_by") else None,
        lapsed=node.get("lapsed"),
        done=done,
        question=question,
        exclude_who_did=frozenset(node.get("exclude_who_did") or ()),
    )


def case_of(row: Mapping[str, Any]) -> CaseRow:
    """A case from a row of ``c``, ``version``, ``digest`` and ``number``."""
    node = row["c"]
    return CaseRow(
        id=node["id"],
        process=node["process"],
        version=row["version"],
        digest=row["digest"],
        number=row["number"],
        is_open=node["open"],
        unit=node.get("unit"),
        person=node.get("person"),
        started=stored_moment(node["started"]),
        started_by=node.get("started_by"),
        ended=stored_moment(node["ended"]) if node.get("ended") else None,
        due=stored_moment(node["due"]) if node.get("due") else None,
        incidents=tuple(orjson.loads(node["incidents"])) if node.get("incidents") else (),
        is_stopped=node.get("stopped", False),
    )
