"""Maps the list's rows to the model (positions.md §6)."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import date

from graph.statements.statement import DatedLink, DatedValue, Ref, Statement, Value
from graph.time import Period, stretches, union, within
from importers.positions.listing import Listing
from importers.positions.rows import CategoryRow, PositionRow


def position(listed: Sequence[PositionRow], listing: Listing, previous: Statement | None) -> Statement:
    """A Position from its rows, one for each period.

    Days before the first row keep their earlier values: a row that now begins later says nothing about the time before.
    """
    values: dict[str, list[DatedValue]] = {}
    links: dict[str, list[DatedLink]] = {}
    for row in listed:
        for name, value in _values(row, listing):
            values.setdefault(name, []).append(DatedValue(row.period, value))
        if row.category in listing.categories or row.category in listing.refused_categories:
            to = Ref("PositionCategory", row.category)
            links.setdefault("in_category", []).append(DatedLink(row.period, to))
        if row.replaced_by:
            links.setdefault("replaced_by", []).append(DatedLink(row.period, Ref("Position", row.replaced_by)))
    made = Statement(
        "Position",
        listed[0].code,
        exists=union(row.period for row in listed),
        values={name: tuple(each) for name, each in values.items()},
        links={name: tuple(each) for name, each in links.items()},
    )
    return made if previous is None else _with_earlier(made, previous, listed[0].period.start)


def category(row: CategoryRow) -> Statement:
    """A category; it has no dates of its own."""
    return Statement(
        "PositionCategory",
        row.code,
        values={"code": (DatedValue(Period(), row.code),), "title": (DatedValue(Period(), row.title),)},
        links={"parent": (DatedLink(Period(), Ref("PositionCategory", row.parent)),)} if row.parent else {},
    )


def ended(statement: Statement, day: date) -> Statement:
    """The end of a row that is no longer in the list: on the day of the import; it is never deleted."""
    return replace(statement, exists=within(statement.exists or (), (Period(end=day),)))


def rows_of(statement: Statement) -> Iterator[PositionRow]:
    """The rows from which a kept Position was made, for matching; ``place`` and ``category`` are empty."""
    borders = [listed.period for dated in statement.values.values() for listed in dated]
    exists = statement.exists or ()
    for each in stretches([*borders, *exists]):
        if any(period.holds(each.start) for period in exists):
            now = {name: _on(dated, each.start) for name, dated in statement.values.items()}
            yield PositionRow(
                place="",
                code=statement.key,
                title=_text(now.get("title")),
                category="",
                level=None,
                agreement="",
                stk=_several(now.get("stk")),
                disco="",
                payroll=_several(now.get("payroll_keys")),
                match=_several(now.get("title_rules")),
                leader=None,
                period=each,
                replaced_by="",
            )


def _values(row: PositionRow, listing: Listing) -> Iterator[tuple[str, Value]]:
    path = [listing.categories[code].title for code in listing.path(row.category)]
    listed: dict[str, Value | None] = {
        "code": row.code,
        "title": row.title,
        "category": " / ".join(path),
        "level": row.level,
        "agreement": row.agreement,
        "stk": row.stk,
        "disco": row.disco,
        "leader_hint": row.leader,
        "payroll_keys": row.payroll,
        "title_rules": row.match,
    }
    for name, value in listed.items():
        if value is not None and value != "" and value != ():
            yield name, value


def _with_earlier(made: Statement, previous: Statement, day: date) -> Statement:
    before = Period(end=day)
    if before.is_empty():
        return made
    values = {
        name: (*_values_until(previous.values.get(name, ()), before), *made.values.get(name, ()))
        for name in {**previous.values, **made.values}
    }
    links = {
        name: (*_links_until(previous.links.get(name, ()), before), *made.links.get(name, ()))
        for name in {**previous.links, **made.links}
    }
    exists = union([*within(previous.exists or (), (before,)), *(made.exists or ())])
    return replace(
        made,
        exists=exists,
        values={name: dated for name, dated in values.items() if dated},
        links={name: dated for name, dated in links.items() if dated},
    )


def _values_until(dated: Sequence[DatedValue], before: Period) -> tuple[DatedValue, ...]:
    return tuple(DatedValue(both, each.value) for each in dated if (both := each.period.overlap(before)) is not None)


def _links_until(dated: Sequence[DatedLink], before: Period) -> tuple[DatedLink, ...]:
    return tuple(replace(each, period=both) for each in dated if (both := each.period.overlap(before)) is not None)


def _on(dated: Sequence[DatedValue], day: date) -> Value | None:
    return next((each.value for each in dated if each.period.holds(day)), None)


def _text(value: Value | None) -> str:
    return value if isinstance(value, str) else ""


def _several(value: Value | None) -> tuple[str, ...]:
    return value if isinstance(value, tuple) else ()
