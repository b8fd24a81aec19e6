"""How Neo4j means to run a statement, by EXPLAIN."""

from collections.abc import Iterator, Mapping
from typing import Any

import neo4j


def assert_found_by_index(driver: neo4j.Driver, statement: str, given: Mapping[str, Any]) -> None:
    """The statement finds its accounts by an index, not by reading all of them.

    What it does afterwards isn't looked at. On a graph that is nearly empty, Neo4j thinks each way there as good as
    another; it plans again once there is more.
    """
    _, summary, _ = driver.execute_query(f"EXPLAIN {statement}", dict(given))
    sought = {
        operator["args"]["Details"]
        for operator in _operators(summary.plan)
        if operator["operatorType"].split("@")[0] in ("NodeIndexSeek", "NodeUniqueIndexSeek")
    }
    assert any("Account(" in each or "SourceRecord(" in each for each in sought), str(summary.plan)


def _operators(plan: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield plan
    for child in plan.get("children", ()):
        yield from _operators(child)
