"""How the web service lets a worker make a run of a source or target that a person asks for."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime

import redis
from structlog.stdlib import get_logger

from api.computed.contract import NotAnswering
from api.runs import LastRun, RunKind, RunOrder
from graph.errors import ChangeRejected
from graph.time import COPENHAGEN
from reconnect import folders, job_states, sources, targets
from reconnect.context import Context
from reconnect.exits import CommandFailed
from reconnect.work.worker import enqueue

_WORDS = {RunKind.IMPORT: "import", RunKind.EXPORT: "export"}
"""As the names of jobs begin."""
_log = get_logger("reconnect.asked_runs")


class AskedRuns:
    """By the settings' sources and targets, on the queue of the schedule. As ``api.runs.Runs``."""

    def __init__(self, context: Context) -> None:
        self._context = context

    def last(self, kind: RunKind, name: str) -> LastRun | None:
        """As the worker and the command line keep it."""
        job = f"{_WORDS[kind]}:{self._job_name(kind, name)}"
        with _answering(), self._context.redis() as client:
            found = job_states.read(client).get(job)
        return None if found is None else LastRun(found.state, found.text, found.started, found.ended)

    def require(self, kind: RunKind, name: str) -> None:
        """Raises ChangeRejected (not_set_up)."""
        job_name = self._job_name(kind, name)
        try:
            if kind is RunKind.IMPORT:
                sources.build(self._context, job_name, None)
            else:
                targets.build(self._context, job_name)
        except CommandFailed as unknown:
            raise ChangeRejected("not_set_up", f"name: {unknown}", field="name") from unknown

    def start(self, order: RunOrder) -> bool:
        """Put it on the queue. The log of the program keeps who has asked for it, and why."""
        self.require(order.kind, order.name)
        name = self._job_name(order.kind, order.name)
        word = _WORDS[order.kind]
        job, function = f"{word}:{name}", f"dry_{word}" if order.is_dry else word
        with _answering(), self._context.redis() as client:
            before = job_states.read(client).get(job)
            asked = datetime.now(COPENHAGEN).isoformat(timespec="seconds")
            # Before it is on the queue: a worker that takes it at once states afterwards that it runs.
            is_queued = job_states.put_queued(client, job, before, asked, order.reason)
            is_new = asyncio.run(enqueue(self._context, function, name, asked=(order.by, order.reason)))
            if is_queued and not is_new and before is not None:
                job_states.put(client, job, before)
        _log.info("run asked for", job=job, dry=order.is_dry, by=order.by, reason=order.reason, is_new=is_new)
        return is_new

    def _job_name(self, kind: RunKind, name: str) -> str:
        """The name in the settings: the graph may keep a source under one of its own."""
        if kind is RunKind.EXPORT:
            return name
        known = self._context.settings.sources
        return next((each for each in folders.source_names() if sources.kept_name(known, each) == name), name)


@contextmanager
def _answering() -> Iterator[None]:
    try:
        yield
    except (redis.RedisError, OSError) as error:
        raise NotAnswering(f"Redis does not answer: {error}") from error
