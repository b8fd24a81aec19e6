"""What a timer of a diagram says, and the moment at which it is due.

In ``timeDuration``: ``P3D``, ``PT4H``, ``14 days``, ``3 working days``; counted from the moment at which the timer
starts. In ``timeDate``: a CEL expression that gives a date or a moment (``first_day``), also with a distance and a time
of day: ``14 days before first_day``, ``3 working days after decided_on at 09:00``; or a day or a moment as it is
(``2027-03-01``, ``2027-03-01T09:00:00Z``), as modellers write it. In ``timeCycle``: ``R3/2 working days``, three times
with two working days between.

Days, weeks, months and working days keep the time of day in Europe/Copenhagen; hours and minutes are exact. A date
without a time of day begins at midnight, a moment without an offset is Copenhagen's.
"""

import calendar
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any, Literal

from graph.expressions import Expression, ExpressionFailed, Names, compile_expression
from graph.time import COPENHAGEN, written_day
from processes.engine.working_days import count_on

Place = Literal["timeDuration", "timeDate", "timeCycle"]
MOST_REPEATS = 100
_MOST_OF_A_UNIT = 10_000
_LONGEST = 1_200  # characters: an expression, with its distance

_UNITS = ("minute", "hour", "day", "working day", "week", "month", "year")
_AMOUNT = r"(?P<count>[0-9]{1,6})\s+(?P<unit>minute|hour|working\s+day|day|week|month|year)s?"
_ISO = (
    r"P(?=[0-9T])(?:(?P<years>[0-9]{1,6})Y)?(?:(?P<months>[0-9]{1,6})M)?(?:(?P<weeks>[0-9]{1,6})W)?"
    r"(?:(?P<days>[0-9]{1,6})D)?(?:T(?=[0-9])(?:(?P<hours>[0-9]{1,6})H)?(?:(?P<minutes>[0-9]{1,6})M)?)?"
)
_DISTANCE = re.compile(_AMOUNT)
_ISO_DISTANCE = re.compile(_ISO)
_DATED = re.compile(r"(?:(?P<distance>[0-9P][A-Za-z0-9 ]*?)\s+(?P<side>before|after)\s+)?(?P<expression>.+)", re.DOTALL)
_TIME_OF_DAY = re.compile(r"\s+at\s+([01][0-9]|2[0-3]):([0-5][0-9])$")
_WRITTEN = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}(T.*)?", re.DOTALL)
_REPEATED = re.compile(r"R(?P<times>[0-9]{0,6})/(?P<distance>.+)", re.DOTALL)

_ISO_UNITS = (("years", "year"), ("months", "month"), ("weeks", "week"), ("days", "day"), ("hours", "hour"),
              ("minutes", "minute"))  # fmt: skip


class TimerRejected(ValueError):
    """A timer that can't be read."""


class TimerFailed(ValueError):
    """A timer whose moment can't be worked out from these values."""


@dataclass(frozen=True, slots=True)
class Distance:
    """So many minutes, hours, days, working days, weeks, months or years."""

    parts: tuple[tuple[int, str], ...]

    def after(self, moment: datetime) -> datetime:
        """The moment so much later, with Copenhagen's offset. Raises TimerFailed outside the calendar."""
        return self._moved(moment, 1)

    def before(self, moment: datetime) -> datetime:
        return self._moved(moment, -1)

    @property
    def by_month(self) -> bool:
        """It counts months or years: the same day of the month may be none, or another, one distance on."""
        return any(count and unit in ("month", "year") for count, unit in self.parts)

    def times(self, n: int) -> "Distance":
        return Distance(tuple((n * count, unit) for count, unit in self.parts))

    def _moved(self, moment: datetime, sign: int) -> datetime:
        try:
            for count, unit in self.parts:
                moment = _move(moment, sign * count, unit)
        except (ValueError, OverflowError) as wrong:  # a day that the calendar does not have, or has no holidays for
            raise TimerFailed(f"the moment is outside the calendar: {wrong}") from None
        return moment


@dataclass(frozen=True, slots=True)
class Timer:
    """A timer that has been read. ``times``: how often it is due; more than once only in a ``timeCycle``."""

    text: str
    times: int
    _distance: Distance | None
    _before: bool
    _expression: Expression | None
    _time_of_day: time | None

    def due(self, now: datetime, values: Mapping[str, Any]) -> datetime:
        """When it is due (first) if it starts now. Raises TimerFailed."""
        start = self._stated(self._expression, values) if self._expression else now.astimezone(COPENHAGEN)
        if self._distance is not None:
            start = self._distance.before(start) if self._before else self._distance.after(start)
        if self._time_of_day is not None:
            start = _normal(datetime.combine(start.date(), self._time_of_day, COPENHAGEN))
        return start

    def nth(self, start: datetime, n: int) -> datetime:
        """When a timer that repeats, and started at ``start``, is due for the ``n``-th time.

        Counted from the start: a month from 31 January ends on 28 February, and the second one on 31 March.
        """
        if self._distance is None:
            raise TimerFailed(f"{self.text} does not repeat")
        return self._distance.times(n).after(start.astimezone(COPENHAGEN))

    def _stated(self, expression: Expression, values: Mapping[str, Any]) -> datetime:
        try:
            found = expression.evaluate(values)
        except ExpressionFailed as wrong:
            raise TimerFailed(str(wrong)) from None
        if isinstance(found, datetime):
            return _in_copenhagen(found)
        if not isinstance(found, str):
            raise TimerFailed(f"{expression.text} gives {found!r}, not a date or a moment")
        try:
            return _moment(found)
        except (ValueError, OverflowError):
            raise TimerFailed(f"{expression.text} gives {found[:40]!r}, not a date or a moment") from None


