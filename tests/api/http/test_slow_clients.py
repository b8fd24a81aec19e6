"""Large answers on their way: one that breaks off never looks whole, and slow clients don't hold all connections."""

import socket
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from urllib.parse import urlsplit

import httpx
import neo4j
import orjson
import pytest

from api.access.budget import MOST_STREAMS
from graph.cpr.keyring import Keyring
from reconnect.embedded import Addresses
from tests.api.serving import Served, serving
from tests.proxy import Proxy, proxied

LARGE = "{ badRecords(first: 100000) { nodes { id text } } }"
SMALL = "{ badRecords(first: 1) { nodes { id } } }"


@pytest.fixture
def proxy(addresses: Addresses) -> Iterator[Proxy]:
    port = urlsplit(addresses.bolt_uri).port
    assert port is not None
    with proxied(port) as opened:
        yield opened


@pytest.fixture
def service(clean_graph: neo4j.Driver, addresses: Addresses, proxy: Proxy) -> Iterator[Served]:
    """Its large answer is more than all buffers between it and a client hold."""
    clean_graph.execute_query(
        """
        UNWIND range(1, 20000) AS i
        CREATE (:BadRecord {id: 'r' + toString(1000000 + i), text: $text, rule: 'test', learnt: datetime()})
        """,
        text="x" * 1000,
    )
    with serving(replace(addresses, bolt_uri=f"bolt://127.0.0.1:{proxy.port}"), clean_graph, Keyring.generate()) as it:
        yield it


@contextmanager
def slow(service: Served, token: str) -> Iterator[httpx.Response]:
    """A client that takes little at a time."""
    options = [(socket.SOL_SOCKET, socket.SO_RCVBUF, 32768)]
    headers = {"Authorization": f"Bearer {token}", "Accept-Encoding": "identity"}
    with (
        httpx.Client(transport=httpx.HTTPTransport(socket_options=options), timeout=60) as client,
        client.stream("POST", f"{service.url}/graphql", json={"query": LARGE}, headers=headers) as answer,
    ):
        yield answer


def test_an_answer_that_breaks_off_does_not_look_whole(service: Served, proxy: Proxy) -> None:
    """Its status has been sent by then: the client must see that the connection ended before the answer did."""
    came = b""
    with slow(service, service.token()) as answer:
        assert answer.status_code == 200
        with pytest.raises(httpx.RemoteProtocolError):
            for piece in answer.iter_raw():
                if not came:
                    proxy.cut()
                came += piece
    assert came.startswith(b'{"data":{"badRecords":')
    with pytest.raises(orjson.JSONDecodeError):
        orjson.loads(came)


def test_slow_clients_of_a_token_hold_only_some_of_the_connections(service: Served) -> None:
    token, other = service.token("auditor"), service.token("hr")
    with ExitStack() as open_:
        first = open_.enter_context(ExitStack())
        assert first.enter_context(slow(service, token)).status_code == 200
        for _ in range(MOST_STREAMS - 1):
            assert open_.enter_context(slow(service, token)).status_code == 200
        refused = service.post(LARGE, token)
        assert refused.status_code == 429
        assert refused.json()["errors"][0]["extensions"]["code"] == "too_many_streams"
        assert int(refused.headers["retry-after"]) > 0
        assert "data" in service.post(SMALL, token).json()
        assert "data" in service.post(LARGE, other).json()
        first.close()
        deadline = time.monotonic() + 120
        while service.post(LARGE, token).status_code != 200:
            assert time.monotonic() < deadline, "a client that has gone holds its place"
            time.sleep(0.2)
