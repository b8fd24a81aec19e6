"""Cron expressions: minute, hour, day of month, month, weekday."""

from dataclasses import dataclass
from typing import Annotated

from pydantic import AfterValidator

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
