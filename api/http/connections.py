"""The server in which the application runs, how long a connection may keep it waiting, and how large a request's head
may be.

uvicorn waits for ever for the rest of a request, and for a client that has vanished. Both occupy a connection for
nothing, and enough of them occupy all. It also keeps a head of any size, and what reads headers takes long over long
ones (cookies: the square of their length), before anybody has logged in.
"""

import asyncio
import socket
from collections.abc import Sequence
from typing import Any

import uvicorn
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from api.subscriptions.transport import LARGEST_MESSAGE

HEAD_SECONDS = 15.0
"""Seconds from the first possible byte to the last of a request's head."""
GONE_SECONDS = 60
"""If sent data is not confirmed within this time, the other side has gone."""


LARGEST_HEADER = 8 * 1024
"""Bytes of one header; other servers allow as much."""
MOST_HEADERS = 100
LARGEST_ADDRESS = 64 * 1024 - 1
"""Bytes of a request's address: it may carry a SAML message. httptools reads no longer one."""
LARGEST_HEAD = 2 * LARGEST_ADDRESS
"""Bytes that are taken of a head without its end, or of what follows a body."""
_TOO_LARGE = (
    b"HTTP/1.1 431 Request Header Fields Too Large\r\ncontent-type: text/plain; charset=utf-8\r\n"
    b"content-length: 0\r\nconnection: close\r\n\r\n"
)


class HeadTooLarge(Exception):
    """The head of a request is larger than what is read."""


class PatientProtocol(HttpToolsProtocol):
    """uvicorn's HTTP/1.1; ends a connection whose request does not arrive, or is too large in its head, or whose client
    has gone."""

    _late: asyncio.TimerHandle | None = None
    _unread = 0
    """Bytes that came since the last head was complete, or the last piece of a body came."""
    _is_refused = False

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        _end_when_gone(transport)
        self._wait()

    def data_received(self, data: bytes) -> None:
        self._unread += len(data)
        super().data_received(data)
        if self._unread > LARGEST_HEAD and not self._is_refused:
            self._refuse()
        # Blank lines between two requests do not begin one, and uvicorn has stopped waiting for the next.
        answered = self.cycle is None or self.cycle.response_complete
        if answered and self._late is None and self.timeout_keep_alive_task is None and self._is_ours():
            self._wait()

    def on_message_begin(self) -> None:
        super().on_message_begin()
        if self._late is None:
            self._wait()

    def on_headers_complete(self) -> None:
        self._wait_no_more()
        self._unread = 0
        is_large = len(self.url) > LARGEST_ADDRESS or len(self.headers) > MOST_HEADERS
        if is_large or any(len(name) + len(value) > LARGEST_HEADER for name, value in self.headers):
            self._refuse()
            raise HeadTooLarge  # which ends the parsing
        super().on_headers_complete()

    def on_body(self, body: bytes) -> None:
        self._unread = 0
        super().on_body(body)

    def send_400_response(self, msg: str) -> None:
        if not self._is_refused:
            super().send_400_response(msg)

    def connection_lost(self, exc: Exception | None) -> None:
        self._wait_no_more()
        super().connection_lost(exc)

    def _is_ours(self) -> bool:
        """Whether the connection is still HTTP, and not a websocket."""
        return self.transport.get_protocol() is self

    def _refuse(self) -> None:
        self._is_refused = True
        self.transport.write(_TOO_LARGE)
        self.transport.close()

    def _wait(self) -> None:
        self._late = self.loop.call_later(HEAD_SECONDS, self.transport.close)

    def _wait_no_more(self) -> None:
        if self._late is not None:
            self._late.cancel()
            self._late = None


def config(
    app: Any, host: str, port: int, proxies: Sequence[str] = ("127.0.0.1", "::1"), grace: int = 10
) -> uvicorn.Config:
    """uvicorn's configuration. ``proxies``: addresses that are trusted to name a request's origin.
    ``grace``: seconds that open requests and subscriptions get when the service ends."""
    return uvicorn.Config(
        app,
        host=host,
        port=port,
        http=PatientProtocol,
        # The program's own logging is in place, which hides what must not be seen.
        log_config=None,
        access_log=False,
        server_header=False,
        ws_max_size=LARGEST_MESSAGE,
        forwarded_allow_ips=list(proxies),
        timeout_graceful_shutdown=grace,
    )


def _end_when_gone(transport: asyncio.Transport) -> None:
    connection = transport.get_extra_info("socket")
    if connection is None or connection.family not in (socket.AF_INET, socket.AF_INET6):
        return
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
    for name, value in (
        ("TCP_KEEPIDLE", GONE_SECONDS // 2),
        ("TCP_KEEPINTVL", GONE_SECONDS // 6),
        ("TCP_KEEPCNT", 3),
        ("TCP_USER_TIMEOUT", GONE_SECONDS * 1000),
    ):
        if hasattr(socket, name):  # as far as the system knows them
            connection.setsockopt(socket.IPPROTO_TCP, getattr(socket, name), value)