def read_timer(text: str, place: Place, names: Names) -> Timer:
    """Read the text of a timer.

    Raises:
        TimerRejected: it can't be read.
        ExpressionRejected: its expression is not valid CEL, or uses a name that is not known.
    """
    text = text.strip()
    if len(text) > _LONGEST:
        raise TimerRejected(f"it has {len(text)} characters; {_LONGEST} are allowed")
    if place == "timeDuration":
        return Timer(text, 1, read_distance(text), False, None, None)
    if place == "timeCycle":
        return _repeated(text)
    return _dated(text, names)


def read_distance(text: str) -> Distance:
    """``P3D``, ``PT4H``, ``14 days``, ``3 working days``. Raises TimerRejected."""
    parts = tuple(_parts(text.strip()))
    if not parts:
        raise TimerRejected(
            f"{text[:60]!r} is not a distance in time; write P3D, PT4H or a number and one of: "
            f"{', '.join(f'{unit}s' for unit in _UNITS)}"
        )
    for count, unit in parts:
        if count > _MOST_OF_A_UNIT:
            raise TimerRejected(f"{count} {unit}s are too many; {_MOST_OF_A_UNIT} are allowed")
    if not any(count for count, _ in parts):
        raise TimerRejected(f"{text[:60]!r} is no time at all")
    return Distance(parts)


def _parts(text: str) -> Iterator[tuple[int, str]]:
    if written := _DISTANCE.fullmatch(text):
        yield int(written["count"]), " ".join(written["unit"].split())
    elif iso := _ISO_DISTANCE.fullmatch(text):
        for name, unit in _ISO_UNITS:
            if iso[name] is not None:
                yield int(iso[name]), unit


def _repeated(text: str) -> Timer:
    found = _REPEATED.fullmatch(text)
    if found is None:
        raise TimerRejected(f"{text[:60]!r} does not repeat; write R, how many times, / and a distance: R3/2 days")
    if not found["times"] or not 1 <= int(found["times"]) <= MOST_REPEATS:
        raise TimerRejected(f"{text[:60]!r} must say how many times: 1 to {MOST_REPEATS}, as in R3/2 days")
    return Timer(text, int(found["times"]), read_distance(found["distance"]), False, None, None)


def _dated(text: str, names: Names) -> Timer:
    at = _TIME_OF_DAY.search(text)
    of_day = time(int(at[1]), int(at[2])) if at else None
    found = _DATED.fullmatch(text[: at.start()] if at else text)
    if found is None:
        raise TimerRejected("it is empty")
    distance = read_distance(found["distance"]) if found["distance"] else None
    stated = found["expression"].strip()
    expression = compile_expression(_as_text(stated) if _WRITTEN.fullmatch(stated) else stated, names)
    return Timer(text, 1, distance, found["side"] == "before", expression, of_day)


def _as_text(written: str) -> str:
    """A day or a moment as it is, as an expression: by itself, 2027-03-01 is a subtraction. Raises TimerRejected."""
    try:
        _moment(written)
    except (ValueError, OverflowError):
        raise TimerRejected(
            f"{written[:60]!r} is not a date or a moment; write 2027-03-01 or 2027-03-01T09:00"
        ) from None
    return f'"{written}"'


def _moment(written: str) -> datetime:
    """Raises ValueError, OverflowError."""
    if len(written) == len("2026-01-31"):
        return _normal(datetime.combine(written_day(written), time(), COPENHAGEN))
    return _in_copenhagen(datetime.fromisoformat(written))


def _move(moment: datetime, count: int, unit: str) -> datetime:
    if unit in ("minute", "hour"):
        step = timedelta(minutes=count) if unit == "minute" else timedelta(hours=count)
        return (moment.astimezone(UTC) + step).astimezone(COPENHAGEN)
    day = moment.date()
    if unit == "working day":
        day = count_on(day, count)
    elif unit in ("day", "week"):
        day += timedelta(days=count * (7 if unit == "week" else 1))
    else:
        day = _months_on(day, count * (12 if unit == "year" else 1))
    return _normal(datetime.combine(day, moment.time(), COPENHAGEN))


def _months_on(day: date, count: int) -> date:
    """The same day of the month, or its last where it is shorter."""
    year, month = divmod(day.year * 12 + day.month - 1 + count, 12)
    return date(year, month + 1, min(day.day, calendar.monthrange(year, month + 1)[1]))


def _in_copenhagen(moment: datetime) -> datetime:
    return _normal(moment.replace(tzinfo=COPENHAGEN)) if moment.tzinfo is None else moment.astimezone(COPENHAGEN)


def _normal(moment: datetime) -> datetime:
    """A time of day that the change to summer time skips is read as an hour later."""
    return moment.astimezone(UTC).astimezone(COPENHAGEN)
