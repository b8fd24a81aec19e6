"""How far each source has been read: the cursor of its last reading that was applied whole."""

from collections.abc import Collection, Mapping

import neo4j
import orjson

from graph.connection import Run


def read_cursor(driver: neo4j.Driver, source: str) -> Mapping[str, str]:
    """How far the source has been read: the cursor of its last reading that was applied whole; empty at first."""
    rows, _, _ = driver.execute_query("MATCH (m:SourceMark {source: $source}) RETURN m.mark AS cursor", source=source)
    return dict(orjson.loads(rows[0]["cursor"])) if rows else {}


def read_cursors(run: Run, sources: Collection[str]) -> dict[str, Mapping[str, str]]:
    """The cursors of several sources, each as ``read_cursor`` has it."""
    rows = run.run(
        "MATCH (m:SourceMark) WHERE m.source IN $sources RETURN m.source AS source, m.mark AS cursor",
        sources=list(sources),
    )
    kept: dict[str, Mapping[str, str]] = {row["source"]: orjson.loads(row["cursor"]) for row in rows}
    return {source: kept.get(source, {}) for source in sources}


def write_cursor(driver: neo4j.Driver, source: str, cursor: Mapping[str, str]) -> None:
    driver.execute_query(
        "MERGE (m:SourceMark {source: $source}) SET m.mark = $cursor", source=source, cursor=_text(cursor)
    )


def replace_cursor(driver: neo4j.Driver, source: str, known: Mapping[str, str], cursor: Mapping[str, str]) -> bool:
    """Write the cursor if it was the known one (empty: none) until then. Whether it was."""

    def work(tx: neo4j.ManagedTransaction) -> bool:
        if locked_cursor(tx, source) != known:
            return False
        write_locked_cursor(tx, source, cursor)
        return True

    with driver.session() as session:
        return session.execute_write(work)


def locked_cursor(tx: neo4j.ManagedTransaction, source: str) -> Mapping[str, str]:
    """The source's cursor, empty at first. Nobody else writes it until the transaction ends."""
    # Locked in a statement of its own: what is read in the same one may be older than the lock.
    tx.run(
        """
        MERGE (m:SourceMark {source: $source})
        ON CREATE SET m.mark = '{}'
        SET m.locked = true
        REMOVE m.locked
        """,
        source=source,
    ).consume()
    row = tx.run("MATCH (m:SourceMark {source: $source}) RETURN m.mark AS cursor", source=source).single(strict=True)
    return dict(orjson.loads(row["cursor"]))


def write_locked_cursor(tx: neo4j.ManagedTransaction, source: str, cursor: Mapping[str, str]) -> None:
    """Write a cursor that ``locked_cursor`` has locked."""
    tx.run("MATCH (m:SourceMark {source: $source}) SET m.mark = $cursor", source=source, cursor=_text(cursor)).consume()


def _text(cursor: Mapping[str, str]) -> str:
    return orjson.dumps(dict(cursor), option=orjson.OPT_SORT_KEYS).decode()
