"""Merges what several sources state of one thing: the merge rule (architecture.md §4).

For each property, and for each link of which one is in force at a time, the highest source that states a value on a day
decides that day. Links of which several may be in force at a time are the union of all sources. Existence is decided by
the highest source that states it (by any of its records, if several are about one thing), within what a source that
limits the kind allows (``Kind.limited_by``); values and links count only on days of existence. What is withheld
(``Property.withheld_while``) is in force on no day until that is over. Pure: the same statements give the same result,
in whatever order they come.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from itertools import pairwise

from graph.cpr.keyring import NOT_A_NUMBER, is_number
from graph.errors import ChangeRejected
from graph.model import KINDS, Kind
from graph.statements.normal_text import refuse_longer
from graph.statements.precedence import SourceOrder
from graph.statements.rights_check import check_rights
from graph.statements.statement import DatedLink, DatedValue, Scalar, Statement, Value
from graph.statements.stored_record import Resolved
from graph.time import FOREVER, Period, union, within, without


@dataclass(frozen=True, slots=True)
class ResolvedStatement:
    """One source's statement on the thing, with its references resolved."""

    source: str
    statement: Statement
    resolved: Resolved


@dataclass(frozen=True, slots=True)
class State:
    """The values of a period."""

    period: Period
    values: Mapping[str, Value]


@dataclass(frozen=True, slots=True)
class LinkRow:
    """A relationship in a period. ``name`` as in the model, ``to`` a uuid, ``kind`` the other thing's kind."""

    name: str
    period: Period
    kind: str
    to: str
    properties: tuple[tuple[str, Scalar], ...] = ()


@dataclass(slots=True)
class Thing:
    """What is in force of one thing, over all time."""

    states: list[State] = field(default_factory=list)
    links: list[LinkRow] = field(default_factory=list)


def check(statement: Statement) -> None:
    """Refuses a statement that contradicts itself or the model.

    Raises ChangeRejected: empty_period, too_long, two_parents (two_at_once for other links), unknown_property,
    wrong_value.
    """
    kind = KINDS[statement.kind]
    refuse_longer(statement)
    if statement.cpr is not None and not is_number(statement.cpr):
        raise ChangeRejected("wrong_value", NOT_A_NUMBER, field="cpr")
    known = {each.name for each in kind.properties}
    for name, several in statement.values.items():
        if name not in known:
            raise ChangeRejected("unknown_property", f"{kind.name} has no property {name!r}", field=name)
        _no_empty(name, (dated.period for dated in several))
        _one_at_a_time(kind, name, [(dated.period, repr(dated.value)) for dated in several])
    links = {each.name: each for each in kind.links}
    for name, dated_links in statement.links.items():
        if name not in links:
            raise ChangeRejected("unknown_property", f"{kind.name} has no link {name!r}", field=name)
        _no_empty(name, (dated.period for dated in dated_links))
        for dated in dated_links:
            if dated.to.kind not in links[name].targets:
                raise ChangeRejected("wrong_value", f"{kind.name}.{name} can't point to a {dated.to.kind}", field=name)
        if links[name].single:
            _one_at_a_time(kind, name, [(dated.period, dated.to.key) for dated in dated_links])
    if statement.exists is not None:
        _no_empty("exists", statement.exists)
    check_rights(statement)


def _no_empty(name: str, periods: Iterable[Period]) -> None:
    for each in periods:
        if each.is_empty():
            raise ChangeRejected(
                "empty_period",
                f"{name}: empty period {each.start} to {each.end}: 'to' must be later than 'from'",
                start=each.start,
                end=each.end,
                field=name,
            )


def _one_at_a_time(kind: Kind, name: str, periods: list[tuple[Period, str]]) -> None:
    far: list[tuple[Period, str]] = []
    """The period that reaches furthest, and the one that does of all that have another value."""
    for period, value in sorted(periods, key=lambda each: each[0].start):
        for before, other in far:
            both = before.overlap(period)
            if both is not None and other != value:
                parent = kind.name == "Unit" and name == "parent"
                raise ChangeRejected(
                    "two_parents" if parent else "two_at_once",
                    f"{name}: {other} and {value} at the same time, from {both.start}"
                    + (f" to {both.end}" if both.end else ""),
                    start=both.start,
                    end=both.end,
                    field=name,
                )
        furthest: dict[str, Period] = {}
        for each, of in sorted([*far, (period, value)], key=lambda one: one[0].last, reverse=True):
            furthest.setdefault(of, each)
        far = [(each, of) for of, each in furthest.items()][:2]


