"""The HTTP client: pauses that a server asks for, tokens, redirects, addresses, certificates."""

import socket
import ssl
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from graph.retry import NEVER
from protocols.http.client import Answer, Certificates, Client, Limits
from protocols.http.errors import AnswerLost, Busy, Diverted, LoginRefused, NotReached, NotTrusted, TooLarge
from protocols.http.logins import Fixed, Tokens
from protocols.http.pauses import growing, retry_after
from tests.answering import Answering, Lost, Reply, Request, answering
from tests.exporters.files.servers import authority

QUICK = Limits(first_pause=0.01, own_machine=True)


@contextmanager
def client(server: Answering, login: Any = None, **limits: Any) -> Iterator[Client]:
    with Client(server.url, login, Limits(**{"first_pause": 0.01, "own_machine": True, **limits})) as made:
        yield made


def once(first: Reply, then: Reply | None = None) -> Any:
    """Answers ``first`` once, then ``then``."""
    left = [first]
    return lambda _: left.pop() if left else then or Reply()


@pytest.mark.parametrize("form", ["seconds", "date"])
@pytest.mark.parametrize("status", [429, 503])
def test_no_thread_sends_within_the_pause_that_was_asked_for(form: str, status: int) -> None:
    left = [True]

    def answer(_: Request) -> Reply:
        if not left:
            return Reply()
        left.clear()
        moment = format_datetime(datetime.now(UTC) + timedelta(seconds=3), usegmt=True)
        return Reply(status, headers={"Retry-After": "2" if form == "seconds" else moment})

    with answering(answer) as server, client(server) as http:
        http.send("GET", "first")
        with ThreadPoolExecutor(3) as threads:
            list(threads.map(lambda n: http.send("GET", f"{n}"), range(3)))
        refused, *after = server.requests
        assert len(after) == 4
        assert min(each.at for each in after) - refused.at >= 1.9


def test_pauses_grow_where_none_is_reported() -> None:
    slept: list[float] = []
    with answering(lambda _: Reply(502)) as server:
        limits = Limits(first_pause=1, attempts=4, own_machine=True)
        with Client(server.url, limits=limits, sleep=slept.append) as http:
            assert http.send("GET", "x").status == 502
    assert len(slept) == 3
    assert all(low <= each <= high for each, (low, high) in zip(slept, [(0.75, 1), (1.5, 2), (3, 4)], strict=True))


def test_a_pause_that_is_too_long_ends_the_run_and_tells_when_to_come_back() -> None:
    with answering(lambda _: Reply(429, headers={"Retry-After": "3600"})) as server, client(server) as http:
        with pytest.raises(Busy) as busy:
            http.send("POST", "x", body={})
        moment = busy.value.retry.moment
        assert moment is not None and timedelta(minutes=59) < moment - datetime.now(UTC) < timedelta(minutes=61)
        assert len(server.requests) == 1


@pytest.mark.parametrize("told", ["", "soon", "-1", "1e3", "٣", "Fri, 99 Nov 2026 00:00:00 GMT"])
def test_a_pause_that_can_t_be_read_is_none(told: str) -> None:
    assert retry_after(told) is None


def test_pauses_are_spread_and_bounded() -> None:
    assert all(75 <= growing(20, 1, 100) <= 100 for _ in range(50))


@pytest.mark.parametrize(("method", "reads", "times"), [("GET", False, 5), ("POST", True, 5), ("POST", False, 1)])
def test_only_what_reads_is_sent_again_when_an_answer_is_lost(method: str, reads: bool, times: int) -> None:
    def lost(_: Request) -> Reply:
        raise Lost

    with answering(lost) as server, client(server) as http:
        with pytest.raises(AnswerLost):
            http.send(method, "x", body={}, reads=reads)
        assert len(server.requests) == times


def test_what_was_refused_for_being_too_many_was_not_done_and_is_sent_again() -> None:
    with answering(once(Reply(429, headers={"Retry-After": "0"}), Reply(201))) as server, client(server) as http:
        assert http.send("POST", "x", body={"a": 1}).status == 201
        assert [each.json for each in server.requests] == [{"a": 1}] * 2


def test_one_token_is_fetched_for_all_whose_token_has_ended() -> None:
    fetched: list[str] = []

    def fetch() -> dict[str, Any]:
        time.sleep(0.05)
        fetched.append(f"t{len(fetched)}")
        return {"access_token": fetched[-1], "expires_in": 3600}

    def answer(request: Request) -> Reply:
        return Reply(401) if request.headers["authorization"] == "Bearer t0" and len(valid) == 0 else Reply()

    valid = [True]
    with answering(answer) as server, client(server, Tokens(fetch)) as http:
        http.send("GET", "x")
        valid.clear()  # the server has ended t0 before its time
        with ThreadPoolExecutor(4) as threads:
            answered = list(threads.map(lambda n: http.send("POST", f"{n}", body={}).status, range(8)))
    assert answered == [200] * 8
    assert fetched == ["t0", "t1"]


def test_a_token_is_fetched_before_it_ends(monkeypatch: pytest.MonkeyPatch) -> None:
    now = [1000.0]
    monkeypatch.setattr("time.monotonic", lambda: now[0])
    count = iter(range(10))
    tokens = Tokens(lambda: {"access_token": str(next(count)), "expires_in": 600})
    assert tokens.header() == "Bearer 0"
    now[0] += 539
    assert tokens.header() == "Bearer 0"
    now[0] += 2
    assert tokens.header() == "Bearer 1"


def test_a_login_that_is_refused_is_not_tried_again() -> None:
    with answering(lambda _: Reply(401)) as server, client(server, Fixed.bearer("secret")) as http:
        with pytest.raises(LoginRefused) as refused:
            http.send("GET", "x")
        assert refused.value.retry == NEVER and "secret" not in str(refused.value)
        assert len(server.requests) == 1


