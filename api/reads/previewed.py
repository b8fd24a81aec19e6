"""Mutations that are only previewed: ``extensions: {"preview": true}`` of the request, and of the answer.

All mutations of the request are carried out, in order, and looked at together; then they are undone. ``data`` is what
they would answer, without ``thing``: what is changed can't be read. One preview runs at a time: each holds the change
log's lock.
"""

import asyncio
from collections.abc import Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from functools import partial
from typing import Any

import neo4j
from graphql import GraphQLError

from api.context import Context
from api.model.refused import Rejected
from api.previews import in_part, preview_form
from api.requests.request_body import Asked, Previewed
from graph.questions.preview.consequences import Preview, preview
from rules.accounts.consequences import account_consequences

SHOWN = (
    "Person",
    "Employment",
    "Unit",
    "Assignment",
    "Role",
    "JobFunctionRole",
    "SystemRole",
    "ConstraintSetting",
    "PlannedAccount",
)
"""Types that a preview shows: who asks for one needs the right to read them all."""
_THREAD = ThreadPoolExecutor(1, thread_name_prefix="preview")


async def previewed(asked: Asked, context: Context, execute: Callable[[Asked, Context], Awaitable[Any]]) -> Any:
    """The result, with what the mutations would do in its extensions. Raises Rejected (forbidden)."""
    for type_ in SHOWN:
        try:
            context.access.require(type_)
        except GraphQLError as error:
            raise Rejected(error) from error
    loop = asyncio.get_running_loop()
    at = (asked.preview or Previewed()).at

    async def executed(rehearsal: neo4j.Driver) -> Any:
        return await execute(asked, replace(context, driver=rehearsal, changed=[]))

    def change(rehearsal: neo4j.Driver) -> Any:
        return asyncio.run_coroutine_threadsafe(executed(rehearsal), loop).result()

    def shown() -> Preview[Any]:
        with_reasons = context.access.scope is None
        follow = partial(account_consequences, memberships=context.memberships)
        found = preview(context.driver, change, at, with_reasons=with_reasons, follow=follow)
        return in_part(context.driver, context.access, found)

    found = await loop.run_in_executor(_THREAD, shown)
    result = found.outcome
    result.extensions = {**(result.extensions or {}), "preview": preview_form(found)}
    return result
