"""The worker: runs imports, exports and the day turn by schedule or on request.

Several workers may run, on one machine or many: each job is taken by one, and a lock keeps a source or target from
being run twice at once. The job's error decides whether and when a failed job is tried again
(``reconnect.work.retrying``), and nothing here does. The queue itself is ``reconnect.work.queue``.
"""

import asyncio
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime, timedelta

import redis
from structlog.stdlib import get_logger

from api.access.read_log import sweep as sweep_reads
from exporters.errors import DeliveryError
from graph.writing.day_turn import TurnWaits, is_today_doubtful
from idp.sweeping import sweep
from reconnect.context import Context
from reconnect.logs.tracebacks import told
from reconnect.sending import mail
from reconnect.targets import account_targets, full_name
from reconnect.work import (
    account_notices,
    analysts_copy,
    attachments,
    case_times,
    due_accounts,
    due_turn,
    jobs,
    open_stops,
    queue,
    refused_logins,
    restores,
    retrying,
    schedule,
    service_tasks,
    silence,
    task_mails,
)
from reconnect.work.closings import Closings
from reconnect.work.due_plans import apply_due
from reconnect.work.liveness import HEALTH_SECONDS, sign_of_life
from reconnect.work.queue import Planned, PutOff
from reconnect.work.watches import Watch, kept

_OFTEN, _SELDOM = 60.0, 300.0
"""Seconds between two looks of a chore."""

_AFTER_LOSS = 2.0
"""Seconds until a lost queue is tried again."""

_SHORTEST, _LONGEST = 1.0, 12 * 3600.0
"""Seconds until the next try, where the error names a time. The queue loses jobs put off for more than a day."""

_log = get_logger("reconnect.work.worker")
Work = Callable[[jobs.Caller], object]


def run(context: Context, burst: bool = False) -> None:
    """Work until SIGTERM or SIGINT; with ``burst`` until the queue is empty.

    If the queue goes away, the worker waits for it: a restart of Redis ends no worker. Raises redis.ConnectionError if
    it does not answer at the start.
    """
    with context.redis() as client:
        client.ping()
    settings = context.settings.worker
    loop = queue.Loop(settings.at_once, settings.longest, sign_of_life(context), HEALTH_SECONDS, burst)
    own = Jobs(context)
    with ExitStack() as stack:
        if not burst:
            context.tell_of_scanner()
            stack.enter_context(kept(stack.enter_context(own.watches())))
        _work(context, own, loop)


def _work(context: Context, own: "Jobs", loop: queue.Loop) -> None:
    while True:
        try:
            queue.work(context.redis_url(), own.functions(), loop)
        except (redis.RedisError, OSError) as error:
            if loop.burst:
                raise
            _log.warning("queue lost", error=str(error), again_in=_AFTER_LOSS)
            time.sleep(_AFTER_LOSS)
        else:
            return


async def enqueue(context: Context, function: str, *arguments: str, asked: tuple[str, str] | None = None) -> bool:
    """Put a job on the queue, even if it was refused before; False when the same job waits or runs already. ``asked``:
    who wants it now, and why."""
    with context.redis() as client:
        retrying.lift(client, queue.job_id(function, *arguments))
    async with queue.opened(context.redis_url()) as opened:
        return await opened.put(function, *arguments, asked=asked)


