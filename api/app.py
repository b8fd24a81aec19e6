"""The web service: GraphQL over HTTP, websocket and server-sent events, GraphiQL, health and metrics."""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import neo4j
import orjson
import structlog
from graphql import GraphQLError
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, Response, StreamingResponse
from starlette.routing import Route, WebSocketRoute

from api.access.gate import Gate
from api.context import Context
from api.graphiql import page
from api.health import live, ready
from api.limits import Limits
from api.metrics import ANSWERS, metrics
from api.reader import Reader, Rejected, question_of
from api.schema import schema
from api.subscriptions.transport import events, socket
from graph.cpr import Keyring
from graph.order import SourceOrder

LARGEST_REQUEST = 1024 * 1024  # bytes; no question of a person or program comes near it
_log = structlog.get_logger("api")


@dataclass(frozen=True)
class Service:
    """What the web service works with. The program opens and closes the drivers."""

    driver: neo4j.Driver
    reading: neo4j.AsyncDriver
    keyring: Keyring
    order: SourceOrder = field(default_factory=SourceOrder)
    redis_url: str | None = field(default=None, repr=False)
    limits: Limits = field(default_factory=Limits)


def create_app(service: Service) -> Starlette:
    """The ASGI application."""
    reader = Reader(service.reading, service.driver, service.keyring, service.limits)
    gate = Gate(service.reading)
    graphql = partial(_graphql, service, reader, gate)

    @asynccontextmanager
    async def lifespan(app: Starlette) -> AsyncIterator[None]:
        yield
        await service.reading.close()

    return Starlette(
        lifespan=lifespan,
        routes=[
            Route("/graphql", graphql, methods=["GET", "POST"]),
            Route("/graphql/events", partial(events, service, gate), methods=["POST"]),
            WebSocketRoute("/graphql", partial(socket, service, gate)),
            Route("/health/live", live),
            Route("/health/ready", partial(ready, service.reading, service.driver, service.redis_url)),
            Route("/metrics", metrics),
        ],
    )


async def _graphql(service: Service, reader: Reader, gate: Gate, request: Request) -> Response:
    if request.method == "GET":
        return HTMLResponse(page())
    access = await gate.of_header(request.headers.get("authorization"))
    if access is None:
        nobody = GraphQLError(
            "a bearer token is needed: reconnect token create", extensions={"code": "unauthenticated"}
        )
        return _failed(401, nobody)
    if int(request.headers.get("content-length") or 0) > LARGEST_REQUEST:
        return _failed(413, GraphQLError(f"the question is larger than {LARGEST_REQUEST} bytes"))
    body = await request.body()
    try:
        asked = _asked(body)
        question = question_of(asked["query"], asked.get("operationName"))
        if question.is_read:
            gate.check(access, question)
            answer = await reader.answer(question, asked.get("variables"), access.fields(), access.name)
            ANSWERS.labels("read").inc()
            if isinstance(answer, bytes):
                return Response(answer, media_type="application/json")
            return StreamingResponse(answer, media_type="application/json")
    except Rejected as rejected:
        ANSWERS.labels("rejected").inc()
        return _failed(200, *rejected.errors)
    context = Context(access, service.driver, service.reading, service.keyring, service.order)
    result = await schema.execute(
        asked["query"], asked.get("variables"), context_value=context, operation_name=asked.get("operationName")
    )
    ANSWERS.labels("mutation").inc()
    form: dict[str, Any] = {"data": result.data}
    if result.errors:
        form["errors"] = [each.formatted for each in result.errors]
    return Response(orjson.dumps(form), media_type="application/json")


def _asked(body: bytes) -> Mapping[str, Any]:
    try:
        asked = orjson.loads(body)
    except orjson.JSONDecodeError as error:
        raise Rejected(GraphQLError(f"the body is no JSON: {error}")) from error
    if not isinstance(asked, dict) or not isinstance(asked.get("query"), str):
        raise Rejected(GraphQLError('the body is {"query": …, "variables": …, "operationName": …}'))
    if not isinstance(asked.get("variables") or {}, dict):
        raise Rejected(GraphQLError("variables is an object"))
    return asked


def _failed(status: int, *errors: GraphQLError) -> Response:
    return JSONResponse({"errors": [each.formatted for each in errors]}, status_code=status)
