"""What of the last days would have started cases of a process, had it been switched on: read before one switches it on.

By time: how many it would have been had it been switched on at the beginning of these days, and when the first would
start if it is switched on now.

It is an estimate. Things are looked at as they are known today, and no case is begun, so that conditions about open
cases (``cases``) see only those that there are.
"""

from collections import Counter
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Final

import neo4j

from graph.change_log import known_on, last_number
from graph.errors import Unknown
from graph.time import COPENHAGEN
from processes.cases import definitions, happened
from processes.cases.by_itself import every, looked_at, starting, watched
from processes.cases.kept import day_of
from processes.engine.timers import Distance

DAYS: Final = 30
MOST: Final = 500
"""Changes that are looked at: the newest."""


@dataclass(frozen=True, slots=True)
class LastStarts:
    """``starts``: how many cases would have started by what was learnt from the day ``since`` on. ``looked``: at how
    many changes of the kinds and operations that the process states; ``is_all``: there were no more. ``by_time``: how
    many would have started by time; ``next``: when the first would; None = it states none."""

    since: date
    starts: int
    looked: int
    is_all: bool
    by_time: int = 0
    next: datetime | None = None


def last_starts(driver: neo4j.Driver, process: str, now: datetime) -> LastStarts:
    """Raises Unknown (unknown_process)."""
    since = day_of(now) - timedelta(days=DAYS)
    last = last_number(driver)
    with driver.session(default_access_mode=neo4j.READ_ACCESS) as session:
        version = definitions.current(session, process)
        kinds, operations = watched(version)
        by_time, following = _by_time(every(version), since, now)
        if not kinds or last == 0:
            return LastStarts(since, 0, 0, is_all=True, by_time=by_time, next=following)
        try:
            after = known_on(session, since - timedelta(days=1))
        except Unknown:  # the log begins later
            after = 0
        found = happened.changes(session, after, last, kinds, operations)
        newest = found[-MOST:]
        seen = happened.seen(session, newest, version.process, day_of(now), looked_at(version))
        starts = sum(starting(version, each, seen.get(each.number), Counter()) is not None for each in newest)
        is_all = len(found) == len(newest)
        return LastStarts(since, starts, len(newest), is_all, by_time, following)


def _by_time(distance: Distance | None, since: date, now: datetime) -> tuple[int, datetime | None]:
    """How many times it would have been due, and when it is due first if it is counted from now."""
    if distance is None:
        return 0, None
    first, number = datetime.combine(since, time(), COPENHAGEN), 0
    while distance.times(number + 1).after(first) <= now:
        number += 1
    return number, distance.after(now.astimezone(COPENHAGEN))
