"""The jobs: an import, an export, the day turn. The command line and the worker run them in the same way.

A lock allows one run of a source or target at a time. Its result is kept where ``status`` and the API read it.
"""

import math
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import date, datetime
from pathlib import Path

from exporters.files.pipeline import run_export
from exporters.objects.export import run_object_export
from exporters.objects.target import ObjectTarget
from exporters.report import ExportReport
from exporters.target import ImageReader
from graph.cpr.keyring import require_keys_of
from graph.questions.preview.consequences import Preview
from graph.retry import NEVER, SOON, Retry
from graph.runs.run_log import end_killed, running_runs
from graph.time import COPENHAGEN
from graph.writing import day_turn
from importers.pipeline.import_run import run_import
from importers.pipeline.report import ImportReport, text_of
from importers.source import Source
from reconnect import job_states, sources, targets
from reconnect.context import Context
from reconnect.embedded.scratch import scratch
from reconnect.errors import ProgramError
from reconnect.exits import CommandFailed, Exit
from reconnect.job_states import WorkState
from reconnect.locks import Lock, held_locks
from reconnect.logs.redaction import redact_text
from reconnect.progress import Report
from reconnect.targets import account_targets
from reconnect.work import dry_runs, realised, restores, retrying
from reconnect.work.due_plans import apply_due
from reconnect.work.due_steps import refresh_steps


class Interrupted(ProgramError):
    """The program was asked to end; the work stopped between two steps and continues when it is run again."""

    retry = SOON


@dataclass
class Job:
    """A job that runs: ``step`` between its steps, ``finish`` at its end."""

    name: str
    lock: Lock
    interrupted: Callable[[], bool]
    report: Report
    state: WorkState
    refused: bool = False

    def step(self, what: str, done: int, total: int | None) -> None:
        """Report progress. Raises LockLost or Interrupted when the job must stop."""
        self.lock.require()
        if self.interrupted():
            raise Interrupted(f"{self.name} was interrupted; it continues when it is run again.")
        self.report(what, done, total or 0)

    def fail(self, text: str, retry: Retry | None) -> None:
        """The job has failed. If only a person can change that, the schedule does not run it again."""
        self.refused = retry == NEVER
        if self.refused:
            text += " The schedule does not try it again until a person runs it or its settings change."
        if retry is not None and retry.moment is not None:
            self.finish("waiting", f"{text} The next try is at {retry.moment.astimezone(COPENHAGEN):%Y-%m-%d %H:%M}.")
        else:
            self.finish("failed", text)

    def finish(self, state: job_states.State, text: str, *, dry_run: bool = False, is_read: bool = True) -> None:
        """Keep the result of the job. A dry run does not count as a success: it has applied nothing. Nor does a reading
        (``is_read``) for which nothing was there: a source from which nothing comes becomes silent."""
        ended = _now()
        succeeded = ended if state == "done" and not dry_run and is_read else self.state.succeeded
        shown = f"dry run: {text}" if dry_run else text
        self.state = replace(self.state, state=state, ended=ended, text=redact_text(shown), succeeded=succeeded)


def _never() -> bool:
    return False


@dataclass(frozen=True)
class Caller:
    """Who runs a job: where progress is reported, whether the job must stop, the number of the attempt; ``wait``: wait
    for another run of the same job to end, however long that takes."""

    report: Report
    interrupted: Callable[[], bool] = _never
    attempt: int = 1
    wait: bool = False


def import_source(
    context: Context,
    caller: Caller,
    name: str,
    *,
    folder: Path | None = None,
    dry_run: bool = False,
    approve: str | None = None,
    user: str | None = None,
    reason: str | None = None,
) -> ImportReport:
    """Import what is new in the source ``name``. A stop by the brake is in the report. ``reason``: why a person wants
    it now.

    Raises CommandFailed for an unknown source, SourceError, LockTaken, LockLost, Interrupted, and MissingKey where
    the CPR keys are not the graph's. StaleApproval if ``approve`` is not the id of a stopped run that waits.
    """
    source = sources.build(context, name, folder)
    return import_from(context, caller, source, job=name, dry_run=dry_run, approve=approve, user=user, reason=reason)


