"""The Subscription type."""

from collections.abc import AsyncIterator
from typing import Any

import strawberry
from strawberry.types import Info

from api.context import Context
from api.subscriptions.log import follow


@strawberry.type(description="A change of the log, as it happens")
class ChangeEvent:
    number: int
    at: str
    source: str | None
    user: str | None
    reason: str | None
    kind: str | None
    uuid: strawberry.ID
    operation: str | None
    before: str | None
    after: str | None


@strawberry.type
class Subscription:
    @strawberry.subscription(description="Changes after a number of the log (default: those to come), each once")
    async def changes(self, info: Info[Context, None], after: int | None = None) -> AsyncIterator[ChangeEvent]:
        context = info.context
        context.access.require("Change")
        private = "private" in context.access.fields()
        async for change in follow(context.reading, after):
            if change.get("kind") == "Person" and not private:
                # What has changed may be a home address.
                change |= {"before": None, "after": None}
            told: dict[str, Any] = {name: change.get(name) for name in ChangeEvent.__annotations__}
            yield ChangeEvent(**told)
