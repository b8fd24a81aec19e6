"""Mails to people for whom tasks wait: each thing once, with a link, and nothing of what a case is about.

They name the task and its process as they are drawn, so no answer, no person and no number of one is in them. Several
workers may look: what one has begun to tell, no other tells (``processes.cases.notices``). Each morning of a working
day all open tasks are looked at, for who has got one since because the organisation changed.
"""

import time
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

import neo4j
from structlog.stdlib import get_logger

from graph.runs.cursors import read_cursor, write_cursor
from graph.time import COPENHAGEN, copenhagen_now
from processes.cases import notices
from processes.cases.notices import Notice, Why
from processes.engine.working_days import is_working_day
from reconnect.context import Context
from reconnect.sending.mail import MailFailed, MailRejected, send_to
from reconnect.settings.tree import TaskMailSettings
from rules.accounts.notices import address_of

JOB = "task_mails"
_MORNING = 7
"""The hour from which the day's look at all tasks is made."""
_MOST_LINES = 50
_FIRST_PAUSE, _LONGEST_PAUSE = timedelta(minutes=5), timedelta(hours=4)
_MOST_FAILURES = 3
"""Mails in a row that fail: then it is the server, and the rest waits for the next look."""
_ORDER: tuple[Why, ...] = ("late", "asked", "handed", "new")
_WORDS: Mapping[str, Mapping[str, str]] = {
    "da": {
        "one": "En opgave venter på dig", "many": "{} opgaver venter på dig",
        "late": "Forsinket, og derfor også hos næste niveau", "asked": "Nogen spørger dig om noget",
        "handed": "Givet til dig af en kollega", "new": "Venter på dig",
        "more": "… og {} mere", "all": "Alle dine opgaver",
        "why": "Andre kan også have opgaverne; den første, der tager en, har den.",
    },
    "en": {
        "one": "A task waits for you", "many": "{} tasks wait for you",
        "late": "Late, and therefore also with the next level", "asked": "Somebody asks you something",
        "handed": "Given to you by a colleague", "new": "Waiting for you",
        "more": "… and {} more", "all": "All your tasks",
        "why": "Others may have these tasks, too; whoever takes one first has it.",
    },
}  # fmt: skip
_log = get_logger("reconnect.work.task_mails")


class TaskMails:
    """What a worker has for it: to whom a mail failed, when it is tried again, and the tasks of these mails."""

    def __init__(self, context: Context) -> None:
        self._context = context
        self._pauses: dict[str, tuple[datetime, timedelta]] = {}
        self._left = frozenset[str]()

    def look(self) -> int:
        """Send what is to be sent now; how many mails."""
        settings, now = self._context.settings.task_mails, copenhagen_now()
        if settings.send == "none":
            return 0
        driver = self._context.driver()
        day = now.astimezone(COPENHAGEN).date()
        is_morning = (
            now.astimezone(COPENHAGEN).hour >= _MORNING
            and is_working_day(day)
            and read_cursor(driver, JOB).get("day") != day.isoformat()
        )
        is_repeated = settings.send == "daily" and not is_morning
        if is_repeated and not self._left:
            return 0
        with driver.session(default_access_mode=neo4j.READ_ACCESS) as session:
            marks = notices.waiting(session, everything=is_morning)
        if is_repeated:
            marks = {task: mark for task, mark in marks.items() if task in self._left}
        sent = self._tell(driver, settings, now, marks)
        if is_morning:
            write_cursor(driver, JOB, {"day": day.isoformat()})
        return sent

    def _tell(self, driver: neo4j.Driver, settings: TaskMailSettings, now: datetime, marks: Mapping[str, str]) -> int:
        """Tell all that there is to tell of these tasks; how many mails were sent."""
        started = time.monotonic()

        def by_now() -> datetime:  # mails to a thousand people take longer than a lease of one
            return now + timedelta(seconds=time.monotonic() - started)

        with driver.session(default_access_mode=neo4j.READ_ACCESS) as session:
            wanted: dict[str, list[Notice]] = {}
            for each in notices.notices(session, list(marks), now):
                wanted.setdefault(each.person, []).append(each)
        addresses = address_of(driver, sorted(wanted)) if wanted else {}
        sent, in_a_row = 0, 0
        left = set[str]()
        for person, theirs in wanted.items():
            if person not in addresses:
                continue  # in the inbox all the same; looked at again in the morning
            if in_a_row >= _MOST_FAILURES or self._pauses.get(person, (now, None))[0] > now:
                left.update(each.task for each in theirs)
                continue
            begun = notices.begin(driver, theirs, by_now())
            if not begun:
                continue
            try:
                sent += send_to(self._context.settings.mail, [addresses[person]], *_mail(begun, settings))
            except MailRejected as problem:
                _log.error("mail not sent, and not tried again", error=str(problem))
            except MailFailed as problem:
                notices.end(driver, begun, told=False)
                left.update(each.task for each in begun)
                in_a_row += 1
                _, pause = self._pauses.get(person, (now, _FIRST_PAUSE / 2))
                pause = min(pause * 2, _LONGEST_PAUSE)
                self._pauses[person] = (now + pause, pause)
                _log.error("mail not sent", error=str(problem))
                continue
            notices.end(driver, begun, told=True)
            in_a_row = 0
            self._pauses.pop(person, None)
        with driver.session(default_access_mode=neo4j.READ_ACCESS) as session:
            left |= notices.being_sent(session, marks, by_now())
        notices.settle(driver, marks, left)
        self._left = frozenset(left)
        if sent:
            _log.info("mails of tasks sent", count=sent)
        return sent


def _mail(told: Sequence[Notice], settings: TaskMailSettings) -> tuple[str, str]:
    """Subject and text."""
    words = _WORDS[settings.language]
    count = len({each.task for each in told})
    title = words["one"] if count == 1 else words["many"].format(count)
    parts = []
    shown = sorted(told, key=lambda each: (_ORDER.index(each.why), each.process, each.name, each.task))[:_MOST_LINES]
    for why in _ORDER:
        own = [
            f"- {each.name} ({each.process})\n  {settings.pages}/tasks/{each.task}" for each in shown if each.why == why
        ]
        if own:
            parts.append("\n".join((f"{words[why]}:", *own)))
    if len(told) > len(shown):
        parts.append(words["more"].format(len(told) - len(shown)))
    parts += [f"{words['all']}: {settings.pages}/tasks", words["why"]]
    return f"REConnect: {title}", "\n\n".join(parts) + "\n"
