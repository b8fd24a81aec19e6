"""The schema as a file at /schema.graphql, for code generators and editors; `reconnect schema` prints the same."""

import asyncio
from functools import cache

from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response

from api.schema import schema


@cache
def schema_text() -> str:
    """In GraphQL's schema definition language."""
    return schema.as_str() + "\n"


async def schema_file(request: Request) -> Response:
    return PlainTextResponse(await asyncio.to_thread(schema_text), headers={"cache-control": "no-cache"})
