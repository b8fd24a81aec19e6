"""``serve``: the web service."""

import asyncio
import contextlib
import errno
import socket
from collections.abc import Mapping
from contextlib import suppress
from functools import partial
from typing import Annotated

import typer
from rich.console import Console

from reconnect.context import Context, of
from reconnect.exits import CommandFailed
from reconnect.progress import progress
from reconnect.terminal import terminal

_GRACE = 10
"""Seconds for open requests and subscriptions to finish when the service ends."""


def register(app: typer.Typer) -> None:
    """Add the command to ``app``."""
    app.command()(serve)


def serve(
    context: typer.Context,
    host: Annotated[
        str | None, typer.Option(help="Address to listen on; default: api.host.", show_default=False)
    ] = None,
    port: Annotated[
        int | None, typer.Option(help="Port; default: api.port, otherwise chosen once.", show_default=False)
    ] = None,
) -> None:
    """Serve the GraphQL API until it is stopped: /graphql (GraphiQL in a browser), /metrics, /health.

    The service keeps no state: run as many as you need, behind a reverse proxy that handles TLS.
    """
    import redis

    from reconnect.work import jobs

    of_run = of(context)
    of_run.driver()
    with suppress(redis.RedisError):  # the worker looks again; answers need no Redis
        jobs.end_killed_runs(of_run)
    address, number = host or of_run.settings.api.host, port or api_port(of_run)
    taken = _listening(address, number)
    console = terminal(stderr=True)
    graphiql = _graphiql(console)
    console.print(f"Serving at http://{address}:{number}/graphql")
    # uvicorn raises the signal that ended it again after everything is closed; that is not an interruption.
    with contextlib.suppress(KeyboardInterrupt):
        asyncio.run(_serve(of_run, address, number, taken, graphiql))


def api_port(context: Context) -> int:
    """The port of the settings, otherwise the one that the home remembers."""
    return context.settings.api.port or context.instance.home.ports().get("api") or 8000


def _graphiql(console: Console) -> Mapping[str, bytes] | None:
    """GraphiQL's files; None, with a message, if they can't be fetched: other systems need only the API."""
    from reconnect.embedded.errors import EmbeddedError
    from reconnect.graphiql import fetched

    try:
        with progress() as report:
            return fetched(report)
    except EmbeddedError as error:
        console.print(f"Serving without GraphiQL. {error}")
        return None


async def _serve(
    context: Context, host: str, port: int, taken: socket.socket, graphiql: Mapping[str, bytes] | None
) -> None:
    # Imported here: help and the other commands must not wait for the API.
    import uvicorn

    from api.http import connections
    from api.http.app import Service, create_app
    from api.reads.limits import Limits
    from graph.connection import connect_async
    from graph.cpr.keyring import require_keys_of
    from reconnect.collector import keep_what_is_loaded
    from reconnect.identity_provider import claims_service, login_pages, require_system_and_key, web_login
    from reconnect.targets import objects
    from reconnect.work.source_health import as_answers

    uri, user, password = context.neo4j_login()
    require_keys_of(context.driver(), context.keyring)
    login = login_pages(context, host, port)
    require_system_and_key(context, login)
    service = Service(
        driver=context.driver(),
        # Made here, as an async driver belongs to the event loop that it runs in. The app closes it.
        reading=connect_async(uri, user, password),
        keyring=context.keyring,
        order=context.order,
        redis_url=context.redis_url(),
        states=partial(as_answers, context),
        role_rules={each.name: each.about for each in context.settings.roles},
        targets=objects(context.settings.targets),
        origins=context.settings.api.origins,
        introspection=context.settings.api.introspection,
        limits=Limits(budget=context.settings.api.budget),
        warm_up=True,
        claims=claims_service(context),
        login=login,
        handing=None if login is None else login.handing,
        four_eyes=frozenset(context.settings.api.four_eyes),
        address=context.settings.idp.address,
        web_login=web_login(context, f"http://{host}:{port}"),
        graphiql=graphiql,
    )
    config = connections.config(create_app(service), host, port, context.settings.api.proxies, _GRACE)
    keep_what_is_loaded()
    await uvicorn.Server(config).serve(sockets=[taken])


def _listening(host: str, port: int) -> socket.socket:
    """A socket on the address. Raises CommandFailed if the address is taken: uvicorn would exit with its own code."""
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        made = socket.socket(family, kind, protocol)
        made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            made.bind(address)
        except OSError:
            made.close()
            raise
    except OSError as error:
        why = "another process is using it" if error.errno == errno.EADDRINUSE else error.strerror
        raise CommandFailed(
            f"The service can't listen on {host}, port {port}: {why}. Choose another address with --host and --port "
            "(api.host and api.port in the settings), or stop the other process."
        ) from error
    return made
