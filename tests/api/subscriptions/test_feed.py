"""One reader of the log for all subscribers: it goes on after Neo4j was gone, and what asks too much is refused."""

import asyncio
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace
from unittest.mock import AsyncMock
from urllib.parse import urlsplit

import neo4j
import orjson
import pytest
from structlog.testing import capture_logs
from websockets.asyncio.client import ClientConnection, connect

from api import availability
from api.availability import Availability, Away
from api.subscriptions import feed, results
from api.subscriptions.feed import Feed
from graph.change_log import Origin
from graph.connection import connect_async
from graph.cpr.keyring import Keyring
from graph.statements.statement import DatedValue, Statement
from graph.time import Period
from graph.writing.graph_writer import GraphWriter
from reconnect.embedded import Addresses
from tests.api.serving import Served, serving
from tests.api.subscriptions.test_websocket import closed_with, heard, init, opened, say
from tests.proxy import Proxy, proxied


def write(driver: neo4j.Driver, name: str) -> None:
    values = {"name": (DatedValue(Period(), name),)}
    GraphWriter(driver, Keyring.generate()).state("facts", [Statement("Unit", name, values=values)], Origin("facts"))


@pytest.fixture
def proxy(addresses: Addresses) -> Iterator[Proxy]:
    port = urlsplit(addresses.bolt_uri).port
    assert port is not None
    with proxied(port) as opened_:
        yield opened_


@pytest.fixture
def behind(
    clean_graph: neo4j.Driver, addresses: Addresses, proxy: Proxy, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Served]:
    monkeypatch.setattr(availability, "_EVERY", 0.2)
    with serving(replace(addresses, bolt_uri=f"bolt://127.0.0.1:{proxy.port}"), clean_graph, Keyring.generate()) as it:
        yield it


def subscribe(id_: str, query: str) -> dict[str, object]:
    return {"id": id_, "type": "subscribe", "payload": {"query": query}}


async def acknowledged(socket: ClientConnection, service: Served) -> None:
    await say(socket, init(service))
    assert (await heard(socket))["type"] == "connection_ack"


def test_a_subscription_goes_on_where_it_was_when_neo4j_comes_back(behind: Served, proxy: Proxy) -> None:
    """A restart of Neo4j; pings went on while nothing came any more."""

    async def listen() -> list[object]:
        async with opened(behind) as socket:
            await acknowledged(socket, behind)
            await say(socket, subscribe("1", "subscription { changes(after: 0) { number values { after { text } } } }"))
            await asyncio.to_thread(write, behind.driver, "before")
            told = [await heard(socket)]
            proxy.cut()
            await asyncio.to_thread(write, behind.driver, "meanwhile")
            await asyncio.sleep(1)
            proxy.come_back()
            while "meanwhile" not in str(told[-1]):
                told.append(await heard(socket))
            return told

    numbers = [each["payload"]["data"]["changes"]["number"] for each in asyncio.run(listen())]  # type: ignore[index]
    assert numbers == list(range(1, len(numbers) + 1))


def test_while_neo4j_is_away_the_log_is_looked_for_less_and_less_and_reported_once(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """It was looked for twice a second, with a line in the log each time."""
    driver: neo4j.AsyncDriver = AsyncMock()
    following = Feed(driver, Availability(driver))
    pauses: list[float] = []

    async def away() -> None:
        raise Away

    async def paused(seconds: float) -> None:
        pauses.append(seconds)
        if len(pauses) == 12:
            raise asyncio.CancelledError

    monkeypatch.setattr(following, "_look", away)
    with monkeypatch.context() as patched, capture_logs() as lines, suppress(asyncio.CancelledError):
        patched.setattr(feed, "sleep", paused)
        asyncio.run(following._read())
    assert pauses[:4] == [1.0, 2.0, 4.0, 4.0]
    assert sum(pauses) < 60
    assert [each["event"] for each in lines] == ["change_log_not_read"]


class Counting:
    """A driver that counts what is asked of it."""

    def __init__(self, driver: neo4j.AsyncDriver) -> None:
        self._driver = driver
        self.sessions = 0

    def session(self, **options: object) -> neo4j.AsyncSession:
        self.sessions += 1
        return self._driver.session(**options)

    def __getattr__(self, name: str) -> object:
        return getattr(self._driver, name)


def test_many_who_listen_ask_no_more_than_one(clean_graph: neo4j.Driver, addresses: Addresses) -> None:
    many = 100

    async def listen() -> tuple[int, list[list[int]]]:
        async with connect_async(addresses.bolt_uri, addresses.user, addresses.password) as driver:
            counting = Counting(driver)
            watch = availability.Availability(driver)
            feed = Feed(counting, watch)  # type: ignore[arg-type]
            heard_: list[list[int]] = [[] for _ in range(many)]

            async def one(into: list[int]) -> None:
                async for change in feed.follow(last, 60):
                    assert change is not None
                    into.append(change["number"])
                    if len(into) == 2:
                        return

            await asyncio.to_thread(write, clean_graph, "a")
            last = await feed._last()
            listening = asyncio.gather(*map(one, heard_))
            await asyncio.sleep(1)  # they wait, and ask nothing
            await asyncio.to_thread(write, clean_graph, "b")
            await asyncio.to_thread(write, clean_graph, "c")
            await listening
            return counting.sessions, heard_

    sessions, told = asyncio.run(listen())
    assert all(each == told[0] and each == sorted(set(each)) for each in told)
    assert len(told) == many
    assert sessions < many / 2


def test_what_asks_too_much_is_refused_as_a_question_is(small_service: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(results, "MOST", 2)
    flood = "subscription { changes { " + " ".join(f"a{n}: number" for n in range(101)) + " } }"
    doubled = " ".join(f"fragment F{n} on ChangeEvent {{ ...F{n + 1} ...F{n + 1} }}" for n in range(25))
    grown = f"subscription {{ changes {{ ...F0 }} }} {doubled} fragment F25 on ChangeEvent {{ number }}"
    plain = "subscription { changes { number } }"

    async def ask() -> list[tuple[object, object]]:
        async with opened(small_service) as socket:
            await acknowledged(socket, small_service)
            told = []
            await say(socket, subscribe("a", plain), subscribe("b", plain))
            for query in (flood, grown, "{ units { totalCount } }", "subscription { nothing }", plain):
                await say(socket, subscribe("c", query))
                message = await heard(socket)
                told.append((message["id"], message["payload"][0]["extensions"]["code"]))  # type: ignore[index]
            await say(socket, {"id": "a", "type": "complete"})
            for _ in range(120):  # its place is free once it has ended
                await say(socket, subscribe("d", "subscription { changes(after: 0) { kind: __typename number } }"))
                if (message := await heard(socket))["type"] == "next":
                    break
                await asyncio.sleep(1)
            told.append((message["id"], None))
            return told

    assert asyncio.run(ask()) == [
        ("c", "over_limit"),
        ("c", "over_limit"),
        ("c", "not_a_subscription"),
        ("c", "bad_question"),
        ("c", "over_limit"),
        ("d", None),
    ]


def test_a_message_has_a_limit(small_service: Served) -> None:
    async def ask() -> int:
        address = small_service.url.replace("http", "ws") + "/graphql"
        async with connect(address, subprotocols=["graphql-transport-ws"]) as socket:  # type: ignore[list-item]
            await acknowledged(socket, small_service)
            await socket.send(orjson.dumps(subscribe("1", "#" * 200_000)).decode())
            return await closed_with(socket)

    assert asyncio.run(ask()) == 1009
