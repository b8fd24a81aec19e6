"""The form in which a statement is kept in ``SourceRecord.values``: JSON, dates as text, no CPR number.

::

    {"exists": [["2019-08-01", null]],
     "values": {"title": [["2019-08-01", null, "Pædagog"]]},
     "links": {"unit": [["2019-08-01", null, "Unit", "source", "department:…", {}, "<uuid>"]]}}

A link's last part is the uuid that its reference was resolved to; null as long as nothing fits it.
"""

from collections.abc import Mapping
from datetime import date
from typing import Any

import orjson

from graph.statements.statement import DatedLink, DatedValue, Ref, Statement, Value
from graph.time import ALWAYS, Period

Resolved = Mapping[Ref, str | None]

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
    links: dict[str, tuple[DatedLink, ...]] = {}
    for name, several in form["links"].items():
        row = []
        for start, end, target, by, target_key, properties, uuid in several:
            ref = Ref(target, target_key, by)
            resolved[ref] = uuid
            row.append(DatedLink(_period(start, end), ref, tuple(properties.items())))
        links[name] = tuple(row)
    statement = Statement(
        kind=kind,
        key=key,
        exists=None if form["exists"] is None else tuple(_period(*each) for each in form["exists"]),
        values={
            name: tuple(DatedValue(_period(start, end), _value(value)) for start, end, value in several)
            for name, several in form["values"].items()
        },
        links=links,
    )
    return statement, resolved


def _dates(each: Period) -> list[str | None]:
    return [each.start.isoformat(), None if each.end is None else each.end.isoformat()]


def _period(start: str | None, end: str | None) -> Period:
    return Period(
        ALWAYS if start is None else date.fromisoformat(start), None if end is None else date.fromisoformat(end)
    )


def _value(value: Any) -> Value | None:
    return tuple(value) if isinstance(value, list) else value
