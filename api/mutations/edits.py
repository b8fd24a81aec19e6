"""What a mutation changes in the statement by hand: values and links, in a period."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import date

from strawberry import UNSET

from api.mutations.property_values import refuse_blank
from graph.errors import ChangeRejected
from graph.statements.statement import DatedLink, DatedValue, Ref, Scalar, Statement, Value
from graph.time import EmptyPeriod, Period, period, without

Edit = Callable[[Statement], Statement]
DatedLinks = tuple[Period, Sequence[DatedLink]]
"""The days of a change of links, and what there is on them."""
_FROM_IS_MISSING = "give the first day, or null for no beginning, which rewrites history"


def days(start: date | None, end: date | None) -> Period:
    """Raises ChangeRejected (empty_period; wrong_value if it is left open whether there is a first day)."""
    if start is UNSET:
        raise ChangeRejected("wrong_value", f"from: {_FROM_IS_MISSING}", field="from")
    try:
        return period(start, end)
    except EmptyPeriod as empty:
        raise ChangeRejected("empty_period", str(empty), start=start, end=end) from empty


def always(ref: Ref) -> tuple[DatedLink, ...]:
    return (DatedLink(Period(), ref),)


def new(
    life: Period,
    values: Mapping[str, Value | None],
    links: Mapping[str, tuple[DatedLink, ...]],
    cpr: str | None = None,
) -> Edit:
    """A statement of a new thing. Raises ChangeRejected (wrong_value) for a blank one."""
    for name, value in values.items():
        if isinstance(value, str):
            refuse_blank(name, value)
    dated = {name: (DatedValue(life, value),) for name, value in values.items() if value is not None}
    return lambda kept: replace(kept, exists=(life,), values=dated, links=dict(links), cpr=cpr)


def with_value(name: str, value: Value | None, life: Period) -> Edit:
    """Set a value in a period, instead of what was set by hand for these days. None: it has no value."""

    def edit(kept: Statement) -> Statement:
        values = [*_outside(kept, name, life), DatedValue(life, value)]
        return replace(kept, values={**kept.values, name: tuple(sorted(values, key=lambda each: each.period.start))})

    return edit


def released(name: str, life: Period) -> Edit:
    """Remove what was set by hand of a value in a period."""
    return lambda kept: replace(kept, values={**kept.values, name: tuple(_outside(kept, name, life))})


def _outside(kept: Statement, name: str, life: Period) -> list[DatedValue]:
    return [
        DatedValue(left, each.value) for each in kept.values.get(name, ()) for left in without((each.period,), (life,))
    ]


def with_link(name: str, to: Ref | None, life: Period, **properties: Scalar) -> Edit:
    """Set a link of which one is in force at a time, in a period, instead of what was set by hand for these days; None
    removes it."""

    def edit(kept: Statement) -> Statement:
        links = [
            replace(each, period=left) for each in kept.links.get(name, ()) for left in without((each.period,), (life,))
        ]
        if to is not None:
            links.append(DatedLink(life, to, tuple(properties.items())))
        links.sort(key=lambda each: each.period.start)
        return replace(kept, links={**kept.links, name: tuple(links)})

    return edit


def with_links_in(life: Period, links: Mapping[str, Sequence[Ref]]) -> Edit:
    """Set links of which several are in force at a time, in a period; those set by hand for other days stay."""
    return with_dated_links({name: (life, [DatedLink(life, each) for each in refs]) for name, refs in links.items()})


def with_dated_links(links: Mapping[str, DatedLinks]) -> Edit:
    """Set links, each name's in a period; those set by hand for other days stay."""

    def edit(kept: Statement) -> Statement:
        set_ = dict(kept.links)
        for name, (life, dated) in links.items():
            others = [
                replace(each, period=left)
                for each in kept.links.get(name, ())
                for left in without((each.period,), (life,))
            ]
            new = [replace(each, period=inside) for each in dated if (inside := each.period.overlap(life)) is not None]
            set_[name] = tuple(sorted((*others, *new), key=lambda each: each.period.start))
        return replace(kept, links=set_)

    return edit


def changed_from(day: date | None, dated: Sequence[DatedLink], field: str) -> DatedLinks:
    """Links from the day that is given (changeFrom), else from the first day of the new ones on.

    Raises ChangeRejected (wrong_value): what was before stays for the days before, so the first day must be known.
    """
    first = min((each.period.start for each in dated), default=None)
    start = first if day is None else day
    if start is None:
        text = f"changeFrom: {field} names no day: give the first day of the change; 0001-01-01 = always so far"
        raise ChangeRejected("wrong_value", text, field="changeFrom")
    if day is not None and first is not None and first < day:
        text = (
            f"{field}: {first} is before the first day of the change ({day}); give changeFrom as early, or leave it out"
        )
        raise ChangeRejected("wrong_value", text, field=field)
    return Period(start), dated
