"""Valid time: half-open dates ``[start, end)`` in Europe/Copenhagen. The only module that knows them.

A period without ``end`` is in force until further notice. One that starts at ``ALWAYS`` has been in force "always so
far". In the graph a start is always present (``ALWAYS`` is written as 0001-01-01), an open end is absent.
"""

import itertools
import re
from collections.abc import Iterable, Iterator
from datetime import UTC, date, datetime, time
from typing import Any, NamedTuple, TypeVar
from zoneinfo import ZoneInfo

COPENHAGEN = ZoneInfo("Europe/Copenhagen")
TODAY_IN_CYPHER = f"date({{timezone: '{COPENHAGEN.key}'}})"
"""Today's date in Copenhagen, as Cypher; ``date()`` would be that of UTC."""
ALWAYS = date.min
NO_BEGINNING = ALWAYS.isoformat()
FOREVER = date.max  # only for comparing; never written, never shown
_WRITTEN = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")


def copenhagen_now() -> datetime:
    """Now, with Copenhagen's offset."""
    return datetime.now(COPENHAGEN)


def stored_moment(value: Any) -> datetime:
    """A moment of the graph, as the driver gives it, with Copenhagen's offset."""
    found: datetime = value.to_native()
    return found.astimezone(COPENHAGEN)


def midnight(day: date) -> datetime:
    """The moment at which the day begins, in UTC."""
    if day == ALWAYS:  # it begins before Python's first moment
        return datetime.min.replace(tzinfo=UTC)
    return datetime.combine(day, time(), COPENHAGEN).astimezone(UTC)


class EmptyPeriod(ValueError):
    """A period that ends at or before its start (nearest.yaml r06: ``empty_period``)."""


class Period(NamedTuple):
    """``[start, end)``; ``end`` None = until further notice."""

    start: date = ALWAYS
    end: date | None = None

    @property
    def last(self) -> date:
        """The end as a date that can be compared: ``FOREVER`` when open."""
        return FOREVER if self.end is None else self.end

    def holds(self, day: date) -> bool:
        return self.start <= day < self.last

    def is_empty(self) -> bool:
        return self.last <= self.start

    def overlap(self, other: "Period") -> "Period | None":
        """What both cover, or None."""
        start, last = max(self.start, other.start), min(self.last, other.last)
        return Period(start, None if last == FOREVER else last) if start < last else None


def period(start: date | None, end: date | None) -> Period:
    """A checked period; an end on 9999-12-31 is none. Raises EmptyPeriod where nothing is left between them."""
    made = Period(start or ALWAYS, None if end == FOREVER else end)
    if made.is_empty():
        raise EmptyPeriod(f"empty period {made.start} to {made.end}: 'to' must be later than 'from'")
    return made


def written_day(text: str) -> date:
    """The day in a text. Wherever a day enters, it is written in one way: YYYY-MM-DD.

    Python reads other spellings as well (20260101, 2026-W01-4). Raises ValueError, in words for who wrote it.
    """
    if not _WRITTEN.fullmatch(text):
        raise ValueError(f"{text!r} is not a date; a date is written YYYY-MM-DD")
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise ValueError(f"{text!r} is not a date: there is no such day; a date is written YYYY-MM-DD") from error


def today() -> date:
    """Today's date in Copenhagen."""
    return datetime.now(COPENHAGEN).date()


Moment = TypeVar("Moment", date, datetime)


def unless_ahead(mark: Moment | None, now: Moment) -> Moment | None:
    """A mark of when something was last done; None if it lies after ``now``.

    Such a mark was written while the machine's clock was ahead. It says nothing of what has been done.
    """
    return None if mark is None or mark > now else mark


def first_of(*days: date | None) -> date | None:
    """The earliest of days of which None is without end."""
    return min((each for each in days if each is not None), default=None)


def union(periods: Iterable[Period]) -> tuple[Period, ...]:
    """The same days as few, sorted, non-adjacent periods."""
    given = tuple(periods)
    if len(given) < 2:  # by far the commonest
        return () if not given or given[0].is_empty() else given
    merged: list[Period] = []
    for each in sorted(given, key=lambda p: (p.start, p.last)):
        if each.is_empty():
            continue
        if merged and each.start <= merged[-1].last:
            if each.last > merged[-1].last:
                merged[-1] = Period(merged[-1].start, each.end)
        else:
            merged.append(each)
    return tuple(merged)


def without(periods: Iterable[Period], taken: Iterable[Period]) -> tuple[Period, ...]:
    """The days of ``periods`` that are in none of ``taken``."""
    left = union(periods)
    for hole in taken:
        cut: list[Period] = []
        for each in left:
            if each.overlap(hole) is None:
                cut.append(each)
                continue
            if each.start < hole.start:
                cut.append(Period(each.start, hole.start))
            if hole.end is not None and hole.end < each.last:
                cut.append(Period(hole.end, each.end))
        left = tuple(cut)
    return left


def until(periods: Iterable[Period], day: date) -> tuple[Period, ...]:
    """Of sorted periods without overlap: their days before that day."""
    return tuple(each if each.last <= day else Period(each.start, day) for each in periods if each.start < day)


def since(periods: Iterable[Period], day: date) -> tuple[Period, ...]:
    """Of sorted periods without overlap: their days from that day on."""
    return tuple(each if each.start >= day else Period(day, each.end) for each in periods if each.last > day)


def within(periods: Iterable[Period], bounds: Iterable[Period]) -> tuple[Period, ...]:
    """The days that both have."""
    bounds = tuple(bounds)
    return union(both for each in periods for bound in bounds if (both := each.overlap(bound)))


def stretches(borders: Iterable[Period]) -> Iterator[Period]:
    """The elementary periods between all starts and ends of ``borders``, in order, open at the end if any is."""
    cuts = sorted({day for each in borders for day in (each.start, each.last)})
    for start, last in itertools.pairwise(cuts):
        yield Period(start, None if last == FOREVER else last)
