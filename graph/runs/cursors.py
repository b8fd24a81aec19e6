"""How far each source has been read: the cursor of its last reading that was applied whole."""

from collections.abc import Mapping

import neo4j
import orjson


def read_cursor(driver: neo4j.Driver, source: str) -> Mapping[str, str]:
    """How far the source has been read: the cursor of its last reading that was applied whole; empty at first."""
    rows, _, _ = driver.execute_query("MATCH (m:SourceMark {source: $source}) RETURN m.mark AS cursor", source=source)
    return dict(orjson.loads(rows[0]["cursor"])) if rows else {}


def write_cursor(driver: neo4j.Driver, source: str, cursor: Mapping[str, str]) -> None:
    driver.execute_query(
        "MERGE (m:SourceMark {source: $source}) SET m.mark = $cursor", source=source, cursor=_text(cursor)
    )


def exchange_cursor(driver: neo4j.Driver, source: str, known: Mapping[str, str], cursor: Mapping[str, str]) -> None:
    """Write the cursor, unless it is no longer the known one."""
    driver.execute_query(
        "MATCH (m:SourceMark {source: $source, mark: $known}) SET m.mark = $cursor",
        source=source,
        known=_text(known),
        cursor=_text(cursor),
    )


def _text(cursor: Mapping[str, str]) -> str:
    return orjson.dumps(dict(cursor), option=orjson.OPT_SORT_KEYS).decode()
