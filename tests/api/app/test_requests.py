"""What the service does with requests: its log, its limits, and a graph that does not answer."""

import asyncio
from collections.abc import Iterator

import httpx
import neo4j
from structlog.testing import capture_logs

from api.app import Service, create_app
from graph.connection import connect
from graph.cpr import Keyring
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
