"""The server in which the application runs, and how long a connection may keep it waiting.

uvicorn waits for ever for the rest of a request, and for a client that has vanished. Both occupy a connection for
nothing, and enough of them occupy all.
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


class PatientProtocol(HttpToolsProtocol):
    """uvicorn's HTTP/1.1; ends a connection whose request does not arrive, or whose client has gone."""

    _late: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        _end_when_gone(transport)
        self._wait()

    def data_received(self, data: bytes) -> None:
        super().data_received(data)
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
        super().on_headers_complete()

    def connection_lost(self, exc: Exception | None) -> None:
        self._wait_no_more()
        super().connection_lost(exc)

    def _is_ours(self) -> bool:
        """Whether the connection is still HTTP, and not a websocket."""
        return self.transport.get_protocol() is self

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
