"""A case that is being changed: the engine's case, its tasks, and what is written of them."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from typing import Any
from uuid import uuid4

import neo4j
import orjson

from graph.corrections.person_erasure import ERASED
from graph.errors import Unknown
from graph.expressions import ExpressionFailed
from graph.identity.lookup import Found, canonical, find, find_query, found
from graph.time import today
from processes.cases import service_tasks, written
from processes.cases.case_log import Action, LogEntry
from processes.cases.definitions import Version, version
from processes.cases.kept import Done, Task, day_of, set_task, task_of, tasks_of, unknown_task
from processes.cases.places import Naming
from processes.cases.written import Written
from processes.engine.case import Case
from processes.engine.work import Work


class Running:
    """A case that is being changed: the engine's case, and what is written of it, by ``write``, all at once."""

    def __init__(
        self,
        tx: neo4j.ManagedTransaction,
        id_: str,
        version: Version,
        engine: Case,
        started_by: str | None,
        tasks: Sequence[Task] | None = None,
        naming: Naming | None = None,
    ) -> None:
        """``started_by``: uuid of the person who has started it; None: no person has. ``tasks``: all that it has had;
        None: they are read once they matter. ``naming``: what is known already of what values name."""
        self.tx, self.id, self.version, self.engine, self.started_by = tx, id_, version, engine, started_by
        self._had = None if tasks is None else {each.id: each for each in tasks}
        self._naming = naming
        self._begun: dict[str, Any] | None = None
        self._made: list[dict[str, Any]] = []
        self._changed: dict[str, dict[str, Any]] = {}
        self._entries: list[LogEntry] = []

    @classmethod
    def lock(cls, tx: neo4j.ManagedTransaction, id_: str) -> "Running":
        """The case as it is now, while nobody else changes it. Raises Unknown (unknown_case)."""
        tx.run("MATCH (c:Case {id: $id}) SET c.locked = $id", id=id_).consume()
        return cls.locked(tx, id_)

    @classmethod
    def locked(cls, tx: neo4j.ManagedTransaction, id_: str) -> "Running":
        """A case that is locked. Raises Unknown (unknown_case)."""
        row = tx.run(f"MATCH (c:Case {{id: $id}})-[:RUNS]->(v) RETURN {_STATE}", id=id_).single()
        if row is None:
            raise Unknown("unknown_case", f"there is no case {id_!r}", id_)
        return cls.of(tx, id_, row)

    @classmethod
    def of(
        cls, tx: neo4j.ManagedTransaction, id_: str, row: Mapping[str, Any], tasks: Sequence[Task] | None = None
    ) -> "Running":
        """A case that is locked, from a row of what it is kept with."""
        found = version(tx, row["version"], row["digest"])
        return cls(tx, id_, found, Case.read(found.definition, row["state"].encode()), row["by"], tasks)

    @classmethod
    def start(
        cls,
        tx: neo4j.ManagedTransaction,
        version: Version,
        values: Mapping[str, Any],
        by: str | None,
        now: datetime,
        reason: str,
        naming: Naming | None = None,
    ) -> "Running":
        """A new case, as far as it goes by itself."""
        made = cls(tx, str(uuid4()), version, Case.start(version.definition, values, now), by, (), naming)
        made._begun = {
            "process": version.process, "started": now.astimezone(UTC), "started_by": by,
            **{name: values[name] for name in ("unit", "person") if isinstance(values.get(name), str)},
        }  # fmt: skip
        made._entries.append(LogEntry("started", now, by, None, "", reason, values=values))
        return made

    def write(self, now: datetime) -> None:
        """Write what has become of the case and its tasks."""
        made = self.written(now)
        if made.version is None:
            written.go_on(self.tx, made)
        else:
            written.begin(self.tx, [made])

    def written(self, now: datetime) -> Written:
        """What has become of the case and its tasks, to be written. It is given once."""
        reached_now = self.engine.work()
        services, held_up = self._follow_services(
            {each.id: each for each in reached_now if each.type == "service"}, now
        )
        work = {each.id: each for each in reached_now if each.type != "service"}
        known = {each.id: each for each in self._open() if not each.incident}
        for id_, each in work.items():
            if id_ not in known:
                self._make(each, now)
            elif each.escalations > self._changed.get(id_, {}).get("escalations", known[id_].asked.escalations):
                self._set(id_, {"escalations": each.escalations, "to_tell": str(uuid4())})
                self.log("escalated", now, element=each.element)
        for id_, gone in known.items():
            if id_ not in work:
                self._set(id_, {"state": "cancelled", "closed": now.astimezone(UTC)})
                self.log("cancelled", now, element=gone.element)
        due, finished = self.engine.next_due(), self.engine.finished
        incidents = [
            *({"task": i.task, "element": i.element, "text": i.text, "at": i.at} for i in self.engine.incidents),
            *held_up,
        ]
        self._give_to_owner({each["task"]: each["element"] for each in incidents}, now)
        if finished:
            self.log("ended", now)
        person = self.engine.variables.get("person")  # of a hire, a task names them
        about = {
            "person": person if isinstance(person, str) and person else None,
            "state": self.engine.kept().decode(),
            "open": not finished,
            "due": None if due is None or finished else due.astimezone(UTC),
            "ended": now.astimezone(UTC) if finished else None,
            "incidents": orjson.dumps(incidents).decode() if incidents else None,
            **(self._begun or {}),
        }
        begins_on = None if self._begun is None else self.version.id
        return Written(self.id, about, self._made, services, self._changed, self._entries, begins_on)

    def _give_to_owner(self, incidents: Mapping[str, str], now: datetime) -> None:
        """Each incident is a task of the process's owner, if it states one, until it is gone.

        ``incidents``: the element of each.
        """
        given = {each.incident: each for each in self._open() if each.incident}
        for incident, each in given.items():
            if incident not in incidents:
                self._set(each.id, {"state": "cancelled", "closed": now.astimezone(UTC)})
        owner, new = self.version.definition.owner, [each for each in incidents if each not in given]
        if owner is None or not new:
            return
        data = self.engine.variables
        for incident in new:
            node = self.version.definition.nodes.get(incidents[incident])
            name = self.version.definition.name if node is None else node.name
            work = Work(
                str(uuid4()), incidents[incident], name, "manual", owner, "", "", "", "", 0, (),
                is_one_of_several=False, data=data,
            )  # fmt: skip
            told = self._make(work, now)
            about = self._names.person(data.get("person"))  # nobody looks after a case about themselves
            told["exclude"] = sorted({*told["exclude"], *([about] if about is not None else [])})
            told["incident"] = incident

    def renew_owners(self) -> None:
        """Values were set from outside, or the version is another: ``write`` gives the incidents anew."""
        for each in self._open():
            if each.incident:
                self._set(each.id, {"state": "cancelled", "closed": self.engine.now.astimezone(UTC)})

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
                self._set(each.id, {**told, "form": each.form, "to_tell": str(uuid4()), **self._asked(each)})

    def follow_values(self, values: Mapping[str, Any]) -> None:
        """Variables were set from outside: who has the open tasks, and what the case is about, follows from them."""
        for each in self.engine.work():
            if each.type != "service":
                set_task(self.tx, each.id, {"to_tell": str(uuid4()), **self._asked(each)})
        about = {name: values[name] for name in ("unit", "person") if isinstance(values.get(name), str)}
        self.tx.run("MATCH (c:Case {id: $id}) SET c += $about", id=self.id, about=about).consume()

    def _follow_services(
        self, reached: Mapping[str, Work], now: datetime
    ) -> tuple[list[dict[str, Any]], list[dict[str, str]]]:
        """What the case is to do by itself: what is new in one that begins; and the incidents."""
        if not self.version.definition.services:
            return [], []
        if self._begun is not None:
            return [service_tasks.reached_now(each, now) for each in reached.values()], []
        incidents, cancelled = service_tasks.follow(self.tx, self.id, reached, now)
        for gone in cancelled:
            self.log("cancelled", now, element=gone.element)
        return [], [
            {"task": each.id, "element": each.element, "text": each.problem, "at": each.next.isoformat()}
            for each in incidents
        ]

    def done(
        self, task: Task, by: str, instead_of: str | None, values: Mapping[str, Any], now: datetime, reason: str
    ) -> Task:
        """A task was completed with these values. As it is now."""
        self._set(task.id, {"state": "done", "done_by": by, "done_for": instead_of, "closed": now.astimezone(UTC)})
        done = replace(task, state="done", done=Done(by, now, instead_of))
        self._tasks[task.id] = done
        if not task.incident:  # whoever made a step again has not done its task
            self._exclude(done)
        entry = LogEntry("completed", now, by, instead_of, task.element, reason, task=task.id, values=values)
        self._entries.append(entry)
        return done

    def _exclude(self, done: Task) -> None:
        """Whoever has completed a task, and in whose place, has none of the open ones that ask for somebody else."""
        for each in self._open():
            new = _who_did(done) - each.asked.exclude
            if done.element in each.exclude_who_did and new:
                self._set(each.id, {"exclude": sorted({*each.asked.exclude, *new})})

    @property
    def _tasks(self) -> dict[str, Task]:
        """The tasks that the case has had before this step, by id, in the order in which they were reached."""
        if self._had is None:
            self._had = {each.id: each for each in tasks_of(self.tx, self.id)}
        return self._had

    def _open(self) -> list[Task]:
        """Those of them that are open."""
        closed = {id_ for id_, told in self._changed.items() if "closed" in told}
        return [each for each in self._tasks.values() if each.state == "open" and each.id not in closed]

    def _set(self, task: str, told: Mapping[str, Any]) -> None:
        self._changed[task] = {**self._changed.get(task, {}), **told}

    def _who_did(self, elements: Sequence[str]) -> set[str]:
        """Who has completed these in this case, and in whose place."""
        done = (each for each in self._tasks.values() if each.element in elements and not each.incident)
        return {who for each in done for who in _who_did(each) if who != ERASED}

    def log(
        self,
        action: Action,
        now: datetime,
        by: str | None = None,
        instead_of: str | None = None,
        element: str = "",
        reason: str = "",
    ) -> None:
        """Add to what was done with the case, by ``write``."""
        self._entries.append(LogEntry(action, now, by, instead_of, element, reason))

    def _make(self, work: Work, now: datetime) -> dict[str, Any]:
        """A new task, which is written with the case; it may be changed until then."""
        told = {
            "id": work.id, "state": "open", "element": work.element, "name": work.name or work.element,
            "form": work.form, "place": len(self._tasks) + len(self._made), "made": now.astimezone(UTC),
            "to_tell": str(uuid4()), **self._asked(work),
        }  # fmt: skip
        self._made.append(told)
        return told

    @property
    def _names(self) -> Naming:
        """What values name on the case's day."""
        day = day_of(self.engine.now)
        if self._naming is None or self._naming.at != day:
            self._naming = Naming(self.tx, day)
        return self._naming

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
        uuid = self._names.unit(self._value(text, work))
        if uuid is None:
            faults.append("unknown_unit")
        return uuid

    def _persons(self, text: str, work: Work, faults: list[str]) -> Iterable[str]:
        """Whom an expression names: nobody, one or several."""
        found = self._value(text, work)
        for each in found if isinstance(found, list) else [found]:
            if each is None or each == ERASED:  # who is erased has no task
                continue
            uuid = self._names.person(each)
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


