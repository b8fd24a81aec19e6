"""Warns of targets that refuse REConnect's login: from then on nobody's account is closed there, not even by a STOP.

Once when it begins, and once when the login is accepted again or its settings have changed (active_directory.md
pitfall 48).
"""

from functools import partial

import redis
from structlog.stdlib import get_logger

from reconnect.context import Context
from reconnect.sending.mail import MailFailed, MailRejected, send
from reconnect.targets import objects
from reconnect.work import retrying
from reconnect.work.reported import report_change

REPORTED = "reconnect:refused_logins"
"""Redis set: the targets whose refusal has been reported."""

_log = get_logger("reconnect.work.refused_logins")
_REFUSED = (
    "{name} refuses REConnect's login. It is not tried again, since that might lock it: nothing is delivered there, "
    "and no account is closed there, not even of a person who is stopped. Correct the login (password, locked, "
    "expired), or its settings; then run `reconnect export {name}`. Until then, close accounts there by hand."
)
_ACCEPTED = "{name} no longer refuses REConnect's login, or its settings have changed. What was missed is delivered."


def as_gauge(context: Context) -> dict[str, bool]:
    """By target, whether it refuses the login, for the metrics. Raises NotAnswering if Redis does not answer."""
    try:
        return {each: retrying.is_login_refused(context, each) for each in sorted(objects(context.settings.targets))}
    except redis.RedisError as error:
        from api.computed.contract import NotAnswering  # only here: the worker loads none of the API

        raise NotAnswering(f"Redis does not answer: {error}") from error


def watch(context: Context) -> list[str]:
    """Report the targets that have begun or ceased to refuse the login; the names of those that do.

    A mail that could not be sent is tried again at the next look, unless the server refuses it for good.
    """
    names = sorted(objects(context.settings.targets))
    refused = [each for each in names if retrying.is_login_refused(context, each)]
    with context.redis() as client:
        for each in names:
            is_so = each in refused
            report_change(client, REPORTED, each, is_so=is_so, report=partial(_report, context, each, is_so))
    return refused


def _report(context: Context, target: str, is_refused: bool) -> bool:
    """Whether it could be reported."""
    what = "refuses the login" if is_refused else "no longer refuses the login"
    text = (_REFUSED if is_refused else _ACCEPTED).format(name=target)
    _log.warning(f"target {what}", target=target, text=text)
    try:
        send(context.settings.mail, f"REConnect: the target {target} {what}", text)
    except MailFailed as failed:
        _log.error("mail not sent", target=target, error=str(failed))
        return isinstance(failed, MailRejected)
    return True
