"""Neo4j that hangs or is gone: whoever asks is told within seconds, whoever waits is told too, and it comes back."""

import asyncio
import time
from collections.abc import Iterator
from dataclasses import replace
from urllib.parse import urlsplit

import httpx
import neo4j
import pytest
from websockets import ConnectionClosed, Subprotocol
from websockets.asyncio.client import connect

from api import availability
from api.availability import Availability, OutOfTime, Patience
from graph.connection import connect_async
from graph.cpr.keyring import Keyring
from reconnect.embedded import Addresses
from tests.api.serving import Served, serving
from tests.proxy import Proxy, proxied

ASK = "{ units { totalCount } }"


@pytest.fixture
def proxy(addresses: Addresses) -> Iterator[Proxy]:
    port = urlsplit(addresses.bolt_uri).port
    assert port is not None
    with proxied(port) as opened:
        yield opened


@pytest.fixture
def service(
    clean_graph: neo4j.Driver, addresses: Addresses, proxy: Proxy, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Served]:
    """Served from behind the proxy; it loses patience sooner than it does otherwise."""
    monkeypatch.setattr(availability, "_PATIENCE", 3.0)
    monkeypatch.setattr(availability, "_EVERY", 0.2)
    with serving(replace(addresses, bolt_uri=f"bolt://127.0.0.1:{proxy.port}"), clean_graph, Keyring.generate()) as it:
        assert it.data(ASK) == {"units": {"totalCount": 0}}
        yield it


def comes_back(service: Served) -> None:
    deadline = time.monotonic() + 120
    while httpx.get(f"{service.url}/health/ready", timeout=60).status_code != 200:
        assert time.monotonic() < deadline
        time.sleep(0.1)
    assert service.data(ASK) == {"units": {"totalCount": 0}}


async def close_code(url: str, token: str) -> int | None:
    """With which a websocket ends that comes now."""
    address = f"{url.replace('http', 'ws')}/graphql"
    async with connect(address, subprotocols=[Subprotocol("graphql-transport-ws")], proxy=None) as opened:
        await opened.send(f'{{"type": "connection_init", "payload": {{"Authorization": "Bearer {token}x"}}}}')
        with pytest.raises(ConnectionClosed) as closed:
            await opened.recv()
    return closed.value.rcvd and closed.value.rcvd.code


@pytest.mark.parametrize("how", ["hang", "cut"])
def test_every_question_is_answered_while_neo4j_is_away(service: Served, proxy: Proxy, how: str) -> None:
    token = service.token("reader")
    getattr(proxy, how)()
    for _ in range(2):  # the first one, and one that finds out that Neo4j is known to be away
        answer = service.post(ASK, token)
        assert answer.status_code == 503
        assert int(answer.headers["retry-after"]) > 0
        assert answer.json()["errors"][0]["extensions"]["code"] == "unavailable"
    ready = httpx.get(f"{service.url}/health/ready", timeout=60)
    assert (ready.status_code, ready.json()["ready"]) == (503, False)
    assert httpx.get(f"{service.url}/metrics", timeout=60).status_code == 200
    assert asyncio.run(close_code(service.url, token)) == 1013  # one after which clients connect again
    change = 'mutation { createUnit(from: "0001-01-01", name: "A", reason: "test") { uuid } }'
    assert service.post(change, token).status_code in (200, 503)
    (proxy.go_on if how == "hang" else proxy.come_back)()
    comes_back(service)


def test_waits_are_counted_and_the_time_between_them_is_not(addresses: Addresses) -> None:
    """A client's own pace is no time of the question."""

    async def waited() -> tuple[float, float]:
        async with connect_async(addresses.bolt_uri, addresses.user, addresses.password) as driver:
            patience = Patience(Availability(driver), 30.0)
            took = 0.0
            for _ in range(2):
                begun = time.monotonic()
                await patience.wait(lambda: asyncio.sleep(0.2))
                took += time.monotonic() - begun
                await asyncio.sleep(0.5)
            left = patience.left
            patience.left = 0.1
            with pytest.raises(OutOfTime):
                await patience.wait(lambda: asyncio.sleep(60))
            return 30.0 - left, took

    counted, took = asyncio.run(waited())
    assert 0.4 <= counted <= took
