"""Warns of stopped people whose account at a target is still open.

A STOP waits for nothing; but the target may be away or refuse it, or the account lie where REConnect may not write.
Once when it begins, and once when it is over.
"""

from collections.abc import Mapping
from datetime import timedelta
from functools import partial

import neo4j
from structlog.stdlib import get_logger

from exporters.objects.closing_times import asked_at
from graph.change_log import now
from reconnect.context import Context
from reconnect.sending.mail import MailFailed, MailRejected, send
from reconnect.targets import objects
from reconnect.work.reported import report_change

REPORTED = "reconnect:open_stops"
"""Redis set: the accounts, as target|key, whose being open has been reported."""
_PATIENCE = timedelta(minutes=1)
"""As long as a STOP may take before somebody is told."""

_log = get_logger("reconnect.work.open_stops")
_OPEN = """
MATCH (person:Person)
WHERE person.stopped
UNWIND [person.uuid] + [(a:PlannedAccount)-[:OF_PERSON|WAS_OF_PERSON]->(person) | a.uuid] AS key
UNWIND $targets AS target
MATCH (e:LedgerEntry {id: target + '|user|' + key})
WHERE e.enabled AND e.remote IS NOT NULL AND e.state <> 'deleted'
RETURN DISTINCT target, key, person.uuid AS person, e.reason AS reason
"""
_STILL_OPEN = (
    "Person {person} is stopped, and the account with our key {key} at {target} is still open: {reason}\n\nClose it "
    "there by hand. `reconnect accounts why {person}` says which account it is."
)
_OVER = "The account with our key {key} at {target} is no longer open, or its owner is no longer stopped."


def watch(context: Context) -> list[str]:
    """Report the accounts that are open although their owners are stopped, and those that no longer are; the former, as
    target|key.

    A mail that could not be sent is tried again at the next look, unless the server refuses it for good.
    """
    found = _open(context)
    with context.redis() as client:
        known = {each.decode() for each in client.smembers(REPORTED)}
        gone = {each for each in known if each.partition("|")[0] not in objects(context.settings.targets)}
        if gone:  # nobody looks there any more, and nobody can say that they are closed
            client.srem(REPORTED, *sorted(gone))
        for each in sorted((known - gone) | found.keys()):
            report = partial(_report, context, each, found.get(each))
            report_change(client, REPORTED, each, is_so=each in found, report=report)
    return sorted(found)


def _open(context: Context) -> dict[str, Mapping[str, str]]:
    driver = context.driver()
    targets = sorted(objects(context.settings.targets))
    rows, _, _ = driver.execute_query(_OPEN, targets=targets, routing_=neo4j.RoutingControl.READ)
    since = asked_at(driver, {row["key"] for row in rows})
    late = now() - _PATIENCE
    return {f"{row['target']}|{row['key']}": dict(row) for row in rows if since.get(row["key"], late) <= late}


def _report(context: Context, name: str, is_open: Mapping[str, str] | None) -> bool:
    """Whether it could be reported."""
    target, _, key = name.partition("|")
    if is_open is None:
        subject, text = "an account of a stopped person is no longer open", _OVER.format(target=target, key=key)
    else:
        reason = is_open["reason"] or "the target has not taken the closing yet."
        subject = "an account of a stopped person is still open"
        text = _STILL_OPEN.format(person=is_open["person"], key=key, target=target, reason=reason)
    _log.warning(subject, target=target, key=key)
    try:
        send(context.settings.mail, f"REConnect: {subject}", text)
    except MailFailed as failed:
        _log.error("mail not sent", target=target, error=str(failed))
        return isinstance(failed, MailRejected)
    return True
