"""The Subscription type."""

from collections.abc import AsyncIterator
from typing import Annotated

import strawberry
from strawberry.types import Info

from api.context import Context

After = Annotated[
    int | None,
    strawberry.argument(description="the last number that was seen; left out: only changes to come"),
]


@strawberry.type(description="A change of the log, as it happens")
class ChangeEvent:
    number: int = strawberry.field(description="Its number; the log has no gaps")
    at: str = strawberry.field(description="When it was made")
    source: str | None = strawberry.field(description="The source that brought it; manual = by hand")
    user: str | None = strawberry.field(description="Who made it by hand")
    reason: str | None = strawberry.field(description="Why, in the words of whoever made it")
    kind: str | None = strawberry.field(description="Kind of the thing")
    uuid: strawberry.ID = strawberry.field(description="UUID of the thing")
    operation: str | None = strawberry.field(description="What was done: created, changed, moved, ended, withdrawn …")
    before: str | None = strawberry.field(
        description="What was, as JSON; null of a person without the right to private fields"
    )
    after: str | None = strawberry.field(
        description="What is, as JSON; null of a person without the right to private fields"
    )


@strawberry.type(description="What happens, as it happens")
class Subscription:
    @strawberry.subscription(description="Changes after a number of the log (default: those to come), each once")
    async def changes(self, info: Info[Context, None], after: After = None) -> AsyncIterator[ChangeEvent]:
        raise AssertionError("api.subscriptions.results answers it")
        yield  # makes it a generator
