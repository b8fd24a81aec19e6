"""Bad records and notices of a source: kept until a run looks at the record again and finds it mended."""

import hashlib
from collections.abc import Iterable

import neo4j

from graph.change_log import now
from graph.model import LONGEST_INDEXED
from graph.statements.statement import Problem


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
    """The id of a problem. It is indexed, so a key that is too long for an index is in it as its digest."""
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
