"""The clients that people use ask one running service, in processes of their own, and get what they ask for."""

import asyncio
import json
from collections.abc import Iterator
from datetime import date
from inspect import signature
from typing import Any

import neo4j
import pytest
from gql import Client, gql
from gql.transport.exceptions import TransportQueryError
from gql.transport.httpx import HTTPXTransport
from gql.transport.websockets import WebsocketsTransport
from graphql import build_client_schema, get_introspection_query, print_schema

from api.schema import schema
from graph.change_log import Origin
from graph.cpr.keyring import Keyring
from graph.statements.statement import DatedValue, Statement
from graph.time import ALWAYS, Period, today
from graph.writing.graph_writer import GraphWriter
from importers.pipeline.import_run import run_import
from reconnect.embedded import Addresses
from tests.api.clients import node
from tests.api.serving import Served, serving
from tests.emptied import empty
from tests.graph.organisation import Stating, small

ALMA = "query($name: String) { persons(filter: {name: $name}) { nodes { name } } }"


@pytest.fixture(scope="module")
def service(driver: neo4j.Driver, addresses: Addresses) -> Iterator[Served]:
    empty(driver)
    ring = Keyring.generate()
    run_import(driver, Stating(*small()), ring)
    with serving(addresses, driver, ring) as served:
        yield served


@pytest.fixture(scope="module")
def told(service: Served) -> dict[str, Any]:
    """What each client of ``ask.js`` got."""
    found: dict[str, Any] = json.loads(node.asked(f"{service.url}/graphql", service.token()))
    return found


def test_the_service_passes_the_audit_of_graphql_over_http(told: dict[str, Any]) -> None:
    audits = told["audit"]
    assert isinstance(audits, list), audits
    assert len(audits) > 50
    wrong = [each for each in audits if each["status"] in ("error", "warn")]
    assert wrong == []
    # What it may do as well, and does not: a question by GET stands in the logs of every proxy on the way.
    assert {each["name"] for each in audits if each["status"] == "notice"} == {
        "MAY accept application/x-www-form-urlencoded formatted GET requests",
        "MAY allow URL-encoded JSON string {variables} parameter in GETs when accepting "
        "application/graphql-response+json",
        "MAY allow URL-encoded JSON string {variables} parameter in GETs when accepting application/json",
    }


def alma(data: Any) -> bool:
    (found,) = data["persons"]["nodes"]
    return bool(found["name"] == "Alma Testrup" and found["uuid"])


def test_urql(told: dict[str, Any]) -> None:
    got = told["urql"]
    assert "failed" not in got, got["failed"]
    assert alma(got["read"])
    assert (got["wrong"], got["written"]) == (["bad_question"], ["unknown_unit"])
    assert got["overSocket"]["changes"]["number"] == got["overEvents"]["changes"]["number"] == 1


def test_apollo_client(told: dict[str, Any]) -> None:
    got = told["apollo"]
    assert "failed" not in got, got["failed"]
    assert alma(got["read"])
    assert alma(got["hashed"])
    assert (got["wrong"], got["written"]) == (["bad_question"], ["unknown_unit"])
    assert got["overSocket"]["changes"]["number"] == 1
    assert got["overHttp"] == ["subscription_over_http"]


def test_a_cache_that_goes_by_id_keeps_two_days_of_one_thing_apart(told: dict[str, Any]) -> None:
    """Apollo's cache as it comes: without the day in the id, one of the two would be shown for both."""
    got = told["apollo"]
    assert "failed" not in got, got["failed"]
    then, now = (got["days"][each]["thing"] for each in ("then", "now"))
    assert (then["asOf"], now["asOf"]) == ("2020-01-01", today().isoformat())
    assert {f"Person:{then['id']}", f"Person:{now['id']}"} <= set(got["kept"])
    assert then["id"] != now["id"]


