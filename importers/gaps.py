"""Gaps in what a source sends: the one rule for what is known about them.

An answer that lacks a part, a look-up without an answer and an unreadable value are gaps. A gap differs from a value
that the source has ended. A mapping names its gaps (``Mapped.gaps``), and what is known about them stays. A value that
has ended is absent from the statement, and ends.
"""

from collections.abc import Mapping
from dataclasses import replace
from typing import TypeVar

from graph.statements.statement import DatedLink, DatedValue, Statement
from graph.time import Period, union, within, without
from importers.source import Mapped

T = TypeVar("T")
EXISTS = "exists"
EVER = (Period(),)


def filled(mapped: Mapped, previous: Statement | None) -> Mapped:
    """``mapped``, its gaps filled from ``previous`` (the kept statement of the same key)."""
    stated = mapped.statement
    if stated is None or previous is None or not mapped.gaps:
        return mapped
    values: dict[str, tuple[DatedValue, ...]] = dict(stated.values)
    links: dict[str, tuple[DatedLink, ...]] = dict(stated.links)
    exists = stated.exists
    for name, days in mapped.gaps.items():
        if name == EXISTS:
            exists = union((*without(exists or (), days), *within(previous.exists or (), days)))
        elif name in values or name in previous.values:
            values[name] = _values(values.get(name, ()), previous.values.get(name, ()), days)
        elif name in links or name in previous.links:
            links[name] = _links(links.get(name, ()), previous.links.get(name, ()), days)
    return replace(
        mapped,
        statement=replace(stated, exists=exists, values=_some(values), links=_some(links)),
    )


def _values(
    now: tuple[DatedValue, ...], before: tuple[DatedValue, ...], days: tuple[Period, ...]
) -> tuple[DatedValue, ...]:
    parts = [DatedValue(left, each.value) for each in now for left in without((each.period,), days)]
    parts += [DatedValue(kept, each.value) for each in before for kept in within((each.period,), days)]
    joined: list[DatedValue] = []
    for each in sorted(parts, key=lambda dated: dated.period.start):
        if joined and joined[-1].period.end == each.period.start and joined[-1].value == each.value:
            joined[-1] = DatedValue(Period(joined[-1].period.start, each.period.end), each.value)
        else:
            joined.append(each)
    return tuple(joined)


def _links(
    now: tuple[DatedLink, ...], before: tuple[DatedLink, ...], days: tuple[Period, ...]
) -> tuple[DatedLink, ...]:
    parts: dict[DatedLink, list[Period]] = {}
    for each in now:
        parts.setdefault(replace(each, period=Period()), []).extend(without((each.period,), days))
    for each in before:
        parts.setdefault(replace(each, period=Period()), []).extend(within((each.period,), days))
    found = [replace(each, period=period) for each, periods in parts.items() for period in union(periods)]
    return tuple(sorted(found, key=lambda dated: (dated.period.start, dated.to.kind, dated.to.key)))


def _some(named: Mapping[str, tuple[T, ...]]) -> dict[str, tuple[T, ...]]:
    return {name: each for name, each in named.items() if each}
