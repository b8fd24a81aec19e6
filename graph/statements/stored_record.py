"""The form in which a statement is kept in ``SourceRecord.values``: JSON, dates as text, no CPR number.

::

    {"exists": [["2019-08-01", null]],
     "values": {"title": [["2019-08-01", null, "Pædagog"]]},
     "links": {"unit": [["2019-08-01", null, "Unit", "source", "department:…", {}, "<uuid>"]]}}

A link's last part is the uuid that its reference was resolved to; null as long as nothing fits it.
"""

from datetime import date
from functools import lru_cache
from itertools import starmap
from typing import Any, Protocol

import orjson

from graph.statements.statement import By, DatedLink, DatedValue, Ref, Statement
from graph.time import ALWAYS, Period


class Resolved(Protocol):
    """What each reference leads to; None as long as nothing fits it."""

    def __getitem__(self, ref: Ref, /) -> str | None: ...


ADDS = '{"exists":null'
"""How the text of a statement begins that only adds to a thing which others make."""


def to_text(statement: Statement, resolved: Resolved) -> str:
    """The statement as JSON text, with what its references lead to. The same statement gives the same text."""
    form = {
        "exists": None if statement.exists is None else [_dates(each) for each in statement.exists],
        "values": {
            name: [[*_dates(dated.period), dated.value] for dated in several]
            for name, several in sorted(statement.values.items())
            if several
        },
        "links": {
            name: [
                [
                    *_dates(dated.period),
                    dated.to.kind,
                    dated.to.by,
                    dated.to.key,
                    dict(dated.properties),
                    resolved[dated.to],
                ]
                for dated in several
            ]
            for name, several in sorted(statement.links.items())
            if several
        },
    }
    return orjson.dumps(form).decode()


def from_text(kind: str, key: str, text: str) -> tuple[Statement, dict[Ref, str | None]]:
    """A kept statement, and what its references were resolved to."""
    form: dict[str, Any] = orjson.loads(text)
    resolved: dict[Ref, str | None] = {}
    for several in form["links"].values():
        for _, _, target, by, target_key, _, uuid in several:
            resolved[_ref(target, target_key, by)] = uuid
    return _statement(kind, key, form), resolved


def statement_in(kind: str, key: str, text: str) -> Statement:
    """A kept statement alone."""
    return _statement(kind, key, orjson.loads(text))


def _statement(kind: str, key: str, form: dict[str, Any]) -> Statement:
    return Statement(
        kind=kind,
        key=key,
        exists=None if form["exists"] is None else tuple(_period(*each) for each in form["exists"]),
        values={name: tuple(starmap(_dated_value, several)) for name, several in form["values"].items()},
        links={name: tuple(starmap(_dated_link, several)) for name, several in form["links"].items()},
    )


def _dated_value(start: str | None, end: str | None, value: Any) -> DatedValue:
    return DatedValue(_period(start, end), tuple(value) if isinstance(value, list) else value)


def _dated_link(
    start: str | None, end: str | None, kind: str, by: By, key: str, properties: dict[str, Any], uuid: str | None
) -> DatedLink:
    return DatedLink(_period(start, end), _ref(kind, key, by), tuple(properties.items()))


@lru_cache(10_000)  # many lead to the same: a system, a rule, a unit
def _ref(kind: str, key: str, by: By) -> Ref:
    return Ref(kind, key, by)


def _dates(each: Period) -> list[str | None]:
    return [each.start.isoformat(), None if each.end is None else each.end.isoformat()]


@lru_cache(10_000)  # few days begin or end much
def _period(start: str | None, end: str | None) -> Period:
    return Period(
        ALWAYS if start is None else date.fromisoformat(start), None if end is None else date.fromisoformat(end)
    )
