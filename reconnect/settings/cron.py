"""Cron expressions: minute, hour, day of month, month, weekday."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from itertools import pairwise
from typing import Annotated

from pydantic import AfterValidator

from graph.time import COPENHAGEN

_HOURS = 24
_LONGEST_WAIT = 8 * 366  # days: 29 February comes at least that often
_FIELDS = (("minute", 0, 59), ("hour", 0, 23), ("day", 1, 31), ("month", 1, 12), ("weekday", 0, 7))


@dataclass(frozen=True)
class Times:
    """The values of each field at which a job runs; None = every value.

    ``weekdays``: 0 = Monday, as in Python (cron itself counts from Sunday).
    """

    minutes: frozenset[int] | None
    hours: frozenset[int] | None
    days: frozenset[int] | None
    months: frozenset[int] | None
    weekdays: frozenset[int] | None


def parse(expression: str) -> Times:
    """Read ``minute hour day month weekday``, each ``*``, numbers, ranges ``a-b``, steps ``*/n``, or lists of these.

    Raises ValueError that names the field. Day and weekday together are rejected: cron's "either" surprises people.
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
    """The first minute after ``moment`` at which a job runs, in UTC; None within the next eight years.

    The expression is in Copenhagen time: a time of day that the change to summer time skips counts as the hour after
    it. One that the change back repeats comes twice for what runs in every hour, and once for the rest.
    """
    return next(_moments(times, moment), None)


@lru_cache(maxsize=200)
def longest_gap(times: Times, day: date) -> timedelta | None:
    """The longest time between two runs in the two weeks after ``day``, or between the next two; None if never."""
    start = datetime(day.year, day.month, day.day, tzinfo=COPENHAGEN).astimezone(UTC)
    longest: timedelta | None = None
    for last, following in pairwise(_moments(times, start)):
        longest = max(longest or timedelta(), following - last)
        if following >= start + timedelta(weeks=2):
            break
    return longest


def _moments(times: Times, after: datetime) -> Iterator[datetime]:
    """Every moment after one at which a job runs, in order; in UTC, since differences are wrong in local time."""
    hours = sorted(times.hours) if times.hours is not None else range(_HOURS)
    minutes = sorted(times.minutes) if times.minutes is not None else range(60)
    first = after.astimezone(COPENHAGEN).date()
    for ahead in range(_LONGEST_WAIT):
        day = first + timedelta(days=ahead)
        if _runs_on(times, day):
            of_day = {
                datetime(day.year, day.month, day.day, hour, minute, fold=fold, tzinfo=COPENHAGEN).astimezone(UTC)
                for hour in hours
                for minute in minutes
                for fold in (0, 1)
                if fold == 0 or (len(hours) == _HOURS and _is_repeated(day, hour))
            }
            yield from sorted(each for each in of_day if each > after)


def _is_repeated(day: date, hour: int) -> bool:
    """The hour comes twice on the day."""
    once, again = (datetime(day.year, day.month, day.day, hour, fold=fold, tzinfo=COPENHAGEN) for fold in (0, 1))
    before, after = once.utcoffset(), again.utcoffset()
    return before is not None and after is not None and before > after


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
            raise ValueError(
                f"{part!r} is not a valid {name}; allowed are {least}-{most}, a-b, */n and lists"
            ) from error
        if not (least <= start <= end <= most) or every < 1:
            raise ValueError(f"{part!r} is not a valid {name}; allowed are {least}-{most}, a-b, */n and lists")
        values.update(range(start, end + 1, every))
    return frozenset(values)


def _checked(expression: str) -> str:
    parse(expression)
    return expression


Cron = Annotated[str, AfterValidator(_checked)]
"""A cron expression that ``parse`` accepts."""
