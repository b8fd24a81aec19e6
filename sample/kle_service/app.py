"""The stand-in as a web service: tests control ``Service``, and ``serve`` runs it beside the test.

It serves the five paths, answers 404 on others and 405 to other methods, and never omits ended entries.
"""

import asyncio
import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial

from lxml import etree
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from starlette.types import Receive, Scope, Send

from sample.kle_service.release import Release
from sample.web_server import serving

BASE = "/resources"
NAMESPACE = "http://kle-online.dk/rest/resources/full"
_LISTS = {"/hovedgrupper": "Hovedgruppe", "/grupper": "Gruppe", "/emner": "Emne"}
PATHS = ("/kle/emneplan", "/kle/handlefacetter", *_LISTS)


@dataclass
class Misbehaviour:
    """By default none. ``statuses``: statuses of the next answers instead of 200, one after the other, with
    ``retry_after``.

    ``slow``: seconds before an answer. ``cut``: half the body. ``broken``: the connection ends after 10 bytes.
    ``html``: a web page with status 200. ``twice``: every entry occurs twice. ``missing``: paths that answer 404.
    ``mark``: a byte order mark. ``namespace``, ``reversed_order``, ``no_uuids`` (lists).
    """

    statuses: list[int] = field(default_factory=list)
    retry_after: str = ""
    slow: float = 0.0
    cut: bool = False
    broken: bool = False
    html: bool = False
    twice: bool = False
    mark: bool = False
    namespace: bool = False
    reversed_order: bool = False
    no_uuids: bool = False
    missing: frozenset[str] = frozenset()


class _Broken(Response):
    """Announces its length, but ends after 10 bytes: the server closes the connection then."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await send({"type": "http.response.start", "status": self.status_code, "headers": self.raw_headers})
        await send({"type": "http.response.body", "body": bytes(self.body)[:10]})


@dataclass
class Service:
    """``release`` may be changed between calls. ``calls``: (path, status) of the requests, the latest last.

    ``tags``: it offers an ETag.
    """

    release: Release
    misbehaviour: Misbehaviour = field(default_factory=Misbehaviour)
    tags: bool = False
    calls: list[tuple[str, int]] = field(default_factory=list)

    def app(self) -> Starlette:
        """The ASGI application."""
        return Starlette(routes=[Route(f"{BASE}{path}", partial(self._get, path), methods=["GET"]) for path in PATHS])

    async def _get(self, path: str, request: Request) -> Response:
        calls = self.calls  # a slow answer may come after the test that asked for it
        if self.misbehaviour.slow:
            await asyncio.sleep(self.misbehaviour.slow)
        answer = self.answer(path, request.headers.get("If-None-Match", ""))
        calls.append((path, answer.status_code))
        return answer

    def answer(self, path: str, known: str = "") -> Response:
        """The answer. ``known``: the ETag that the client has."""
        wrong = self.misbehaviour
        if wrong.statuses:
            headers = {"Retry-After": wrong.retry_after} if wrong.retry_after else None
            return Response("wait", wrong.statuses.pop(0), headers)
        if path in wrong.missing:
            return Response("not found", 404)
        if wrong.html:
            return Response("<html><body>Log ind</body></html>", media_type="text/html; charset=utf-8")
        content = self.content(path)
        tag = f'"{hashlib.sha256(content).hexdigest()[:16]}"'
        if self.tags and known == tag:
            return Response(status_code=304)
        if wrong.cut:
            content = content[: len(content) // 2]
        if wrong.broken:
            return _Broken(content)
        return Response(content, media_type="application/xml", headers={"ETag": tag} if self.tags else None)

    def content(self, path: str) -> bytes:
        """The document at a path."""
        wrong = self.misbehaviour
        release = Release(self.release.published, self.release.rows * 2) if wrong.twice else self.release
        if path in _LISTS:
            root = release.listed(_LISTS[path], uuids=not wrong.no_uuids)
        elif path == "/kle/emneplan":
            root = release.plan(reversed_order=wrong.reversed_order)
        else:
            root = release.facets(reversed_order=wrong.reversed_order)
        content = etree.tostring(root, xml_declaration=True, encoding="UTF-8")
        if wrong.namespace:
            head, _, rest = content.partition(b"><Udgivelses")
            content = head + f' xmlns="{NAMESPACE}"'.encode() + b"><Udgivelses" + rest
        return b"\xef\xbb\xbf" + content if wrong.mark else content


@dataclass(frozen=True)
class Running:
    """A running service at ``url``."""

    url: str
    service: Service


@contextmanager
def serve(service: Service, port: int = 0) -> Iterator[Running]:
    """Run it on loopback in a thread; port 0 = any free one. Raises RuntimeError if it doesn't start."""
    with serving(service.app(), "KLE", port) as bound:
        yield Running(f"http://127.0.0.1:{bound}{BASE}", service)