class Jobs:
    """The functions that may be queued, each of which runs one of ``reconnect.work.jobs`` in a thread."""

    def __init__(self, context: Context) -> None:
        self._context = context

    def functions(self) -> dict[str, queue.Run]:
        """What may be put on the queue, by name."""
        return {
            "import": self.import_source,
            "export": self.export_target,
            "compare": self.compare_target,
            "dry_import": self.dry_import,
            "dry_export": self.dry_export,
            "day_turn": self.day_turn,
        }

    def schedule(self) -> list[Planned]:
        """The schedule of the settings."""
        times = self._context.settings.schedules
        imports = [Planned(f"import {name}", at, "import", (name,)) for name, at in times.imports.items()]
        # By its full name, which is also that of its lock.
        named = {full_name(self._context.settings.targets, name): at for name, at in times.exports.items()}
        exports = [Planned(f"export {name}", at, "export", (name,)) for name, at in named.items()]
        compared = {full_name(self._context.settings.targets, name): at for name, at in times.comparisons.items()}
        exports += [Planned(f"compare {name}", at, "compare", (name,)) for name, at in compared.items()]
        return [*imports, *exports, Planned("day turn", times.day_turn, "day_turn")]

    def _chores(self) -> list[Watch]:
        return [
            Watch("see whether the graph was restored", restores.EVERY, self._look_for_restore),
            Watch("release stranded jobs", _OFTEN, self._release_stranded),
            Watch("watch for silent sources", _SELDOM, self._watch),
            Watch("watch for stops that close nothing", _OFTEN, lambda: open_stops.watch(self._context)),
            Watch("turn a day that was missed", _SELDOM, lambda: due_turn.look(self._context)),
            Watch("apply plans whose day has come", _SELDOM, lambda: apply_due(self._context, "worker")),
            Watch("let time pass in cases", _OFTEN, self._unless_doubtful(case_times.pass_time)),
            Watch("start cases by what happens", _OFTEN, self._unless_doubtful(case_times.start_due)),
            Watch("end claims that have lapsed", _SELDOM, lambda: case_times.lapse_claims(self._context)),
            Watch("mail about tasks", _OFTEN, task_mails.TaskMails(self._context).look),
            Watch("scan attachments", attachments.EVERY, lambda: attachments.scan(self._context)),
            Watch("delete files of attachments", _SELDOM, lambda: attachments.sweep(self._context)),
            Watch("delete ended cases", _SELDOM, self._unless_doubtful(case_times.delete_ended)),
            Watch("mail notices of accounts", _SELDOM, lambda: account_notices.look(self._context)),
            Watch("erase in the analysts' copy", _SELDOM, lambda: analysts_copy.look(self._context)),
            Watch("remove what is over of logins", _SELDOM, self._unless_doubtful(_sweep_logins)),
        ]

    def _unless_doubtful(self, look: Callable[[Context], object]) -> Callable[[], None]:
        """For what can't be taken back, and is done because time has passed: by a clock that is ahead, all of it."""

        def unless_doubtful() -> None:
            if not is_today_doubtful(self._context.driver()):
                look(self._context)

        return unless_doubtful

    @contextmanager
    def watches(self) -> Iterator[list[Watch]]:
        """What each worker does beside jobs, however busy it is."""
        with ExitStack() as stack:
            made = [Closings(self._context, name) for name in account_targets(self._context.settings.targets)]
            for each in made:
                stack.callback(each.close)
            plan = Watch("plan accounts", due_accounts.EVERY, lambda: due_accounts.look(self._context))
            served = Watch("services of cases", service_tasks.EVERY, service_tasks.ServiceTasks(self._context).look)
            planned = Watch("schedule", schedule.EVERY, schedule.Schedule(self._context, self.schedule()).look)
            yield [planned, plan, served, *self._chores(), *(each.watch for each in made)]

    async def import_source(self, attempt: int, name: str, user: str | None = None, reason: str | None = None) -> None:
        """Import the source ``name``. ``user``, ``reason``: who wants it now, and why; both stand in the change log."""
        await self._run(attempt, f"import {name}", lambda caller: self._import(caller, name, user, reason))

    async def export_target(self, attempt: int, name: str, user: str | None = None, reason: str | None = None) -> None:
        """Supply the target ``name``. ``user``, ``reason``: who wants it now, and why; ``asked_runs`` has noted it."""
        await self._run(attempt, f"export {name}", lambda caller: self._export(caller, name, user=user))

    async def dry_import(self, attempt: int, name: str, user: str | None = None, reason: str | None = None) -> None:
        """Work out what an import of the source ``name`` would change."""
        await self._run(
            attempt,
            f"dry run of import {name}",
            lambda caller: jobs.import_source(self._context, caller, name, dry_run=True),
        )

    async def dry_export(self, attempt: int, name: str, user: str | None = None, reason: str | None = None) -> None:
        """Work out what the target ``name`` would be sent."""
        await self._run(
            attempt,
            f"dry run of export {name}",
            lambda caller: jobs.export_target(self._context, caller, name, dry_run=True),
        )

    async def compare_target(self, attempt: int, name: str) -> None:
        """Supply the target ``name``, after everything there has been compared with what it was sent."""
        await self._run(attempt, f"compare {name}", lambda caller: self._export(caller, name, full=True))

    async def day_turn(self, attempt: int) -> None:
        """Turn the day."""
        await self._run(attempt, "day turn", self._turn)

    def _is_refused(self, job: str) -> bool:
        refused = retrying.is_refused(self._context, job)
        if refused:
            _log.warning("not tried: it was refused, and nothing has changed since", job=job)
        return refused

    def _import(self, caller: jobs.Caller, name: str, user: str | None, reason: str | None) -> None:
        if not self._is_refused(f"import:{name}"):
            jobs.import_source(self._context, caller, name, user=user, reason=reason)

    def _export(self, caller: jobs.Caller, name: str, *, full: bool = False, user: str | None = None) -> None:
        if self._is_refused(f"export:{name}"):
            return
        report = jobs.export_target(self._context, caller, name, full=full, user=user)
        if report.error:
            raise DeliveryError(report.error, retry=report.retry)

    def _turn(self, caller: jobs.Caller) -> None:
        try:
            jobs.turn_day(self._context, caller)
        except TurnWaits as waits:
            _log.warning("day_turn_waits", brake=waits.brake, text=str(waits))
            mail.send(self._context.settings.mail, "REConnect: the day turn waits for a person", str(waits))

    async def _run(self, attempt: int, title: str, do: Work) -> None:
        interrupted = threading.Event()
        caller = jobs.Caller(_log_progress(title), interrupted.is_set, attempt)
        _log.info("begun", job=title, attempt=attempt)
        running = asyncio.ensure_future(asyncio.to_thread(do, caller))
        try:
            await asyncio.shield(running)
        except asyncio.CancelledError:
            # The worker ends, or the job has run too long: let the thread end at its next step, and release its lock.
            interrupted.set()
            await asyncio.wait([running])
            if (ended := running.exception()) is not None:
                _log.warning("ended early", job=title, attempt=attempt, error=told(ended))
            raise
        except Exception as error:
            self._fail(title, attempt, error)
            return
        _log.info("done", job=title)

    def _fail(self, title: str, attempt: int, error: Exception) -> None:
        """Raises PutOff if the error asks for another try, and the error itself if it does not state it."""
        retry = retrying.retry_of(error)
        if retry is None:
            raise error
        settings = self._context.settings.worker
        if retry.moment is not None:
            wait = max((retry.moment - datetime.now(UTC)).total_seconds(), _SHORTEST)
            _log.info("put off", job=title, error=told(error), until=retry.moment.isoformat())
            raise PutOff(min(wait, _LONGEST), counts=False) from error
        if retry.when != "soon" or attempt >= settings.attempts:
            # Not put off once more: the next time of the schedule would wait for that.
            _log.error("given up", job=title, attempt=attempt, error=told(error))
            return
        delay = settings.first_delay * 2 ** (attempt - 1)
        _log.warning("failed", job=title, attempt=attempt, of=settings.attempts, error=told(error), again_in=delay)
        raise PutOff(delay, counts=True) from error

    def _look_for_restore(self) -> None:
        restores.look(self._context, is_worker=True)

    def _release_stranded(self) -> None:
        settings = self._context.settings.worker

        async def released() -> list[str]:
            async with queue.opened(self._context.redis_url()) as opened:
                return await opened.release_stranded(settings.longest, settings.lock_seconds)

        for job in asyncio.run(released()):
            _log.warning("taken back from a worker that is gone", job=job)

    def _watch(self) -> None:
        silence.watch(self._context)
        refused_logins.watch(self._context)
        if killed := jobs.end_killed_runs(self._context):
            _log.warning("runs that were killed", count=killed)


def _sweep_logins(context: Context) -> None:
    now, kept = datetime.now(UTC), timedelta(days=context.settings.login.reads_kept_days)
    sweep(context.driver(), now)
    sweep_reads(context.driver(), kept, now)


def _log_progress(title: str) -> Callable[[str, int, int], None]:
    def report(what: str, done: int, total: int) -> None:
        _log.debug(what, job=title, done=done, total=total)

    return report
