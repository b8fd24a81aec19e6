"""The worker: runs imports, exports and the day turn by schedule or on request, on arq.

Several workers may run, on one machine or many: each job is taken by one, and a lock keeps a source or target from
being run twice at once. Whether and when a job that has failed is tried again is said by its error
(``reconnect.work.retrying``), and by nothing here.
"""

import asyncio
import socket
import sys
import threading
import time
from collections.abc import Callable, Coroutine
from datetime import UTC, datetime, timezone
from typing import TYPE_CHECKING, Any, cast

import redis
from arq.connections import ArqRedis, RedisSettings, create_pool
from arq.constants import health_check_key_suffix, in_progress_key_prefix, retry_key_prefix
from arq.cron import CronJob, cron
from arq.worker import Function, Retry, Worker, func
from structlog.stdlib import get_logger

from exporters.errors import DeliveryError
from graph.time import COPENHAGEN
from graph.writing.day_turn import TurnWaits
from importers.pipeline.report import text_of
from reconnect.context import Context
from reconnect.targets import full_name
from reconnect.work import jobs, retrying, silence
from reconnect.work.cron import parse
from reconnect.work.locks import PREFIX as LOCK_PREFIX

if TYPE_CHECKING:
    from arq.typing import WorkerCoroutine

QUEUE = "reconnect:queue"
HEALTH_SECONDS = 15
_LIFE = QUEUE + health_check_key_suffix
_WATCH = set(range(0, 60, 5))  # minutes
_ARQ_EXTRA = 10
"""Seconds that arq adds to the longest time of a job."""

_AFTER_LOSS = 2.0
"""Seconds until a queue that has gone is looked for again."""

_SHORTEST, _LONGEST = 1.0, 12 * 3600.0
"""Seconds between a try and the next one, where a moment is told."""

_log = get_logger("reconnect.work.worker")
Work = Callable[[jobs.Caller], object]


def run(context: Context, burst: bool = False) -> None:
    """Work until SIGTERM or SIGINT; with ``burst`` until the queue is empty.

    A queue that goes away meanwhile is waited for: a restart of Redis ends no worker. Raises redis.ConnectionError
    where it does not answer at the start.
    """
    with redis.Redis.from_url(context.redis_url()) as client:
        client.ping()
    while True:
        try:
            _work(context, burst)
        except (redis.RedisError, OSError) as error:
            if burst:
                raise
            _log.warning("queue lost", error=str(error), again_in=_AFTER_LOSS)
            time.sleep(_AFTER_LOSS)
        else:
            return


def _work(context: Context, burst: bool) -> None:
    loop = asyncio.new_event_loop()
    asyncio.set_event_loop(loop)
    try:
        make(context, burst).run()
    finally:
        # arq's signal handlers go with the loop, in the thread that made it.
        asyncio.set_event_loop(None)
        loop.close()


def make(context: Context, burst: bool = False) -> Worker:
    """A worker with the schedule of the settings. ``burst``: end when the queue is empty."""
    settings = context.settings.worker
    of_context = Jobs(context)
    return Worker(
        functions=of_context.functions(),
        cron_jobs=of_context.schedule(),
        redis_settings=redis_settings(context),
        queue_name=QUEUE,
        burst=burst,
        max_jobs=settings.at_once,
        job_timeout=settings.longest,
        max_tries=sys.maxsize,  # they are counted here, since being closed counts as none
        # A job's result would keep the same job from being queued again while it is kept.
        keep_result=0,
        health_check_interval=HEALTH_SECONDS,
        health_check_key=sign_of_life(context),
        # arq asks for the class timezone; any tzinfo does, and only a zone knows summer time.
        timezone=cast("timezone", COPENHAGEN),
        log_results=False,
    )


def redis_settings(context: Context) -> RedisSettings:
    """arq's form of the address of the queue."""
    return RedisSettings.from_dsn(context.redis_url())


async def enqueue(context: Context, function: str, *arguments: str) -> bool:
    """Put a job on the queue, also one that was refused before; False when the same job waits or runs already."""
    with redis.Redis.from_url(context.redis_url()) as client:
        retrying.lift(client, ":".join((function, *arguments)))
    pool = await create_pool(redis_settings(context), default_queue_name=QUEUE)
    try:
        return await _put(pool, function, *arguments)
    finally:
        await pool.aclose()


