"""Warns of sources that have been silent longer than they should: once when it begins, once when it is over."""

import redis
from structlog.stdlib import get_logger

from graph.time import COPENHAGEN
from reconnect.context import Context
from reconnect.work.mail import MailFailed, send
from reconnect.work.source_health import SourceHealth, sources_health

TOLD = "reconnect:silent"
"""Redis set: the sources whose silence has been told."""

_log = get_logger("reconnect.work.silence")


def watch(context: Context) -> list[str]:
    """Tell what has become silent, or speaks again, since the last look; the names of the silent sources.

    A mail that could not be sent is tried again at the next look.
    """
    found = sources_health(context)
    with redis.Redis.from_url(context.redis_url()) as client:
        for each in found:
            # Noted first, so that of several workers one tells it; taken back where it could not be told.
            if each.silent:
                if client.sadd(TOLD, each.name) and not _tell(context, each, _begun(each)):
                    client.srem(TOLD, each.name)
            elif client.srem(TOLD, each.name) and not _tell(context, each, f"It has been read again: {each.text}"):
                client.sadd(TOLD, each.name)
    return [each.name for each in found if each.silent]


def _tell(context: Context, source: SourceHealth, text: str) -> bool:
    """Whether it could be told."""
    what = "is silent" if source.silent else "speaks again"
    _log.warning(f"source {what}", source=source.name, text=text)
    try:
        send(context.settings.mail, f"REConnect: the source {source.name} {what}", text)
    except MailFailed as failed:
        _log.error("mail not sent", source=source.name, error=str(failed))
        return False
    return True


def _begun(source: SourceHealth) -> str:
    success = source.last_success
    when = "never" if success is None else f"{success.astimezone(COPENHAGEN):%Y-%m-%d %H:%M}"
    allowed = source.silent_after.total_seconds() / 3600 if source.silent_after else 0
    return (
        f"{source.name} was last read well: {when}. It should be read at least every {allowed:.1f} hours.\n"
        f"Its last run: {source.state}. {source.text}\n"
        "`reconnect status` shows all jobs; `reconnect import` runs it by hand."
    )
