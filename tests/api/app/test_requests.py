"""What the service does with requests: its log, its limits, and a graph that does not answer."""

import asyncio
from collections.abc import Iterator
from typing import Any

import httpx
import neo4j
import pytest
from structlog.testing import capture_logs

from api.access.tokens import create
from api.app import Service, create_app
from graph.connection import connect, connect_async
from graph.cpr import Keyring
from reconnect.embedded import Addresses
from tests.api.serving import Served

ASK = '{ persons(filter: {name: "Alma Testrup"}) { nodes { name } } }'


def test_a_request_is_logged_without_its_token_and_without_what_was_asked(small_service: Served) -> None:
    token = small_service.token("reader")
    with capture_logs() as lines:
        assert "Alma" in small_service.post(ASK, token).text
    (line,) = [each for each in lines if each["event"] == "request"]
    assert (line["method"], line["path"], line["status"]) == ("POST", "/graphql", 200)
    assert line["by"].startswith("test reader")
    assert token not in str(lines)
    assert "Alma" not in str(lines)


def test_health_and_metrics_leave_no_lines(small_service: Served) -> None:
    with capture_logs() as lines:
        httpx.get(f"{small_service.url}/health/live")
        told = httpx.get(f"{small_service.url}/metrics").text
    assert not lines
    assert "reconnect_api_request_seconds_count" in told


def test_a_body_without_length_is_read_no_further_than_allowed(small_service: Served) -> None:
    def endless() -> Iterator[bytes]:
        for _ in range(64):
            yield b" " * 65536

    headers = {"Authorization": f"Bearer {small_service.token()}"}
    answer = httpx.post(f"{small_service.url}/graphql", content=endless(), headers=headers)
    assert answer.status_code == 413


def test_no_other_origin_is_let_in(small_service: Served) -> None:
    asked = {"Origin": "https://elsewhere.example", "Access-Control-Request-Method": "POST"}
    answer = httpx.options(f"{small_service.url}/graphql", headers=asked)
    assert "access-control-allow-origin" not in answer.headers


def requested(service: Served, method: str = "POST", accept: str = "*/*", **request: Any) -> httpx.Response:
    headers = {"Authorization": f"Bearer {service.token('reader')}", "Accept": accept}
    return httpx.request(method, f"{service.url}/graphql", headers=headers, **request)


@pytest.mark.parametrize(
    ("accept", "form", "refused"),
    [
        ("*/*", "application/json", 200),
        ("application/json", "application/json", 200),
        ("application/json, application/graphql-response+json;q=0.5", "application/json", 200),
        ("application/graphql-response+json;q=x", "application/graphql-response+json; charset=utf-8", 400),
        (
            "application/graphql-response+json, application/json;q=0.9",
            "application/graphql-response+json; charset=utf-8",
            400,
        ),
    ],
)
def test_an_answer_has_the_media_type_that_is_asked_for(
    small_service: Served, accept: str, form: str, refused: int
) -> None:
    """GraphQL over HTTP: with its own media type the status tells a refused question; with JSON it is always 200."""
    for question, status in ((ASK, 200), ("{ __typename }", 200), ("{ nothing }", refused)):
        answer = requested(small_service, accept=accept, json={"query": question})
        assert (answer.status_code, answer.headers["content-type"]) == (status, form)
        assert set(answer.json()) == ({"data"} if question != "{ nothing }" else {"errors"})


@pytest.mark.parametrize(
    ("accept", "query", "status"),
    [
        ("text/html,application/xhtml+xml,*/*;q=0.8", {}, 503),  # the page, which has no files in this test
        ("text/html", {"query": ASK}, 503),
        ("*/*", {}, 503),
        ("*/*", {"query": ASK}, 405),
        ("application/json", {"query": ASK}, 405),
        ("application/json", {}, 405),
    ],
)
def test_a_program_that_asks_by_get_is_told_to_post(
    small_service: Served, accept: str, query: dict[str, str], status: int
) -> None:
    answer = requested(small_service, "GET", accept, params=query)
    assert answer.status_code == status
    if status == 405:
        assert (answer.headers["allow"], answer.json()["errors"][0]["message"]) == ("POST", "Ask by POST.")


