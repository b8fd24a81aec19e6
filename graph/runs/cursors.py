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
        "MERGE (m:SourceMark {source: $source}) SET m.mark = $cursor",
        source=source,
        cursor=orjson.dumps(dict(cursor), option=orjson.OPT_SORT_KEYS).decode(),
    )
