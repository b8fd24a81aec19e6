"""The scalars of the GraphQL schema, and the Python annotation of each type as GraphQL writes it."""

import re
from collections.abc import Mapping
from datetime import date, datetime
from typing import Any, NewType

import strawberry

from api.computed.types import FIELDS
from api.enums import STORED_ENUMS
from graph.time import written_day

_MOMENT = re.compile(
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}([T ][0-9]{2}:[0-9]{2}(:[0-9]{2}([.][0-9]{1,9})?)?(Z|[+-][0-9]{2}:[0-9]{2})?)?"
)


def _moment(value: object) -> str:
    """Raises ValueError for what is not a moment or day."""
    text = str(value)
    if not _MOMENT.fullmatch(text):
        raise ValueError(f"{text!r} is not a moment; it is written 2026-06-30T12:00:00Z, or as a day, 2026-06-30")
    written_day(text[:10])
    return datetime.fromisoformat(text).isoformat()


def _day(value: object) -> date:
    """Raises ValueError for what is not a day."""
    return written_day(str(value))


Moment = NewType("Moment", str)
SCALARS: Mapping[object, Any] = {
    date: strawberry.scalar(
        name="Date", description="A day, written YYYY-MM-DD", serialize=date.isoformat, parse_value=_day
    ),
    Moment: strawberry.scalar(
        name="Moment", description="A moment in UTC, ISO 8601", serialize=str, parse_value=_moment
    ),
}
_ANNOTATIONS: dict[str, Any] = {
    "ID": strawberry.ID,
    "String": str,
    "Int": int,
    "Float": float,
    "Boolean": bool,
    "Date": date,
    "Moment": Moment,
    **{each.__name__: each for each in STORED_ENUMS},
    **{each.__name__: each for field in FIELDS.values() for each in field.enums},
}


def annotation_of(text: str) -> Any:
    """The annotation of a type as GraphQL writes it, such as [String!]. Of a list every member is given."""
    inner = text.removesuffix("!")
    found = list[_ANNOTATIONS[inner[1:-2]]] if inner.startswith("[") else _ANNOTATIONS[inner]  # type: ignore[misc]
    return found if text.endswith("!") else found | None
