"""What browsers are told: nothing is kept or guessed, large answers are compressed, and which pages may ask."""

import asyncio
from collections.abc import Iterator

import httpx
import neo4j
import pytest
import zstandard
from websockets import InvalidStatus
from websockets.asyncio.client import connect

from api.callers.origins import may_ask, origin
from graph.cpr.keyring import Keyring
from importers.pipeline.import_run import run_import
from reconnect.embedded import Addresses
from tests.api.serving import Served, serving
from tests.emptied import empty
from tests.graph.organisation import Stating, small

PAGE = "https://intra.kommune.example"
LARGE = "{ " + " ".join(f"u{number}: units {{ nodes {{ name uuid keys }} }}" for number in range(30)) + " }"


@pytest.fixture(scope="module", params=[(), (PAGE,)], ids=["no origins", "one origin"])
def service(
    request: pytest.FixtureRequest, driver: neo4j.Driver, addresses: Addresses
) -> Iterator[tuple[Served, tuple[str, ...]]]:
    empty(driver)
    ring = Keyring.generate()
    run_import(driver, Stating(*small()), ring)
    with serving(addresses, driver, ring, origins=request.param) as served:
        yield served, request.param


def ask(served: Served, query: str, **headers: str) -> httpx.Response:
    return served.send({"query": query}, {"Authorization": f"Bearer {served.token()}", **headers})


def test_only_pages_of_named_origins_may_ask(service: tuple[Served, tuple[str, ...]]) -> None:
    served, origins = service
    for asking in (PAGE, "https://elsewhere.example", "https://intra.kommune.example.evil.example", "null"):
        let_in = asking if asking in origins else None
        preflight = {"Origin": asking, "Access-Control-Request-Method": "POST",
                     "Access-Control-Request-Headers": "authorization,content-type"}  # fmt: skip
        answer = httpx.options(f"{served.url}/graphql", headers=preflight)
        assert answer.headers.get("access-control-allow-origin") == let_in
        assert "access-control-allow-credentials" not in answer.headers
        answer = ask(served, "{ units { totalCount } }", Origin=asking)
        assert answer.headers.get("access-control-allow-origin") == let_in


def test_a_websocket_of_another_page_is_refused(service: tuple[Served, tuple[str, ...]]) -> None:
    served, origins = service
    address = served.url.replace("http", "ws") + "/graphql"

    async def is_let_in(asking: str | None) -> bool:
        try:
            async with connect(address, subprotocols=["graphql-transport-ws"], origin=asking):  # type: ignore[list-item, arg-type]
                return True
        except InvalidStatus as refused:
            assert refused.response.status_code == 403
            return False

    async def all_of_them() -> list[bool]:
        return [await is_let_in(each) for each in (None, served.url, PAGE, "https://elsewhere.example", "null")]

    assert asyncio.run(all_of_them()) == [True, True, PAGE in origins, False, False]


@pytest.mark.parametrize(
    ("text", "written"),
    [
        ("https://Intra.Kommune.example", PAGE),
        ("https://intra.kommune.example:443/", PAGE),
        ("http://localhost:3000", "http://localhost:3000"),
        ("http://[::1]:3000", "http://[::1]:3000"),
    ],
)
def test_an_origin_is_written_as_browsers_do(text: str, written: str) -> None:
    assert origin(text) == written


@pytest.mark.parametrize(
    "text",
    ["*", "https://*", "https://*.kommune.example", "intra.kommune.example", "https://a.example/path", "null", "",
     "https://user@a.example", "ftp://a.example", "https://a.example:port", "https://a.example?x"],
)  # fmt: skip
def test_what_is_not_an_origin_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="is not an origin"):
        origin(text)
    assert not may_ask({"origin": text or "none", "host": "reconnect.example"}, (PAGE,))


def test_no_cache_keeps_an_answer_and_no_browser_guesses_what_it_is(service: tuple[Served, tuple[str, ...]]) -> None:
    served, _ = service
    answers = [
        ask(served, "{ units { totalCount } }"),
        ask(served, "{ nothing }"),
        ask(served, LARGE),
        served.send({}, {}),
        httpx.get(f"{served.url}/nothing"),
        httpx.put(f"{served.url}/graphql"),
        httpx.get(f"{served.url}/health/ready"),
        httpx.get(f"{served.url}/metrics"),
    ]
    for answer in answers:
        assert answer.headers["cache-control"] == "no-store"
        assert answer.headers["x-content-type-options"] == "nosniff"
    assert httpx.get(f"{served.url}/graphql", headers={"Accept": "text/html"}).headers["cache-control"] == "no-cache"


def test_answers_over_a_kilobyte_are_compressed_as_the_client_can(service: tuple[Served, tuple[str, ...]]) -> None:
    served, _ = service
    plain = ask(served, LARGE, **{"Accept-Encoding": "identity"})
    assert len(plain.content) > 1024
    assert "content-encoding" not in plain.headers
    for accepted, used in (("gzip", "gzip"), ("gzip, zstd, br", "zstd"), ("zstd;q=0, gzip", "gzip"), ("br", None)):
        for form in ("application/json", "application/graphql-response+json"):
            answer = ask(served, LARGE, **{"Accept-Encoding": accepted, "Accept": form})
            assert answer.headers.get("content-encoding") == used
            assert answer.json()["data"] == plain.json()["data"]
            if used:
                assert "accept-encoding" in answer.headers["vary"].lower()
                assert int(answer.headers["content-length"]) < len(plain.content) / 3
    assert "content-encoding" not in ask(served, "{ units { totalCount } }").headers


def test_what_is_written_as_it_comes_is_compressed_as_it_comes(
    service: tuple[Served, tuple[str, ...]], monkeypatch: pytest.MonkeyPatch
) -> None:
    served, _ = service
    monkeypatch.setattr("api.reads.reader.WHOLE", 100)
    plain = ask(served, LARGE, **{"Accept-Encoding": "identity"})
    assert "content-length" not in plain.headers
    headers = {"Authorization": f"Bearer {served.token()}", "Accept-Encoding": "zstd"}
    with httpx.stream("POST", f"{served.url}/graphql", json={"query": LARGE}, headers=headers) as answer:
        assert answer.headers["content-encoding"] == "zstd"
        packed = b"".join(answer.iter_raw())
    assert zstandard.ZstdDecompressor().decompressobj().decompress(packed) == plain.content


def test_events_are_not_compressed_and_come_at_once(service: tuple[Served, tuple[str, ...]]) -> None:
    served, _ = service
    headers = {
        "Authorization": f"Bearer {served.token()}",
        "Accept": "text/event-stream",
        "Accept-Encoding": "gzip, zstd",
    }
    asked = {
        "query": "subscription { changes(after: 0) { number values { property before { text } after { text } } } }"
    }
    with httpx.stream("POST", f"{served.url}/graphql", json=asked, headers=headers) as answer:
        assert "content-encoding" not in answer.headers
        assert answer.headers["cache-control"] == "no-store"
        assert next(answer.iter_lines()) == "event: next"
