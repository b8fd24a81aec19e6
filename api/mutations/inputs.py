"""Arguments and answers that mutations share."""

from datetime import date
from typing import Annotated, Any, Optional

import strawberry
from strawberry.types import Info

from api.context import Context
from api.reads.types import THING

Thing: Any = Annotated[THING, strawberry.lazy("api.schema")]
At = Annotated[date | None, strawberry.argument(description="The day to read; by default today")]


@strawberry.interface(description="What a mutation returns: what it has changed")
class Changed:
    uuid: strawberry.ID | None = strawberry.field(
        description="UUID of what was changed; null where nothing is known of it"
    )

    @strawberry.field(graphql_type=Optional[Thing], description="What was changed, read after the change")  # noqa: UP045
    def thing(self, info: Info[Context, None], at: At = None) -> None:
        """Notes that it is to be read (``api.mutations.reading_back``)."""
        if self.uuid is None:
            return
        # Imported late: it asks questions of the schema that this is a part of.
        from api.mutations.reading_back import ReadBack

        raw = info._raw_info
        path = raw.path.as_list()
        info.context.changed.append(ReadBack(path, self.uuid, raw.field_nodes, raw.operation, raw.fragments))


@strawberry.type(description="What a change has led to")
class Written(Changed):
    version: int = strawberry.field(description="Give it back as expectedVersion")
    change: int | None = strawberry.field(description="Number in the change log; null where nothing has changed")
    notice: str | None = strawberry.field(description="Where nothing has changed: what that means")


@strawberry.type(description="A decision that the next import follows")
class Decided(Changed):
    id: strawberry.ID = strawberry.field(description="id of what was decided")


@strawberry.type(description="A person of whom something was decided")
class Marked(Changed):
    pass


@strawberry.type(description="What was erased")
class Erased:
    uuids: list[strawberry.ID] = strawberry.field(
        description="UUIDs of the person, and of the employments, accounts and assignments erased with it"
    )


@strawberry.input(description="A place in a period; half-open, without to until further notice")
class PlaceInput:
    unit: str = strawberry.field(description="uuid, or a source's key")
    from_: date | None = strawberry.field(
        name="from", default=None, description="The first day; without it: always so far"
    )
    to: date | None = strawberry.field(
        default=None, description="The day after the last; without it: until further notice"
    )


@strawberry.input(description="A unit and all its places over time, instead of those told by hand before")
class PlacedUnitInput:
    unit: str = strawberry.field(description="UUID, or a source's key, of the unit")
    parents: list[PlaceInput] = strawberry.field(description="The units above it over time")
    expected_version: int | None = strawberry.field(
        default=None, description="The version that was read; the change is refused where it has another one now"
    )


@strawberry.input(description="Who holds: exactly one")
class HolderInput:
    employment: str | None = strawberry.field(default=None, description="UUID, or a source's key")
    affiliation: str | None = strawberry.field(default=None, description="UUID, or a source's key")
    person: str | None = strawberry.field(default=None, description="UUID, or a source's key")
