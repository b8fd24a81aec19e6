"""Cases and their tasks as the graph keeps them: nodes beside the model, as plans are.

A case has its state as the engine's JSON, and runs on the version with which it began. Its tasks are nodes of their
own, with what decides who has them (``processes.routing``), so that they are found without reading any case. Whoever
changes a case locks it first: of two, the second sees what the first has done.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from functools import partial
from typing import Any, Final, Literal

import neo4j
import orjson

from graph.connection import Run
from graph.errors import Unknown
from graph.time import COPENHAGEN, stored_moment
from processes.cases import service_tasks, written
from processes.cases.case_log import Action, LogEntry, log
from processes.cases.definitions import Version, readable, version
from processes.engine.case import Case
from processes.routing import Asked

TaskState = Literal["open", "done", "cancelled"]

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
    ``incident``: of a task of the process's owner, the incident that it is for (``processes.cases.owners``).
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
    incident: str = ""


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


# -- reading ----------------------------------------------------------------------------------------------------------


def tasks(run: Run, ids: Sequence[str]) -> list[Task]:
    """Tasks by their ids, in this order; unknown ones are left out."""
    rows = run.run(f"UNWIND $ids AS id MATCH (t:Task {{id: id}})-[:OF_CASE]->(c:Case) {_TASK}", ids=list(ids))
    return [task_of(row["t"], row["case"]) for row in rows]


def task(run: Run, id_: str) -> Task:
    """Raises Unknown (unknown_task)."""
    found = tasks(run, [id_])
    if not found:
        raise unknown_task(id_)
    return found[0]


def unknown_task(id_: str) -> Unknown:
    return Unknown("unknown_task", f"there is no task {id_!r}", id_)


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
    return [task_of(row["t"], row["case"]) for row in rows]


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
    return [task_of(row["t"], row["case"]) for row in rows]


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


# -- changing ---------------------------------------------------------------------------------------------------------


def lock_of_task(tx: neo4j.ManagedTransaction, id_: str) -> Task:
    """The task as it is now, while nobody else changes its case. Raises Unknown (unknown_task)."""
    row = tx.run(
        f"""
        MATCH (:Task {{id: $id}})-[:OF_CASE]->(c:Case)
        SET c.locked = $id
        WITH c  // the task is read once the case is locked
        MATCH (t:Task {{id: $id}})
        {_TASK}
        """,
        id=id_,
    ).single()
    if row is None:
        raise unknown_task(id_)
    return task_of(row["t"], row["case"])


def set_task(tx: neo4j.ManagedTransaction, id_: str, properties: Mapping[str, Any]) -> None:
    """Set properties of a task; None takes one away. What is ``closed`` has no drafts, and nobody is to hear of it."""
    written.change(tx, {id_: dict(properties)})


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


def process_name(run: Run, case: CaseRow) -> str:
    """What the process of a case is called; its id, if the version can't be read."""
    found = readable(partial(version, run, case.version, case.digest))
    return case.process if found is None else found.definition.name


def day_of(now: datetime) -> date:
    """The day on which somebody looks, in Copenhagen."""
    return now.astimezone(COPENHAGEN).date()


_TASK = "RETURN t, c.id AS case"
_CASE = "MATCH (c)-[:RUNS]->(v) RETURN c, v.id AS version, v.digest AS digest, v.number AS number"


def task_of(node: Mapping[str, Any], case: str) -> Task:
    """A task as it is kept."""
    handed = (node["handed_by"], node["handed_to"]) if node.get("handed_by") else None
    done = None
    if node["state"] == "done":
        done = Done(node["done_by"], stored_moment(node["closed"]), node.get("done_for"))
    question = None
    if node.get("question"):
        question = Question(node["question"], node["asked_by"], node["asked_of"], stored_moment(node["asked"]))
    return Task(
        id=node["id"],
        case=case,
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
        incident=node.get("incident") or "",
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
