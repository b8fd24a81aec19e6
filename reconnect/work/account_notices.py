"""Mails about accounts, once a day: each manager gets one of all their people, IT one of all that is stuck.

They go out after the day turn, for the days up to it. Each address has its own mark of what it was told, so a worker
that was killed, or a mail that failed, repeats nothing to the others, not on later days either. IT hears of addresses
that the server refuses for good, or for days.
"""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any, Literal

import redis
from structlog.stdlib import get_logger

from graph.change_log import last_number, turned_day
from graph.runs.cursors import read_cursor, write_cursor
from graph.time import unless_ahead
from reconnect.context import Context
from reconnect.locks import LockTaken
from reconnect.sending.mail import MailFailed, MailPostponed, MailRejected, send_to
from reconnect.settings.tree import AccountNoticeSettings
from reconnect.targets import account_targets
from reconnect.work import jobs
from rules.accounts.notices import AccountNotice, notices, stuck

JOB = "account_notices"
TOLD = "reconnect:account-notices:told"
"""Redis hash: addresses that were told more than the cursor says, each with day and number as the cursor has them."""
POSTPONED = "reconnect:account-notices:postponed"
"""Redis hash: addresses for which the mail server takes no mail now, each with the first day of it."""
_PAUSE = "reconnect:account-notices:pause:"
"""Redis key, by day: it is too early to try the postponed ones again."""
_KEPT_S = 30 * 24 * 3600
_PAUSE_S = 3600
_PATIENCE = timedelta(days=2)
"""For so long after the first day a mail that is postponed is tried again."""
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

    @property
    def name(self) -> str:
        """By which what was told is noted."""
        return ",".join(self.to)


@dataclass(frozen=True, slots=True)
class Due:
    """The mails of the days up to ``day``. ``number``: the last change of the log that they know."""

    day: date
    number: int
    mails: tuple[Mail, ...]

    @property
    def mark(self) -> str:
        """What is noted of an address that has its mail."""
        return f"{self.day} {self.number}"


def due(context: Context, since: date | None = None) -> Due:
    """The mails of the days since the last ones, or since this day. Writes nothing."""
    settings, driver = context.settings.account_notices, context.driver()
    known = read_cursor(driver, JOB)
    day, number = _turned(context), last_number(driver)
    rest = since or _last_day(known, day) or day, int(known.get("number", number))
    told = {} if since is not None else _told(context, day)
    targets = account_targets(context.settings.targets)
    lines = stuck(driver, targets) if settings.it else []
    mails: list[Mail] = []
    for mark in sorted({rest, *told.values()}):
        first, known_number = mark
        if mark != rest and first == day:
            continue  # they have the day's mail
        found = list(notices(driver, settings.managers, first, day, known_number, settings.expires_days, targets))
        mails += [each for each in _mails(settings, found, lines) if told.get(each.name, rest) == mark]
    return Due(day, number, tuple(mails))


def _told(context: Context, turned: date) -> dict[str, tuple[date, int]]:
    """What single addresses were told last: day and number. None of days that have been turned back since."""
    with context.redis() as client:
        kept = {to.decode(): mark.decode().split() for to, mark in client.hgetall(TOLD).items()}
    days = {to: (date.fromisoformat(day), int(number)) for to, (day, number) in kept.items()}
    return {to: (day, number) for to, (day, number) in days.items() if day <= turned}


def _turned(context: Context) -> date:
    with context.driver().session(default_access_mode="READ") as session:
        return turned_day(session)


def look(context: Context) -> int:
    """Send what is due; how many mails.

    A mail that fails is tried again at the next look, and one that the server postpones after an hour.
    """
    wanted = context.settings.account_notices
    if not (wanted.managers or wanted.it) or _rests(context):
        return 0
    with suppress(LockTaken), jobs.running(context, jobs.Caller(lambda *_: None), JOB) as job:
        if _rests(context):
            return 0  # another worker was faster
        found = due(context)
        sent, left = _sent(context, found)
        if left is None:
            write_cursor(context.driver(), JOB, {"day": found.day.isoformat(), "number": str(found.number)})
            with context.redis() as client:
                client.delete(TOLD, POSTPONED)
        job.finish("failed" if left == "failed" else "done", f"{sent} mails sent")
        return sent
    return 0


def _rests(context: Context) -> bool:
    """The day's mails are sent, or those that are left wait for their time."""
    day = _turned(context)
    if _last_day(read_cursor(context.driver(), JOB), day) == day:
        return True
    with context.redis() as client:
        return bool(client.exists(f"{_PAUSE}{day}"))


def _last_day(known: Mapping[str, str], turned: date) -> date | None:
    """The last day whose mails were sent; None also if that day has been turned back since."""
    return unless_ahead(date.fromisoformat(known["day"]) if "day" in known else None, turned)


def _sent(context: Context, found: Due) -> tuple[int, Literal["failed", "postponed"] | None]:
    """How many were sent now, and why some are left."""
    sent = 0
    left: Literal["failed", "postponed"] | None = None
    rejected: list[str] = []
    told = _told(context, found.day)
    with context.redis() as client:
        for mail in found.mails:
            if mail.name in told and told[mail.name][0] == found.day:
                continue
            try:
                done = send_to(context.settings.mail, mail.to, mail.subject, mail.text)
            except (MailRejected, MailPostponed) as problem:
                if isinstance(problem, MailPostponed) and not _has_waited(client, mail.name, found.day):
                    left = left or "postponed"
                    _log.warning("mail postponed by the server", error=str(problem))
                    continue
                done = False
                rejected += mail.to
                _log.error("mail not sent, and not tried again", error=str(problem))
            except MailFailed as problem:
                left = "failed"
                _log.error("mail not sent", error=str(problem))
                continue
            sent += done
            client.hset(TOLD, mail.name, found.mark)
            client.expire(TOLD, _KEPT_S)
            client.hdel(POSTPONED, mail.name)
        if left == "postponed":
            client.set(f"{_PAUSE}{found.day}", 1, ex=_PAUSE_S)
    _tell_of_rejected(context, rejected)
    return sent, left


def _has_waited(client: redis.Redis, name: str, day: date) -> bool:
    """Whether its mail was postponed days ago already; notes the first day."""
    noted: Any = client.hget(POSTPONED, name)
    first = None if noted is None else unless_ahead(date.fromisoformat(noted.decode()), day)
    if first is None:
        client.hset(POSTPONED, name, day.isoformat())
        client.expire(POSTPONED, _KEPT_S)
    return first is not None and day - first >= _PATIENCE


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
