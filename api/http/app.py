"""The web service: GraphQL over HTTP, websocket and server-sent events, GraphiQL, health and metrics."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from functools import partial
from typing import Any

import neo4j
import orjson
from graphql import GraphQLError, OperationType
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.middleware.cors import CORSMiddleware
from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response
from starlette.routing import Route, WebSocketRoute
from starlette_compress import CompressMiddleware, add_compress_type, remove_compress_type

from api.access.budget import Budgets, Spent
from api.access.credentials import Credential, bearer, credential_of
from api.access.deprecated_uses import DeprecatedUses
from api.access.read_log import ReadLog
from api.access.rights import Access
from api.availability import Availability, Away
from api.callers.gate import Gate
from api.callers.noted_reads import NotedReads
from api.callers.origins import is_own_page
from api.callers.refusals import Refusals
from api.computed.contract import Statement
from api.context import Context
from api.http.accepted import EVENTS, GRAPHQL, JSON, is_a_persons, takes_events, takes_graphql, takes_only_events
from api.http.access_log import AccessLog
from api.http.answer_headers import AnswerHeaders
from api.http.attachments import ATTACHMENTS, UPLOADS, Attachments
from api.http.case_starts import MESSAGES, WEBHOOKS, CaseStarts
from api.http.failed import away, failed, key_missed, not_served, store_failed, unknown_caller
from api.http.graphiql import GraphiQL
from api.http.health import live, ready
from api.http.last_resort import LastResort
from api.http.metrics import ANSWERS, metrics
from api.http.one_time_links import routes as one_time_links
from api.http.schema_file import schema_file
from api.http.service import Service
from api.http.streamed import Streamed
from api.http.warming import Warming
from api.login.claims import claims_routes
from api.login.client_credentials import oauth_routes
from api.login.routes import routes
from api.login.saml_routes import saml_routes
from api.login.web_login import WebLogin
from api.login.web_routes import web_routes, with_session
from api.model.refused import Rejected
from api.reads.executed import executed
from api.reads.question import question_for
from api.reads.reader import Reader
from api.reads.reading_back import Read
from api.requests.failures import noted
from api.requests.request_body import Asked, BadRequest, asked_in, hash_only
from api.subscriptions.feed import Feed
from api.subscriptions.results import Subscriptions
from api.subscriptions.transport import as_event, events, socket
from graph.cpr.keyring import MissingKey

SMALLEST_COMPRESSED = 1024
"""Bytes of an answer; below that, compression takes more than it saves."""
add_compress_type(GRAPHQL.partition(";")[0])
# Events are small and come as long as a client listens: each stream would need a compressor. The page's files are
# large, and kept by the browser: compressing them would block other requests for a moment.
for _form in (EVENTS, "text/javascript", "text/css"):
    remove_compress_type(_form)

Endpoint = Callable[[Request], Awaitable[Response]]
_HOW_TO_SUBSCRIBE = (
    "A subscription is followed over a websocket (graphql-transport-ws), or as server-sent events: "
    "the same request with Accept: text/event-stream."
)
_ONLY_MUTATIONS = "extensions.preview and extensions.together are for mutations: a query changes nothing."
_NO_SCHEMA = "This service does not show its schema (setting api.introspection); `reconnect schema` prints it."


def create_app(service: Service) -> Starlette:
    """The ASGI application."""
    availability = Availability(service.reading)
    reader = Reader(
        service.reading,
        service.driver,
        service.keyring,
        service.limits,
        service.order,
        service.states,
        service.role_rules,
        availability,
        service.targets,
        service.memberships,
        service.decisions,
        service.operated,
    )
    warming = Warming(reader, service.driver, is_done=not service.warm_up)
    login = service.web_login
    gate = Gate(service.reading, availability, None if login is None else login.sessions)
    graphiql = GraphiQL(service.graphiql)
    budgets = Budgets(service.limits.budget)
    log = ReadLog(service.reading)
    refusals = Refusals(service.driver)
    subscriptions = Subscriptions(gate, Feed(service.reading, availability), budgets, log, service.driver, refusals)
    deprecated = DeprecatedUses(service.reading, availability)
    noting = NotedReads(log)
    graphql = partial(
        _graphql, service, reader, gate, availability, subscriptions, budgets, deprecated, noting, refusals
    )

    @asynccontextmanager
    async def lifespan(app: Starlette) -> AsyncIterator[None]:
        availability.watched()
        if not warming.is_done:
            warming.begin()
        yield
        await warming.close()
        await log.close()
        await availability.close()
        await service.reading.close()

    webhook = partial(_webhook, service, gate, CaseStarts(service.driver, availability, budgets, refusals))
    return Starlette(
        lifespan=lifespan,
        middleware=_middleware(service),
        exception_handlers={
            neo4j.exceptions.Neo4jError: store_failed,
            neo4j.exceptions.DriverError: store_failed,
            Away: away,
            MissingKey: key_missed,
            HTTPException: not_served,
        },
        routes=[
            # One route for all, so that a refused method gets the list of allowed ones.
            Route("/graphql", partial(_by_method, graphiql, graphql), methods=["GET", "POST"]),
            Route("/graphql/assets/{name}", graphiql.asset),
            Route("/schema.graphql", partial(_schema_file, service, gate)),
            Route("/graphql/events", partial(graphql, as_events=True), methods=["POST"]),
            WebSocketRoute("/graphql", partial(socket, service.origins, login, gate, subscriptions)),
            *(Route(path, webhook, methods=["POST"]) for path in (WEBHOOKS, MESSAGES)),
            *_files(service, gate, availability, budgets, refusals, noting),
            Route("/health/live", live),
            Route("/health/ready", partial(ready, availability, warming, service.redis_url)),
            Route("/metrics", partial(metrics, availability, service.driver, service.states, service.logins)),
            *(() if service.redis_url is None else one_time_links(service.redis_url)),
            *(() if service.login is None else routes(service.login, availability)),
            *oauth_routes(service.driver, availability, gate.failed_logins, service.address),
            *(() if login is None else web_routes(login, availability, has_start=service.pages is not None)),
            *(() if login is None or login.saml is None else saml_routes(login, login.saml, availability)),
            *(() if service.claims is None else claims_routes(service.claims, availability)),
            Route("/was", partial(to_accessibility_statement, service.operated.accessibility)),
            # Last, since it has a page for every address.
            *(
                ()
                if login is None or service.pages is None
                else service.pages.routes(
                    partial(with_session, login, availability), warming.ask_ahead if service.warm_up else None
                )
            ),
        ],
    )


def to_accessibility_statement(stated: Statement, _: Request) -> Response:
    """``/was``, the address by which anybody finds the accessibility statement of a Danish site, without a login."""
    return RedirectResponse(stated.statement or "/accessibility", 303)


def _middleware(service: Service) -> list[Middleware]:
    found = [Middleware(AccessLog), Middleware(AnswerHeaders)]
    if service.origins:
        # No cookies, so no credentials: a page of another origin brings its own token.
        names = ("Authorization", "Content-Type")
        shown = ("Retry-After", "WWW-Authenticate")
        found.append(
            Middleware(
                CORSMiddleware,
                allow_origins=service.origins,
                allow_methods=("POST",),
                allow_headers=names,
                expose_headers=shown,
            )
        )
    # The fastest levels: the answer waits for it, and so do other requests.
    found.append(
        Middleware(CompressMiddleware, minimum_size=SMALLEST_COMPRESSED, brotli=False, zstd_level=1, gzip_level=1)
    )
    found.append(Middleware(LastResort))
    return found


async def _by_method(graphiql: GraphiQL, graphql: Endpoint, request: Request) -> Response:
    if request.method == "POST":
        return await graphql(request)
    accept = request.headers.get("accept", "*/*")
    if "persistedQuery" in request.query_params.get("extensions", "") and not is_a_persons(accept):
        own = takes_graphql(accept)
        return failed(400 if own else 200, *hash_only().errors, form=GRAPHQL if own else JSON)
    if is_a_persons(accept) or ("*/*" in accept and "query" not in request.query_params):
        return await graphiql.page(request)
    # A query by GET would be in the logs of every proxy on the way, with names and numbers of people.
    by_post = GraphQLError("Send queries by POST.", extensions={"code": "method_not_allowed"})
    return failed(405, by_post, allow="POST")


async def _graphql(
    service: Service,
    reader: Reader,
    gate: Gate,
    availability: Availability,
    subscriptions: Subscriptions,
    budgets: Budgets,
    deprecated: DeprecatedUses,
    noting: NotedReads,
    refusals: Refusals,
    request: Request,
    as_events: bool = False,
) -> Response:
    availability.watched()
    accept = request.headers.get("accept", "")
    own = takes_graphql(accept)
    form = EVENTS if as_events or takes_only_events(accept) else GRAPHQL if own else JSON
    credential = _credential(service, request)
    access = await _login(service, gate, request, credential)
    if isinstance(access, Response):
        return access
    assert credential is not None
    account = budgets.of(access.name)
    asked: Asked | None = None
    try:
        account.require()
        asked = await asked_in(request)
        _require_questions(access)
        question = await question_for(asked.query, asked.operation, account)
        checks_itself = question.operation.operation is OperationType.MUTATION
        if not checks_itself and not (question.is_read and gate.is_own(access, question)):
            await _require_rights(service.web_login, access, availability)
        if question.operation.operation is OperationType.SUBSCRIPTION:
            if form != EVENTS and not takes_events(accept):
                raise Rejected(GraphQLError(_HOW_TO_SUBSCRIBE, extensions={"code": "subscription_over_http"}))
            return events(subscriptions, credential, access, asked)
        if (asked.preview is not None or asked.together) and question.operation.operation is not OperationType.MUTATION:
            raise Rejected(GraphQLError(_ONLY_MUTATIONS, extensions={"code": "bad_request"}))
        if question.is_about_schema and not service.introspection:
            raise Rejected(GraphQLError(_NO_SCHEMA, extensions={"code": "forbidden"}))
        forbidden = gate.forbidden(access, question)
        if forbidden and not question.is_read:
            raise Rejected(*forbidden.values())
        deprecated.note(access.name, question.deprecated)
        read = partial(
            reader.answer,
            rights=access.fields(),
            asker=access.name,
            account=account,
            roles=access.everywhere,
            access=access,
            forbidden=forbidden,
            shown=partial(noted, state=request.state),
            told=partial(refusals.told, access),
        )
        is_person = credential.is_session or access.person is not None
        if question.is_read:
            if is_person:
                answer = await noting.answer(read, question, asked, access)
            else:
                answer = await read(question, asked.variables)
            ANSWERS.labels("read").inc()
            return _answered(answer, form)
        context = Context(
            access,
            service.driver,
            service.reading,
            service.keyring,
            service.order,
            service.four_eyes,
            memberships=service.memberships,
            handing=service.handing,
            decisions=service.decisions,
            runs=service.operated.runs,
        )
        back: Read = read
        if is_person and question.operation.operation is OperationType.MUTATION:
            noting.require_room()
            back = noting.of_changes(read, question, access)
        result, paid = await executed(question, asked, context, availability, service.limits, account, back)
        shown = (result.extensions or {}).get("preview")
        if is_person and shown is not None:
            noting.note_preview(question, access, shown)
    except Spent as spent:
        ANSWERS.labels("rejected").inc()
        return failed(429, spent.error, **{"retry-after": str(spent.wait)})
    except Rejected as rejected:
        ANSWERS.labels("rejected").inc()
        account.charge_refused(0 if asked is None else asked.size)
        errors = noted(await refusals.told(access, rejected.errors), request.state)
        status = 400 if own or form == EVENTS else 200
        headers = None
        if isinstance(rejected, BadRequest):
            status, headers = rejected.status, {"connection": "close"}  # the rest of the request is not awaited
        return JSONResponse({"errors": errors}, status, headers, JSON if form == EVENTS else form)
    ANSWERS.labels("mutation" if question.operation.operation is OperationType.MUTATION else "schema").inc()
    body: dict[str, Any] = {"data": result.data, "extensions": {**(result.extensions or {}), "cost": paid}}
    if result.errors:
        body["errors"] = noted(await refusals.told(access, result.errors), request.state)
    return _answered(orjson.dumps(body), form)


def _credential(service: Service, request: Request) -> Credential | None:
    cookie = None if service.web_login is None else service.web_login.cookie
    return credential_of(request.headers.get("authorization"), request.cookies, cookie)


async def _login(service: Service, gate: Gate, request: Request, credential: Credential | None) -> Access | Response:
    """The caller's access, or the answer to an unknown caller, and to a page of others that lets a browser ask."""
    login = service.web_login
    is_session = credential is not None and credential.is_session
    if login is not None and is_session and request.method != "GET" and not is_own_page(request.headers, login.address):
        return failed(403, GraphQLError(_OTHER_PAGE, extensions={"code": "cross_site"}))
    address = request.client.host if request.client else None
    access = await gate.login(credential, address)
    if access is None:
        if is_session:
            return failed(401, GraphQLError(_NO_SESSION, extensions={"code": "unauthenticated"}))
        return unknown_caller(0 if credential is None else gate.failed_logins.wait(address), credential is not None)
    request.state.by = access.name
    return access


