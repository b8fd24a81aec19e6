"""The Subscription type. The type of its events is defined beside the change feed's (``api.computed.change_feed``)."""

from collections.abc import AsyncIterator
from typing import TYPE_CHECKING, Annotated, Any

import strawberry
from strawberry import ID
from strawberry.types import Info

from api.context import Context
from api.enums import Kind

if TYPE_CHECKING:
    ChangeEvent = Any
else:
    ChangeEvent = Annotated["ChangeEvent", strawberry.lazy("api.schema")]

After = Annotated[
    int | None,
    strawberry.argument(description="The last number that was received; by default only new changes are sent"),
]


OfKind = Annotated[Kind | None, strawberry.argument(description="Only of this kind")]
OfThing = Annotated[ID | None, strawberry.argument(description="UUID: only of this thing")]


@strawberry.type(description="Changes, as they happen")
class Subscription:
    @strawberry.subscription(description="Each change of the log once, after a number or from now on")
    async def changes(
        self, info: Info[Context, None], after: After = None, kind: OfKind = None, uuid: OfThing = None
    ) -> AsyncIterator[ChangeEvent]:
        raise AssertionError("api.subscriptions.results answers it")
        yield  # makes it a generator
