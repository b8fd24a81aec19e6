"""The alternative to the API: a bare starlette endpoint that runs one Cypher statement and writes JSON with orjson.

Nobody is asked who they are, nothing is checked, compiled or limited. ``python -m benchmarks.bare_endpoint FILE`` with
the address of Neo4j, the statements by name, and the port to answer at, as JSON in FILE.
"""

import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import neo4j
import orjson
import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from graph.connection import connect_async


def application(uri: str, user: str, password: str, statements: dict[str, str]) -> Starlette:
    """POST / with {name, parameters} answers the rows of that statement."""
    opened: dict[str, neo4j.AsyncDriver] = {}

    @asynccontextmanager
    async def lifespan(app: Starlette) -> AsyncIterator[None]:
        async with connect_async(uri, user, password) as driver:
            opened["driver"] = driver
            yield

    async def ask(request: Request) -> Response:
        asked = orjson.loads(await request.body())
        async with opened["driver"].session(default_access_mode=neo4j.READ_ACCESS) as session:
            result = await session.run(statements[asked["name"]], asked["parameters"])
            rows = [record.data() async for record in result]
        return Response(orjson.dumps(rows, default=as_json), media_type="application/json")

    return Starlette(routes=[Route("/", ask, methods=["POST"])], lifespan=lifespan)


def as_json(value: Any) -> str:
    """Neo4j's dates, as GraphQL writes them."""
    return str(value.iso_format())


if __name__ == "__main__":
    told = orjson.loads(Path(sys.argv[1]).read_bytes())
    uvicorn.run(
        application(told["uri"], told["user"], told["password"], told["statements"]),
        port=told["port"],
        log_level="warning",
        access_log=False,
    )