async def _webhook(service: Service, gate: Gate, starts: CaseStarts, request: Request) -> Response:
    """For tokens only: a page of others can't make a browser start a case with its session."""
    access = await _login(service, gate, request, bearer(request.headers.get("authorization")))
    return access if isinstance(access, Response) else await starts.answer(request, access)


def _files(
    service: Service, gate: Gate, availability: Availability, budgets: Budgets, refusals: Refusals, noting: NotedReads
) -> list[Route]:
    """The addresses of files, for tokens and for sessions of this service's own pages, as GraphQL is."""
    if service.attachments is None:
        return []
    files = Attachments(
        service.driver, service.keyring, service.attachments, availability, budgets, refusals, noting, {}
    )

    async def answer(do: Callable[[Request, Access], Awaitable[Response]], request: Request) -> Response:
        access = await _login(service, gate, request, _credential(service, request))
        return access if isinstance(access, Response) else await do(request, access)

    return [
        Route(UPLOADS, partial(answer, files.upload), methods=["POST"]),
        Route(ATTACHMENTS, partial(answer, files.by_id), methods=["GET", "DELETE"]),
    ]


def _require_questions(access: Access) -> None:
    """Raises Rejected (forbidden) for a machine that may only call webhooks; it learns nothing else."""
    try:
        access.require_questions()
    except GraphQLError as error:
        raise Rejected(error) from error


