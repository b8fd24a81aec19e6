"""Rights that were taken away from a subscriber stay so while Neo4j is away, and they can't be looked up."""

import asyncio
from collections.abc import AsyncIterator
from types import SimpleNamespace
from typing import Any

from api.access.budget import Budgets
from api.access.credentials import Credential
from api.access.rights import Access
from api.availability import Away
from api.requests.request_body import Asked
from api.subscriptions.results import Subscriptions

HR, OPERATIONS = (Access("token:x", frozenset({each})) for each in ("hr", "operations"))
MOVED = '{"states": [{"from": "2026-01-01", "to": null, "street": "Skovstien 7"}]}'


def test_while_neo4j_is_away_the_last_rights_that_were_seen_count() -> None:
    """A home address that is read with hr, before hr is taken away, after it, and while nobody knows."""
    known: list[Access | None] = [HR, OPERATIONS, None]

    async def follow(*_: object) -> AsyncIterator[dict[str, Any]]:
        for number in range(3):
            yield {"number": number, "kind": "Person", "uuid": "p", "operation": "changed", "after": MOVED}

    async def access_of(*_: object, **__: object) -> Access:
        found = known.pop(0)
        if found is None:
            raise Away
        return found

    nothing: Any = SimpleNamespace()
    gate: Any = SimpleNamespace(access_of=access_of)
    feed: Any = SimpleNamespace(follow=follow)
    following = Subscriptions(gate, feed, Budgets(1_000_000), nothing, nothing, nothing)

    async def all_of_them() -> list[str]:
        asked = Asked("subscription { changes(after: 0) { number values { property after { text } } } }")
        return [str(each) async for each in following.results(Credential("x"), HR, asked)]

    assert ["Skovstien" in each for each in asyncio.run(all_of_them())] == [True, False, False]
