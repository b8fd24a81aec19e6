"""Mutations that are made together or not at all: ``extensions: {"together": true}`` of the request.

They are made in order, in one transaction. Where one is refused, none is made, and the whole request is refused for its
reason. Only mutations that a plan may hold are made so; those that need a second person are asked for one by one, since
a request that is noted must stay.
"""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import replace
from typing import Any

import neo4j
from graphql import GraphQLError
from neo4j.exceptions import DriverError, Neo4jError

from api.context import Context
from api.model.refused import Rejected
from api.mutations.planned import mutations
from api.requests.request_body import Asked
from graph.rehearsal import all_or_none


class _Refused(Exception):
    """One of the mutations was."""

    def __init__(self, errors: Sequence[GraphQLError]) -> None:
        super().__init__(errors[0].message)
        self.errors = errors


async def made_together(
    asked: Asked, context: Context, names: Sequence[str], execute: Callable[[Asked, Context], Awaitable[Any]]
) -> Any:
    """The result of all. ``names``: of the mutations. Raises Rejected (not_together, or why one of them is refused)."""
    for name in names:
        if name not in mutations():
            text = f"{name} can't be sent together with other changes; send it in a request of its own"
            raise Rejected(GraphQLError(text, extensions={"code": "not_together"}))

    def work(one: neo4j.Driver) -> Any:
        attempt = replace(context, driver=one, changed=[])
        # In a loop of its own: it has threads of its own, so it never waits for those who wait for it to end.
        result = asyncio.run(_awaited(execute(asked, attempt)))
        for error in result.errors or ():
            if isinstance(error.original_error, Neo4jError | DriverError):
                raise error.original_error  # it is tried again where that may help
        if result.errors:
            raise _Refused(result.errors)
        return result, attempt.changed

    try:
        result, changed = await asyncio.to_thread(all_or_none, context.driver, work)
    except _Refused as refused:
        raise Rejected(*refused.errors) from refused
    context.changed.extend(changed)
    return result


async def _awaited(work: Awaitable[Any]) -> Any:
    return await work