def _who_did(task: Task) -> set[str]:
    """Who has completed a task, and in whose place; empty while nobody has."""
    return set() if task.done is None else {who for who in (task.done.by, task.done.instead_of) if who is not None}


_STATE = "c.state AS state, c.started_by AS by, v.id AS version, v.digest AS digest"


@dataclass(frozen=True, slots=True)
class Held:
    """A task whose case is locked, with what completing it needs of the graph.

    ``person``: uuid of who completes it. ``turned``: as ``graph.change_log.turned_day``.
    """

    task: Task
    person: str
    turned: date
    _tx: neo4j.ManagedTransaction
    _row: Mapping[str, Any]
    _tasks: Sequence[Task]

    def running(self) -> Running:
        """Its case. It is read only for whoever may change it."""
        return Running.of(self._tx, self.task.case, self._row, self._tasks)


def hold(tx: neo4j.ManagedTransaction, task: str, by: str) -> Held:
    """Lock the case of a task, and ask at once for all that is asked of it. ``by``: who is to complete it.

    Raises Unknown (unknown_person, unknown_task), Ambiguous.
    """
    row = tx.run(_HOLD, task=task, name=by, uuid=canonical(by) or by, today=today()).single()
    if row is None:
        find(tx, "Person", by)
        raise unknown_task(task)
    person = found("Person", by, [Found(uuid, source) for uuid, source in row["persons"]]).uuid
    tasks = [task_of(each, row["case"]) for each in row["tasks"]]
    return Held(next(each for each in tasks if each.id == task), person, row["turned"].to_native(), tx, row, tasks)


_HOLD = f"""
MATCH (:Task {{id: $task}})-[:OF_CASE]->(c:Case)
SET c.locked = $task
WITH c  // what follows is read once the case is locked
MATCH (c)-[:RUNS]->(v)
MATCH (clock:Clock)
RETURN c.id AS case, {_STATE}, clock.today AS turned,
    COLLECT {{
        MATCH (c)<-[:OF_CASE]-(t:Task)
        RETURN t
        ORDER BY t.made, t.place, t.id
    }} AS tasks,
    COLLECT {{
        CALL () {{
            {find_query("Person")}
        }}
        RETURN [uuid, source]
    }} AS persons
"""
