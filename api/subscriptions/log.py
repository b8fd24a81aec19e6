"""Following the change log: every change once, in order, from any number on."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import neo4j

BATCH = 500
PAUSE = 0.5  # seconds between looks; the log has no gaps, so nothing is missed by looking later

_AFTER = """
MATCH (c:Change)
WHERE c.number > $after
RETURN c {.*, at: toString(c.at)} AS change
ORDER BY c.number
LIMIT $batch
"""


async def follow(driver: neo4j.AsyncDriver, after: int | None) -> AsyncIterator[dict[str, Any]]:
    """Changes after a number, for as long as they are read; None = those to come.

    Numbers are given in the order of commits (``graph.changes``), so the last number seen is all there is to remember.
    """
    if after is None:
        rows, _, _ = await driver.execute_query("MATCH (log:ChangeLog) RETURN log.number AS number")
        after = rows[0]["number"] if rows else 0
    while True:
        async with driver.session(default_access_mode=neo4j.READ_ACCESS) as session:
            result = await session.run(_AFTER, after=after, batch=BATCH)
            changes = [row["change"] async for row in result]
        for change in changes:
            after = change["number"]
            yield change
        if len(changes) < BATCH:
            await asyncio.sleep(PAUSE)
