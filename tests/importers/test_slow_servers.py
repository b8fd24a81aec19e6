"""A server that sends a byte now and then, each well within the limit between two, holds up no import for ever."""

import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, suppress

import pytest

from importers.kle.errors import Unavailable as KleUnavailable
from importers.kle.places import Web
from importers.kle.settings import KleSettings
from importers.positions import fetching
from importers.positions.errors import Unavailable as PositionsUnavailable
from importers.positions.settings import PositionsSettings
from importers.sd.client import Client
from importers.sd.errors import Unavailable as SdUnavailable
from importers.sd.settings import SdSettings
from protocols.http.deadlines import Deadline
from protocols.soap.errors import NoAnswer, TimedOut
from protocols.soap.transport import Limits, Transport


@contextmanager
def trickling(begun: bytes) -> Iterator[str]:
    """The address of a server that never ends its answers; in the end it has been left by who asked."""

    def answer() -> None:
        there, _ = listening.accept()
        with there, suppress(OSError):
            there.sendall(begun)
            while True:
                there.sendall(b"x")
                time.sleep(0.01)

    with socket.create_server(("127.0.0.1", 0)) as listening:
        server = threading.Thread(target=answer, daemon=True)
        server.start()
        yield f"http://127.0.0.1:{listening.getsockname()[1]}"
        server.join(120)
        assert not server.is_alive(), "the connection is closed"


def sd(url: str) -> None:
    settings = SdSettings(
        xml_url=url, json_url=None, user="SY1", password="x", institutions=("XA",), opening_hours=False, retries=0,
        timeout_seconds=60,
    )  # fmt: skip
    with Client(settings) as client:
        client.ask("GetPerson", {})


def kle(url: str) -> None:
    Web(KleSettings(address=url, attempts=1, timeout_seconds=60)).get(url)


def positions(url: str) -> None:
    fetching.fetch(PositionsSettings(url=url, timeout_seconds=60), {})


def soap(url: str) -> None:
    with Transport(Limits(60, 1 << 20, 1 << 20)) as transport:
        transport.post(url, b"<x/>", {})


@pytest.mark.parametrize("begun", [b"HTTP/1.1 200 OK\r\nX: ", b"HTTP/1.1 200 OK\r\nContent-Type: text/csv\r\n\r\n"])
@pytest.mark.parametrize(
    ("ask", "error"),
    [(sd, SdUnavailable), (kle, KleUnavailable), (positions, PositionsUnavailable), (soap, (TimedOut, NoAnswer))],
)
def test_an_answer_that_comes_byte_by_byte_is_given_up(
    ask: Callable[[str], None], error: type[Exception], begun: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    given: list[float] = []
    within = Deadline.within

    def shorter(self: Deadline, seconds: float) -> AbstractContextManager[None]:
        given.append(seconds)
        return within(self, 0.5)

    monkeypatch.setattr(Deadline, "within", shorter)
    with trickling(begun) as url, pytest.raises(error):
        ask(url)
    assert given == [600]