def test_another_method_is_told_which_there_are(small_service: Served) -> None:
    assert set(requested(small_service, "PUT").headers["allow"].split(", ")) == {"GET", "HEAD", "POST"}


def test_who_has_no_token_is_told_what_kind_is_needed(small_service: Served) -> None:
    answer = httpx.post(f"{small_service.url}/graphql", json={"query": ASK})
    assert (answer.status_code, answer.headers["www-authenticate"]) == (401, "Bearer")


def test_a_client_that_sends_hashes_of_questions_is_told_to_send_them_whole(small_service: Served) -> None:
    """Automatic persisted queries: in the words at which Apollo's client falls back by itself."""
    hashed = {"extensions": {"persistedQuery": {"version": 1, "sha256Hash": "0" * 64}}}
    (error,) = requested(small_service, json=hashed).json()["errors"]
    assert (error["message"], error["extensions"]["code"]) == (
        "PersistedQueryNotSupported",
        "PERSISTED_QUERY_NOT_SUPPORTED",
    )
    (error,) = requested(small_service, json={"extensions": 5}).json()["errors"]
    assert "the body is" in error["message"]
    assert requested(small_service, json={"query": ASK, **hashed}).json()["data"]["persons"]["nodes"]


def test_the_operation_that_is_meant(small_service: Served) -> None:
    two = f"query A {ASK} query B {{ units {{ totalCount }} }}"
    assert requested(small_service, json={"query": two, "operationName": "B"}).json() == {
        "data": {"units": {"totalCount": 3}}
    }
    assert "data" in requested(small_service, json={"query": f"query A {ASK}", "operationName": ""}).json()
    for name, why in ((None, "the name of one operation"), ("C", "the document has no operation 'C'")):
        (error,) = requested(small_service, json={"query": two, "operationName": name}).json()["errors"]
        assert why in error["message"]


def test_a_service_that_does_not_tell_its_schema(clean_graph: neo4j.Driver, addresses: Addresses) -> None:
    """The setting api.introspection. Questions are answered all the same."""
    reading = connect_async(addresses.bolt_uri, addresses.user, addresses.password)
    service = Service(clean_graph, reading, Keyring.generate(), introspection=False)
    headers = {"Authorization": f"Bearer {create(clean_graph, 'curious', ['reader'])}"}

    async def ask(question: str) -> Any:
        transport = httpx.ASGITransport(create_app(service))
        async with httpx.AsyncClient(transport=transport, base_url="http://test", headers=headers) as client:
            return (await client.post("/graphql", json={"query": question})).json()

    async def all_three() -> list[Any]:
        async with reading:
            return [
                await ask(each)
                for each in ("{ __schema { types { name } } }", '{ __type(name: "Unit") { name } }', ASK)
            ]

    schema, type_, people = asyncio.run(all_three())
    for refused in (schema, type_):
        assert refused["errors"][0]["extensions"] == {"code": "forbidden"}
        assert "data" not in refused
    assert people == {"data": {"persons": {"nodes": []}}}


def test_a_graph_that_does_not_answer_is_an_error_that_says_so() -> None:
    async def ask() -> tuple[httpx.Response, ...]:
        nowhere = "bolt://127.0.0.1:9"
        # The driver tries again for half a minute, and has given up here after a second.
        reading = neo4j.AsyncGraphDatabase.driver(nowhere, auth=("neo4j", "x"), max_transaction_retry_time=1)
        service = Service(connect(nowhere, "neo4j", "x"), reading, Keyring.generate())
        transport = httpx.ASGITransport(create_app(service))
        async with service.reading, httpx.AsyncClient(transport=transport, base_url="http://test") as client:
            headers = {"Authorization": "Bearer rc_any"}
            asked = await client.post("/graphql", json={"query": ASK}, headers=headers)
            answers = asked, await client.get("/health/live"), await client.get("/health/ready")
        service.driver.close()
        return answers

    asked, live, ready = asyncio.run(ask())
    assert asked.status_code == 503
    assert asked.json()["errors"][0]["extensions"]["code"] == "unavailable"
    assert (live.status_code, ready.status_code) == (200, 503)
