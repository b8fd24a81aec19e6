"""Nothing of what is asked, refused or failing reaches the log, in the form that the program gives its lines."""

import asyncio
import io
import json
import logging
import sys
import time
from collections.abc import Iterator
from contextlib import suppress
from itertools import islice

import httpx
import orjson
import pytest
from websockets import ConnectionClosed
from websockets.asyncio.client import ClientConnection, connect

from api.mutations.editing import Editing
from api.reads.reader import Reader
from reconnect.logs import setup
from tests.api.every_mutation import NUMBERS, SECRET, asked
from tests.api.serving import Served


class Lines:
    """What the log holds; at level debug, as that is where most is said."""

    def __init__(self, out: io.StringIO) -> None:
        self._out = out

    @property
    def text(self) -> str:
        return self._out.getvalue()

    def named(self, event: str) -> list[dict[str, object]]:
        return [line for line in map(json.loads, self.text.splitlines()) if line["event"] == event]

    def come(self, count: int) -> list[dict[str, object]]:
        """The requests' lines, once there are so many: each is written after its answer."""
        deadline = time.monotonic() + 120
        while len(found := self.named("request")) < count and time.monotonic() < deadline:
            time.sleep(0.01)
        return found


@pytest.fixture
def lines(small_service: Served, monkeypatch: pytest.MonkeyPatch) -> Iterator[Lines]:
    out = io.StringIO()
    monkeypatch.setattr(sys, "stderr", out)
    before = logging.getLogger().handlers
    setup.configure("json", "debug")
    yield Lines(out)
    setup.configure()
    logging.getLogger().handlers = before


def post(service: Served, body: object, *roles: str) -> httpx.Response:
    return service.send(body, {"Authorization": f"Bearer {service.token(*roles)}"})


def test_a_refused_mutation_is_one_line_at_info_without_a_word_of_it(small_service: Served, lines: Lines) -> None:
    address = 'setValue(from: "2020-01-01", kind: Person, thing: "p", property: "name", '
    address += f'value: "{SECRET}", reason: "{SECRET}"'
    asked_for = (
        (f"mutation {{ {address}, expectedVersion: 99) {{ uuid }} }}", "unknown_person"),
        (f'mutation {{ createPerson(name: "{SECRET}", cpr: "0101 90 1234 5", reason: "{SECRET}") {{ uuid }} }}', None),
    )
    for count, (document, code) in enumerate(asked_for, start=1):
        (error,) = post(small_service, {"query": document}).json()["errors"]
        assert code is None or error["extensions"]["code"] == code
        line = lines.come(count)[-1]
        assert len(lines.text.splitlines()) == count
        assert (line["event"], line["level"], line["refused"]) == ("request", "info", [error["extensions"]["code"]])


def test_no_mutation_leaves_a_word_in_the_log(small_service: Served, lines: Lines) -> None:
    bodies = list(asked(f"{SECRET} {NUMBERS[3]}"))
    for body in bodies:
        post(small_service, body)
    assert len(lines.come(len(bodies))) == len(bodies) >= 100
    assert {line["level"] for line in map(json.loads, lines.text.splitlines())} == {"info"}
    nothing_of_it(lines)


def test_what_was_not_foreseen_is_logged_under_an_id_without_a_word(
    small_service: Served, lines: Lines, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def fails(*_: object) -> object:
        try:
            raise ValueError(f"{SECRET} in what led to it")
        except ValueError as error:
            raise RuntimeError(f"{SECRET} {NUMBERS[3]}") from error

    monkeypatch.setattr(Editing, "do", fails)
    for body in islice(asked(SECRET), 0, None, 4):
        for error in post(small_service, body).json()["errors"]:
            if error["extensions"]["code"] == "internal":
                assert SECRET not in error["message"]
                assert [line["id"] for line in lines.named("unforeseen_error")][-1] == error["extensions"]["id"]
    found = lines.named("unforeseen_error")
    assert len(found) >= 20
    assert "RuntimeError" in str(found[0]["exception"])
    assert "in fails" in str(found[0]["exception"])
    nothing_of_it(lines)


def test_no_question_and_no_address_leaves_a_word_in_the_log(
    small_service: Served, lines: Lines, monkeypatch: pytest.MonkeyPatch
) -> None:
    for query in (
        f'{{ persons(filter: {{name: "{SECRET}"}}) {{ nodes {{ name }} }} }}',
        f'{{ person(key: "{SECRET}") {{ {SECRET} }} }}',
        f'{{ nearest(role: "{SECRET}", unit: "{SECRET}") {{ level }} }}',
        f'{{ persons(after: "{SECRET}", order: NAME) {{ nodes {{ name }} }} }}',
        f"query($_{NUMBERS[0]}: Date) {{ persons(at: $_{NUMBERS[0]}) {{ totalCount }} }}",
        f'subscription {{ changes(after: "{SECRET}") {{ number }} }}',
    ):
        post(small_service, {"query": query, "variables": {f"_{NUMBERS[0]}": SECRET}, "operationName": SECRET})
        post(small_service, {"query": query, "variables": {f"_{NUMBERS[0]}": SECRET}})
    httpx.get(f"{small_service.url}/{SECRET}/{NUMBERS[3]}?query={SECRET}")
    httpx.get(f"{small_service.url}/graphql?query={SECRET}", headers={"Authorization": f"Bearer {SECRET}"})
    assert httpx.request("HEMMELIGVEJ", small_service.url).status_code == 400
    asyncio.run(over_a_websocket(small_service))

    async def fails(*_: object) -> object:
        raise RuntimeError(SECRET)

    monkeypatch.setattr(Reader, "answer", fails)
    failed = post(small_service, {"query": f'{{ person(key: "{SECRET}") {{ name }} }}'})
    (error,) = failed.json()["errors"]
    (logged,) = lines.named("unforeseen_error")
    assert (failed.status_code, error["extensions"]) == (
        500,
        {"code": "internal", "id": logged["id"], "retry": "never"},
    )
    assert failed.headers["cache-control"] == "no-store"
    nothing_of_it(lines)


async def over_a_websocket(service: Served) -> None:
    address = service.url.replace("http", "ws") + f"/graphql?token={SECRET.replace(' ', '%20')}"
    async with connect(address, subprotocols=["graphql-transport-ws"]) as socket:  # type: ignore[list-item]
        for message in (
            {"type": "connection_init", "payload": {"Authorization": f"Bearer {service.token('auditor')}"}},
            {"id": SECRET, "type": "subscribe", "payload": {"query": f"subscription {{ {SECRET} }}"}},
            {"type": SECRET},
        ):
            await socket.send(orjson.dumps(message).decode())
        with suppress(ConnectionClosed):  # with 4400
            await asyncio.wait_for(_all(socket), 30)


async def _all(socket: ClientConnection) -> None:
    async for _ in socket:
        pass


def nothing_of_it(lines: Lines) -> None:
    assert lines.text
    for word in ("emmeligvej", "EMMELIGVEJ", *NUMBERS):
        assert word not in lines.text
