"""Stopped runs: a difference that waits until a person approves exactly it."""

from collections.abc import Sequence

import neo4j

from graph.change_log import now


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
