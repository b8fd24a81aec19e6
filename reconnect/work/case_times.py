"""Time passes in cases: timers that are due, claims of people who no longer have their task, cases that start by what
happens, and ended ones that are deleted.

Any number of workers may try: a case is locked while it goes on, and what was due is due no more (``processes.cases``).
What could not go on waits, and is tried again a minute later; nothing is lost while no worker runs.
"""

from datetime import timedelta

from structlog.stdlib import get_logger

from graph.time import copenhagen_now
from processes.cases import by_itself, case_time, claims, retention
from reconnect.context import Context

_log = get_logger("reconnect.work.case_times")


def pass_time(context: Context) -> None:
    """Let everything happen in cases that is due by now."""
    passed = case_time.pass_time(context.driver(), copenhagen_now())
    for case, error in passed.failed.items():
        _log.warning("case can't go on", case=case, error=error)
    if passed.cases:
        _log.info("time passed in cases", cases=passed.cases)


def start_due(context: Context) -> None:
    """Start the cases that start by what has happened, or by time."""
    found = by_itself.start_due(context.driver(), copenhagen_now())
    for process, error in found.failed.items():
        _log.warning("case can't start", process=process, error=error)
    if found.cases:
        _log.info("cases started by themselves", cases=found.cases)


def lapse_claims(context: Context) -> None:
    """End the claims of people who no longer have their task."""
    lapsed = claims.lapse_claims(context.driver(), copenhagen_now())
    for task, error in lapsed.failed.items():
        _log.warning("claim can't be looked at", task=task, error=error)
    if lapsed.claims:
        _log.info("claims lapsed", count=lapsed.claims)


def delete_ended(context: Context) -> None:
    """Delete the cases that ended long ago (``processes.kept_days``)."""
    settings, now = context.settings.processes, copenhagen_now()
    of = {process: now - timedelta(days=days) for process, days in settings.kept_days_of.items()}
    deleted = retention.delete_ended(context.driver(), now - timedelta(days=settings.kept_days), of)
    for process, count in deleted.items():
        _log.info("ended cases deleted", process=process, cases=count)