def import_from(
    context: Context,
    caller: Caller,
    source: Source,
    *,
    job: str | None = None,
    dry_run: bool = False,
    approve: str | None = None,
    user: str | None = None,
    reason: str | None = None,
) -> ImportReport:
    """As ``import_source``, of a source that is made already. ``job``: its name in the schedule, if another."""
    settings = context.settings
    with running(context, caller, f"import:{job or source.name}") as run:
        require_keys_of(context.driver(), context.keyring)
        report = run_import(
            context.driver(),
            source,
            context.keyring,
            order=context.order,
            rules=settings.roles,
            brake=settings.brake,
            user=user,
            reason=reason,
            dry_run=dry_run,
            approve=approve,
            progress=run.step,
        )
        if report.brake:
            run.finish("waiting", f"stopped by the brake, approve {report.brake}: {'; '.join(report.reasons)}")
        else:
            bad = sum(problem.severity == "bad" for problem in report.problems)
            text = f"{report.changes} changed, {report.unchanged} unchanged, {bad} bad records"
            text += dry_runs.of_import(report) if dry_run else ""
            text += "; what should have come by now has not" if report.overdue else ""
            run.finish("done", text, dry_run=dry_run, is_read=not report.overdue)
            if report.changes and not dry_run:
                for target in account_targets(settings.targets):
                    realised.link(context, target)
        return report


def preview_import(context: Context, caller: Caller, name: str, *, folder: Path | None = None) -> Preview[ImportReport]:
    """What an import of the source would do to managers, roles, rights, limits, accounts and groups; nothing stays.

    Raises as ``import_source`` and ``preview_of_import`` do.
    """
    from reconnect.rights_preview import preview_of_import  # only here: few runs are only looked at

    source = sources.build(context, name, folder)
    with running(context, caller, f"import:{name}") as run:
        found = preview_of_import(context, source, progress=run.step)
        text = f"{found.changes} changes; {found.persons} of {found.touched} people would gain or lose something"
        run.finish("done", text, dry_run=True)
        return found


def export_target(
    context: Context,
    caller: Caller,
    name: str,
    *,
    at: date | None = None,
    dry_run: bool = False,
    full: bool = False,
    approve: str | None = None,
    user: str | None = None,
) -> ExportReport:
    """Supply the target ``name`` with its changes. A stop by the brake and a failed delivery are in the report.

    ``full``: compare with what is at the target; only for targets that take objects one by one. Raises CommandFailed
    for an unknown target, and for ``full`` if the target gets whole files; ImageError, Overtaken, LockTaken, LockLost,
    Interrupted.
    """
    from reconnect.image_reader import image_reader  # only here: to build the API's schema takes a second

    name = targets.full_name(context.settings.targets, name)
    target = targets.build(context, name)
    if full and not isinstance(target, ObjectTarget):
        raise CommandFailed(f"{name} gets whole files: every run compares all of them, without --full.", Exit.USAGE)
    with running(context, caller, f"export:{name}") as job, image_reader(context, name) as read:
        driver, keyring = context.driver(), context.keyring

        def held() -> str:
            restore = restores.look(context)
            return "" if restore is None else restore.text

        if isinstance(target, ObjectTarget):
            report = run_object_export(
                driver, target, read, keyring, at=at, dry_run=dry_run, full=full, approve=approve, user=user,
                progress=job.step, only_disable=held,
            )  # fmt: skip
        else:
            report = run_export(
                driver, target, read, keyring, at=at, dry_run=dry_run, approve=approve, user=user, progress=job.step,
                hold=held,
            )  # fmt: skip
        sent = dry_runs.of_export(report) if dry_run else report.in_words
        if report.brake:
            job.finish("waiting", f"stopped by the brake, approve {report.brake}: {'; '.join(report.reasons)}")
        elif report.error:
            job.fail(f"{sent}; {report.error}", report.retry)
        elif report.held:
            job.finish("waiting", f"{sent}; {report.held}", dry_run=dry_run)
        else:
            job.finish("done", sent, dry_run=dry_run)
        if not dry_run:
            retrying.note_login(context, name, refused=report.login_refused)
        if report.run is not None and name in account_targets(context.settings.targets):
            realised.link(context, name)
        return report


