"""Cron expressions: minute, hour, day of month, month, weekday."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import lru_cache
from typing import Annotated

from pydantic import AfterValidator

from graph.time import COPENHAGEN

_LONGEST_WAIT = 8 * 366  # days: 29 February comes at least that often
_FIELDS = (("minute", 0, 59), ("hour", 0, 23), ("day", 1, 31), ("month", 1, 12), ("weekday", 0, 7))


@dataclass(frozen=True)
class Times:
    """The values of each field at which a job runs; None = every value.

    ``weekdays``: 0 = Monday, as arq and Python have it (cron itself counts from Sunday).
    """

    minutes: frozenset[int] | None
    hours: frozenset[int] | None
    days: frozenset[int] | None
    months: frozenset[int] | None
    weekdays: frozenset[int] | None


def parse(expression: str) -> Times:
    """Read ``minute hour day month weekday``, each ``*``, numbers, ranges ``a-b``, steps ``*/n``, or lists of these.

    Raises ValueError that names the field. Day and weekday together are refused: cron's "either" surprises everybody.
    """
    parts = expression.split()
    if len(parts) != len(_FIELDS):
        raise ValueError(
            f"{expression!r} has {len(parts)} fields; write minute, hour, day, month, weekday, e.g. '30 5 * * 1-5'"
        )
    fields = [_field(part, *known) for part, known in zip(parts, _FIELDS, strict=True)]
    minutes, hours, days, months, weekdays = fields
    if days is not None and weekdays is not None:
        raise ValueError(f"{expression!r} restricts both day and weekday; restrict one of them")
    if weekdays is not None:
        weekdays = frozenset((day - 1) % 7 for day in weekdays)
    return Times(minutes, hours, days, months, weekdays)


def next_after(times: Times, moment: datetime) -> datetime | None:
    """The first minute after ``moment`` at which a job runs, in Copenhagen time; None within the next eight years.

    A time of day that the change to summer time skips counts as the hour after it.
    """
    moment = moment.astimezone(COPENHAGEN)
    hours = sorted(times.hours) if times.hours is not None else range(24)
    minutes = sorted(times.minutes) if times.minutes is not None else range(60)
    for ahead in range(_LONGEST_WAIT):
        day = moment.date() + timedelta(days=ahead)
        if not _runs_on(times, day):
            continue
        for hour in hours:
            if ahead == 0 and hour < moment.hour:
                continue
            for minute in minutes:
                found = datetime(day.year, day.month, day.day, hour, minute, tzinfo=COPENHAGEN)
                if found > moment:
                    return found
    return None


@lru_cache(maxsize=200)
def longest_gap(times: Times, day: date) -> timedelta | None:
    """The longest time between two runs in the two weeks after ``day``, or between the next two; None if never."""
    start = datetime(day.year, day.month, day.day, tzinfo=COPENHAGEN)
    last = next_after(times, start)
    longest: timedelta | None = None
    while last is not None and (longest is None or last < start + timedelta(weeks=2)):
        following = next_after(times, last)
        if following is not None:
            longest = max(longest or timedelta(), following - last)
        last = following
    return longest


def _runs_on(times: Times, day: date) -> bool:
    return (
        (times.months is None or day.month in times.months)
        and (times.days is None or day.day in times.days)
        and (times.weekdays is None or day.weekday() in times.weekdays)
    )


def _field(text: str, name: str, least: int, most: int) -> frozenset[int] | None:
    if text == "*":
        return None
    values: set[int] = set()
    for part in text.split(","):
        span, _, step = part.partition("/")
        first, _, last = span.partition("-")
        try:
            every = int(step) if step else 1
            start = least if span == "*" else int(first)
            end = most if span == "*" or (step and not last) else int(last or first)
        except ValueError as error:
            raise ValueError(f"{part!r} is no {name}; allowed are {least}-{most}, a-b, */n and lists") from error
        if not (least <= start <= end <= most) or every < 1:
            raise ValueError(f"{part!r} is no {name}; allowed are {least}-{most}, a-b, */n and lists")
        values.update(range(start, end + 1, every))
    return frozenset(values)


def _checked(expression: str) -> str:
    parse(expression)
    return expression


Cron = Annotated[str, AfterValidator(_checked)]
"""A cron expression that ``parse`` accepts."""
