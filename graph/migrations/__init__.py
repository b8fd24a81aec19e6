"""Constraints, indexes and changes of the stored form: numbered, applied once each, in order.

A migration is a ``.cypher`` file of statements that end in ``;``. ``(:Migration {name, applied, checksum})`` keeps
which have run, and what they were: a migration that was edited afterwards is rejected, since this database would lack
the edit. Several processes may migrate at once: each statement can be repeated without harm, and one that fails because
another process was faster is repeated.
"""

import hashlib
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from time import sleep

import neo4j
from neo4j.exceptions import Neo4jError

from graph.errors import GraphError
from graph.migrations import known_periods, sort_keys

FOLDER = Path(__file__).parent
LISTED = "MATCH (m:Migration) RETURN m.name AS name"
"""Names of the migrations that are applied."""
_FILLED_BY: Mapping[str, Callable[[neo4j.Driver], None]] = {
    "0090_danish_order": sort_keys.fill,
    "0130_known_periods": known_periods.fill,
}
"""What a migration does besides its statements, after them, where anything was written before."""
UNFILLED = "SHOW INDEXES YIELD name, state WHERE state <> 'ONLINE' RETURN name ORDER BY name"
"""Names of the indexes that can't be used: they are being filled, or could not be."""
_FILLING = """
    SHOW INDEXES YIELD name, state, populationPercent
    WHERE state = 'POPULATING'
    RETURN name, populationPercent AS percent
    ORDER BY name
    """
_BETWEEN_LOOKS = 0.1  # seconds
_PAUSES = (0.2, 0.5, 1.0, 2.0)
"""Seconds before a statement is tried again that another process may have made meanwhile."""
_WRITTEN = """
    RETURN EXISTS { MATCH (n) WHERE NOT n:Migration AND NOT n:Clock AND NOT n:ChangeLog } AS written
    """


class EditedMigration(GraphError):
    """A migration was edited after it was applied to this database. Nothing was applied."""

    code = "edited_migration"

    def __init__(self, names: Sequence[str]) -> None:
        super().__init__(
            f"edited after they were applied to this database: {', '.join(names)}. "
            "Restore these files, and put the change in a new migration."
        )
        self.names = tuple(names)


class NewerGraph(GraphError):
    """A newer version of the program has applied migrations that this one lacks: this one would write things without
    what they need now. Nothing was applied."""

    code = "newer_graph"

    def __init__(self, names: Sequence[str]) -> None:
        super().__init__(
            f"this database was upgraded by a newer version of REConnect; this version lacks {', '.join(names)}. "
            "Install that version here as well, or restore the back-up that was made before the upgrade."
        )
        self.names = tuple(names)


def migrate(
    driver: neo4j.Driver, folder: Path = FOLDER, progress: Callable[[Sequence[str], float], None] | None = None
) -> list[str]:
    """Apply the migrations that this database lacks, in order, and wait until its indexes are filled; the names of
    those applied now.

    ``progress``: called while indexes are being filled, with their names and how much of them is, in percent. A
    database whose applied migrations have no checksum yet gets it now. Raises EditedMigration, NewerGraph.
    """
    _apply(driver, "CREATE CONSTRAINT migration_name IF NOT EXISTS FOR (m:Migration) REQUIRE m.name IS UNIQUE")
    rows, _, _ = driver.execute_query("MATCH (m:Migration) RETURN m.name AS name, m.checksum AS checksum")
    done = {row["name"]: row["checksum"] for row in rows}
    files = {file.stem: statements(file.read_text(encoding="utf-8")) for file in sorted(folder.glob("[0-9]*.cypher"))}
    checksums = {name: checksum(each) for name, each in files.items()}
    edited = [name for name, each in checksums.items() if done.get(name) not in (None, each)]
    if edited:
        raise EditedMigration(edited)
    if more := sorted(done.keys() - files.keys()):
        raise NewerGraph(more)
    unsealed = [{"name": name, "checksum": checksums[name]} for name in files if name in done and done[name] is None]
    if unsealed:
        driver.execute_query(
            """
            UNWIND $rows AS row
            MATCH (m:Migration {name: row.name})
            SET m.checksum = row.checksum
            """,
            rows=unsealed,
        )
    applied = []
    for name, each in files.items():
        if name in done:
            continue
        for statement in each:
            _apply(driver, statement)
        # In an empty graph it would find nothing, in five seconds.
        if name in _FILLED_BY and driver.execute_query(_WRITTEN).records[0]["written"]:
            _FILLED_BY[name](driver)
        driver.execute_query(
            """
            MERGE (m:Migration {name: $name})
            SET m.applied = datetime(), m.checksum = $checksum
            """,
            name=name,
            checksum=checksums[name],
        )
        applied.append(name)
    _await_indexes(driver, progress)
    return applied


def _await_indexes(driver: neo4j.Driver, progress: Callable[[Sequence[str], float], None] | None) -> None:
    """Also of an earlier start that ended before. In a big graph that takes as long as it takes: without an index, each
    question would take minutes."""
    while rows := driver.execute_query(_FILLING).records:
        if progress is not None:
            progress([row["name"] for row in rows], min(row["percent"] for row in rows))
        sleep(_BETWEEN_LOOKS)


def _apply(driver: neo4j.Driver, statement: str) -> None:
    """Two processes that make the same index, or the same node of a constraint, at once: one of them is refused."""
    for pause in (*_PAUSES, None):
        try:
            driver.execute_query(statement)
        except Neo4jError as error:
            if pause is None or ".Schema." not in (error.code or ""):
                raise
            sleep(pause)
        else:
            return


def pending(driver: neo4j.Driver) -> list[str]:
    """Migrations that the program has and the graph has not."""
    rows, _, _ = driver.execute_query(LISTED)
    return missing(row["name"] for row in rows)


def missing(applied: Iterable[str]) -> list[str]:
    """Migrations that the program has, in order, without those that are applied."""
    done = set(applied)
    return [each for each in _known() if each not in done]


def unknown(applied: Iterable[str]) -> list[str]:
    """Migrations that are applied and that the program does not have: a newer version has applied them."""
    return sorted(set(applied) - set(_known()))


def _known() -> list[str]:
    return [file.stem for file in sorted(FOLDER.glob("[0-9]*.cypher"))]


def checksum(each: Sequence[str]) -> str:
    """Of a migration's statements; comments and the layout of lines do not count."""
    return hashlib.sha256("\n".join(" ".join(one.split()) for one in each).encode()).hexdigest()


def statements(text: str) -> list[str]:
    """The statements of a migration file, without comments."""
    lines = (line for line in text.splitlines() if not line.lstrip().startswith("//"))
    return [each.strip() for each in "\n".join(lines).split(";") if each.strip()]
