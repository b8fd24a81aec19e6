"""The web service: GraphQL over HTTP, websocket and server-sent events, GraphiQL, health and metrics."""

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import neo4j
import orjson
import structlog
from graphql import GraphQLError, OperationType
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import JSONResponse, Response, StreamingResponse
from starlette.routing import Route, WebSocketRoute

from api.accepted import GRAPHQL, JSON, is_a_persons, takes_graphql
from api.access.gate import Gate
from api.access_log import AccessLog
from api.asked import LARGEST_REQUEST, TooLarge, asked_in
from api.context import Context
from api.graphiql import GraphiQL
from api.health import live, ready
from api.limits import Limits
from api.metrics import ANSWERS, metrics
from api.reader import Reader, Rejected, question_of
from api.rules import States
from api.schema import schema
from api.subscriptions.transport import events, socket
from graph.cpr import Keyring, MissingKey
from graph.order import SourceOrder

_log = structlog.get_logger("api")
Endpoint = Callable[[Request], Awaitable[Response]]
_HOW_TO_SUBSCRIBE = (
    "A subscription is followed over a websocket (graphql-transport-ws), or as server-sent events: "
    "the same request with Accept: text/event-stream."
)
_NO_SCHEMA = "This service does not tell its schema (setting api.introspection); `reconnect schema` prints it."


@dataclass(frozen=True)
class Service:
    """What the web service works with. The program opens and closes the drivers."""

    driver: neo4j.Driver
    reading: neo4j.AsyncDriver
    keyring: Keyring
    order: SourceOrder = field(default_factory=SourceOrder)
    redis_url: str | None = field(default=None, repr=False)
    limits: Limits = field(default_factory=Limits)
    states: States | None = None
    role_rules: Mapping[str, Sequence[str]] = field(default_factory=dict)
    introspection: bool = True
    """Whether the schema is told (``__schema``, ``__type``), to whoever has a token."""
    graphiql: Mapping[str, bytes] | None = field(default=None, repr=False)
    """The files of ``api.graphiql.FETCHED``; None where they are not to be had."""


def create_app(service: Service) -> Starlette:
    """The ASGI application."""
    reader = Reader(
        service.reading,
        service.driver,
        service.keyring,
        service.limits,
        service.order,
        service.states,
        service.role_rules,
    )
    gate = Gate(service.reading)
    graphiql = GraphiQL(service.graphiql)
    graphql = partial(_graphql, service, reader, gate)

    @asynccontextmanager
    async def lifespan(app: Starlette) -> AsyncIterator[None]:
        yield
        await service.reading.close()

    return Starlette(
        lifespan=lifespan,
        # No CORS: a page of another origin has no business here unless the reverse proxy says so.
        middleware=[Middleware(AccessLog)],
        exception_handlers={
            neo4j.exceptions.Neo4jError: _store_failed,
            neo4j.exceptions.DriverError: _store_failed,
            MissingKey: _key_missing,
        },
        routes=[
            # One route for all, so that a refused method is told which ones there are.
            Route("/graphql", partial(_by_method, graphiql, graphql), methods=["GET", "POST"]),
            Route("/graphql/assets/{name}", graphiql.asset),
            Route("/graphql/events", partial(events, service, gate), methods=["POST"]),
            WebSocketRoute("/graphql", partial(socket, service, gate)),
            Route("/health/live", live),
            Route("/health/ready", partial(ready, service.reading, service.driver, service.redis_url)),
            Route("/metrics", partial(metrics, service.states)),
        ],
    )


async def _by_method(graphiql: GraphiQL, graphql: Endpoint, request: Request) -> Response:
    if request.method == "POST":
        return await graphql(request)
    accept = request.headers.get("accept", "*/*")
    if is_a_persons(accept) or ("*/*" in accept and "query" not in request.query_params):
        return await graphiql.page(request)
    # What is asked by GET stands in the logs of every proxy on the way, names and numbers of people too.
    return _failed(405, GraphQLError("Ask by POST."), allow="POST")


async def _graphql(service: Service, reader: Reader, gate: Gate, request: Request) -> Response:
    if "text/event-stream" in request.headers.get("accept", ""):
        return await events(service, gate, request)
    access = await gate.of_header(request.headers.get("authorization"))
    if access is None:
        nobody = GraphQLError(
            "a bearer token is needed: reconnect token create", extensions={"code": "unauthenticated"}
        )
        return _failed(401, nobody, **{"www-authenticate": "Bearer"})
    request.state.by = access.name
    own = takes_graphql(request.headers.get("accept", ""))
    form = GRAPHQL if own else JSON
    try:
        asked = await asked_in(request)
        question = question_of(asked.query, asked.operation)
        if question.operation.operation is OperationType.SUBSCRIPTION:
            raise Rejected(GraphQLError(_HOW_TO_SUBSCRIBE))
        if question.is_about_schema and not service.introspection:
            raise Rejected(GraphQLError(_NO_SCHEMA, extensions={"code": "forbidden"}))
        if question.is_read:
            gate.check(access, question)
            answer = await reader.answer(question, asked.variables, access.fields(), access.name)
            ANSWERS.labels("read").inc()
            if isinstance(answer, bytes):
                return Response(answer, media_type=form)
            return StreamingResponse(answer, media_type=form)
    except TooLarge:
        return _failed(413, GraphQLError(f"the question is larger than {LARGEST_REQUEST} bytes"))
    except Rejected as rejected:
        ANSWERS.labels("rejected").inc()
        return _failed(400 if own else 200, *rejected.errors, form=form)
    context = Context(access, service.driver, service.reading, service.keyring, service.order)
    result = await schema.execute(
        asked.query,
        None if asked.variables is None else dict(asked.variables),
        context_value=context,
        operation_name=asked.operation,
    )
    ANSWERS.labels("mutation" if question.operation.operation is OperationType.MUTATION else "schema").inc()
    told: dict[str, Any] = {"data": result.data}
    if result.errors:
        told["errors"] = [each.formatted for each in result.errors]
    return Response(orjson.dumps(told), media_type=form)


async def _store_failed(request: Request, error: Exception) -> Response:
    """Neo4j has not answered: the one error that asking again later mends, unless it took too long."""
    code = getattr(error, "code", None) or type(error).__name__
    _log.error("store_failed", code=code)
    ANSWERS.labels("failed").inc()
    if "TransactionTimedOut" in code:
        slow = "The question took too long. Ask for less at a time (first, after), or narrow it with a filter."
        return _failed(200, GraphQLError(slow, extensions={"code": "over_limit"}))
    return _failed(503, GraphQLError("The graph does not answer; try again.", extensions={"code": "unavailable"}))


async def _key_missing(request: Request, error: Exception) -> Response:
    _log.error("key_missing", error=str(error))
    ANSWERS.labels("failed").inc()
    text = (
        "A CPR number is encrypted with a key that this service does not have. Restart it with settings that hold it."
    )
    return _failed(503, GraphQLError(text, extensions={"code": "unavailable"}))


def _failed(status: int, *errors: GraphQLError, form: str = JSON, **headers: str) -> Response:
    told = {"errors": [each.formatted for each in errors]}
    return JSONResponse(told, status_code=status, headers=headers, media_type=form)
