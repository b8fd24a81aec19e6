"""Planned accounts follow the change log: a few seconds after a change, and once after each day turn.

One worker does it at a time, beside its jobs. An import is not held up: it writes, and what closes by that is looked at
when it has ended. What the brake holds is looked at again as soon as it is approved, and each hour. Targets that hold
accounts are then supplied; one that is being supplied already is supplied once more after that. What must be closed
does not wait for it (``reconnect.work.closings``).
"""

import asyncio
from functools import partial
from typing import cast

import neo4j
from structlog.stdlib import get_logger

from graph.writing.graph_writer import GraphWriter
from reconnect.context import Context
from reconnect.locks import LockTaken
from reconnect.targets import account_targets
from reconnect.work import jobs, queue
from rules.accounts.following import covered, owe, told, touched
from rules.accounts.following import owed as owed_in_graph
from rules.accounts.run import Limits, Report, apply

JOB = "accounts"
OWED = "reconnect:owed"
"""Redis set: targets that are to be supplied once the run that goes on has ended."""
EVERY = 4.0
"""Seconds between two looks."""
_log = get_logger("reconnect.work.due_accounts")


def look(context: Context) -> None:
    """Follow the change log, and see that targets are supplied. Raises what ``follow`` does."""
    follow(context, "worker")
    planned = owed_in_graph(context.driver())
    with context.redis() as client:
        if planned is not None:
            if names := account_targets(context.settings.targets):
                client.sadd(OWED, *names)
            told(context.driver(), planned)
        owed = sorted(each.decode() for each in cast("set[bytes]", client.smembers(OWED)))
        if owed:
            for name in asyncio.run(_queued(context, owed)):
                client.srem(OWED, name)


async def _queued(context: Context, names: list[str]) -> list[str]:
    """Those that wait in the queue now. One that runs may have read the organisation before the change: it stays."""
    async with queue.opened(context.redis_url()) as opened:
        return [name for name in names if await opened.put("export", name) or not await opened.runs("export", name)]


def due(driver: neo4j.Driver) -> bool:
    """Whether there are account rules, or accounts that some gave."""
    rows, _, _ = driver.execute_query(
        "RETURN EXISTS { (:AccountRule) } OR EXISTS { (:PlannedAccount) } AS needed",
        routing_=neo4j.RoutingControl.READ,
    )
    return bool(rows[0]["needed"])


def follow(context: Context, user: str, *, everybody: bool = False) -> tuple[Report, bool] | None:
    """Look at whom the change log names since the last run. None: there was nothing to do, or another worker does it.

    The second value: targets that hold accounts have something to do. Raises what ``apply`` does.
    """
    driver = context.driver()
    found = touched(driver)
    if not (everybody or found.any):
        return None
    if not due(driver):
        # Without account rules a STOP still closes accounts, at targets that are supplied with employments.
        covered(driver, found)
        return (Report(), True) if found.stopped else None
    try:
        with jobs.running(context, jobs.Caller(_quiet), JOB) as job:
            found = touched(driver)
            persons = None if everybody else found.persons
            report = apply(
                driver,
                GraphWriter(driver, context.keyring, context.order),
                persons,
                user=user,
                limits=limits(context),
                step=job.step,
                before_writing=partial(owe, driver),
            )
            covered(driver, found, report)
            text = f"{report.opened} planned, {report.changed} changed, {report.closed} closed"
            if report.waits_for:
                held = (
                    f"{len(report.held)} people's closings wait for the end of imports ({', '.join(report.waits_for)})"
                )
                job.finish("done", f"{text}; {held}")
            elif report.brake is not None:
                job.finish("waiting", f"{text}; stopped by the brake, approve {report.brake}: {report.reasons[0]}")
            else:
                job.finish("done", text)
    except LockTaken:
        return None
    for problem in report.problems:
        _log.warning("account rule", rule=problem.rule, key=problem.key, text=problem.text)
    if report.total:
        _log.info("accounts planned", opened=report.opened, changed=report.changed, closed=report.closed)
    return report, report.total > 0 or found.stopped


def limits(context: Context) -> Limits:
    """What one run may close: the brake of the settings."""
    brake = context.settings.brake
    return Limits(brake.share, brake.count, brake.at_least, brake.hours)


def _quiet(what: str, done: int, total: int) -> None:
    """A chore shows no progress."""
