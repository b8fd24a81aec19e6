"""Warms the service up before it is ready, so that the first clients need not wait.

Connections to Neo4j are opened, the lists of the graph are measured, and the smallest reads are planned. What questions
about rights need follows once the service is ready: Neo4j plans their statements for seconds.

What the pages ask follows when somebody opens a page for the first time: while they log in, most of it is planned.
"""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field

import neo4j
import structlog

from api.availability import Away, in_thread
from api.http.page_questions import ask_ahead
from api.reads.question import question_for
from api.reads.reader import Reader
from graph.questions.rights.asking import Asked, rights_on
from graph.time import today

AT_ONCE = 16
"""Clients that are expected right after a start."""
_READS = (
    "{ units(first: 1) { nodes { uuid name parent { name } } totalCount pageInfo { endCursor hasNextPage } } }",
    "{ persons(first: 1) { nodes { uuid name employments { number title unit { name } } } } }",
    "{ employments(first: 1) { nodes { uuid person { name } unit { uuid name } } } }",
    "{ tree(depth: 1) { depth unit { uuid name } } }",
)
_AGAIN = 1.0  # seconds
_log = structlog.get_logger("api")


@dataclass
class Warming:
    """Warms up one reader. ``is_done``: no client needs to wait any longer."""

    reader: Reader
    driver: neo4j.Driver
    is_done: bool = False
    _task: asyncio.Task[None] | None = field(default=None, repr=False)
    _ahead: asyncio.Task[None] | None = field(default=None, repr=False)

    def begin(self) -> None:
        """Start in the background. It is repeated until Neo4j answers."""
        self._task = asyncio.get_running_loop().create_task(self._warm(), name="warm up")

    async def close(self) -> None:
        """Stop."""
        for task in (self._task, self._ahead):
            if task is not None:
                task.cancel()
                await asyncio.wait({task})

    def ask_ahead(self, questions: Sequence[str]) -> None:
        """Ask what the pages ask, one after the other, in the background; the first call only."""
        if self._ahead is None:
            self._ahead = asyncio.get_running_loop().create_task(self._asked_ahead(questions), name="ask ahead")

    async def _asked_ahead(self, questions: Sequence[str]) -> None:
        try:
            await ask_ahead(self.reader, questions)
        except Exception as error:
            # Who opens a page waits, as without this.
            _log.warning("pages_not_warmed_up", error=type(error).__name__)

    async def _warm(self) -> None:
        while not self.is_done:
            try:
                for text in _READS:
                    await self._asked(text)  # planned once, and not by all of them at the same time
                async with asyncio.TaskGroup() as group:
                    for place in range(AT_ONCE):
                        group.create_task(self._asked(_READS[place % len(_READS)]))
            except* Away:
                await asyncio.sleep(_AGAIN)
            except* Exception as error:
                # The first clients wait, as they would without warming; the service must not refuse all clients because
                # of it.
                self._cold(error)
            else:
                self.is_done = True
                await self._warm_rights()

    async def _warm_rights(self) -> None:
        try:
            await in_thread(ask_for_rights, self.driver)
        except Exception as error:
            # The first question about rights waits, as it would without warming.
            _log.warning("rights_not_warmed_up", error=type(error).__name__)

    def _cold(self, errors: BaseExceptionGroup[Exception]) -> None:
        _log.warning("not_warmed_up", errors=sorted({type(each).__name__ for each in errors.exceptions}))
        self.is_done = True

    async def _asked(self, text: str) -> None:
        answer = await self.reader.answer(await question_for(text, None), None, frozenset(), "the service itself")
        assert isinstance(answer, bytes) and b'"errors"' not in answer  # of one thing each


def ask_for_rights(driver: neo4j.Driver) -> None:
    """The rights of anyone: alone, with a framework that is made for it, and with the framework that was kept."""
    with driver.session(default_access_mode=neo4j.READ_ACCESS) as session:
        row = session.run(
            """
            MATCH (:Grant)
            WITH 1 AS grants
            LIMIT 1
            MATCH (p:Person)-[:HAS]->(:Employment {active: true})
            RETURN p.uuid AS uuid
            LIMIT 1
            """
        ).single()
        if row is not None:
            for _ in range(3):
                rights_on(session, Asked(row["uuid"]), today())
