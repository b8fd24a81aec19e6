"""Clients that send one small request after the other over kept-alive connections, and do little else.

One process runs all of them, so they take little of the processor time that the measured server needs.
"""

import asyncio
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import orjson


@dataclass(frozen=True, slots=True)
class Load:
    """``per_second``: answers. ``slowest``: seconds within which 99 of 100 came. ``answers``: the first one to each
    request."""

    per_second: float
    slowest: float
    answers: list[bytes]


async def _client(
    host: str, port: int, requests: Sequence[bytes], answers: list[bytes], until: float, first: int
) -> list[float]:
    """Repeat the requests until the time is up. Returns each answer's time, and keeps the first answer to each
    request."""
    reader, writer = await asyncio.open_connection(host, port)
    took: list[float] = []
    at = first
    while (began := time.perf_counter()) < until:
        which = at % len(requests)
        writer.write(requests[which])
        head = await reader.readuntil(b"\r\n\r\n")
        if not head.startswith(b"HTTP/1.1 200"):
            raise RuntimeError(head.decode(errors="replace"))
        body = await _body(reader, head.lower())
        if not answers[which]:
            answers[which] = body
        took.append(time.perf_counter() - began)
        at += 1
    writer.close()
    await writer.wait_closed()
    return took


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
    """A complete HTTP request."""
    data = orjson.dumps(body)
    lines = [f"POST {path} HTTP/1.1", "Host: localhost", "Content-Type: application/json", "Accept: application/json"]
    if token is not None:
        lines.append(f"Authorization: Bearer {token}")
    lines += [f"Content-Length: {len(data)}", "", ""]
    return "\r\n".join(lines).encode() + data


def asked(host: str, port: int, requests: Sequence[bytes], clients: int, seconds: float) -> Load:
    """The result of ``clients`` that send requests at the same time."""
    answers = [b""] * len(requests)

    async def run() -> tuple[float, list[float]]:
        started = time.perf_counter()
        until = started + seconds
        took = await asyncio.gather(
            *(_client(host, port, requests, answers, until, first * 7) for first in range(clients))
        )
        return time.perf_counter() - started, sorted(each for client in took for each in client)

    lasted, took = asyncio.run(run())
    return Load(len(took) / lasted, took[len(took) * 99 // 100], answers)