def healthy(client: redis.Redis) -> bool:
    """Whether any worker has shown itself in the last quarter of a minute."""
    return any(True for _ in client.scan_iter(match=f"{_LIFE}*"))


def healthy_here(client: redis.Redis, context: Context) -> bool:
    """As ``healthy``, of the workers of this machine (or container) and this home only."""
    return bool(client.exists(sign_of_life(context)))


def sign_of_life(context: Context) -> str:
    """The key that a worker keeps in Redis while it lives. Workers of other machines or homes have others."""
    return f"{_LIFE}:{socket.gethostname()}:{context.instance.home.path}"


class Jobs:
    """arq's functions, each of which runs one of ``reconnect.work`` in a thread."""

    def __init__(self, context: Context) -> None:
        self._context = context

    def functions(self) -> list[Function]:
        """What may be put on the queue."""
        return [
            _named("import", self.import_source),
            _named("export", self.export_target),
            _named("day_turn", self.day_turn),
        ]

    def schedule(self) -> list[CronJob]:
        """The settings' schedule; each time puts a job on the queue."""
        times = self._context.settings.schedules
        planned = [(f"import {name}", at, "import", (name,)) for name, at in times.imports.items()]
        # By its full name, which is also that of its lock.
        exports = {full_name(self._context.settings.targets, name): at for name, at in times.exports.items()}
        planned += [(f"export {name}", at, "export", (name,)) for name, at in exports.items()]
        planned_jobs = [
            self._planned(title, expression, function, *arguments)
            for title, expression, function, arguments in [*planned, ("day turn", times.day_turn, "day_turn", ())]
        ]
        release = cast("WorkerCoroutine", self._release_stranded)
        watch = cast("WorkerCoroutine", self._watch)
        return [
            *planned_jobs,
            cron(release, name="release stranded jobs", second=30, keep_result=0),
            cron(
                watch,
                name="watch for silent sources",
                minute=_WATCH,
                second=45,
                keep_result=0,
            ),
        ]

    async def import_source(self, arq: dict[str, Any], name: str) -> None:
        """Import the source ``name``."""
        await self._run(arq, f"import {name}", lambda caller: self._import(caller, name))

    async def export_target(self, arq: dict[str, Any], name: str) -> None:
        """Supply the target ``name``."""
        await self._run(arq, f"export {name}", lambda caller: self._export(caller, name))

    def _is_refused(self, job: str) -> bool:
        refused = retrying.is_refused(self._context, job)
        if refused:
            _log.warning("not tried: it was refused, and nothing has changed since", job=job)
        return refused

    def _import(self, caller: jobs.Caller, name: str) -> None:
        if not self._is_refused(f"import:{name}"):
            jobs.import_source(self._context, caller, name)

    def _export(self, caller: jobs.Caller, name: str) -> None:
        if self._is_refused(f"export:{name}"):
            return
        report = jobs.export_target(self._context, caller, name)
        if report.error:
            raise DeliveryError(report.error, retry=report.retry)

    async def day_turn(self, arq: dict[str, Any]) -> None:
        """Turn the day."""
        await self._run(arq, "day turn", self._turn)

    def _turn(self, caller: jobs.Caller) -> None:
        try:
            jobs.turn_day(self._context, caller)
        except TurnWaits as waits:
            _log.warning("day turn waits for a person", brake=waits.brake, text=str(waits))

    async def _run(self, arq: dict[str, Any], title: str, do: Work) -> None:
        attempt = int(arq["job_try"])
        interrupted = threading.Event()
        caller = jobs.Caller(_log_progress(title), interrupted.is_set, attempt)
        _log.info("begun", job=title, attempt=attempt)
        running = asyncio.ensure_future(asyncio.to_thread(do, caller))
        try:
            await asyncio.shield(running)
        except asyncio.CancelledError:
            # arq ends or gives the job up: let the thread end at its next step, so that its lock is released.
            interrupted.set()
            await asyncio.wait([running])
            if (ended := running.exception()) is not None:
                _log.warning(
                    "ended early", job=title, attempt=attempt, error=f"{type(ended).__name__}: {text_of(ended)}"
                )
            raise
        except Exception as error:
            await self._fail(arq, title, attempt, error)
            return
        _log.info("done", job=title)

    async def _fail(self, arq: dict[str, Any], title: str, attempt: int, error: Exception) -> None:
        """Raises Retry where the error says that another try is worth it, and the error where it says nothing."""
        retry = retrying.retry_of(error)
        if retry is None:
            raise error
        settings = self._context.settings.worker
        if retry.moment is not None:
            wait = max((retry.moment - datetime.now(UTC)).total_seconds(), _SHORTEST)
            # It counts as no attempt; and what arq has put off for longer than a day is lost.
            await arq["redis"].delete(retry_key_prefix + arq["job_id"])
            _log.info("put off", job=title, error=str(error), until=retry.moment.isoformat())
            raise Retry(defer=min(wait, _LONGEST)) from error
        if retry.when != "soon" or attempt >= settings.attempts:
            # Not put off once more: the next time of the schedule would wait for that.
            _log.error("given up", job=title, attempt=attempt, error=str(error))
            return
        delay = settings.first_delay * 2 ** (attempt - 1)
        _log.warning("failed", job=title, attempt=attempt, of=settings.attempts, error=str(error), again_in=delay)
        raise Retry(defer=delay) from error

    async def _release_stranded(self, arq: dict[str, Any]) -> None:
        settings = self._context.settings.worker
        await release_stranded(arq["redis"], settings.longest, settings.lock_seconds)

    async def _watch(self, arq: dict[str, Any]) -> None:
        await asyncio.to_thread(silence.watch, self._context)
        if killed := await asyncio.to_thread(jobs.end_killed_runs, self._context):
            _log.warning("runs that were killed", count=killed)

    def _planned(self, title: str, expression: str, function: str, *arguments: str) -> CronJob:
        times = parse(expression)

        async def put(arq: dict[str, Any]) -> None:
            await _put(arq["redis"], function, *arguments)

        coroutine: Callable[..., Coroutine[Any, Any, None]] = put
        return cron(
            coroutine,
            name=f"schedule: {title}",
            minute=_set(times.minutes),
            hour=_set(times.hours),
            day=_set(times.days),
            month=_set(times.months),
            weekday=_set(times.weekdays),
            second=0,
            keep_result=0,
        )


