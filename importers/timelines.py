"""Values over time of a source that has only today's values.

What it says of a day holds until further notice. What it said of later days is over: a clock was ahead, or an older
release was accepted in place of a newer one.
"""

from collections.abc import Collection, Mapping
from dataclasses import replace
from datetime import date
from typing import TypeVar

from graph.statements.statement import DatedLink, DatedValue, Ref, Statement, Value
from graph.time import Period, union, within

Dated = TypeVar("Dated", DatedValue, DatedLink)
NOTHING = (None, "", ())  # no value; False is a value


def held(
    previous: Statement | None, values: Mapping[str, Value | None], day: date
) -> dict[str, tuple[DatedValue, ...]]:
    """The kept values, ended on ``day`` if the value differs now; None and empty texts mean no value."""
    found: dict[str, tuple[DatedValue, ...]] = {}
    for name, value in values.items():
        before = _begun(previous.values.get(name, ()) if previous is not None else (), day)
        now = None if value in NOTHING else value
        if next((each.value for each in before if each.period.holds(day)), None) == now:
            dated_values = before
        else:
            dated_values = (*_until(before, day), *(() if now is None else (DatedValue(Period(day), now),)))
        if dated_values:
            found[name] = dated_values
    return found


def with_unmentioned(
    previous: Statement | None, now: Mapping[str, Value | None], day: date
) -> dict[str, tuple[DatedValue, ...]]:
    """As ``held``; values that ``now`` does not name stay as they were."""
    kept = {} if previous is None else {name: each for name, each in previous.values.items() if name not in now}
    return kept | held(previous, now, day)


def pointed(previous: Statement | None, name: str, to: Ref, day: date) -> tuple[DatedLink, ...]:
    """A link as it was, ended on ``day`` if it points elsewhere now."""
    before = _begun(previous.links.get(name, ()) if previous is not None else (), day)
    if any(each.to == to and each.period.holds(day) for each in before):
        return before
    kept = [DatedLink(Period(each.period.start, min(each.period.last, day)), each.to) for each in before]
    return (*(each for each in kept if not each.period.is_empty()), DatedLink(Period(day), to))


def linked(previous: Statement | None, name: str, to: Collection[Ref], day: date) -> tuple[DatedLink, ...]:
    """Links to exactly these from ``day`` on; earlier links keep their days. The first ones have no beginning."""
    if previous is None:
        return tuple(DatedLink(Period(), each) for each in to)
    before = previous.links.get(name, ())
    found = []
    held_on = set()
    for each in before:
        if each.period.holds(day) and each.to in to:
            held_on.add(each.to)
            found.append(replace(each, period=Period(each.period.start)))
        elif each.period.start < day:
            found.append(DatedLink(Period(each.period.start, min(each.period.last, day)), each.to))
    return (*found, *(DatedLink(Period(day), each) for each in to if each not in held_on))


def opened(previous: Statement | None, day: date) -> tuple[Period, ...]:
    """It exists from ``day`` on, and as before; without a gap if it has not ended yet."""
    return union([*((previous.exists or ()) if previous is not None else ()), Period(day)])


def closed(previous: Statement, day: date) -> Statement:
    """As it was until ``day``: its existence if it has one of its own, otherwise its values."""
    if previous.exists is not None:
        return replace(previous, exists=within(previous.exists, (Period(end=day),)))
    values = {name: kept for name, dated_values in previous.values.items() if (kept := _until(dated_values, day))}
    return replace(previous, values=values)


def _begun(dated: tuple[Dated, ...], day: date) -> tuple[Dated, ...]:
    """What has begun by ``day``; what is in force on it is so until further notice."""
    return tuple(
        replace(each, period=Period(each.period.start)) if each.period.holds(day) else each
        for each in dated
        if each.period.start <= day
    )


def _until(dated_values: tuple[DatedValue, ...], day: date) -> tuple[DatedValue, ...]:
    return tuple(
        DatedValue(Period(each.period.start, min(each.period.last, day)), each.value)
        for each in dated_values
        if each.period.start < day
    )
