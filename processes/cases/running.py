"""A case that is being changed: the engine's case, its tasks, and what is written of them."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

import neo4j
import orjson

from graph.corrections.person_erasure import ERASED
from graph.errors import Unknown
from graph.expressions import ExpressionFailed
from processes.cases import service_tasks
from processes.cases.case_log import Action, LogEntry, log
from processes.cases.definitions import Version, version
from processes.cases.kept import Task, day_of, set_task, tasks_of
from processes.cases.places import person_named, unit_named
from processes.engine.case import Case
from processes.engine.work import Work


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
        known = {each.id: each for each in reached if each.state == "open" and not each.incident}
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
        self._give_to_owner({each["task"]: each["element"] for each in incidents}, reached, now)
        if finished:
            self.log("ended", now)

    def _give_to_owner(self, incidents: Mapping[str, str], reached: Sequence[Task], now: datetime) -> None:
        """Each incident is a task of the process's owner, if it states one, until it is gone.

        ``incidents``: the element of each.
        """
        given = {each.incident: each for each in reached if each.incident and each.state == "open"}
        for incident, each in given.items():
            if incident not in incidents:
                set_task(self.tx, each.id, {"state": "cancelled", "closed": now.astimezone(UTC)})
        owner, new = self.version.definition.owner, [each for each in incidents if each not in given]
        if owner is None or not new:
            return
        data = self.engine.variables
        for place, incident in enumerate(new, len(reached)):
            node = self.version.definition.nodes.get(incidents[incident])
            name = self.version.definition.name if node is None else node.name
            work = Work(
                str(uuid4()), incidents[incident], name, "manual", owner, "", "", "", "", 0, (),
                is_one_of_several=False, data=data,
            )  # fmt: skip
            self._make(work, place, now)
            about = person_named(self.tx, data.get("person"))  # nobody looks after a case about themselves
            exclude = {*self._asked(work)["exclude"], *([about] if about is not None else [])}
            set_task(self.tx, work.id, {"incident": incident, "exclude": sorted(exclude)})

    def renew_owners(self) -> None:
        """Values were set from outside, or the version is another: ``write`` gives the incidents anew."""
        for each in tasks_of(self.tx, self.id):
            if each.incident and each.state == "open":
                set_task(self.tx, each.id, {"state": "cancelled", "closed": self.engine.now.astimezone(UTC)})

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
        if not task.incident:  # whoever made a step again has not done its task
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
            WHERE t.element IN $elements AND t.incident IS NULL
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
            uuid = person_named(self.tx, each)
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
