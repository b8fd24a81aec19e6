"""Values over time, as statements have them, from periods as SD sends them."""

from collections.abc import Iterable, Mapping
from datetime import date

from graph.statements.statement import DatedLink, DatedValue, Ref, Statement, Value
from graph.time import ALWAYS, Period, union

ALWAYS_SO = Period()


def dated(values: Iterable[tuple[Period, Value | None]], earliest: date = ALWAYS) -> tuple[DatedValue, ...]:
    """Adjacent and repeated periods with equal values are one; what began before ``earliest`` is cut to it."""
    by_value: dict[Value | None, list[Period]] = {}
    for period, value in values:
        by_value.setdefault(value, []).append(cut(period, earliest))
    found = [DatedValue(period, value) for value, periods in by_value.items() for period in union(periods)]
    return tuple(sorted(found, key=lambda each: each.period.start))


def links(values: Iterable[tuple[Period, Ref]], earliest: date = ALWAYS) -> tuple[DatedLink, ...]:
    """As ``values``, for relationships."""
    by_end: dict[Ref, list[Period]] = {}
    for period, to in values:
        by_end.setdefault(to, []).append(cut(period, earliest))
    found = [DatedLink(period, to) for to, periods in by_end.items() for period in union(periods)]
    return tuple(sorted(found, key=lambda each: each.period.start))


def cut(period: Period, earliest: date) -> Period:
    """A start before the earliest date is cut to it. What ended before is an empty period, which ``union`` drops."""
    return period if period.start >= earliest else Period(earliest, period.end)


def from_today(previous: Statement | None, name: str, value: Value | None, day: date) -> tuple[DatedValue, ...]:
    """A value that the source sends for today only, without history.

    The first value has no beginning. A new value is in force from ``day`` on, and the previous one until then; a
    missing value ends it.
    """
    before = previous.values.get(name, ()) if previous is not None else ()
    if previous is None:
        return () if value is None else (DatedValue(ALWAYS_SO, value),)
    holding = next((each.value for each in before if each.period.holds(day)), None)
    if holding == value:
        return before
    kept = [
        DatedValue(Period(each.period.start, min(each.period.last, day)), each.value)
        for each in before
        if each.period.start < day
    ]
    return (*kept, *(() if value is None else (DatedValue(Period(day), value),)))


def values(pairs: Mapping[str, tuple[DatedValue, ...]]) -> dict[str, tuple[DatedValue, ...]]:
    """Without the properties that have no values."""
    return {name: each for name, each in pairs.items() if each}


def shown(periods: Iterable[Period]) -> str:
    """Periods in words, for problem texts."""
    return ", ".join(
        f"from {each.start}" + (f" to {each.end} (not included)" if each.end else " on") for each in periods
    )
