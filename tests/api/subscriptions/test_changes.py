"""``changes(after:)`` over server-sent events and websocket: every change once, in order, also while others write."""

import asyncio
import json
import threading

import httpx
import orjson
import pytest
import websockets

from graph.change_log import Origin
from graph.cpr.keyring import Keyring
from graph.statements.statement import DatedLink, DatedValue, Ref, Statement
from graph.time import Period
from graph.writing.graph_writer import GraphWriter
from tests.api.serving import Served

ASK = "subscription($after: Int) { changes(after: $after) { number operation uuid } }"
WRITERS, EACH = 3, 5


def write_much(service: Served) -> list[threading.Thread]:
    """Writers at the same time, each with changes of its own."""

    def write(writer: int) -> None:
        graph_writer = GraphWriter(service.driver, Keyring.generate())
        for turn in range(EACH):
            values = {"name": (DatedValue(Period(), f"{writer}-{turn}"),)}
            graph_writer.state("facts", [Statement("Unit", f"w{writer}", values=values)], Origin("facts"))

    threads = [threading.Thread(target=write, args=(n,)) for n in range(WRITERS)]
    for each in threads:
        each.start()
    return threads


def last_number(service: Served) -> int:
    rows, _, _ = service.driver.execute_query("MATCH (log:ChangeLog) RETURN log.number AS number")
    number: int = rows[0]["number"]
    return number


def test_a_number_after_the_end_of_the_log_is_refused(small_service: Served) -> None:
    """As after a restore: nothing would come until the log has passed it."""
    last = last_number(small_service)
    headers = {"Authorization": f"Bearer {small_service.token('auditor')}", "Accept": "text/event-stream"}
    for after in (last + 1, 2**31 - 1):
        body = {"query": ASK, "variables": {"after": after}}
        answer = httpx.post(f"{small_service.url}/graphql/events", json=body, headers=headers, timeout=60)
        lines = [json.loads(line[6:]) for line in answer.text.splitlines() if line.startswith("data: {")]
        assert [each["errors"][0]["extensions"] for each in lines] == [
            {"code": "bad_cursor", "last": last, "retry": "never"}
        ]


def test_server_sent_events_tell_every_change_once_and_in_order(small_service: Served) -> None:
    first = last_number(small_service)
    threads = write_much(small_service)
    headers = {"Authorization": f"Bearer {small_service.token('auditor')}", "Accept": "text/event-stream"}
    body = {"query": ASK, "variables": {"after": first - 2}}
    numbers: list[int] = []
    with httpx.stream("POST", f"{small_service.url}/graphql/events", json=body, headers=headers, timeout=60) as answer:
        assert answer.headers["content-type"].startswith("text/event-stream")
        for line in answer.iter_lines():
            if line.startswith("data: "):
                numbers.append(json.loads(line[6:])["data"]["changes"]["number"])
            if len(numbers) == 2 + WRITERS * EACH:
                break
    for each in threads:
        each.join()
    assert numbers == list(range(first - 1, first + 1 + WRITERS * EACH))


TYPED = """{ number at source user reason run kind uuid operation
    values { property from to before { text texts number yes date } after { text texts number yes date } }
    links { property from to added kind uuid } }"""


def test_an_event_has_the_typed_values_of_the_change_feed(small_service: Served) -> None:
    first = last_number(small_service)
    values = {"name": (DatedValue(Period(), "Typed"),), "tags": (DatedValue(Period(), ("a", "b")),)}
    parent = {"parent": (DatedLink(Period(), Ref("Unit", "typed")),)}
    writer = GraphWriter(small_service.driver, Keyring.generate())
    writer.state("facts", [Statement("Unit", "typed", values=values)], Origin("facts"))
    writer.state("facts", [Statement("Unit", "below", values=values, links=parent)], Origin("facts"))
    headers = {"Authorization": f"Bearer {small_service.token('auditor')}", "Accept": "text/event-stream"}
    ask = "subscription($after: Int) { changes(after: $after) { __typename kept: links { __typename } ...E } } "
    body = {"query": f"{ask} fragment E on ChangeEvent {TYPED}", "variables": {"after": first}}
    events = []
    with httpx.stream("POST", f"{small_service.url}/graphql/events", json=body, headers=headers, timeout=60) as answer:
        for line in answer.iter_lines():
            if line.startswith("data: "):
                events.append(json.loads(line[6:])["data"]["changes"])
            if len(events) == 2:
                break
    feed = small_service.data(f"{{ changeFeed(first: 2) {TYPED} }}", "auditor")["changeFeed"]
    assert [each.pop("__typename") for each in events] == ["ChangeEvent", "ChangeEvent"]
    assert [each.pop("kept") for each in events] == [[], [{"__typename": "ChangeEventLink"}]]
    assert events == feed[::-1]
    assert events[1]["operation"] == "CREATED"
    assert {each["property"]: each["after"]["texts"] for each in events[1]["values"]}["tags"] == ["a", "b"]


