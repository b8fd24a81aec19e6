"""The sample's employments and units in SD's terms: independent timelines of periods, both ends inclusive.

Only the status shows whether a person is employed; department, profession and working time go on after it (sd.md §3.3).
Leave is a status, so it is part of the employment.
"""

from collections.abc import Iterator
from datetime import date, timedelta
from typing import Generic, NamedTuple

from graph.time import Period, within, without
from sample.people import Employment, Steps, T
from sample.sd_service.state import OPEN

EMPLOYED, ON_LEAVE, LEFT = "1", "3", "8"


class SdPeriod(NamedTuple, Generic[T]):
    """``value`` from ``activation`` to ``deactivation``, both included; 9999-12-31 = until further notice."""

    activation: date
    deactivation: date
    value: T


def statuses(employment: Employment) -> tuple[SdPeriod[str], ...]:
    """1 while employed, 3 on leave, 8 in a gap and from the end on."""
    spells = employment.spells
    away = within(employment.leave, spells)
    states: list[tuple[Period, str]] = [(each, ON_LEAVE) for each in away]
    states += [(each, EMPLOYED) for each in without(spells, away)]
    states += [(each, LEFT) for each in without((Period(spells[0].start, None),), spells)]
    return tuple(_inclusive(each, value) for each, value in sorted(states))


def stretches(steps: Steps[T], life: Period | None = None) -> tuple[SdPeriod[T], ...]:
    """Values over time as periods, cut to ``life`` if the thing has one."""
    return tuple(_cut(steps, life))


def _cut(steps: Steps[T], life: Period | None) -> Iterator[SdPeriod[T]]:
    for index, (start, value) in enumerate(steps):
        end = steps[index + 1][0] if index + 1 < len(steps) else None
        period = Period(start, end)
        if life is not None:
            both = period.overlap(life)
            if both is None:
                continue
            period = both
        yield _inclusive(period, value)


def _inclusive(period: Period, value: T) -> SdPeriod[T]:
    return SdPeriod(period.start, OPEN if period.end is None else period.end - timedelta(days=1), value)
