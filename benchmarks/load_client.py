"""Clients that ask one small question after the other over kept-alive connections, and do little else.

One process plays all of them, so the client takes little of the processors that the server under test needs.
"""

import asyncio
import time
from collections.abc import Mapping, Sequence

import orjson


async def _client(
    host: str, port: int, requests: Sequence[bytes], answers: list[bytes], until: float, first: int
) -> int:
    """Ask round and round until the time is up; how many answers came. The first answer to each is kept."""
    reader, writer = await asyncio.open_connection(host, port)
    done, at = 0, first
    while time.perf_counter() < until:
        which = at % len(requests)
        writer.write(requests[which])
        head = await reader.readuntil(b"\r\n\r\n")
        if not head.startswith(b"HTTP/1.1 200"):
            raise RuntimeError(head.decode(errors="replace"))
        body = await _body(reader, head.lower())
        if not answers[which]:
            answers[which] = body
        done, at = done + 1, at + 1
    writer.close()
    await writer.wait_closed()
    return done


async def _body(reader: asyncio.StreamReader, head: bytes) -> bytes:
    if b"transfer-encoding: chunked" in head:
        parts: list[bytes] = []
        while True:
            size = int(await reader.readline(), 16)
            part = await reader.readexactly(size + 2)
            if size == 0:
                return b"".join(parts)
            parts.append(part[:-2])
    length = int(head.split(b"content-length:")[1].split(b"\r\n")[0])
    return await reader.readexactly(length)


def post(path: str, body: Mapping[str, object], token: str | None = None) -> bytes:
    """A whole HTTP request."""
    data = orjson.dumps(body)
    lines = [f"POST {path} HTTP/1.1", "Host: localhost", "Content-Type: application/json", "Accept: application/json"]
    if token is not None:
        lines.append(f"Authorization: Bearer {token}")
    lines += [f"Content-Length: {len(data)}", "", ""]
    return "\r\n".join(lines).encode() + data


def per_second(
    host: str, port: int, requests: Sequence[bytes], clients: int, seconds: float
) -> tuple[float, list[bytes]]:
    """Answers a second that ``clients`` at the same time get, and the first answer to each request."""
    answers = [b""] * len(requests)

    async def run() -> float:
        started = time.perf_counter()
        until = started + seconds
        done = await asyncio.gather(
            *(_client(host, port, requests, answers, until, first * 7) for first in range(clients))
        )
        return sum(done) / (time.perf_counter() - started)

    return asyncio.run(run()), answers
