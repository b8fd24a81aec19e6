"""Open orders at targets that take objects: what waits or was refused, hooks, drift, and the last closing."""

from collections.abc import Mapping
from dataclasses import dataclass, field

import neo4j
import orjson

_STATES = ("waiting", "parked", "failed")


@dataclass(slots=True)
class Orders:
    """One target's. ``states``: (kind of object, waiting | parked | failed) → how many; ``refused``: (kind, rule) → how
    many; ``hooks``: objects of which the hook is to be informed; ``drift``: kind → objects that others have changed;
    ``closing_seconds``: of the last run that closed some, beside the exports or as one of them: from the change that
    asked for it to the target's answer, of the one that took longest."""

    target: str
    states: dict[tuple[str, str], int] = field(default_factory=dict)
    refused: dict[tuple[str, str], int] = field(default_factory=dict)
    hooks: int = 0
    drift: dict[str, int] = field(default_factory=dict)
    closing_seconds: float | None = None


def orders(driver: neo4j.Driver) -> list[Orders]:
    """Of every target that has a ledger of objects."""
    rows, _, _ = driver.execute_query(
        """
        MATCH (e:LedgerEntry)
        WHERE e.enabled IS NOT NULL
        WITH e.target AS target, e.object AS kind, e.problem AS rule, e.hooks IS NOT NULL AS hooks,
            any(each IN coalesce(e.drift, []) WHERE each ENDS WITH '=found') AS drift,
            CASE
                WHEN e.state IN ['parked', 'failed'] THEN e.state
                WHEN e.unsure OR e.state = 'pending' THEN 'waiting'
            END AS state
        RETURN target, kind, rule, hooks, drift, state, count(*) AS count
        """,
        routing_=neo4j.RoutingControl.READ,
    )
    found: dict[str, Orders] = {}
    for row in rows:
        made = found.setdefault(row["target"], Orders(row["target"]))
        kind, count = row["kind"], row["count"]
        for state in _STATES:
            key = (kind, state)
            made.states[key] = made.states.get(key, 0) + (count if row["state"] == state else 0)
        if row["state"] in ("parked", "failed"):
            refused = (kind, row["rule"] or "")
            made.refused[refused] = made.refused.get(refused, 0) + count
        made.hooks += count if row["hooks"] else 0
        made.drift[kind] = made.drift.get(kind, 0) + (count if row["drift"] else 0)
    for name, counts in _closings(driver).items():
        found.setdefault(name, Orders(name)).closing_seconds = counts.get("", {}).get("seconds")
    return [found[name] for name in sorted(found)]


def _closings(driver: neo4j.Driver) -> Mapping[str, Mapping[str, Mapping[str, float]]]:
    """The counts of each target's last run that closed some."""
    rows, _, _ = driver.execute_query(
        """
        MATCH (r:Run)
        WHERE r.type IN ['closing', 'export'] AND r.state = 'done' AND r.counts CONTAINS '"seconds"'
        WITH r ORDER BY r.ended DESC
        RETURN r.name AS name, head(collect(r.counts)) AS counts
        """,
        routing_=neo4j.RoutingControl.READ,
    )
    return {row["name"]: orjson.loads(row["counts"]) for row in rows}