async def _put(pool: ArqRedis, function: str, *arguments: str) -> bool:
    # The id says what the job is, so the same job waits or runs once; it is also the name of the job's lock.
    job = await pool.enqueue_job(function, *arguments, _job_id=":".join((function, *arguments)), _queue_name=QUEUE)
    return job is not None


async def release_stranded(pool: ArqRedis, longest: float, lock_seconds: float) -> list[str]:
    """Give back the jobs of workers that were killed. Returns their ids.

    arq notes who runs a job for as long as it may run at most (hours). A job that has run for longer than a lock lives,
    and whose lock nobody holds, is run by nobody.
    """
    released = []
    async for key in pool.scan_iter(match=f"{in_progress_key_prefix}*"):
        job = key.decode().removeprefix(in_progress_key_prefix)
        left = await pool.pttl(key)
        running_for = longest + _ARQ_EXTRA - left / 1000
        if left > 0 and running_for > lock_seconds and not await pool.exists(LOCK_PREFIX + job):
            await pool.delete(key)
            released.append(job)
            _log.warning("taken back from a worker that is gone", job=job)
    return released


def _named(name: str, coroutine: Callable[..., Coroutine[Any, Any, None]]) -> Function:
    # arq's own type asks for a __qualname__, which methods have but Callable does not promise.
    return func(cast("WorkerCoroutine", coroutine), name=name)


def _set(values: frozenset[int] | None) -> set[int] | None:
    return None if values is None else set(values)


def _log_progress(title: str) -> Callable[[str, int, int], None]:
    def report(what: str, done: int, total: int) -> None:
        _log.debug(what, job=title, done=done, total=total)

    return report
