"""The Subscription type. The type of its events is defined beside the change feed's (``api.computed.change_feed``)."""

from collections.abc import AsyncIterator
from typing import TYPE_CHECKING, Annotated, Any

import strawberry
from strawberry.types import Info

from api.context import Context

if TYPE_CHECKING:
    ChangeEvent = Any
else:
    ChangeEvent = Annotated["ChangeEvent", strawberry.lazy("api.schema")]

After = Annotated[
    int | None,
    strawberry.argument(description="The last number that was received; by default only new changes are sent"),
]


@strawberry.type(description="Changes, as they happen")
class Subscription:
    @strawberry.subscription(description="Each change of the log once, after a number or from now on")
    async def changes(self, info: Info[Context, None], after: After = None) -> AsyncIterator[ChangeEvent]:
        raise AssertionError("api.subscriptions.results answers it")
        yield  # makes it a generator
