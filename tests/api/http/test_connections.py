"""Connections that keep the service waiting end; those that ask do not."""

import socket
import time
from contextlib import closing
from urllib.parse import urlsplit

import pytest

from api.http import connections
from api.requests import request_body
from tests.api.serving import Served


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connections, "HEAD_SECONDS", 2.0)
    monkeypatch.setattr(request_body, "BODY_SECONDS", 0.5)


@pytest.fixture
def longer(monkeypatch: pytest.MonkeyPatch) -> None:
    """For what must come in time: also on a machine that is busy for some seconds."""
    monkeypatch.setattr(connections, "HEAD_SECONDS", 6.0)


def opened(service: Served) -> socket.socket:
    parts = urlsplit(service.url)
    return socket.create_connection((parts.hostname, parts.port), timeout=30)


def all_that_comes(connection: socket.socket) -> bytes:
    """Until the service ends the connection. Raises TimeoutError where it does not."""
    came = b""
    while piece := connection.recv(65536):
        came += piece
    return came


def whole_answer(connection: socket.socket) -> bytes:
    """One answer of the health check: its head and its body may come apart."""
    came = b""
    while b'{"live":true}' not in came:
        piece = connection.recv(65536)
        assert piece, came
        came += piece
    return came


@pytest.mark.usefixtures("impatient")
@pytest.mark.parametrize("begun", [b"", b"POST /graphql HTTP/1.1\r\nHost: x\r\nAuthorization: Bea"])
def test_a_request_that_does_not_come_ends_the_connection(small_service: Served, begun: bytes) -> None:
    with closing(opened(small_service)) as connection:
        connection.sendall(begun)
        assert all_that_comes(connection) == b""


@pytest.mark.usefixtures("impatient")
def test_a_head_that_drips_ends_the_connection_too(small_service: Served) -> None:
    with closing(opened(small_service)) as connection, pytest.raises(OSError):
        connection.sendall(b"POST /graphql HTTP/1.1\r\n")
        for number in range(300):
            connection.sendall(b"X-%d: y\r\n" % number)
            time.sleep(0.1)


@pytest.mark.usefixtures("impatient")
def test_a_body_that_does_not_come_is_a_408(small_service: Served) -> None:
    token = small_service.token("reader").encode()
    with closing(opened(small_service)) as connection:
        connection.sendall(
            b"POST /graphql HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 1000\r\n"
            b"Authorization: Bearer " + token + b'\r\n\r\n{"query": '
        )
        assert all_that_comes(connection).startswith(b"HTTP/1.1 408 ")


@pytest.mark.usefixtures("longer")
def test_one_that_asks_again_and_again_is_kept(small_service: Served) -> None:
    with closing(opened(small_service)) as connection:
        for _ in range(7):
            connection.sendall(b"GET /health/live HTTP/1.1\r\nHost: x\r\n\r\n")
            assert whole_answer(connection).startswith(b"HTTP/1.1 200 ")
            time.sleep(1)


@pytest.mark.usefixtures("impatient")
def test_blank_lines_after_an_answer_keep_no_connection(small_service: Served) -> None:
    with closing(opened(small_service)) as connection:
        connection.sendall(b"GET /health/live HTTP/1.1\r\nHost: x\r\n\r\n")
        assert whole_answer(connection).startswith(b"HTTP/1.1 200 ")
        connection.sendall(b"\r\n\r\n")
        assert all_that_comes(connection) == b""


@pytest.mark.usefixtures("longer")
def test_a_request_after_blank_lines_is_answered(small_service: Served) -> None:
    with closing(opened(small_service)) as connection:
        for _ in range(7):
            connection.sendall(b"\r\n\r\nGET /health/live HTTP/1.1\r\nHost: x\r\n\r\n")
            assert whole_answer(connection).startswith(b"HTTP/1.1 200 ")
            time.sleep(1)


def test_a_client_that_has_gone_is_found_out(small_service: Served) -> None:
    """The network tells nobody of a client whose machine is off: what is sent has to be confirmed."""
    with closing(socket.socket()) as given:

        class Transport:
            def get_extra_info(self, name: str) -> object:
                return given if name == "socket" else None

        connections._end_when_gone(Transport())  # type: ignore[arg-type]
        assert given.getsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE)
        if hasattr(socket, "TCP_USER_TIMEOUT"):
            assert given.getsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT) == connections.GONE_SECONDS * 1000
