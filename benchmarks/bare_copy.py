"""The alternative to the import: the same nodes and relationships, written by bare UNWIND batches.

One statement creates a thing with its states, records and changes; another one each type of link.

They are read back from the graph that an import has made, so that both write exactly the same. Only the writing is
timed: rows are ready in memory, and nothing is compared, checked, encrypted or logged.
"""

import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import neo4j

from graph.model import KINDS

BATCH = 5000
Row = dict[str, Any]


@dataclass(slots=True)
class Copy:
    """Pairs of a query with one parameter ``$rows``, and its rows; in the order in which they can be written."""

    steps: list[tuple[str, list[Row]]] = field(default_factory=list)

    @property
    def rows(self) -> int:
        return sum(len(rows) for _, rows in self.steps)


def read_back(driver: neo4j.Driver) -> Copy:
    """Everything of the model in the graph: identity nodes, states, source records, changes, links."""
    copy = Copy()
    with driver.session(default_access_mode=neo4j.READ_ACCESS) as session:

        def step(query: str, read: str) -> None:
            rows = [{name: _native(value) for name, value in record.data().items()} for record in session.run(read)]
            if rows:
                copy.steps.append((query, rows))

        for kind in KINDS.values():
            step(
                f"""
                UNWIND $rows AS row
                CREATE (n:{kind.name})
                SET n = row.n
                FOREACH (told IN row.told | CREATE (r:SourceRecord)-[:TELLS]->(n) SET r = told)
                FOREACH (s IN row.states | CREATE (n)-[held:STATE]->(x:{kind.state}) SET held = s.s, x = s.x)
                FOREACH (change IN row.changes | CREATE (c:Change)-[:CONCERNS]->(n) SET c = change)
                """,
                f"""
                MATCH (n:{kind.name})
                RETURN properties(n) AS n,
                    COLLECT {{ MATCH (r:SourceRecord)-[:TELLS]->(n) RETURN properties(r) }} AS told,
                    COLLECT {{ MATCH (n)-[s:STATE]->(x) RETURN {{s: properties(s), x: properties(x)}} }} AS states,
                    COLLECT {{ MATCH (c:Change)-[:CONCERNS]->(n) RETURN properties(c) }} AS changes
                """,
            )
        for kind in KINDS.values():
            for link in kind.links:
                for target in link.targets:
                    near, far = (target, kind.name) if link.incoming else (kind.name, target)
                    step(
                        f"UNWIND $rows AS row MATCH (a:{near} {{uuid: row.a}}) MATCH (b:{far} {{uuid: row.b}}) "
                        f"CREATE (a)-[r:{link.type}]->(b) SET r = row.r",
                        f"MATCH (a:{near})-[r:{link.type}]->(b:{far}) "
                        "RETURN a.uuid AS a, b.uuid AS b, properties(r) AS r",
                    )
    return copy


def write(driver: neo4j.Driver, copy: Copy) -> float:
    """Seconds for writing the copy into an empty graph with the constraints."""
    started = time.perf_counter()
    with driver.session() as session:
        for query, rows in copy.steps:
            for batch in _batches(rows):
                session.run(query, rows=batch).consume()
    return time.perf_counter() - started


def counts(driver: neo4j.Driver) -> tuple[int, int]:
    """Nodes of the model, and relationships. Runs, cursors and the like have no relationships and are not counted."""
    rows, _, _ = driver.execute_query(
        """
        RETURN COUNT { MATCH (n) WHERE EXISTS { (n)--() } RETURN n } AS nodes,
               COUNT { MATCH ()-->() RETURN 1 } AS relationships
        """
    )
    return rows[0]["nodes"], rows[0]["relationships"]


def _batches(rows: Sequence[Row]) -> Iterator[Sequence[Row]]:
    for start in range(0, len(rows), BATCH):
        yield rows[start : start + BATCH]


def _native(value: object) -> object:
    if isinstance(value, dict):
        return {name: _native(each) for name, each in value.items()}
    if isinstance(value, list):
        return [_native(each) for each in value]
    return value.to_native() if isinstance(value, neo4j.time.Date) else value
