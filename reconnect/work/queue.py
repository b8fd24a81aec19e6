"""The queue of jobs in Redis, and the loop that takes jobs from it. The only module that knows arq.

A job is a function's name and its arguments, all texts; the two together are the job's id, so that the same job waits
or runs once. What another queue would have to do, and what the change would cost: architecture.md §6 "The job queue".
"""

import asyncio
import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, cast

from arq.connections import ArqRedis, RedisSettings, create_pool
from arq.constants import in_progress_key_prefix, retry_key_prefix
from arq.worker import Function, Retry, Worker, func

from reconnect.locks import PREFIX as LOCK_PREFIX
from reconnect.settings.cron import Times, parse

if TYPE_CHECKING:
    from arq.typing import WorkerCoroutine

_QUEUE = "reconnect:queue"
_ARQ_EXTRA = 10
"""Seconds that arq adds to the longest time of a job."""

_OF_LOCK = {"compare": "export", "dry_import": "import", "dry_export": "export"}
"""Function → the one whose lock it takes."""

Run = Callable[..., Awaitable[None]]
"""Runs a job: (attempt, from 1; then the arguments). Raises PutOff for another try; is cancelled when it must end."""


class PutOff(Exception):
    """The job is to be run again in ``seconds``. ``counts``: as another attempt."""

    def __init__(self, seconds: float, *, counts: bool) -> None:
        super().__init__(f"again in {seconds:.0f} s")
        self.seconds = seconds
        self.counts = counts


@dataclass(frozen=True)
class Planned:
    """A job that is put on the queue ``at`` the times of a cron expression, by the clocks of Copenhagen."""

    name: str
    at: str
    function: str
    arguments: tuple[str, ...] = ()

    @property
    def times(self) -> Times:
        """What ``at`` says."""
        return parse(self.at)


@dataclass(frozen=True)
class Loop:
    """A worker's options. ``longest``: seconds that a job may run; ``sign_of_life``: key that shows it is alive,
    renewed every ``health_seconds``; ``burst``: end when the queue is empty."""

    at_once: int
    longest: int
    sign_of_life: str
    health_seconds: int
    burst: bool = False


class Queue:
    """The queue. Use ``opened``."""

    def __init__(self, pool: ArqRedis) -> None:
        self._pool = pool

    async def put(self, function: str, *arguments: str, asked: tuple[str, str] | None = None) -> bool:
        """Put a job on the queue; False when the same job waits or runs already. ``asked``: who wants it now, and why;
        the function gets these, too."""
        job = await self._pool.enqueue_job(
            function, *arguments, *(asked or ()), _job_id=job_id(function, *arguments), _queue_name=_QUEUE
        )
        return job is not None

    async def runs(self, function: str, *arguments: str) -> bool:
        """Whether a worker runs the job."""
        return bool(await self._pool.exists(f"{in_progress_key_prefix}{job_id(function, *arguments)}"))

    async def release_stranded(self, longest: float, lock_seconds: float) -> list[str]:
        """Return the jobs of workers that were killed to the queue; their ids.

        arq notes which worker runs a job for as long as the job may run (hours). A job that has run for longer than a
        lock lives without renewal, and whose lock is free, is not run by any worker.
        """
        released = []
        async for key in self._pool.scan_iter(match=f"{in_progress_key_prefix}*"):
            job = key.decode().removeprefix(in_progress_key_prefix)
            left = await self._pool.pttl(key)
            running_for = longest + _ARQ_EXTRA - left / 1000
            if left > 0 and running_for > lock_seconds and not await self._pool.exists(LOCK_PREFIX + lock_of(job)):
                await self._pool.delete(key)
                released.append(job)
        return released


def job_id(function: str, *arguments: str) -> str:
    """The id of a job, which is also the name of its lock (``lock_of``)."""
    return ":".join((function, *arguments))


def lock_of(job: str) -> str:
    """The name of a job's lock. A comparison is an export, and has the export's; so has a dry run."""
    kind, _, name = job.partition(":")
    return f"{_OF_LOCK[kind]}:{name}" if kind in _OF_LOCK else job


@asynccontextmanager
async def opened(url: str) -> AsyncIterator[Queue]:
    """The queue at the address, while the block runs."""
    pool = await create_pool(RedisSettings.from_dsn(url), default_queue_name=_QUEUE)
    try:
        yield Queue(pool)
    finally:
        await pool.aclose()


def work(url: str, functions: Mapping[str, Run], loop: Loop) -> None:
    """Take jobs from the queue and run them, until SIGTERM or SIGINT; then they are cancelled, and wait again.

    Raises redis.RedisError or OSError if the queue is lost.
    """
    events = asyncio.new_event_loop()
    asyncio.set_event_loop(events)
    try:
        Worker(
            functions=[_function(name, run) for name, run in functions.items()],
            redis_settings=RedisSettings.from_dsn(url),
            queue_name=_QUEUE,
            burst=loop.burst,
            max_jobs=loop.at_once,
            job_timeout=loop.longest,
            max_tries=sys.maxsize,  # the worker counts them: waiting until a service opens is not an attempt
            # A job's result would keep the same job from being queued again while it is kept.
            keep_result=0,
            health_check_interval=loop.health_seconds,
            health_check_key=loop.sign_of_life,
            log_results=False,
        ).run()
    finally:
        # arq's signal handlers go with the loop, in the thread that made it.
        asyncio.set_event_loop(None)
        events.close()


def _function(name: str, run: Run) -> Function:
    async def of_arq(arq: dict[str, Any], *arguments: str) -> None:
        try:
            await run(int(arq["job_try"]), *arguments)
        except PutOff as put_off:
            if not put_off.counts:
                await arq["redis"].delete(retry_key_prefix + arq["job_id"])
            raise Retry(defer=put_off.seconds) from put_off

    # arq's own type asks for a __qualname__, which functions have but Callable does not promise.
    return func(cast("WorkerCoroutine", of_arq), name=name)
