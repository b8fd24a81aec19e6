"""A proxy before a server, for tests of what happens when the server hangs, is gone, and comes back."""

import asyncio
import threading
from collections.abc import Coroutine, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from typing import Any


@dataclass
class Proxy:
    """Passes bytes on at ``port``. ``hang``: no more of them; ``cut``: connections end and none is taken. ``delay``:
    seconds for which it keeps each part."""

    to_port: int
    port: int = 0
    host: str = "127.0.0.1"
    delay: float = 0
    _loop: asyncio.AbstractEventLoop = field(default_factory=asyncio.new_event_loop)
    _passing: asyncio.Event = field(default_factory=asyncio.Event)
    _server: asyncio.Server | None = None
    _open: set[asyncio.StreamWriter] = field(default_factory=set)

    def hang(self) -> None:
        self._loop.call_soon_threadsafe(self._passing.clear)

    def go_on(self) -> None:
        self._loop.call_soon_threadsafe(self._passing.set)

    def cut(self) -> None:
        self._call(self._stop())

    def come_back(self) -> None:
        self._call(self._listen())

    def _call(self, work: Coroutine[Any, Any, None]) -> None:
        asyncio.run_coroutine_threadsafe(work, self._loop).result(10)

    async def _listen(self) -> None:
        self._passing.set()
        self._server = await asyncio.start_server(self._connected, "127.0.0.1", self.port)
        self.port = self._server.sockets[0].getsockname()[1]

    async def _stop(self) -> None:
        assert self._server is not None
        self._server.close()
        for each in list(self._open):
            each.transport.abort()

    async def _connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        there, back = await asyncio.open_connection(self.host, self.to_port)
        with suppress(OSError):
            await asyncio.gather(self._passed(reader, back), self._passed(there, writer))

    async def _passed(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._open.add(writer)
        try:
            while part := await reader.read(65536):
                await self._passing.wait()
                await asyncio.sleep(self.delay)
                writer.write(part)
                await writer.drain()
        finally:
            self._open.discard(writer)
            writer.close()


@contextmanager
def proxied(to_port: int, host: str = "127.0.0.1") -> Iterator[Proxy]:
    """A proxy that passes bytes on, while the block runs."""
    proxy = Proxy(to_port, host=host)
    thread = threading.Thread(target=proxy._loop.run_forever, daemon=True)
    thread.start()
    proxy.come_back()
    try:
        yield proxy
    finally:
        proxy.go_on()
        proxy.cut()
        proxy._loop.call_soon_threadsafe(proxy._loop.stop)
        thread.join(10)
