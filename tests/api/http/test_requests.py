"""What the service does with requests: its log, its limits, and a graph that does not answer."""

import asyncio
import json
from collections.abc import Iterator, Mapping
from typing import Any

import httpx
import neo4j
import pytest
from structlog.testing import capture_logs

from api.http.app import create_app
from api.http.service import Service
from api.requests.request_body import BadRequest, asked_of
from graph.connection import connect, connect_async
from graph.cpr.keyring import Keyring
from reconnect.embedded import Addresses
from tests.api.serving import CLIENT, Served

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

    headers = {"Authorization": f"Bearer {small_service.token()}", "Content-Type": "application/json"}
    answer = httpx.post(f"{small_service.url}/graphql", content=endless(), headers=headers)
    assert answer.status_code == 413


AS_JSON = {"Content-Type": "application/json"}


def requested(
    service: Served,
    method: str = "POST",
    accept: str = "*/*",
    roles: tuple[str, ...] = ("reader",),
    headers: Mapping[str, str] | None = None,
    **request: Any,
) -> httpx.Response:
    sent = {"Authorization": f"Bearer {service.token(*roles)}", "Accept": accept, **(headers or {})}
    return CLIENT.request(method, f"{service.url}/graphql", headers=sent, **request)


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
        assert set(answer.json()) - {"extensions"} == ({"data"} if question != "{ nothing }" else {"errors"})


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
def test_a_query_by_get_is_answered_with_post(
    small_service: Served, accept: str, query: dict[str, str], status: int
) -> None:
    answer = requested(small_service, "GET", accept, params=query)
    assert answer.status_code == status
    if status == 405:
        (error,) = answer.json()["errors"]
        assert (answer.headers["allow"], error["message"]) == ("POST", "Send queries by POST.")
        assert error["extensions"]["code"] == "method_not_allowed"


def test_another_method_is_answered_with_the_allowed_ones(small_service: Served) -> None:
    assert set(requested(small_service, "PUT").headers["allow"].split(", ")) == {"GET", "HEAD", "POST"}


def test_a_missing_token_is_answered_with_the_kind_needed(small_service: Served) -> None:
    answer = httpx.post(f"{small_service.url}/graphql", json={"query": ASK})
    assert (answer.status_code, answer.headers["www-authenticate"]) == (401, "Bearer")


def test_a_client_that_sends_hashes_of_queries_is_asked_for_the_queries(small_service: Served) -> None:
    """Automatic persisted queries: in the words at which Apollo's client falls back by itself."""
    hashed = {"extensions": {"persistedQuery": {"version": 1, "sha256Hash": "0" * 64}}}
    (error,) = requested(small_service, json=hashed).json()["errors"]
    assert (error["message"], error["extensions"]["code"]) == (
        "PersistedQueryNotSupported",
        "PERSISTED_QUERY_NOT_SUPPORTED",
    )
    by_get = requested(
        small_service, "GET", "application/json", params={"extensions": json.dumps(hashed["extensions"])}
    )
    assert (by_get.status_code, by_get.json()["errors"], by_get.headers["content-type"]) == (
        200,
        [error],
        "application/json",
    )
    own = requested(
        small_service,
        "GET",
        "application/graphql-response+json",
        params={"extensions": json.dumps(hashed["extensions"])},
    )
    assert (own.status_code, own.json()["errors"]) == (400, [error])
    assert requested(small_service, json={"query": ASK, **hashed}).json()["data"]["persons"]["nodes"]


@pytest.mark.parametrize("accept", ["*/*", "application/graphql-response+json"])
@pytest.mark.parametrize(
    ("body", "why"),
    [
        ([{"query": ASK}], "send each in a request of its own"),
        ([], "send each in a request of its own"),
        ("text", "The body is"),
        (None, "The body is"),
        ({}, "The body is"),
        ({"query": 5}, "The body is"),
        ({"query": ASK, "variables": []}, "variables must be an object"),
        ({"query": ASK, "variables": "{}"}, "variables must be an object"),
        ({"query": ASK, "variables": False}, "variables must be an object"),
        ({"query": ASK, "operationName": False}, "operationName must be a text"),
        ({"query": ASK, "operationName": 0}, "operationName must be a text"),
        ({"query": ASK, "operationName": []}, "operationName must be a text"),
        ({"query": ASK, "extensions": 5}, "extensions must be an object"),
        ({"query": ASK, "extensions": []}, "extensions must be an object"),
        ({"query": ASK, "extensions": {"reason": 5}}, "reason must be a text"),
        ({"query": ASK, "extensions": {"reason": " "}}, "reason must be a text"),
    ],
)
def test_a_body_of_another_form_is_a_bad_request(small_service: Served, accept: str, body: object, why: str) -> None:
    answer = requested(small_service, accept=accept, content=json.dumps(body), headers=AS_JSON)
    (error,) = answer.json()["errors"]
    assert (answer.status_code, error["extensions"]["code"]) == (400, "bad_request")
    assert why in error["message"]


def test_the_reason_of_a_question_is_taken_as_that_of_a_change() -> None:
    """The log of reads shows it."""
    assert asked_of({"query": ASK, "extensions": {"reason": " Efter  aftale "}}, 1).reason == "Efter aftale"
    with pytest.raises(BadRequest, match="reason: it contains a CPR number") as refused:
        asked_of({"query": ASK, "extensions": {"reason": "Om 010190-1234"}}, 1)
    (error,) = refused.value.errors
    assert (error.extensions or {})["code"] == "cpr_in_text"