@contextmanager
def at_objects(context: Context, caller: Caller, name: str) -> Iterator[tuple[ObjectTarget, ImageReader]]:
    """A target that takes objects one by one, and the reader of its image, while no export of it runs.

    Raises CommandFailed for an unknown target, and for one that gets whole files; LockTaken, LockLost.
    """
    from reconnect.image_reader import image_reader  # only here: to build the API's schema takes a second

    name = targets.full_name(context.settings.targets, name)
    target = targets.build(context, name)
    if not isinstance(target, ObjectTarget):
        raise CommandFailed(f"{name} gets whole files, and has no accounts.", Exit.USAGE)
    with running(context, caller, f"export:{name}") as job, image_reader(context, name) as read:
        yield target, read
        job.finish("done", "compared with the target", dry_run=True)


def turn_day(
    context: Context, caller: Caller, day: date | None = None, *, approve: str | None = None, user: str | None = None
) -> dict[date, int]:
    """Let everything that starts or ends up to ``day`` (default today) take effect; the number of changes of each day.

    Then plans whose day has come are applied, and steps by hand are opened in manual systems. Raises TurnWaits if a
    person must approve the turn first, and StaleApproval as ``dayturn.turn`` does.
    """
    with running(context, caller, "day_turn") as job:
        try:
            turned = day_turn.turn(
                context.driver(),
                day,
                lambda at, count: job.step(f"Day turn {at}", count, count),
                approve=approve,
                user=user,
            )
        except day_turn.TurnWaits as waits:
            job.finish("waiting", str(waits))
            raise
        plans = apply_due(context, user or "day turn")
        done = f", {len(plans)} plans applied" if plans else ""
        steps = refresh_steps(context, user or "day turn")
        done += f", {steps.opened} steps by hand opened" if steps.opened else ""
        job.finish("done", f"{sum(turned.values())} changed on {len(turned)} days{done}")
        return turned


def end_killed_runs(context: Context) -> int:
    """Mark runs as killed that the graph has as running although their lock is free. How many."""
    return _end_killed(context)


def _end_killed(context: Context, but: str = "") -> int:
    """``but``: the job whose lock the caller holds, and which has not begun its own run."""
    if not (runs := running_runs(context.driver())):
        return 0
    with context.redis() as client:
        held = [job.partition(":") for job in held_locks(client) if job != but]
    alive = {(kind, sources.kept_name(context.settings.sources, name)) for kind, _, name in held}
    # The job that plans accounts is one, and its lock has no name of a source or target.
    whole = {kind for kind, separator, _ in held if not separator}
    dead = [run for run, kind, name in runs if kind not in whole and (kind, name) not in alive]
    return end_killed(context.driver(), dead) if dead else 0


@contextmanager
def running(context: Context, caller: Caller, name: str) -> Iterator[Job]:
    """Hold the lock of job ``name`` and keep its state while the block runs; temporary files go to RECONNECT_HOME."""

    def waiting() -> None:
        if caller.interrupted():
            raise Interrupted(f"{name} was interrupted while waiting for another run to end.")
        caller.report(f"Waiting for another run of {name}", 0, 0)

    with (
        scratch(context.instance.home.path),
        context.redis() as client,
        Lock(client, name, context.settings.worker.lock_seconds, math.inf if caller.wait else 0, waiting) as lock,
    ):
        before = job_states.last_success(client, name)
        state = WorkState("running", _now(), attempt=caller.attempt, fence=lock.fence, succeeded=before)
        job_states.put(client, name, state)
        job = Job(name, lock, caller.interrupted, caller.report, state)
        try:
            _end_killed(context, but=name)  # what others wait for would be waited for for ever
            yield job
        except day_turn.TurnWaits:
            raise  # it waits for a person, which is not a failure
        except BaseException as error:
            job.fail(f"{type(error).__name__}: {text_of(error)}", retrying.retry_of(error))
            raise
        finally:
            if job.refused:
                retrying.refuse(client, context, name)
            else:
                retrying.lift(client, name)
            job_states.put(client, name, job.state)


def _now() -> str:
    return datetime.now(COPENHAGEN).isoformat(timespec="seconds")