def merged(kind: Kind, candidates: Sequence[ResolvedStatement], order: SourceOrder) -> Thing:
    """What is in force of one thing; ``candidates``: all statements about it."""
    exists = _existence(kind, candidates, order)
    if not exists:
        return Thing()
    values: dict[str, list[DatedValue]] = {}
    for name in sorted({name for each in candidates for name in each.statement.values}):
        taken: list[Period] = []
        row = values.setdefault(name, [])
        for each in _ranked(kind, name, candidates, order):
            several = each.statement.values.get(name, ())
            for dated in several:
                row.extend(DatedValue(left, dated.value) for left in _left(dated.period, exists, taken))
            taken.extend(dated.period for dated in several)
    _withhold(kind, values)
    return Thing(_states(exists, values), _links(kind, candidates, order, exists))


def _withhold(kind: Kind, values: dict[str, list[DatedValue]]) -> None:
    """Nothing of the days before the end of the last of them: a protected address is not in the past either."""
    for prop in kind.properties:
        if prop.withheld_while in values and prop.name in values:
            days = [dated.period for dated in values[prop.withheld_while] if dated.value is True]
            if days:
                after = (Period(last),) if (last := max(each.last for each in days)) < FOREVER else ()
                values[prop.name] = [
                    DatedValue(left, dated.value)
                    for dated in values[prop.name]
                    for left in within((dated.period,), after)
                ]


def withheld_until(states: Sequence[State], flag: str) -> date | None:
    """The day after the last on which a yes_no property is true, FOREVER where it is open; None: on no day."""
    return max((each.period.last for each in states if each.values.get(flag) is True), default=None)


def _existence(kind: Kind, candidates: Sequence[ResolvedStatement], order: SourceOrder) -> tuple[Period, ...]:
    stating = [each for each in _ranked(kind, "exists", candidates, order) if each.statement.exists is not None]
    speaking = [each for each in stating if each.source != kind.limited_by]
    highest = [each.statement.exists for each in speaking if each.source == speaking[0].source]
    days = union(period for exists in highest for period in exists or ())
    for each in stating if kind.limited_by else ():
        if each.source == kind.limited_by:
            days = within(days, each.statement.exists or ())
    return days


def _ranked(
    kind: Kind, name: str, candidates: Sequence[ResolvedStatement], order: SourceOrder
) -> Sequence[ResolvedStatement]:
    if len(candidates) == 1:
        return candidates
    return sorted(candidates, key=lambda each: (order.rank(each.source, kind.name, name), each.statement.key))


def _left(stated: Period, exists: tuple[Period, ...], taken: list[Period]) -> tuple[Period, ...]:
    """The days of ``stated`` on which the thing exists and no higher source has stated anything."""
    if not taken and len(exists) == 1:  # by far the most frequent: one source, no gaps
        both = stated.overlap(exists[0])
        return (both,) if both else ()
    return within(without((stated,), taken) if taken else (stated,), exists)


def _states(exists: tuple[Period, ...], values: Mapping[str, Sequence[DatedValue]]) -> list[State]:
    cuts = {day for each in exists for day in (each.start, each.last)}
    cuts.update(
        day for several in values.values() for dated in several for day in (dated.period.start, dated.period.last)
    )
    days = sorted(cuts)
    states: list[State] = []
    for start, last in pairwise(days):
        if not any(each.start <= start < each.last for each in exists):
            continue
        of_day: dict[str, Value] = {}
        for name, several in values.items():
            for dated in several:
                if dated.period.start <= start < dated.period.last and dated.value is not None:
                    of_day[name] = dated.value
                    break
        end = None if last == FOREVER else last
        if states and states[-1].period.end == start and states[-1].values == of_day:
            states[-1] = State(Period(states[-1].period.start, end), of_day)
        else:
            states.append(State(Period(start, end), of_day))
    return states


def _links(
    kind: Kind, candidates: Sequence[ResolvedStatement], order: SourceOrder, exists: tuple[Period, ...]
) -> list[LinkRow]:
    rows: list[LinkRow] = []
    for link in kind.links:
        bounds = (Period(),) if link.outlives else exists
        taken: list[Period] = []
        days: dict[tuple[str, str, tuple[tuple[str, Scalar], ...]], list[Period]] = {}
        for each in _ranked(kind, link.name, candidates, order):
            several: tuple[DatedLink, ...] = each.statement.links.get(link.name, ())
            for dated in several:
                to = each.resolved[dated.to]
                if to is not None:
                    properties = tuple(sorted(dated.properties))
                    days.setdefault((dated.to.kind, to, properties), []).extend(_left(dated.period, bounds, taken))
            if link.single:  # what nobody knows yet says nothing: the next source's stands meanwhile
                taken.extend(dated.period for dated in several if each.resolved[dated.to] is not None)
        for (target, to, properties), periods in days.items():
            rows.extend(LinkRow(link.name, each, target, to, properties) for each in union(periods))
    return rows
