"""Explains how a query is answered: the Cypher of each root field, Neo4j's plan for it, and its time."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from time import monotonic
from typing import Any

import neo4j

from api.reads.plan import Statement


@dataclass(frozen=True, slots=True)
class Explained:
    """The explanation of one root field. ``planning`` and ``running``: seconds. ``steps``: Neo4j's plan, one step per
    line, the last step first, with its rows and the number of look-ups in the graph."""

    field: str
    text: str
    planning: float
    running: float
    steps: tuple[str, ...]


async def explained(
    driver: neo4j.AsyncDriver, field: str, statement: Statement, parameters: Mapping[str, Any]
) -> Explained:
    """Plan the statement, and run it once, counting its steps."""
    async with driver.session(default_access_mode=neo4j.READ_ACCESS) as session:
        begun = monotonic()
        await (await session.run(_query("EXPLAIN", statement), dict(parameters))).consume()
        planned = monotonic()
        summary = await (await session.run(_query("PROFILE", statement), dict(parameters))).consume()
        ended = monotonic()
    steps = tuple(_steps(summary.profile or {}, ""))
    return Explained(field, statement.text, planned - begun, ended - planned, steps)


def _query(how: str, statement: Statement) -> neo4j.Query:
    return neo4j.Query(f"{how}\n{statement.text}")


def _steps(step: Mapping[str, Any], indent: str) -> Iterator[str]:
    arguments = step.get("args", {})
    details = " ".join(str(arguments.get("Details", "")).split())
    name = str(step.get("operatorType", "")).partition("@")[0]
    estimated = round(float(arguments.get("EstimatedRows", 0)))
    rows, hits = step.get("rows", 0), step.get("dbHits", 0)
    yield f"{indent}{name}: {rows} rows of {estimated} expected, {hits} hits  {details[:160]}"
    for each in step.get("children", ()):
        yield from _steps(each, indent + "  ")
