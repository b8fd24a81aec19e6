"""``serve``: the web service."""

from __future__ import annotations

import asyncio
import contextlib
import errno
import socket
from collections.abc import Mapping
from contextlib import suppress
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console

from reconnect.context import Context, of
from reconnect.exits import CommandFailed
from reconnect.progress import progress
from reconnect.terminal import terminal

if TYPE_CHECKING:
    from api.http.pages import Pages

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
    of_run.is_web_service = True
    of_run.driver()
    with suppress(redis.RedisError):  # the worker looks again; answers need no Redis
        jobs.end_killed_runs(of_run)
    address, number = host or of_run.settings.api.host, port or api_port(of_run)
    taken = _listening(address, number)
    console = terminal(stderr=True)
    graphiql = _graphiql(console)
    pages = _pages(console)
    console.print(f"Serving at http://{address}:{number}/graphql")
    # uvicorn raises the signal that ended it again after everything is closed; that is not an interruption.
    with contextlib.suppress(KeyboardInterrupt):
        asyncio.run(_serve(of_run, address, number, taken, graphiql, pages))


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


def _pages(console: Console) -> Pages | None:
    """The pages for people; None, with a message, where they were not built: other systems need only the API."""
    from api.http.pages import Pages

    try:
        pages = Pages()
    except FileNotFoundError as missing:
        console.print(f"Serving without pages. {missing}")
        return None
    if pages.are_stale():
        console.print("The pages were built for another version, and parts of them will fail: run `make pages`.")
    return pages


async def _serve(
    context: Context,
    host: str,
    port: int,
    taken: socket.socket,
    graphiql: Mapping[str, bytes] | None,
    pages: Pages | None,
) -> None:
    # Imported here: help and the other commands must not wait for the API.
    import uvicorn

    from api.http import connections
    from api.http.app import create_app
    from reconnect.collector import keep_what_is_loaded
    from reconnect.web_service import service_of

    service = service_of(context, host, port, graphiql=graphiql, pages=pages)
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
