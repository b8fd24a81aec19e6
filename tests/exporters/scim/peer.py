"""Real SCIM servers for tests, and a front that notes requests, and disturbs answers where a test asks."""

import json
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx

from tests.answering import Answering, Lost, Reply, Request, answering

TOKEN = "t0ken-of-the-tests"
ENTERPRISE = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"
_OF_THE_WAY = frozenset({"host", "connection", "content-length"})
Disturb = Callable[[Request, Callable[[], Reply]], Reply | None]
"""Given a request and what sends it on: the answer, or None where it is to be sent on as it is."""


@dataclass
class Peer:
    """``url``: where the client asks; ``requests``: what it asked, since ``forget``."""

    server: str
    front: Answering
    url: str
    front_passes: Callable[[Request], Reply]
    disturb: Disturb | None = None
    _http: httpx.Client = field(
        default_factory=lambda: httpx.Client(headers={"Authorization": f"Bearer {TOKEN}"}, verify=False)
    )

    @property
    def requests(self) -> list[Request]:
        return self.front.requests

    @property
    def writes(self) -> list[Request]:
        return [each for each in self.requests if each.method != "GET" and not each.path.endswith(".search")]

    def told(self) -> list[str]:
        """What was written, as "POST /Users"."""
        return [f"{each.method} /{each.path.split('/')[-1 if each.method == 'POST' else -2]}" for each in self.writes]

    def forget(self) -> None:
        self.requests.clear()

    # -- as the server's own administrator ----------------------------------------------------------------------

    def all(self, kind: str = "Users") -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = []
        while True:
            page = self._http.get(f"{self.server}/{kind}", params={"startIndex": len(found) + 1, "count": 500}).json()
            found += page.get("Resources") or []
            if len(found) >= page["totalResults"]:
                return found

    def user(self, name: str) -> dict[str, Any]:
        return next(each for each in self.all() if each["userName"].lower() == name.lower())

    def group(self, name: str) -> dict[str, Any]:
        return next(each for each in self.all("Groups") if each.get("displayName") == name)

    def make(self, kind: str = "Users", **values: Any) -> dict[str, Any]:
        name = {"Users": "User", "Groups": "Group"}[kind]
        body = {"schemas": [f"urn:ietf:params:scim:schemas:core:2.0:{name}"], **values}
        answer = self._http.post(f"{self.server}/{kind}", json=body)
        assert answer.status_code == 201, answer.text
        made: dict[str, Any] = answer.json()
        return made

    def patch(self, place: str, *operations: dict[str, Any]) -> None:
        body = {"schemas": ["urn:ietf:params:scim:api:messages:2.0:PatchOp"], "Operations": operations}
        answer = self._http.patch(f"{self.server}/{place}", json=body)
        assert answer.is_success, answer.text

    def delete(self, place: str) -> None:
        assert self._http.delete(f"{self.server}/{place}").status_code == 204

    def empty(self) -> None:
        for kind in ("Groups", "Users"):
            if self._http.get(f"{self.server}/{kind}").status_code == 200:
                for each in self.all(kind):
                    self.delete(f"{kind}/{each['id']}")
        self.forget()
        self.disturb = None


def free_port() -> int:
    """A port of this machine that nobody listens at."""
    with socket.socket() as opened:
        opened.bind(("127.0.0.1", 0))
        return int(opened.getsockname()[1])


@contextmanager
def fronted(server: str) -> Iterator[Peer]:
    """What passes requests on to ``server``."""
    with httpx.Client(timeout=60, verify=False) as http:

        def passed(request: Request) -> Reply:
            kept = {name: value for name, value in request.headers.items() if name not in _OF_THE_WAY}
            answer = http.request(
                request.method, f"{server}{request.path}", headers=kept, content=request.body or None
            )  # fmt: skip
            names = ("content-type", "location", "etag")
            headers = {name: answer.headers[name] for name in names if name in answer.headers}
            return Reply(answer.status_code, answer.content, headers)

        def answer(request: Request) -> Reply:
            if peer.disturb is not None and (reply := peer.disturb(request, lambda: passed(request))) is not None:
                return reply
            return passed(request)

        with answering(answer) as front:
            peer = Peer(server, front, front.url, passed)
            yield peer


@contextmanager
def running(command: Sequence[str | Path], server: str, folder: Path) -> Iterator[Peer]:
    """A server that is started by ``command``, with a front."""
    with (folder / "server.log").open("wb") as log:
        process = subprocess.Popen([str(each) for each in command], stdout=log, stderr=log, cwd=folder)
    try:
        with httpx.Client(headers={"Authorization": f"Bearer {TOKEN}"}, verify=False) as http:
            while True:
                try:
                    http.get(f"{server}/ServiceProviderConfig")
                    break
                except httpx.TransportError:
                    assert process.poll() is None, (folder / "server.log").read_text()
                    time.sleep(0.1)
        with fronted(server) as peer:
            yield peer
    finally:
        process.kill()
        process.wait(10)


@contextmanager
def scim2_server(folder: Path, **files: Any) -> Iterator[Peer]:
    """scim2-server from PyPI. ``files``: schema, resource_type, service_provider_config, as its options name them."""
    port = free_port()
    command: list[str | Path] = [
        Path(sys.executable).with_name("scim2-server"),
        "--port",
        str(port),
        "--bearer-token",
        TOKEN,
    ]
    for name, content in files.items():
        file = folder / f"{name}.json"
        file.write_text(json.dumps(content))
        command += [f"--{name.replace('_', '-')}", file]
    with running(command, f"http://127.0.0.1:{port}", folder) as peer:
        yield peer


def once(do: Callable[[Request, Callable[[], Reply]], Reply], method: str, place: str, times: int = 1) -> Disturb:
    """Disturbs the first request(s) of this method to a path that has ``place`` in it."""
    left = [times]

    def disturb(request: Request, on: Callable[[], Reply]) -> Reply | None:
        if left[0] and request.method == method and place in request.path:
            left[0] -= 1
            return do(request, on)
        return None

    return disturb


def done_and_lost(request: Request, on: Callable[[], Reply]) -> Reply:
    """The server does it, and its answer never arrives."""
    on()
    raise Lost


def lost(request: Request, on: Callable[[], Reply]) -> Reply:
    """The request never arrives."""
    raise Lost
