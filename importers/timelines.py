"""Values over time of a source that tells only what is so today."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import date

from graph.facts import LinkTold, Ref, Statement, Told, Value
from graph.time import Period, union, within


def held(previous: Statement | None, told: Mapping[str, Value | None], day: date) -> dict[str, tuple[Told, ...]]:
    """What was kept, up to ``day`` where something else is told now; None and empty values are nothing told."""
    found: dict[str, tuple[Told, ...]] = {}
    for name, value in told.items():
        before = previous.values.get(name, ()) if previous is not None else ()
        if next((each.value for each in before if each.period.holds(day)), None) == (value or None):
            tolds = before
        else:
            tolds = (*_until(before, day), *((Told(Period(day), value),) if value else ()))
        if tolds:
            found[name] = tolds
    return found


def pointed(previous: Statement | None, name: str, to: Ref, day: date) -> tuple[LinkTold, ...]:
    """A link as it was, up to ``day`` where it points elsewhere now."""
    before = previous.links.get(name, ()) if previous is not None else ()
    if any(each.to == to and each.period.holds(day) for each in before):
        return before
    kept = [LinkTold(Period(each.period.start, min(each.period.last, day)), each.to) for each in before]
    return (*(each for each in kept if not each.period.is_empty()), LinkTold(Period(day), to))


def opened(previous: Statement | None, day: date) -> tuple[Period, ...]:
    """It exists from ``day`` on, and when it did before; where it has not ended yet, without a gap."""
    return union([*((previous.exists or ()) if previous is not None else ()), Period(day)])


def closed(previous: Statement, day: date) -> Statement:
    """As it was until ``day``: existence where it has one of its own, else its values."""
    if previous.exists is not None:
        return replace(previous, exists=within(previous.exists, (Period(end=day),)))
    values = {name: kept for name, tolds in previous.values.items() if (kept := _until(tolds, day))}
    return replace(previous, values=values)


def _until(tolds: tuple[Told, ...], day: date) -> tuple[Told, ...]:
    return tuple(
        Told(Period(each.period.start, min(each.period.last, day)), each.value)
        for each in tolds
        if each.period.start < day
    )
