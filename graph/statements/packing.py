"""Statements in a small form for the time of a run: what thousands of them have in common is not made again.

The form is that of Python's ``marshal``, for files that this process writes and reads itself.
"""

import marshal
from collections.abc import Iterable
from datetime import date
from functools import lru_cache
from typing import Any

from graph.statements.statement import DatedLink, DatedValue, Former, Ref, Statement, Value
from graph.time import Period

EVER = Period()
_PLAIN: tuple[None, None, tuple[()], None] = (None, None, (), None)


def packed(statements: Iterable[Statement]) -> bytes:
    """Several statements as bytes, with their CPR numbers."""
    return marshal.dumps([_plain(each) for each in statements])


def unpacked(content: bytes) -> list[Statement]:
    """What ``packed`` was given."""
    return [_statement(*each) for each in marshal.loads(content)]


def _plain(statement: Statement) -> tuple[Any, ...]:
    """A value or link of all time, and nothing else, is there as itself; most are."""
    exists = statement.exists
    more: tuple[Any, ...] = ()
    if statement.about or statement.among is not None or statement.former_cprs or statement.erased:
        about = statement.about
        more = (
            about and (about.kind, about.key, about.by),
            statement.among,
            [(each.cpr, _days(each.period)) for each in statement.former_cprs],
            list(statement.erased),
        )
    return (
        statement.kind,
        statement.key,
        None if exists is None else [_days(each) for each in exists],
        {name: _values(tolds) for name, tolds in statement.values.items()},
        {name: _links(tolds) for name, tolds in statement.links.items()},
        statement.cpr,
        more,
    )


def _statement(
    kind: str,
    key: str,
    exists: list[Any] | None,
    values: dict[str, Any],
    links: dict[str, Any],
    cpr: str | None,
    more: tuple[Any, ...],
) -> Statement:
    statement = Statement(
        kind,
        key,
        None if exists is None else tuple([_period(*each) for each in exists]),
        {name: _told(each) for name, each in values.items()},
        {name: _link_told(each) for name, each in links.items()},
        cpr,
    )
    if more:
        about, among, formers, erased = more
        statement.about = about and Ref(*about)
        statement.among = among
        statement.former_cprs = tuple(Former(number, _period(*days)) for number, days in formers)
        statement.erased = frozenset(erased)
    return statement


def _values(tolds: tuple[DatedValue, ...]) -> Any:
    if len(tolds) == 1 and tolds[0].period == EVER:
        return tolds[0].value
    return [(*_days(each.period), each.value) for each in tolds]


def _told(plain: Any) -> tuple[DatedValue, ...]:
    if type(plain) is list:
        return tuple([DatedValue(_period(start, last), value) for start, last, value in plain])
    return _ever(plain)


def _links(tolds: tuple[DatedLink, ...]) -> Any:
    if len(tolds) == 1 and tolds[0].period == EVER and not tolds[0].properties:
        to = tolds[0].to
        return (to.kind, to.key, to.by)
    return [(*_days(each.period), each.to.kind, each.to.key, each.to.by, each.properties) for each in tolds]


def _link_told(plain: Any) -> tuple[DatedLink, ...]:
    if type(plain) is list:
        return tuple(
            [
                DatedLink(_period(start, last), Ref(kind, key, by), properties)
                for start, last, kind, key, by, properties in plain
            ]
        )
    return _to_ever(*plain)


@lru_cache(maxsize=1 << 14, typed=True)  # typed: 1 is True, and 37 is 37.0
def _ever(value: Value | None) -> tuple[DatedValue, ...]:
    return (DatedValue(EVER, value),)


@lru_cache(maxsize=1 << 14)
def _to_ever(kind: str, key: str, by: Any) -> tuple[DatedLink, ...]:
    return (DatedLink(EVER, Ref(kind, key, by)),)


def _days(period: Period) -> tuple[int, int]:
    return period.start.toordinal(), 0 if period.end is None else period.end.toordinal()


def _period(start: int, last: int) -> Period:
    return Period(date.fromordinal(start), date.fromordinal(last) if last else None)