async def _require_rights(login: WebLogin | None, access: Access, availability: Availability) -> None:
    """Raises Rejected (no_rights) for a person without any."""
    if not access.roles and login is not None:
        missing = await availability.answered(login.missing_rights)
        raise Rejected(GraphQLError(missing.text, extensions={"code": "no_rights", **missing.extensions}))


async def _schema_file(service: Service, gate: Gate, request: Request) -> Response:
    """For callers who may also query the schema."""
    access = await _login(service, gate, request, _credential(service, request))
    if isinstance(access, Response):
        return access
    try:
        access.require_questions()
    except GraphQLError as error:
        return failed(403, error)
    if not service.introspection or not access.roles:
        return failed(403, GraphQLError(_NO_SCHEMA, extensions={"code": "forbidden"}))
    return await schema_file(request)


def _answered(answer: bytes | AsyncIterator[bytes], form: str) -> Response:
    if form == EVENTS:
        return Streamed(as_event(answer), media_type=EVENTS)
    if isinstance(answer, bytes):
        return Response(answer, media_type=form)
    return Streamed(answer, media_type=form)


_NO_SESSION = "You are not logged in, or the session has ended. Log in again, at /."
_OTHER_PAGE = (
    "Only pages of this service may use the session of a browser. Other clients send the header 'Authorization: Bearer "
    "TOKEN'."
)
