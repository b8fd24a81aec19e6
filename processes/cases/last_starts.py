"""What of the last days would have started cases of a process, had it been switched on: read before one switches it on.

It is an estimate. Things are looked at as they are known today, and no case is begun, so that conditions about open
cases (``cases``) see only those that there are.
"""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Final

import neo4j

from graph.change_log import known_on, last_number
from graph.errors import Unknown
from processes.cases import definitions, happened
from processes.cases.by_itself import starting, watched
from processes.cases.kept import day_of

DAYS: Final = 30
MOST: Final = 500
"""Changes that are looked at: the newest."""


@dataclass(frozen=True, slots=True)
class LastStarts:
    """``starts``: how many cases would have started by what was learnt from the day ``since`` on. ``looked``: at how
    many changes of the kinds and operations that the process states; ``is_all``: there were no more."""

    since: date
    starts: int
    looked: int
    is_all: bool


def last_starts(driver: neo4j.Driver, process: str, now: datetime) -> LastStarts:
    """Raises Unknown (unknown_process)."""
    since = day_of(now) - timedelta(days=DAYS)
    last = last_number(driver)
    with driver.session(default_access_mode=neo4j.READ_ACCESS) as session:
        version = definitions.current(session, process)
        kinds, operations = watched(version)
        if not kinds or last == 0:
            return LastStarts(since, 0, 0, is_all=True)
        try:
            after = known_on(session, since - timedelta(days=1))
        except Unknown:  # the log begins later
            after = 0
        found = happened.changes(session, after, last, kinds, operations)
        newest = found[-MOST:]
        starts = sum(starting(session, version, each, now) is not None for each in newest)
        return LastStarts(since, starts, len(newest), is_all=len(found) == len(newest))
