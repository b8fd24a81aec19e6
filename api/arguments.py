"""The arguments that many fields of the GraphQL schema share: the day, the page, the filters of records."""

from collections.abc import Mapping
from datetime import date
from enum import Enum
from typing import Any

import strawberry

from api.computed.contract import AS_KNOWN_ON
from api.enums import BrakeState, Kind, LedgerState, RunState, RunType, Severity

Arguments = Mapping[str, tuple[Any, str]]
"""An argument's name → its annotation, its description."""


@strawberry.input(description="A period of days. Without from it has no beginning, without to it has no end")
class Period:
    from_: date | None = strawberry.field(name="from", default=None, description="The first day")
    to: date | None = strawberry.field(default=None, description="The day after the last")


@strawberry.enum(description="The order of a list. A cursor belongs to the order in which it was read")
class Order(Enum):
    UUID = strawberry.enum_value("UUID", description="By UUID: the cheapest")
    UUID_DESCENDING = strawberry.enum_value("UUID_DESCENDING", description="By UUID, the highest first")
    NAME = strawberry.enum_value("NAME", description="By name, title, number or login, in the Danish order")
    NAME_DESCENDING = strawberry.enum_value("NAME_DESCENDING", description="The same, the last name first")

    EXISTS_FROM = strawberry.enum_value("EXISTS_FROM", description="By the first day of all; without one comes first")
    EXISTS_FROM_DESCENDING = strawberry.enum_value("EXISTS_FROM_DESCENDING", description="The same, the latest first")
    EXISTS_TO = strawberry.enum_value("EXISTS_TO", description="By the day after the last; without one comes last")
    EXISTS_TO_DESCENDING = strawberry.enum_value("EXISTS_TO_DESCENDING", description="The same, the latest first")
    PERSON = strawberry.enum_value(
        "PERSON", description="Employments and affiliations by their person's name of today, in the Danish order"
    )
    PERSON_DESCENDING = strawberry.enum_value("PERSON_DESCENDING", description="The same, the last name first")

    @property
    def by(self) -> str:
        """What it sorts by: UUID, NAME, EXISTS_FROM, EXISTS_TO or PERSON."""
        return self.name.removesuffix("_DESCENDING")

    @property
    def is_descending(self) -> bool:
        return self.name.endswith("_DESCENDING")


AS_KNOWN: Arguments = {"asKnownOn": (date | None, AS_KNOWN_ON.doc)}
WHEN: Arguments = {
    "at": (date | None, "The day to read; by default today"),
    "period": (Period | None, "Instead of a day: what is in force on any day of the period"),
    **AS_KNOWN,
}
OTHER_WHEN: Arguments = {
    "at": (date | None, "Another day than that of the thing above"),
    "period": (Period | None, "What is in force on any day of the period"),
}

NESTED_PAGE: Arguments = {
    "first": (int | None, "At most this many; by default 100"),
    "after": (str | None, "Read on after this cursor"),
}
AT_MOST: Arguments = {"first": (int | None, "At most this many")}


PAGE: Arguments = {
    "first": (int | None, "At most this many; by default 100"),
    "after": (str | None, "Read on after this endCursor"),
}
RECORD_FILTERS: Mapping[str, Arguments] = {
    "changes": {
        "uuid": (strawberry.ID | None, "Only of this thing"),
        "kind": (Kind | None, "Only of this kind"),
        "source": (str | None, "Only by this source"),
    },
    "runs": {
        "id": (strawberry.ID | None, "Only the one with this id"),
        "type": (RunType | None, "Only of this type"),
        "name": (str | None, "Only of the source, the target or the like with this name"),
        "state": (RunState | None, "Only in this state"),
    },
    "badRecords": {
        "source": (str | None, "Only of this source"),
        "kind": (str | None, "Only of this kind: a kind of thing, or what a file of the source consists of"),
        "severity": (Severity | None, "Only those that were rejected, or only those in doubt"),
        "run": (strawberry.ID | None, "Only those that the run with this id found last"),
    },
    "brakes": {"source": (str | None, "Only of this source"), "state": (BrakeState | None, "Only in this state")},
    "ambiguities": {"source": (str | None, "Only of this source"), "kind": (Kind | None, "Only of this kind")},
    "decisions": {},
    "cprLookups": {
        "person": (strawberry.ID | None, "UUID of the person who was looked up, also before a join"),
        "by": (str | None, "The user who looked the person up, or system"),
        "code": (str | None, "The result: ok, PNRNotFound …"),
    },
    "ledgerEntries": {
        "target": (str | None, "Only of this target"),
        "object": (str | None, "Only of this kind of object at the target"),
        "state": (LedgerState | None, "Only in this state"),
        "drift": (bool | None, "Only those of which others have changed something that differs still; false: the rest"),
    },
}
