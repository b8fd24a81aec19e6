"""What the graph keeps about sources beside their statements: marks, runs, bad records, brakes."""

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from typing import Any
from uuid import uuid4

import neo4j
import orjson

from graph.change_log import now
from graph.model import LONGEST_INDEXED
from graph.statements.statement import Problem


def read_cursor(driver: neo4j.Driver, source: str) -> Mapping[str, str]:
    """How far the source has been read: the cursor of its last reading that was applied whole; empty at first."""
    rows, _, _ = driver.execute_query("MATCH (m:SourceMark {source: $source}) RETURN m.mark AS cursor", source=source)
    return dict(orjson.loads(rows[0]["cursor"])) if rows else {}


def write_cursor(driver: neo4j.Driver, source: str, cursor: Mapping[str, str]) -> None:
    driver.execute_query(
        "MERGE (m:SourceMark {source: $source}) SET m.mark = $cursor",
        source=source,
        cursor=orjson.dumps(dict(cursor), option=orjson.OPT_SORT_KEYS).decode(),
    )


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


def end_run(driver: neo4j.Driver, run: str, state: str, counts: Mapping[str, Any], error: str = "") -> None:
    driver.execute_query(
        """
        MATCH (r:Run {id: $run})
        SET r.ended = $at, r.state = $state, r.counts = $counts, r.error = $error
        """,
        run=run,
        at=now(),
        state=state,
        counts=orjson.dumps(counts).decode(),
        error=error or None,
    )


def end_killed(driver: neo4j.Driver, kind: str, name: str) -> int:
    """Note of runs that say they are running that they were killed, as the caller knows that none runs. How many."""
    rows, _, _ = driver.execute_query(
        """
        MATCH (r:Run {type: $type, name: $name, state: 'running'})
        SET r.state = 'killed', r.ended = $at, r.error = 'it ended without a word: killed, or its machine stopped'
        RETURN count(r) AS count
        """,
        type=kind,
        name=name,
        at=now(),
    )
    return int(rows[0]["count"])


def running_runs(driver: neo4j.Driver) -> list[tuple[str, str]]:
    """Type and name of the runs that say they are running."""
    rows, _, _ = driver.execute_query(
        "MATCH (r:Run {state: 'running'}) RETURN DISTINCT r.type AS type, r.name AS name",
        routing_=neo4j.RoutingControl.READ,
    )
    return [(row["type"], row["name"]) for row in rows]


def kept_problems(driver: neo4j.Driver, source: str) -> dict[str, Problem]:
    """The problems kept of a source, by the id that they are kept under."""
    # As one row: each row of a result costs two reads of the socket.
    rows, _, _ = driver.execute_query(
        """
        MATCH (b:BadRecord {source: $source})
        RETURN collect([b.id, b.kind, b.key, b.field, b.rule, b.text, b.severity]) AS kept
        """,
        source=source,
        routing_=neo4j.RoutingControl.READ,
    )
    return {found_id: Problem(*values) for found_id, *values in rows[0]["kept"]}


def problem_id(source: str, problem: Problem) -> str:
    """What a problem is kept under. An index holds it, so a key that no index could hold stands there as its digest."""
    key, field = (
        each if len(each) <= LONGEST_INDEXED // 2 else hashlib.sha256(each.encode()).hexdigest()
        for each in (problem.key, problem.field)
    )
    return "|".join((source, problem.kind, key, field, problem.rule))


def settle_problems(
    driver: neo4j.Driver, source: str, run: str, found: Iterable[Problem], looked_at: Iterable[tuple[str, str]]
) -> None:
    """Keep what was found, and let go what was looked at again and is mended. Writes only differences.

    ``looked_at``: (kind, key) of the records that this run has mapped anew, bad or not.
    """
    new = {problem_id(source, each): each for each in found}
    kept = kept_problems(driver, source)
    again = set(looked_at)
    mended = [key for key, each in kept.items() if key not in new and (each.kind, each.key) in again]
    fresh = [(key, each) for key, each in new.items() if kept.get(key) != each]
    if mended:
        driver.execute_query("UNWIND $ids AS id MATCH (b:BadRecord {id: id}) DELETE b", ids=mended)
    if fresh:
        driver.execute_query(
            """
            UNWIND $rows AS row
            MERGE (b:BadRecord {id: row.id})
            ON CREATE SET b.learnt = $at
            SET b += row, b.run = $run
            """,
            rows=[
                {
                    "id": key,
                    "source": source,
                    "kind": each.kind,
                    "key": each.key,
                    "field": each.field,
                    "rule": each.rule,
                    "text": each.text,
                    "severity": each.severity,
                }
                for key, each in fresh
            ],
            at=now(),
            run=run,
        )


def brake_id(source: str, digest: str) -> str:
    return f"{source}-{digest[:12]}"


def hold(driver: neo4j.Driver, source: str, run: str, digest: str, summary: Sequence[str]) -> str:
    """Keep a stopped difference until somebody approves it; its id. The same difference keeps its id; one that comes
    back after its approval was spent waits anew."""
    rows, _, _ = driver.execute_query(
        """
        MERGE (b:Brake {id: $id})
        ON CREATE SET b.source = $source, b.digest = $digest
        WITH b, coalesce(b.state, 'used') = 'used' AS anew
        FOREACH (_ IN CASE WHEN anew THEN [1] ELSE [] END |
            SET b.state = 'waiting', b.learnt = $at, b.approved_by = null, b.reason = null, b.approved = null
        )
        SET b.run = $run, b.summary = $summary
        RETURN b.id AS id
        """,
        id=brake_id(source, digest),
        source=source,
        digest=digest,
        run=run,
        at=now(),
        summary=list(summary),
    )
    found: str = rows[0]["id"]
    return found


def is_holding(driver: neo4j.Driver, source: str) -> bool:
    """Whether the brake has stopped something in the source's run that is under way. A dry run holds nothing."""
    rows, _, _ = driver.execute_query(
        """
        MATCH (run:Run {name: $source, state: 'running', dry: false})
        MATCH (brake:Brake {source: $source, run: run.id, state: 'waiting'})
        RETURN count(brake) AS brakes
        """,
        source=source,
    )
    return bool(rows[0]["brakes"])


def is_approved(driver: neo4j.Driver, source: str, digest: str) -> bool:
    rows, _, _ = driver.execute_query(
        "MATCH (b:Brake {source: $source, digest: $digest, state: 'approved'}) RETURN b.id AS id",
        source=source,
        digest=digest,
    )
    return bool(rows)


def approve(driver: neo4j.Driver, brake: str, user: str, reason: str) -> bool:
    """Allow exactly the difference that this brake holds. False where there is no such brake waiting."""
    rows, _, _ = driver.execute_query(
        """
        MATCH (b:Brake {id: $id})
        WHERE b.state IN ['waiting', 'approved']
        SET b.state = 'approved', b.approved_by = $user, b.reason = $reason, b.approved = $at
        RETURN b.id AS id
        """,
        id=brake,
        user=user,
        reason=reason,
        at=now(),
    )
    return bool(rows)


def spend(driver: neo4j.Driver, source: str, digest: str) -> None:
    """An approval holds once."""
    driver.execute_query(
        "MATCH (b:Brake {source: $source, digest: $digest}) SET b.state = 'used'", source=source, digest=digest
    )
