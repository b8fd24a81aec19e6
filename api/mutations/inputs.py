"""Arguments and answers that mutations share."""

from datetime import date
from typing import Annotated, Any, Optional

import strawberry
from strawberry import ID, UNSET
from strawberry.types import Info

from api.context import Context, ReadBack
from api.model.types import THING

Thing: Any = Annotated[THING, strawberry.lazy("api.schema")]
At = Annotated[date | None, strawberry.argument(description="The day to read; by default today")]


FROM = "The first day; it must be given: null = no beginning, which rewrites history"
TO = "The day after the last; by default no end"
From_ = Annotated[date | None, strawberry.argument(name="from", description=FROM)]
To_ = Annotated[date | None, strawberry.argument(description=TO)]
NewFrom = Annotated[
    date | None, strawberry.argument(name="from", description="The first day; omitted = unchanged, null = no beginning")
]
NewTo = Annotated[
    date | None, strawberry.argument(description="The day after the last; omitted = unchanged, null = no end")
]
VERSION = "The version that was read; the change is rejected if the thing has another version now"


@strawberry.interface(description="The result of a mutation: the thing that it changed")
class Changed:
    uuid: ID | None = strawberry.field(description="UUID of the thing that was changed; null if there is none")

    @strawberry.field(graphql_type=Optional[Thing], description="The thing that was changed, read after the change")  # noqa: UP045
    def thing(self, info: Info[Context, None], at: At = None) -> None:
        """Notes that it is to be read (``api.reads.reading_back``)."""
        if self.uuid is None:
            return
        raw = info._raw_info
        path = raw.path.as_list()
        info.context.changed.append(ReadBack(path, self.uuid, raw.field_nodes, raw.operation, raw.fragments))


@strawberry.type(description="The result of a change")
class Written(Changed):
    version: int = strawberry.field(description="The new version; pass it as expectedVersion")
    change: int | None = strawberry.field(description="Number in the change log; null if nothing has changed")
    notice: str | None = strawberry.field(description="If nothing has changed: why")


@strawberry.type(
    description="A decision; the next run follows it: the import of the source, or the export of the target"
)
class Decided(Changed):
    id: ID = strawberry.field(description="Id of what was decided")


@strawberry.type(description="A person whom a decision is about")
class Marked(Changed):
    pass


@strawberry.type(description="The result of an erasure")
class Erased:
    uuids: list[ID] = strawberry.field(
        description="UUIDs of the person, and of the employments, accounts and assignments erased with it"
    )


@strawberry.type(description="The result of ending sessions")
class Ended:
    count: int = strawberry.field(description="How many sessions have ended")


@strawberry.input(description="A place in a period")
class PlaceInput:
    unit: ID = strawberry.field(description="UUID, or a source's key, of the unit")
    from_: date | None = strawberry.field(name="from", default=UNSET, description=FROM)
    to: date | None = strawberry.field(default=None, description=TO)


@strawberry.input(description="A unit of a new assignment; by default for as long as the assignment exists")
class AssignedUnitInput:
    unit: ID = strawberry.field(description="UUID, or a source's key, of the unit")
    from_: date | None = strawberry.field(
        name="from", default=None, description="The first day; by default that of the assignment"
    )
    to: date | None = strawberry.field(
        default=None, description="The day after the last; by default that of the assignment"
    )


@strawberry.input(description="A responsibility in a period")
class ResponsibilityInput:
    responsibility: str = strawberry.field(description="kind:key, such as kle:27.12 or system:cura")
    from_: date | None = strawberry.field(name="from", default=UNSET, description=FROM)
    to: date | None = strawberry.field(default=None, description=TO)


@strawberry.input(description="A unit and its places from a day on; they replace those set by hand for these days")
class PlacedUnitInput:
    unit: ID = strawberry.field(description="UUID, or a source's key, of the unit")
    parents: list[PlaceInput] = strawberry.field(description="The units above it over time")
    change_from: date | None = strawberry.field(
        default=None, description="The first day of the change; by default the first one that parents names"
    )
    expected_version: int | None = strawberry.field(default=None, description=VERSION)


@strawberry.input(description="The holder of a role: give exactly one of the three")
class HolderInput:
    employment: ID | None = strawberry.field(default=None, description="UUID, or a source's key, of the employment")
    affiliation: ID | None = strawberry.field(default=None, description="UUID, or a source's key, of the affiliation")
    person: ID | None = strawberry.field(default=None, description="UUID, or a source's key, of the person")
