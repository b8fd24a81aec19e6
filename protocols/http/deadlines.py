"""A request has an end as a whole, from connecting to the last byte.

httpx limits the time between two bytes only: a server that sends its headers a byte at a time would hold up a run, or
the thread of all processes' services, for weeks. So each wait for the network is cut to what is left.
"""

import ssl
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import Any

import httpcore
import httpx

_Left = Callable[[float | None, type[Exception]], float | None]


def whole(seconds: float) -> float:
    """Seconds that a request may take, from connecting to the answer's last byte, where a wait may take ``seconds``."""
    return 10 * seconds


class Deadline:
    """What is left of the time of a thread's request; several threads may use it. After the deadline httpx raises its
    timeouts."""

    def __init__(self) -> None:
        self._until = threading.local()

    @classmethod
    def of(cls, client: httpx.Client) -> "Deadline":
        """Of a client that httpx has made, with the proxies and authorities of its environment."""
        made = cls()
        # httpx has no setting for how its pools reach the network.
        for transport in (client._transport, *client._mounts.values()):
            if isinstance(transport, httpx.HTTPTransport):
                transport._pool._network_backend = _Network(made._left)
        return made

    @contextmanager
    def within(self, seconds: float) -> Iterator[None]:
        """What this thread sends in the block, and reads of the answer, ends after so many seconds."""
        self._until.moment = time.monotonic() + seconds
        try:
            yield
        finally:
            del self._until.moment

    def _left(self, timeout: float | None, late: type[Exception]) -> float | None:
        """The seconds that a wait may take. Raises ``late`` if none are left."""
        until: float | None = getattr(self._until, "moment", None)
        if until is None:
            return timeout
        left = until - time.monotonic()
        if left <= 0:
            raise late("the time that an answer may take as a whole is over")
        return left if timeout is None else min(left, timeout)


class _Network(httpcore.NetworkBackend):
    def __init__(self, left: _Left) -> None:
        self._network = httpcore.SyncBackend()
        self._left = left

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.NetworkStream:
        timeout = self._left(timeout, httpcore.ConnectTimeout)
        return _Stream(self._network.connect_tcp(host, port, timeout, local_address, socket_options), self._left)

    def sleep(self, seconds: float) -> None:
        self._network.sleep(seconds)


class _Stream(httpcore.NetworkStream):
    def __init__(self, stream: httpcore.NetworkStream, left: _Left) -> None:
        self._stream = stream
        self._left = left

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        return self._stream.read(max_bytes, self._left(timeout, httpcore.ReadTimeout))

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        self._stream.write(buffer, self._left(timeout, httpcore.WriteTimeout))

    def close(self) -> None:
        self._stream.close()

    def start_tls(
        self, ssl_context: ssl.SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> httpcore.NetworkStream:
        timeout = self._left(timeout, httpcore.ConnectTimeout)
        return _Stream(self._stream.start_tls(ssl_context, server_hostname, timeout), self._left)

    def get_extra_info(self, info: str) -> Any:
        return self._stream.get_extra_info(info)
