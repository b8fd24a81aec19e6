"""The day turn catches up: one that was missed, or failed, or that a person has approved since, is made in minutes.

Beside the jobs: however long these take, what begins and ends today takes effect today.
"""

from contextlib import suppress
from datetime import UTC, date, datetime, time, timedelta

from graph.change_log import turned_day
from graph.time import COPENHAGEN
from graph.writing.day_turn import TurnWaits, possible_turn
from reconnect.context import Context
from reconnect.locks import LockTaken
from reconnect.settings.cron import next_after, parse
from reconnect.work import jobs


def look(context: Context) -> bool:
    """Turn the day where its time is past; whether it did. Raises what ``jobs.turn_day`` does."""
    driver = context.driver()
    possible = possible_turn(driver)
    if possible is None:
        return False
    with driver.session(default_access_mode="READ") as session:
        last = turned_day(session)
    if possible == "next" and not _is_time(context, last + timedelta(days=1)):
        return False
    with suppress(LockTaken, TurnWaits):  # another worker turns it, or the clock has passed midnight just now
        jobs.turn_day(context, jobs.Caller(lambda *_: None))
        return True
    return False


def _is_time(context: Context, day: date) -> bool:
    """Whether the schedule's first time on the day, or later, has come."""
    midnight = datetime.combine(day, time(), COPENHAGEN).astimezone(UTC)
    moment = next_after(parse(context.settings.schedules.day_turn), midnight - timedelta(microseconds=1))
    return moment is not None and moment <= datetime.now(UTC)