def test_graphql_ws_and_graphql_sse(told: dict[str, Any]) -> None:
    socket, events = told["graphqlWs"], told["graphqlSse"]
    assert "failed" not in socket, socket["failed"]
    assert "failed" not in events, events["failed"]
    assert (socket["numbers"], socket["wrong"]) == ([1, 2, 3], ["bad_question"])
    assert events["changes"] == [1, 2, 3]
    (read,) = events["read"]
    assert alma(read["data"])
    assert events["written"] == [["unknown_unit"]]


def test_gql_loads_the_schema_and_asks_by_http_and_websocket(service: Served) -> None:
    headers = {"Authorization": f"Bearer {service.token()}"}
    over_http = HTTPXTransport(f"{service.url}/graphql", headers=headers, timeout=60)
    with Client(transport=over_http, fetch_schema_from_transport=True) as session:
        assert session.client.schema is not None
        asked = gql(ALMA)
        asked.variable_values = {"name": "Alma Testrup"}
        assert session.execute(asked)["persons"]["nodes"] == [{"name": "Alma Testrup"}]
    with Client(transport=over_http) as session, pytest.raises(TransportQueryError) as refused:
        session.execute(gql("{ nothing }"))
    assert refused.value.errors is not None
    assert refused.value.errors[0]["extensions"]["code"] == "bad_question"
    assert asyncio.run(followed(service.url.replace("http", "ws") + "/graphql", headers)) == [1, 2, 3]


async def followed(url: str, headers: dict[str, str]) -> list[int]:
    spoken = [WebsocketsTransport.GRAPHQLWS_SUBPROTOCOL]
    transport = WebsocketsTransport(url, init_payload=headers, subprotocols=spoken)
    numbers: list[int] = []
    async with Client(transport=transport) as session:
        async for change in session.subscribe(gql("subscription { changes(after: 0) { number } }")):
            numbers.append(change["changes"]["number"])
            if len(numbers) == 3:
                break
    return numbers


def test_the_standard_introspection_tells_the_schema_that_is_printed(service: Served) -> None:
    options = signature(get_introspection_query).parameters.values()
    every = {each.name: True for each in options if isinstance(each.default, bool)}
    assert len(every) >= 6
    query = get_introspection_query(**every)
    answer = service.ask(query, "reader")
    assert "errors" not in answer, answer["errors"][:3]
    assert print_schema(build_client_schema(answer["data"])) == print_schema(schema._schema)


def test_paging_while_others_write_gives_what_stays_exactly_once(service: Served) -> None:
    """Units come, are renamed and end while a frontend pages by cursor. What was there all the time comes once."""
    writer = GraphWriter(service.driver, Keyring.generate())
    keys: dict[str, str] = {}

    def state(key: str, name: str, to: date | None = None) -> None:
        values = {"name": (DatedValue(Period(ALWAYS, to), name),)}
        writer.state("facts", [Statement("Unit", key, values=values)], Origin("facts"))
        keys[name] = key

    stay = {f"Stays {n:02}" for n in range(12)}
    for name in sorted(stay):
        state(name, name)
    question = """query($after: String, $order: Order) { units(first: 3, after: $after, order: $order) {
        nodes { name } pageInfo { hasNextPage endCursor } } }"""
    for order in ("NAME", "UUID"):
        for turn in range(4):
            state(f"{order} moves {turn}", f"Q moves {order} {turn}")
        found: list[str] = []
        after, turn = None, 0
        while True:
            page = service.data(question, "reader", after=after, order=order)["units"]
            found += [each["name"] for each in page["nodes"]]
            if not page["pageInfo"]["hasNextPage"]:
                break
            after, turn = page["pageInfo"]["endCursor"], turn + 1
            state(f"{order} comes {turn}", f"{'AT'[turn % 2]} comes {order} {turn}")
            if found[-1] not in stay and found[-1] in keys:  # the cursor stands on it
                state(keys[found[-1]], f"Z was {found[-1]}")
            state(f"{order} moves {turn % 4}", f"{'AT'[turn % 2]} moves {order} {turn}")
            state(f"{order} comes {turn - 1}", "ends", date(2020, 1, 1))
        assert sorted(each for each in found if each in stay) == sorted(stay)
        assert turn > 4
