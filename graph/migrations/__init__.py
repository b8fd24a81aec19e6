"""Constraints, indexes and changes of the stored form: numbered, applied once each, in order.

A migration is a ``.cypher`` file of statements that end in ``;``. Which have run is kept in ``(:Migration)``.
Migrations may be applied by several processes at once: each statement can be repeated without harm.
"""

from collections.abc import Callable, Iterable, Mapping
from pathlib import Path

import neo4j

from graph.migrations import sort_keys

FOLDER = Path(__file__).parent
LISTED = "MATCH (m:Migration) RETURN m.name AS name"
"""Names of the migrations that are applied."""
_FILLED_BY: Mapping[str, Callable[[neo4j.Driver], None]] = {"0090_danish_order": sort_keys.fill}
"""What a migration does besides its statements, after them."""


def migrate(driver: neo4j.Driver) -> list[str]:
    """Apply what has not been applied; the names of those applied now."""
    driver.execute_query("CREATE CONSTRAINT migration_name IF NOT EXISTS FOR (m:Migration) REQUIRE m.name IS UNIQUE")
    rows, _, _ = driver.execute_query(LISTED)
    done = {row["name"] for row in rows}
    applied = []
    for file in sorted(FOLDER.glob("[0-9]*.cypher")):
        if file.stem in done:
            continue
        for statement in _statements(file.read_text(encoding="utf-8")):
            driver.execute_query(statement)
        if file.stem in _FILLED_BY:
            _FILLED_BY[file.stem](driver)
        driver.execute_query("MERGE (m:Migration {name: $name}) SET m.applied = datetime()", name=file.stem)
        applied.append(file.stem)
    if applied:
        driver.execute_query("CALL db.awaitIndexes(300)")
    return applied


def pending(driver: neo4j.Driver) -> list[str]:
    """Migrations that the program has and the graph has not."""
    rows, _, _ = driver.execute_query(LISTED)
    return missing(row["name"] for row in rows)


def missing(applied: Iterable[str]) -> list[str]:
    """Migrations that the program has, in order, without those that are applied."""
    done = set(applied)
    return [file.stem for file in sorted(FOLDER.glob("[0-9]*.cypher")) if file.stem not in done]


def _statements(text: str) -> list[str]:
    lines = (line for line in text.splitlines() if not line.lstrip().startswith("//"))
    return [each.strip() for each in "\n".join(lines).split(";") if each.strip()]
