"""What the service does with requests: its log, its limits, and a graph that does not answer."""

import httpx
from starlette.testclient import TestClient
from structlog.testing import capture_logs

from api.app import Service, create_app
from graph.connection import connect, connect_async
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
    def endless():  # type: ignore[no-untyped-def]
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
    nowhere = "bolt://127.0.0.1:9"
    service = Service(connect(nowhere, "neo4j", "x"), connect_async(nowhere, "neo4j", "x"), Keyring.generate())
    with service.driver, TestClient(create_app(service)) as client:
        answer = client.post("/graphql", json={"query": ASK}, headers={"Authorization": "Bearer rc_any"})
        assert answer.status_code == 503
        assert answer.json()["errors"][0]["extensions"]["code"] == "unavailable"
        assert client.get("/health/live").status_code == 200
        assert client.get("/health/ready").status_code == 503
