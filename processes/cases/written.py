"""What steps have made of cases, put together and written: cases that begin by one statement for all of them, one that
goes on by one for what is new in it.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import neo4j

from processes.cases import case_log
from processes.cases.case_log import LogEntry

Told = dict[str, Any]
"""The properties of a node."""


@dataclass(frozen=True, slots=True)
class Written:
    """What a step has made of a case, ``id``.

    Args:
        about: properties of the case; of one that begins, all but its number of entries.
        tasks, services: what it has reached, as they are kept.
        changed: other tasks, by id; what is ``closed`` has no drafts, of forms or files, and nobody is to hear of it.
        entries: what is added to its log.
        version: on which it begins; None = it is there already, and locked.
    """

    id: str
    about: Told
    tasks: Sequence[Told]
    services: Sequence[Told]
    changed: dict[str, Told]
    entries: Sequence[LogEntry]
    version: str | None = None

    @property
    def person(self) -> str | None:
        """Whom it is about."""
        found: str | None = self.about["person"]
        return found


def begin(tx: neo4j.ManagedTransaction, begun: Sequence[Written]) -> None:
    """Keep cases that have begun."""
    if not begun:
        return
    cases = [
        {
            "version": each.version,
            "about": {**each.about, "id": each.id, "entries": len(each.entries)},
            "tasks": each.tasks,
            "services": each.services,
            "entries": [
                {**case_log.properties(entry), "number": number} for number, entry in enumerate(each.entries, 1)
            ],
        }
        for each in begun
    ]
    tx.run(_BEGIN, cases=cases).consume()


def go_on(tx: neo4j.ManagedTransaction, case: Written) -> None:
    """Keep what has become of a case that is locked."""
    tx.run(
        _GO_ON,
        id=case.id,
        about={name: value for name, value in case.about.items() if name != "person"},
        person=case.person,
        made=case.tasks,
        services=case.services,
        entries=list(map(case_log.properties, case.entries)),
        **_changed(case.changed),
    ).consume()


def change(tx: neo4j.ManagedTransaction, tasks: dict[str, Told]) -> None:
    """Set properties of tasks, by their ids; None takes one away."""
    tx.run(_CHANGE, **_changed(tasks)).consume()


def _changed(tasks: dict[str, Told]) -> Told:
    """The parameters of ``_CHANGE``."""
    closed = [id_ for id_, told in tasks.items() if "closed" in told]
    rows = [{"id": id_, "told": {**told, "to_tell": None} if id_ in closed else told} for id_, told in tasks.items()]
    return {"changed": rows, "closed": closed}


_BEGIN = """
UNWIND $cases AS case
MATCH (v:ProcessVersion {id: case.version})
CREATE (c:Case)-[:RUNS]->(v)
SET c = case.about
FOREACH (each IN case.tasks | CREATE (t:Task)-[:OF_CASE]->(c) SET t = each)
FOREACH (each IN case.services | CREATE (s:ServiceTask)-[:OF_CASE]->(c) SET s = each)
FOREACH (each IN case.entries | CREATE (e:CaseEntry)-[:OF_CASE]->(c) SET e = each)
"""
_CHANGE = """
CALL () {
    UNWIND $changed AS task
    MATCH (t:Task {id: task.id})
    SET t += task.told
}
CALL () {
    UNWIND $closed AS id
    MATCH (d:TaskDraft|Attachment)-[:OF_TASK]->(:Task {id: id})
    DETACH DELETE d
}
"""
_GO_ON = f"""
MATCH (c:Case {{id: $id}})
WITH c, c.entries AS before
SET c += $about, c.person = coalesce(c.person, $person), c.entries = before + size($entries)
FOREACH (each IN $made | CREATE (t:Task)-[:OF_CASE]->(c) SET t = each)
FOREACH (each IN $services | CREATE (s:ServiceTask)-[:OF_CASE]->(c) SET s = each)
FOREACH (at IN range(0, size($entries) - 1) |
    CREATE (e:CaseEntry)-[:OF_CASE]->(c) SET e = $entries[at], e.number = before + at + 1
)
WITH c
{_CHANGE}
"""
