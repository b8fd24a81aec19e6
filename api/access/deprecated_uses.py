"""The uses of deprecated fields: by token and field, the first and the last day."""

import asyncio
from collections.abc import Iterable
from datetime import date

import neo4j
import structlog

from api.availability import CLOSED, Availability, Away, OutOfTime
from graph.time import today

_KNOWN = 10_000
"""Pairs of token and field that are remembered as already noted today."""
_PATIENCE = 20.0  # seconds
_NOTE = """
UNWIND $fields AS field
MERGE (use:DeprecatedUse {token: $token, field: field})
ON CREATE SET use.first = $day
SET use.days = coalesce(use.days, 0) + CASE WHEN use.last = $day THEN 0 ELSE 1 END,
    use.last = $day
"""
_log = structlog.get_logger("api")


class DeprecatedUses:
    """Notes each token's use of a field once a day, in the background."""

    def __init__(self, driver: neo4j.AsyncDriver, availability: Availability) -> None:
        self._driver = driver
        self._available = availability
        self._noted: dict[tuple[str, str], date] = {}
        self._writing: set[asyncio.Task[None]] = set()

    def note(self, token: str, fields: Iterable[str]) -> None:
        """A query with this token has used these fields (Type.field)."""
        day = today()
        new = [each for each in fields if self._noted.get((token, each)) != day]
        if not new:
            return
        if len(self._noted) > _KNOWN:
            self._noted.clear()
        self._noted.update({(token, each): day for each in new})
        task = asyncio.create_task(self._write(token, new, day), name="note deprecated fields")
        self._writing.add(task)
        task.add_done_callback(self._writing.discard)

    async def _write(self, token: str, fields: list[str], day: date) -> None:
        try:
            async with self._available.within(_PATIENCE):
                await self._driver.execute_query(_NOTE, token=token, fields=fields, day=day)
        except (Away, OutOfTime, *CLOSED, neo4j.exceptions.Neo4jError) as error:
            _log.warning("deprecated_use_not_noted", error=type(error).__name__)
            for each in fields:  # the next query notes it
                self._noted.pop((token, each), None)
