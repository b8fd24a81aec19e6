"""Arguments and answers that mutations share."""

from datetime import date

import strawberry


@strawberry.type(description="What a change has led to")
class Written:
    uuid: strawberry.ID
    version: int = strawberry.field(description="give it back as expectedVersion")
    change: int | None = strawberry.field(description="number in the change log; null where nothing has changed")
    notice: str | None = strawberry.field(description="where nothing has changed: what that means")


@strawberry.type(description="A decision that the next import follows")
class Decided:
    id: strawberry.ID


@strawberry.input(description="A place in a period; half-open, without to until further notice")
class PlaceInput:
    unit: str = strawberry.field(description="uuid, or a source's key")
    from_: date | None = strawberry.field(name="from", default=None)
    to: date | None = None


@strawberry.input(description="A unit and all its places over time, instead of those told by hand before")
class PlacedUnitInput:
    unit: str
    parents: list[PlaceInput]
    expected_version: int | None = None


@strawberry.input(description="Who holds: exactly one")
class HolderInput:
    employment: str | None = None
    affiliation: str | None = None
    person: str | None = None
