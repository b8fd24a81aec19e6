"""The graphql-transport-ws protocol, where clients do what they should not, and where the graph fails."""

import asyncio
from collections.abc import Mapping

import orjson
import pytest
from websockets import ConnectionClosed
from websockets.asyncio.client import ClientConnection, connect

from api.subscriptions import feed, transport
from tests.api.serving import Served

ASK = {"id": "1", "type": "subscribe", "payload": {"query": "subscription { changes(after: 0) { number } }"}}


def opened(service: Served, headers: Mapping[str, str] | None = None) -> connect:
    address = service.url.replace("http", "ws") + "/graphql"
    return connect(address, subprotocols=["graphql-transport-ws"], additional_headers=headers)  # type: ignore[list-item]


async def say(socket: ClientConnection, *messages: object) -> None:
    for each in messages:
        await socket.send(orjson.dumps(each).decode())


async def heard(socket: ClientConnection) -> dict[str, object]:
    message: dict[str, object] = orjson.loads(await asyncio.wait_for(socket.recv(), 30))
    return message


async def closed_with(socket: ClientConnection) -> int:
    """The close code; what was said before is passed over."""
    with pytest.raises(ConnectionClosed) as closed:
        while True:
            await heard(socket)
    assert closed.value.rcvd is not None
    return closed.value.rcvd.code


def init(service: Served, name: str = "Authorization") -> dict[str, object]:
    return {"type": "connection_init", "payload": {name: f"Bearer {service.token('auditor')}"}}


def test_the_token_may_come_with_the_request_that_opens_the_connection(small_service: Served) -> None:
    async def ask() -> object:
        headers = {"Authorization": f"Bearer {small_service.token('auditor')}"}
        async with opened(small_service, headers) as socket:
            await say(socket, {"type": "connection_init"}, ASK)
            assert (await heard(socket))["type"] == "connection_ack"
            return (await heard(socket))["type"]

    assert asyncio.run(ask()) == "next"


def test_the_name_of_the_token_is_a_headers_name(small_service: Served) -> None:
    async def ask() -> object:
        async with opened(small_service) as socket:
            await say(socket, init(small_service, "AUTHORIZATION"))
            return (await heard(socket))["type"]

    assert asyncio.run(ask()) == "connection_ack"


def test_who_does_not_say_who_it_is_is_let_go(small_service: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(transport, "PATIENCE", 0.2)

    async def wait() -> int:
        async with opened(small_service) as socket:
            await say(socket, {"type": "ping"})
            return await closed_with(socket)

    assert asyncio.run(wait()) == 4408


@pytest.mark.parametrize("offered", [["graphql-ws"], ["graphql-ws", "soap"], None])
def test_a_client_with_another_protocol_gets_the_right_one(small_service: Served, offered: list[str] | None) -> None:
    """The older graphql-ws too. A browser would see nothing of a connection that is refused before it is taken."""

    async def ask() -> tuple[str | None, int, str]:
        address = small_service.url.replace("http", "ws") + "/graphql"
        async with connect(address, subprotocols=offered) as socket:  # type: ignore[arg-type]
            with pytest.raises(ConnectionClosed) as closed:
                await socket.recv()
            assert closed.value.rcvd is not None
            return socket.subprotocol, closed.value.rcvd.code, closed.value.rcvd.reason

    taken = offered[0] if offered else None
    assert asyncio.run(ask()) == (taken, 4406, "Subprotocol not acceptable: graphql-transport-ws is spoken here")


@pytest.mark.parametrize(
    ("messages", "code"),
    [
        ([ASK], 4401),
        ([{"type": "connection_init", "payload": ["Bearer x"]}], 4403),
        ([{"type": "connection_init", "payload": {"Authorization": 1}}], 4403),
        ([["connection_init"]], 4400),
        (["INIT", "INIT"], 4429),
        (["INIT", {"id": "1", "type": "subscribe"}], 4400),
        (["INIT", ASK, ASK], 4409),
        (["INIT", {"type": "nothing"}], 4400),
        ([{"type": "start"}], 4400),
        ([{"type": ["ping"]}], 4400),
        (["INIT", {"type": "connection_ack"}], 4400),
        (["INIT", {"type": "next", "id": "1", "payload": {}}], 4400),
        (["INIT", {**ASK, "id": 1}], 4400),
        (["INIT", {"type": "subscribe", "payload": ASK["payload"]}], 4400),
        (["INIT", {**ASK, "payload": {"query": "{", "variables": []}}], 4400),
    ],
)
def test_what_the_protocol_does_not_allow_ends_the_connection(
    small_service: Served, messages: list[object], code: int
) -> None:
    async def misbehave() -> int:
        async with opened(small_service) as socket:
            await say(socket, *(init(small_service) if each == "INIT" else each for each in messages))
            return await closed_with(socket)

    assert asyncio.run(misbehave()) == code


def test_if_the_graph_fails_the_client_gets_an_error(small_service: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    """Who is not told waits for ever."""
    monkeypatch.setattr(feed, "_AFTER", "RETURN 1 / 0 AS change, $after, $batch")

    async def listen() -> object:
        async with opened(small_service) as socket:
            await say(socket, init(small_service), ASK)
            await heard(socket)
            return (await heard(socket))["type"]

    assert asyncio.run(listen()) == "error"
