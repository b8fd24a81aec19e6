"""Mails about accounts, once a day: each manager gets one of all their people, IT one of all that is stuck.

They go out after the day turn, for the days up to it. What was sent is noted for each address, so that a worker that
was killed, or a mail that failed, repeats none of the others. IT hears of addresses that the server refuses for good.
"""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import date

from structlog.stdlib import get_logger

from graph.change_log import last_number, turned_day
from graph.runs.cursors import read_cursor, write_cursor
from graph.time import unless_ahead
from reconnect.context import Context
from reconnect.settings.tree import AccountNoticeSettings
from reconnect.targets import account_targets
from reconnect.work import jobs
from reconnect.work.locks import LockTaken
from reconnect.work.mail import MailFailed, MailRejected, send_to
from rules.accounts.notices import AccountNotice, notices, stuck

JOB = "account_notices"
SENT = "reconnect:account-notices:"
"""Redis set, by day: addresses to which its mail has been sent."""
_KEPT_S = 7 * 24 * 3600
_log = get_logger("reconnect.work.account_notices")

_WORDS: Mapping[str, Mapping[str, str]] = {
    "da": {
        "subject": "Konti for dine medarbejdere",
        "ready": "Klar til brug",
        "expires": "Lukker snart",
        "closed": "Lukket",
        "from": "fra",
        "why": "Kontiene følger af personens ansættelse. Er noget forkert, så ret ansættelsen, eller kontakt it.",
        "stuck": "Konti, der venter på en afgørelse",
        "alone": "Ingen leder med mailadresse",
        "rejected": "Mailadresser, som mailserveren afviser",
    },
    "en": {
        "subject": "Accounts of your employees",
        "ready": "Ready to use",
        "expires": "Will close soon",
        "closed": "Closed",
        "from": "from",
        "why": "Accounts follow from employments. If something is wrong, correct the employment, or ask IT.",
        "stuck": "Accounts that wait for a decision",
        "alone": "No manager with a mail address",
        "rejected": "Addresses that the mail server rejects",
    },
}


@dataclass(frozen=True, slots=True)
class Mail:
    """A mail to one or several addresses."""

    to: tuple[str, ...]
    subject: str
    text: str


@dataclass(frozen=True, slots=True)
class Due:
    """The mails of the days up to ``day``. ``number``: the last change of the log that they know."""

    day: date
    number: int
    mails: tuple[Mail, ...]


def due(context: Context, since: date | None = None) -> Due:
    """The mails of the days since the last ones, or since this day. Writes nothing."""
    settings, driver = context.settings.account_notices, context.driver()
    known = read_cursor(driver, JOB)
    day, number = _turned(context), last_number(driver)
    first = since or _last_day(known, day) or day
    targets = account_targets(context.settings.targets)
    found = list(
        notices(driver, settings.managers, first, day, int(known.get("number", number)), settings.expires_days, targets)
    )
    return Due(day, number, tuple(_mails(settings, found, stuck(driver, targets) if settings.it else [])))


def _turned(context: Context) -> date:
    with context.driver().session(default_access_mode="READ") as session:
        return turned_day(session)


def look(context: Context) -> int:
    """Send what is due; how many mails. A mail that fails is tried again at the next look."""
    wanted = context.settings.account_notices
    if not (wanted.managers or wanted.it) or _is_done(context):
        return 0
    with suppress(LockTaken), jobs.running(context, jobs.Caller(lambda *_: None), JOB) as job:
        if _is_done(context):
            return 0  # another worker was faster
        found = due(context)
        sent, failed = _sent(context, found)
        if not failed:
            write_cursor(context.driver(), JOB, {"day": found.day.isoformat(), "number": str(found.number)})
        job.finish("failed" if failed else "done", f"{sent} mails sent")
        return sent
    return 0


def _is_done(context: Context) -> bool:
    day = _turned(context)
    return _last_day(read_cursor(context.driver(), JOB), day) == day


def _last_day(known: Mapping[str, str], turned: date) -> date | None:
    """The last day whose mails were sent; None also if that day has been turned back since."""
    return unless_ahead(date.fromisoformat(known["day"]) if "day" in known else None, turned)


def _sent(context: Context, found: Due) -> tuple[int, bool]:
    """How many were sent now, and whether any failed."""
    key, sent, failed = f"{SENT}{found.day}", 0, False
    rejected: list[str] = []
    with context.redis() as client:
        for mail in found.mails:
            to = ",".join(mail.to)
            if client.sismember(key, to):
                continue
            try:
                done = send_to(context.settings.mail, mail.to, mail.subject, mail.text)
            except MailRejected as problem:
                done = False
                rejected += mail.to
                _log.error("mail not sent, and not tried again", error=str(problem))
            except MailFailed as problem:
                failed = True
                _log.error("mail not sent", error=str(problem))
                continue
            sent += done
            client.sadd(key, to)
            client.expire(key, _KEPT_S)
    _tell_of_rejected(context, rejected)
    return sent, failed


def _tell_of_rejected(context: Context, addresses: Sequence[str]) -> None:
    settings = context.settings.account_notices
    if not (addresses and settings.it):
        return
    words = _WORDS[settings.language]["rejected"]
    text = "\n".join((f"{words}:", *(f"- {each}" for each in addresses), ""))
    try:
        send_to(context.settings.mail, settings.it, f"REConnect: {words}", text)
    except MailFailed as problem:
        _log.error("mail not sent, and not tried again", error=str(problem))


def _mails(settings: AccountNoticeSettings, found: Sequence[AccountNotice], lines: Sequence[str]) -> Iterator[Mail]:
    words = _WORDS[settings.language]
    for address in sorted({each for notice in found for each in notice.addresses}):
        own = [each for each in found if address in each.addresses]
        text = "\n\n".join((*_by_what(own, words), words["why"]))
        yield Mail((address,), f"REConnect: {words['subject']}", text + "\n")
    alone = [each for each in found if not each.addresses]
    if settings.it and (lines or alone):
        parts = ["\n".join((words["stuck"] + ":", *(f"- {each}" for each in lines)))] if lines else []
        parts += [f"{words['alone']}:", *_by_what(alone, words)] if alone else []
        yield Mail(settings.it, f"REConnect: {words['stuck']}", "\n\n".join(parts) + "\n")


def _by_what(found: Sequence[AccountNotice], words: Mapping[str, str]) -> Iterator[str]:
    for what in ("ready", "expires", "closed"):
        own = [f"- {_line(each, words)}" for each in found if each.what == what]
        if own:
            yield "\n".join((f"{words[what]}:", *own))


def _line(notice: AccountNotice, words: Mapping[str, str]) -> str:
    login = f" ({notice.login})" if notice.login else ""
    return f"{notice.person}: {notice.system}{login}, {words['from']} {notice.day}"
