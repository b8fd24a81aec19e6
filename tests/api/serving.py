"""The web service for tests: the real application over HTTP, on the session's own Neo4j."""

import socket
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import httpx
import neo4j
import uvicorn

from api.access.four_eyes import Rule
from api.access.rights import ROLES
from api.access.tokens import create
from api.computed.contract import Operated, States
from api.http import connections
from api.http.app import create_app
from api.http.metrics import Logins
from api.http.service import Service
from api.runs import Runs
from exporters.objects.deciding import Decisions
from graph.connection import connect_async
from graph.cpr.keyring import Keyring
from idp.local_accounts.handing_over import HandingOver
from processes.cases.attachment_files import Store
from reconnect.embedded import Addresses

CLIENT = httpx.Client(timeout=60, trust_env=False)  # one for all, as each reads the authorities' certificates


@dataclass
class Served:
    """A running service. ``ask`` posts a question with a token of these roles."""

    url: str
    driver: neo4j.Driver
    _tokens: dict[tuple[str, ...], str] = field(default_factory=dict)

    def token(self, *roles: str) -> str:
        wanted = roles or ROLES
        if wanted not in self._tokens:
            self._tokens[wanted] = create(self.driver, f"test {' '.join(wanted)} {time.monotonic_ns()}", wanted)
        return self._tokens[wanted]

    def post(self, query: str, token: str | None, **variables: Any) -> httpx.Response:
        headers = {} if token is None else {"Authorization": f"Bearer {token}"}
        return self.send({"query": query, "variables": variables}, headers)

    def send(self, body: object, headers: Mapping[str, str]) -> httpx.Response:
        """Post anything that can be JSON."""
        return CLIENT.post(f"{self.url}/graphql", json=body, headers=headers)

    def ask(self, query: str, *roles: str, **variables: Any) -> dict[str, Any]:
        """The answer, errors and all."""
        answer: dict[str, Any] = self.post(query, self.token(*roles), **variables).json()
        return answer

    def data(self, query: str, *roles: str, **variables: Any) -> dict[str, Any]:
        answer = self.ask(query, *roles, **variables)
        assert "errors" not in answer, answer["errors"]
        found: dict[str, Any] = answer["data"]
        return found


@contextmanager
def serving(
    addresses: Addresses,
    driver: neo4j.Driver,
    keyring: Keyring,
    states: States | None = None,
    origins: tuple[str, ...] = (),
    handing: HandingOver | None = None,
    four_eyes: frozenset[Rule] = frozenset(),
    decisions: Decisions | None = None,
    logins: Logins | None = None,
    attachments: Store | None = None,
    runs: Runs | None = None,
) -> Iterator[Served]:
    """Run the application on a free port while the block runs."""
    reading = connect_async(addresses.bolt_uri, addresses.user, addresses.password)
    app = create_app(
        Service(
            driver,
            reading,
            keyring,
            redis_url=addresses.redis_url,
            states=states,
            origins=origins,
            handing=handing,
            four_eyes=four_eyes,
            decisions=decisions,
            logins=logins,
            attachments=attachments,
            operated=Operated(runs=runs),
        )
    )
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    server = uvicorn.Server(connections.config(app, "127.0.0.1", port))
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    deadline = time.monotonic() + 120
    while not server.started:
        assert time.monotonic() < deadline, "the service did not start"
        time.sleep(0.05)
    try:
        yield Served(f"http://127.0.0.1:{port}", driver)
    finally:
        server.should_exit = True
        thread.join(10)