@pytest.mark.parametrize(
    ("content_type", "status"),
    [
        ("application/json", 200),
        ("application/json; charset=utf-8", 200),
        ('Application/JSON;charset="UTF-8"', 200),
        ("application/json; charset=iso-8859-1", 415),
        ("application/graphql", 415),
        ("text/plain", 415),
        ("application/x-www-form-urlencoded", 415),
        ("multipart/form-data; boundary=x", 415),
        ("", 415),
    ],
)
def test_only_json_is_taken(small_service: Served, content_type: str, status: int) -> None:
    headers = {"Content-Type": content_type} if content_type else {}
    answer = requested(small_service, content=json.dumps({"query": ASK}), headers=headers)
    assert answer.status_code == status
    if status == 415:
        assert answer.json()["errors"][0]["extensions"]["code"] == "unknown_content_type"


def test_every_error_has_a_code(small_service: Served) -> None:
    for question, code in (
        ("{", "syntax_error"),
        ("{ nothing }", "bad_question"),
        ("query($at: Date) { units(at: $at) { totalCount } }", "bad_variables"),
        ("query A { __typename } query B { __typename }", "bad_question"),
        ("{ __schema { nothing } }", "bad_question"),
        ("{ units { totalCount } __schema { description } }", "bad_question"),
        ("subscription { changes { number } }", "subscription_over_http"),
        ("mutation { nothing }", "bad_question"),
        (
            'mutation { setValue(from: "0001-01-01", kind: Unit, thing: "x", property: "name", value: "x", '
            'reason: " ") { uuid } }',
            "reason",
        ),
    ):
        answer = requested(small_service, json={"query": question, "variables": {"at": "no day"}}, roles=())
        assert {each["extensions"]["code"] for each in answer.json()["errors"]} == {code}, question
    for address in ("/", "/graphql/nothing/at/all"):
        assert httpx.get(f"{small_service.url}{address}").json()["errors"][0]["extensions"]["code"] == "not_found"


@pytest.mark.parametrize(
    ("accept", "reads", "subscribes"),
    [
        # urql's, of a read too.
        ("application/graphql-response+json, application/graphql+json, application/json, text/event-stream, "
         "multipart/mixed", "application/graphql-response+json; charset=utf-8", "text/event-stream; charset=utf-8"),
        ("text/event-stream", "text/event-stream; charset=utf-8", "text/event-stream; charset=utf-8"),
        ("text/event-stream, */*;q=0.1", "application/json", "text/event-stream; charset=utf-8"),
        ("text/event-stream;q=0, application/json", "application/json", "application/json"),
        ("application/json", "application/json", "application/json"),
    ],
)  # fmt: skip
def test_an_event_stream_answers_subscriptions(small_service: Served, accept: str, reads: str, subscribes: str) -> None:
    for question, form in (
        (ASK, reads),
        ("{ __typename }", reads),
        ("subscription { changes(after: 0) { number } }", subscribes),
    ):
        headers = {"Authorization": f"Bearer {small_service.token()}", "Accept": accept}
        with httpx.stream("POST", f"{small_service.url}/graphql", json={"query": question}, headers=headers) as answer:
            assert answer.headers["content-type"] == form
            if question == ASK:
                answer.read()
                assert '"Alma Testrup"' in answer.text


@pytest.mark.parametrize("form", ["mutation {{ {0} }}", "mutation {{ ...F }} fragment F on Mutation {{ {0} }}"])
def test_a_request_makes_so_many_changes_and_no_more(small_service: Served, form: str) -> None:
    """Also where a fragment holds them."""
    several = " ".join(
        f'a{each}: createUnit(from: "0001-01-01", name: "A", reason: "test") {{ uuid }}' for each in range(101)
    )
    (error,) = small_service.ask(form.format(several), "reader")["errors"]
    assert error["extensions"]["code"] == "over_limit"


def test_the_operation_that_is_meant(small_service: Served) -> None:
    two = f"query A {ASK} query B {{ units {{ totalCount }} }}"
    assert requested(small_service, json={"query": two, "operationName": "B"}).json()["data"] == {
        "units": {"totalCount": 3}
    }
    assert "data" in requested(small_service, json={"query": f"query A {ASK}", "operationName": ""}).json()
    for name, why in ((None, "the name of one operation"), ("C", "the document has no operation 'C'")):
        (error,) = requested(small_service, json={"query": two, "operationName": name}).json()["errors"]
        assert why in error["message"]


def test_a_service_that_does_not_show_its_schema(small_service: Served, addresses: Addresses) -> None:
    """The setting api.introspection. Questions are answered all the same."""
    reading = connect_async(addresses.bolt_uri, addresses.user, addresses.password)
    service = Service(small_service.driver, reading, Keyring.generate(), introspection=False)
    headers = {"Authorization": f"Bearer {small_service.token('reader')}"}

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
        assert refused["errors"][0]["extensions"] == {"code": "forbidden", "retry": "never"}
        assert "data" not in refused
    assert people["data"] == {"persons": {"nodes": [{"name": "Alma Testrup"}]}}


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
