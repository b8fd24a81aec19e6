"""What cases do by themselves: a node for each service that a case has reached, with its tries and its state.

Whoever changes one has locked its case (``processes.cases.kept``).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Literal

import neo4j

from graph.connection import Run
from graph.errors import Unknown
from graph.time import stored_moment
from processes.engine.work import Work

ServiceState = Literal["open", "incident", "done", "skipped", "cancelled"]


@dataclass(frozen=True, slots=True)
class ServiceTask:
    """What a case does by itself. ``service``: its name; ``result``: the variable that gets its answer, or empty.

    ``next``: when it is tried (again). ``tries``: how many have failed. ``begun``: since when a try is under way whose
    end isn't known yet. ``problem``: why the last try failed; of an incident, why it is one.
    """

    id: str
    case: str
    element: str
    name: str
    service: str
    result: str
    key: str
    state: ServiceState
    made: datetime
    next: datetime
    tries: int
    begun: datetime | None
    problem: str


def tasks_of(run: Run, case: str) -> list[ServiceTask]:
    """What a case has done and is to do by itself, in the order in which it was reached."""
    rows = run.run(
        "MATCH (s:ServiceTask)-[:OF_CASE]->(:Case {id: $case}) RETURN s ORDER BY s.made, s.element, s.id", case=case
    )
    return [_task(row["s"], case) for row in rows]


def task(run: Run, id_: str) -> ServiceTask:
    """Raises Unknown (unknown_task)."""
    row = run.run("MATCH (s:ServiceTask {id: $id})-[:OF_CASE]->(c:Case) RETURN s, c.id AS case", id=id_).single()
    if row is None:
        raise Unknown("unknown_task", f"there is no task {id_!r}", id_)
    return _task(row["s"], row["case"])


def due(run: Run, now: datetime) -> list[str]:
    """Ids of what cases are to do by themselves now, the earliest first."""
    query = "MATCH (s:ServiceTask {state: 'open'}) WHERE s.next <= $now RETURN s.id AS id ORDER BY s.next, s.id"
    return run.run(query, now=now.astimezone(UTC)).value()


def follow(
    tx: neo4j.ManagedTransaction, case: str, reached: Mapping[str, Work], now: datetime
) -> tuple[list[ServiceTask], list[ServiceTask]]:
    """Keep what a case has reached, by the ids of its service tasks: the new ones are due at once, and those that it
    has left are cancelled. The incidents of the case, and those that were cancelled now."""
    known = {each.id: each for each in tasks_of(tx, case)}
    for id_, each in reached.items():
        if id_ not in known:
            _make(tx, case, each, now)
    left = [each for id_, each in known.items() if id_ not in reached and each.state in ("open", "incident")]
    for gone in left:
        set_task(tx, gone.id, {"state": "cancelled", "closed": now.astimezone(UTC)})
    return [each for id_, each in known.items() if id_ in reached and each.state == "incident"], left


def set_task(tx: neo4j.ManagedTransaction, id_: str, properties: Mapping[str, Any]) -> None:
    """Set properties of a service task; None takes one away."""
    tx.run("MATCH (s:ServiceTask {id: $id}) SET s += $told", id=id_, told=dict(properties)).consume()


def _make(tx: neo4j.ManagedTransaction, case: str, work: Work, now: datetime) -> None:
    tx.run(
        "MATCH (c:Case {id: $case}) CREATE (s:ServiceTask)-[:OF_CASE]->(c) SET s = $told",
        case=case,
        told=reached_now(work, now),
    ).consume()


def reached_now(work: Work, now: datetime) -> dict[str, Any]:
    """As a service is kept that a case has reached: it is due at once."""
    return {
        "id": work.id, "state": "open", "tries": 0, "element": work.element, "name": work.name or work.element,
        "service": work.service, "result": work.result, "key": work.key, "made": now.astimezone(UTC),
        "next": now.astimezone(UTC),
    }  # fmt: skip


def _task(node: Mapping[str, Any], case: str) -> ServiceTask:
    return ServiceTask(
        id=node["id"],
        case=case,
        element=node["element"],
        name=node["name"],
        service=node["service"],
        result=node["result"],
        key=node["key"],
        state=node["state"],
        made=stored_moment(node["made"]),
        next=stored_moment(node["next"]),
        tries=node["tries"],
        begun=stored_moment(node["begun"]) if node.get("begun") else None,
        problem=node.get("problem") or "",
    )
