"""The runs of imports and exports: when each began and ended, what became of it, and what it counted."""

from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Any
from uuid import uuid4

import neo4j
import orjson

from graph.change_log import now


def start_run(driver: neo4j.Driver, kind: str, name: str, *, dry: bool) -> str:
    """A run of an import or export begins; its id. ``state``: running, done, stopped (brake), failed, killed."""
    run = str(uuid4())
    driver.execute_query(
        "CREATE (:Run {id: $run, type: $type, name: $name, started: $at, state: 'running', dry: $dry})",
        run=run,
        type=kind,
        name=name,
        at=now(),
        dry=dry,
    )
    return run


def end_run(
    driver: neo4j.Driver,
    run: str,
    state: str,
    counts: Mapping[str, Any],
    error: str = "",
    taken: Mapping[str, int] | None = None,
) -> None:
    """``taken``: what the run has taken away, for the brake of later runs (``graph.runs.limits``)."""
    driver.execute_query(
        """
        MATCH (r:Run {id: $run})
        SET r.ended = $at, r.state = $state, r.counts = $counts, r.error = $error, r.taken = $taken
        """,
        run=run,
        at=now(),
        state=state,
        counts=orjson.dumps(counts).decode(),
        error=error or None,
        taken=orjson.dumps({what: count for what, count in taken.items() if count}).decode() if taken else None,
    )


def note_taken(driver: neo4j.Driver, run: str, taken: Mapping[str, int]) -> None:
    """What the run is about to take away: said first, since whoever is killed says nothing any more."""
    text = orjson.dumps(dict(taken)).decode()
    driver.execute_query("MATCH (r:Run {id: $run}) SET r.taken = $taken", run=run, taken=text)


def end_killed(driver: neo4j.Driver, runs: Collection[str]) -> int:
    """Mark those of the runs (ids) with the state running as killed: the caller knows that they do so no more. How
    many."""
    rows, _, _ = driver.execute_query(
        """
        UNWIND $runs AS id
        MATCH (r:Run {id: id, state: 'running'})
        SET r.state = 'killed', r.ended = $at, r.error = 'it ended without a report: killed, or its machine stopped'
        RETURN count(r) AS count
        """,
        runs=list(runs),
        at=now(),
    )
    return int(rows[0]["count"])


def imports_at_work(driver: neo4j.Driver, since: datetime) -> list[str]:
    """Sources of which an import writes, or has written since the moment, in order. One that writes nothing is no
    run."""
    rows, _, _ = driver.execute_query(
        """
        MATCH (r:Run {type: 'import', dry: false})
        WHERE r.state = 'running' OR r.ended >= $since
        RETURN DISTINCT r.name AS name
        ORDER BY name
        """,
        since=since,
        routing_=neo4j.RoutingControl.READ,
    )
    return [row["name"] for row in rows]


def running_runs(driver: neo4j.Driver) -> list[tuple[str, str, str]]:
    """Id, type and name of the runs with the state running."""
    rows, _, _ = driver.execute_query(
        "MATCH (r:Run {state: 'running'}) RETURN r.id AS id, r.type AS type, r.name AS name",
        routing_=neo4j.RoutingControl.READ,
    )
    return [(row["id"], row["type"], row["name"]) for row in rows]