def test_a_redirect_to_another_host_is_not_followed() -> None:
    with answering(lambda _: Reply()) as other, answering(lambda _: Reply(307, headers={"Location": other.url})) as one:
        with client(one, Fixed.bearer("secret")) as http, pytest.raises(Diverted):
            http.send("POST", "x", body={})
        assert other.requests == []


def test_a_redirect_on_the_same_host_keeps_method_and_body() -> None:
    def answer(request: Request) -> Reply:
        return Reply(201) if request.path == "/new" else Reply(302, headers={"Location": "/new"})

    with answering(answer) as server, client(server) as http:
        assert http.send("POST", "old", body={"a": 1}).status == 201
        assert [(each.method, each.path, each.json) for each in server.requests] == [
            ("POST", "/old", {"a": 1}),
            ("POST", "/new", {"a": 1}),
        ]


@pytest.mark.parametrize(
    ("base", "to"),
    [
        ("https://klit.example", "https://klit.example:443/new"),
        ("https://klit.example:443", "https://klit.example/new"),
        ("http://klit.example", "http://KLIT.example:80/new"),
    ],
)
def test_a_port_that_the_scheme_implies_is_no_other_host(monkeypatch: pytest.MonkeyPatch, base: str, to: str) -> None:
    answers = [Answer(307, {"location": to}, b""), Answer(200, {}, b"")]
    monkeypatch.setattr(Client, "_sent", lambda *_: answers.pop(0))
    with Client(base) as http:
        assert http.send("GET", "old").status == 200


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "169.254.169.254", "0.0.0.0", "[::1]"])
def test_this_machine_and_its_neighbours_are_refused_unless_allowed(host: str) -> None:
    with Client(f"http://{host}:9") as http, pytest.raises(NotReached) as refused:
        http.send("GET", "x")
    assert refused.value.retry == NEVER


def test_an_answer_that_is_too_large_is_given_up() -> None:
    with answering(lambda _: Reply(content=b"x" * 2000)) as server, client(server, largest=1000) as http:
        with pytest.raises(TooLarge):
            http.send("GET", "x")
        assert len(server.requests) == 1


def test_a_pause_is_never_longer_than_a_day() -> None:
    for asked in ("9" * 400, "Fri, 31 Dec 9999 00:00:00 GMT"):
        assert retry_after(asked) == 86_400
    with answering(lambda _: Reply(429, headers={"Retry-After": "9" * 40})) as server, client(server) as http:
        with pytest.raises(Busy) as busy:
            http.send("POST", "x", body={})
        assert busy.value.retry.moment is not None and busy.value.retry.moment < datetime.now(UTC) + timedelta(days=2)


@pytest.mark.parametrize("told", [None, "", "soon", 0, -1, "NaN", "inf", [], {"seconds": 5}])
def test_a_token_whose_end_can_t_be_read_lasts_an_hour(monkeypatch: pytest.MonkeyPatch, told: object) -> None:
    clock, fetched = [0.0], [0]
    monkeypatch.setattr("protocols.http.logins.time", SimpleNamespace(monotonic=lambda: clock[0]))

    def fetch() -> dict[str, Any]:
        fetched[0] += 1
        return {"access_token": "t", "expires_in": told}

    login = Tokens(fetch)
    for clock[0] in (0.0, 3_500.0, 3_600.0):
        assert login.header() == "Bearer t"
    assert fetched == [2]


@pytest.mark.parametrize("begun", [b"HTTP/1.1 200 OK\r\nX: ", b"HTTP/1.1 200 OK\r\nContent-Length: 9999\r\n\r\n"])
def test_headers_or_content_that_come_byte_by_byte_are_given_up(begun: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    """Although each byte comes well within the limit between two."""
    monkeypatch.setattr(Limits, "whole", 3.0)

    def trickle(listening: socket.socket) -> None:
        there, _ = listening.accept()
        with there, suppress(OSError):
            there.sendall(begun)
            while True:
                there.sendall(b"x")
                time.sleep(0.01)

    with socket.create_server(("127.0.0.1", 0)) as listening:
        server = threading.Thread(target=trickle, args=(listening,), daemon=True)
        server.start()
        url = f"http://127.0.0.1:{listening.getsockname()[1]}"
        with Client(url, limits=Limits(attempts=1, own_machine=True)) as http, pytest.raises(AnswerLost):
            http.send("GET", "x")
        server.join(30)
        assert not server.is_alive(), "the connection is closed"


def test_so_many_a_second() -> None:
    with answering(lambda _: Reply()) as server, client(server, per_second=20) as http:
        begun = time.monotonic()
        for _ in range(5):
            http.send("GET", "x")
        assert time.monotonic() - begun >= 0.19


def test_a_certificate_file_that_can_t_be_used_is_named() -> None:
    with pytest.raises(NotTrusted, match="no-such-file"):
        Certificates(Path("no-such-file")).context()


def test_a_certificate_of_an_unknown_authority_gets_no_token_and_a_private_one_can_be_trusted(tmp_path: Path) -> None:
    ca_file, server_file = authority(tmp_path)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(server_file)
    with answering(lambda _: Reply(), context) as server:
        with Client(server.url, Fixed.bearer("secret"), QUICK) as http, pytest.raises(NotTrusted) as refused:
            http.send("GET", "x")
        assert refused.value.retry == NEVER
        assert server.requests == []
        with Client(server.url, Fixed.bearer("secret"), QUICK, Certificates(ca_file)) as http:
            assert http.send("GET", "x").status == 200
