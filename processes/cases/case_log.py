"""What was done with a case, by whom, in order. It is only added to; whoever does has locked the case."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Literal

import neo4j
import orjson

from graph.connection import Run
from graph.time import stored_moment

Action = Literal[
    "started", "claimed", "lapsed", "given_back", "handed", "completed", "escalated", "cancelled", "ended", "served",
    "failed", "retried", "skipped", "moved", "asked", "answered", "repaired", "stopped", "withdrawn",
    "delivered",
]  # fmt: skip


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


def log(tx: neo4j.ManagedTransaction, case: str, entry: LogEntry) -> None:
    """Add to what has been done with a case. The case must be locked."""
    tx.run(
        """
        MATCH (c:Case {id: $case})
        SET c.entries = c.entries + 1
        CREATE (e:CaseEntry)-[:OF_CASE]->(c)
        SET e = $entry, e.number = c.entries
        """,
        case=case,
        entry=properties(entry),
    ).consume()


def properties(entry: LogEntry) -> dict[str, Any]:
    """As it is kept, without its number."""
    return {
        "action": entry.action,
        "at": entry.at.astimezone(UTC),
        "by": entry.by,
        "instead_of": entry.instead_of,
        "element": entry.element or None,
        "reason": entry.reason or None,
        "user": entry.user or None,
        "task": entry.task or None,
        "values": orjson.dumps(dict(entry.values)).decode() if entry.values else None,
    }
