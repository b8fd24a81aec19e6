"""Two web services to compare, each in a process of its own, under the same server with the same options.

``api``: the program's own. ``bare``: a starlette endpoint that runs one Cypher statement and writes JSON with orjson;
it has no authentication, checks, compiler or limits.

``python -m benchmarks.endpoints FILE`` serves what FILE (JSON, see ``Wanted``) describes; ``serving`` starts that as
a process.
"""

import contextlib
import json
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Iterator
from datetime import date
from pathlib import Path
from typing import Literal

import neo4j
import orjson
import uvicorn
from pydantic import BaseModel
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from api.http import connections
from api.http.app import create_app
from api.http.service import Service
from api.reads.limits import Limits
from graph.connection import connect, connect_async
from graph.cpr.keyring import Keyring
from reconnect.collector import collect_seldom, keep_what_is_loaded
from reconnect.embedded import Addresses
from reconnect.logs.setup import configure

UNLIMITED = 10**12
"""The budget of the one token that all clients of a benchmark share; elsewhere each client has its own."""


class Wanted(BaseModel):
    """``statement`` and ``dates`` (parameters that are the same in every query): for the bare one only."""

    kind: Literal["api", "bare"]
    uri: str
    user: str
    password: str
    port: int
    statement: str = ""
    dates: dict[str, date | None] = {}


def application(wanted: Wanted) -> Starlette:
    """The wanted service."""
    reading = connect_async(wanted.uri, wanted.user, wanted.password)
    if wanted.kind == "api":
        driver = connect(wanted.uri, wanted.user, wanted.password)
        return create_app(Service(driver, reading, Keyring.generate(), limits=Limits(budget=UNLIMITED), warm_up=True))
    return _bare(wanted, reading)


def _bare(wanted: Wanted, driver: neo4j.AsyncDriver) -> Starlette:
    async def ask(request: Request) -> Response:
        parameters = {**wanted.dates, **orjson.loads(await request.body())}
        async with driver.session(default_access_mode=neo4j.READ_ACCESS) as session:
            result = await session.run(wanted.statement, parameters)
            rows = [dict(record) async for record in result]
        return Response(orjson.dumps(rows), media_type="application/json")

    @contextlib.asynccontextmanager
    async def lifespan(app: Starlette) -> AsyncIterator[None]:
        yield
        await driver.close()

    return Starlette(routes=[Route("/", ask, methods=["POST"])], lifespan=lifespan)


@contextlib.contextmanager
def serving(
    addresses: Addresses, kind: Literal["api", "bare"], statement: str = "", **dates: date | None
) -> Iterator[int]:
    """Serve it in a process beside this one. Yields its port."""
    port = _free_port()
    wanted = Wanted(
        kind=kind, uri=addresses.bolt_uri, user=addresses.user, password=addresses.password, port=port,
        statement=statement, dates=dates,
    )  # fmt: skip
    with tempfile.NamedTemporaryFile("w", suffix=".json") as file:
        file.write(wanted.model_dump_json())
        file.flush()
        process = subprocess.Popen([sys.executable, "-m", "benchmarks.endpoints", file.name])
        try:
            _await_answer(port, process)
            yield port
        finally:
            process.terminate()
            process.wait(30)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _await_answer(port: int, process: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + 60
    while True:
        try:
            socket.create_connection(("127.0.0.1", port), 1).close()
            return
        except OSError:
            if process.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError("the measured endpoint did not start") from None
            time.sleep(0.1)


if __name__ == "__main__":
    configure("json", "warning")  # a line a request would measure the terminal
    told = Wanted.model_validate(json.loads(Path(sys.argv[1]).read_text(encoding="utf-8")))
    served = application(told)
    collect_seldom()  # as the program does
    keep_what_is_loaded()
    uvicorn.Server(connections.config(served, "127.0.0.1", told.port)).run()