def test_the_same_address_streams_where_the_client_asks_for_it(small_service: Served) -> None:
    """As the graphql-sse protocol has it; a plain request is told how to ask."""
    body = {"query": ASK, "variables": {"after": last_number(small_service) - 1}}
    headers = {"Authorization": f"Bearer {small_service.token('auditor')}"}
    streamed = {**headers, "Accept": "text/event-stream"}
    with httpx.stream("POST", f"{small_service.url}/graphql", json=body, headers=streamed, timeout=60) as answer:
        assert next(line for line in answer.iter_lines() if line.startswith("data: "))
    plain = httpx.post(f"{small_service.url}/graphql", json=body, headers=headers, timeout=60).json()
    assert "Accept: text/event-stream" in plain["errors"][0]["message"]


def test_a_websocket_tells_the_same_and_ends_when_asked_to(small_service: Served) -> None:
    first = last_number(small_service)

    async def listen() -> list[int]:
        address = small_service.url.replace("http", "ws") + "/graphql"
        numbers: list[int] = []
        async with websockets.connect(address, subprotocols=["graphql-transport-ws"]) as socket:  # type: ignore[list-item]
            token = small_service.token("auditor")
            init = {"type": "connection_init", "payload": {"Authorization": f"Bearer {token}"}}
            await socket.send(orjson.dumps(init).decode())
            assert orjson.loads(await socket.recv())["type"] == "connection_ack"
            ask = {"id": "1", "type": "subscribe", "payload": {"query": ASK, "variables": {"after": first}}}
            await socket.send(orjson.dumps(ask).decode())
            threads = write_much(small_service)
            while len(numbers) < WRITERS * EACH:
                message = orjson.loads(await asyncio.wait_for(socket.recv(), 60))
                assert message["type"] == "next"
                numbers.append(message["payload"]["data"]["changes"]["number"])
            await socket.send('{"id": "1", "type": "complete"}')
            await socket.send('{"type": "ping"}')
            assert orjson.loads(await socket.recv())["type"] == "pong"
            for each in threads:
                each.join()
        return numbers

    assert asyncio.run(listen()) == list(range(first + 1, first + 1 + WRITERS * EACH))


def test_a_subscription_needs_a_token_and_the_right_to_the_log(small_service: Served) -> None:
    url = f"{small_service.url}/graphql/events"
    assert httpx.post(url, json={"query": ASK}).status_code == 401
    headers = {"Authorization": f"Bearer {small_service.token('reader')}"}
    with httpx.stream("POST", url, json={"query": ASK}, headers=headers, timeout=30) as answer:
        event = next(line for line in answer.iter_lines() if line.startswith("data: "))
    assert json.loads(event[6:])["errors"][0]["extensions"]["code"] == "forbidden"

    async def without_token() -> int:
        address = small_service.url.replace("http", "ws") + "/graphql"
        async with websockets.connect(address, subprotocols=["graphql-transport-ws"]) as socket:  # type: ignore[list-item]
            await socket.send('{"type": "connection_init"}')
            with pytest.raises(websockets.ConnectionClosed) as closed:
                await asyncio.wait_for(socket.recv(), 30)
            return closed.value.rcvd.code if closed.value.rcvd else 0

    assert asyncio.run(without_token()) == 4403


def test_a_subscription_follows_one_thing_or_one_kind(small_service: Served) -> None:
    first = last_number(small_service)
    writer = GraphWriter(small_service.driver, Keyring.generate())
    for kind, key, name in (("Unit", "u1", "A"), ("Unit", "u2", "B"), ("Unit", "u1", "C"), ("Role", "r1", "D")):
        values = {"name" if kind == "Unit" else "title": (DatedValue(Period(), name),)}
        if kind == "Role":
            values["key"] = (DatedValue(Period(), key),)
        writer.state("facts", [Statement(kind, key, values=values)], Origin("facts"))
    uuid = small_service.data('{ unit(key: "u1") { uuid } }')["unit"]["uuid"]
    headers = {"Authorization": f"Bearer {small_service.token('auditor')}", "Accept": "text/event-stream"}

    def events(arguments: str, count: int) -> list[tuple[int, str]]:
        body = {"query": f"subscription {{ changes(after: {first}, {arguments}) {{ number kind }} }}"}
        found: list[tuple[int, str]] = []
        address = f"{small_service.url}/graphql/events"
        with httpx.stream("POST", address, json=body, headers=headers, timeout=60) as answer:
            for line in answer.iter_lines():
                if line.startswith("data: "):
                    each = json.loads(line[6:])["data"]["changes"]
                    found.append((each["number"] - first, each["kind"]))
                if len(found) == count:
                    break
        return found

    assert events(f'uuid: "{uuid.upper()}"', 2) == [(1, "Unit"), (3, "Unit")]
    assert events("kind: Role", 1) == [(4, "Role")]
