"""Warns of sources that have been silent for too long: once when the silence begins, once when it ends."""

from functools import partial

from structlog.stdlib import get_logger

from graph.time import COPENHAGEN
from reconnect.context import Context
from reconnect.sending.mail import MailFailed, MailRejected, send
from reconnect.source_health import SourceHealth, sources_health
from reconnect.work.reported import report_change

REPORTED = "reconnect:silent"
"""Redis set: the sources whose silence has been reported."""

_log = get_logger("reconnect.work.silence")


def watch(context: Context) -> list[str]:
    """Report sources that have become silent, or are read again; the names of the silent sources.

    A mail that could not be sent is tried again at the next check, unless the server refuses it for good.
    """
    found = sources_health(context)
    with context.redis() as client:
        for each in found:
            text = _begun(each) if each.silent else f"It has been read again: {each.text}"
            report = partial(_report, context, each, text)
            report_change(client, REPORTED, each.name, is_so=each.silent, report=report)
    return [each.name for each in found if each.silent]


def _report(context: Context, source: SourceHealth, text: str) -> bool:
    """Whether it could be reported."""
    what = "is silent" if source.silent else "is read again"
    _log.warning(f"source {what}", source=source.name, text=text)
    try:
        send(context.settings.mail, f"REConnect: the source {source.name} {what}", text)
    except MailFailed as failed:
        _log.error("mail not sent", source=source.name, error=str(failed))
        return isinstance(failed, MailRejected)  # reported in the log only: the same mail would be rejected again
    return True


def _begun(source: SourceHealth) -> str:
    success = source.last_success
    when = "never" if success is None else f"{success.astimezone(COPENHAGEN):%Y-%m-%d %H:%M}"
    allowed = source.silent_after.total_seconds() / 3600 if source.silent_after else 0
    return (
        f"{source.name} was last read successfully: {when}. It should be read at least every {allowed:.1f} hours.\n"
        f"Its last run: {source.state}. {source.text}\n"
        "`reconnect status` shows all jobs; `reconnect import` runs it by hand."
    )
