"""Mutations that are only previewed: what they would do is told, and nothing of it stays."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import neo4j
import pytest

from api.requests.request_body import BadRequest, asked_of
from graph.time import today
from reconnect.embedded import Addresses
from tests.api.serving import Served, serving
from tests.emptied import empty
from tests.graph.questions.rights.imported import RING, imported
from tests.graph.questions.rights.town import TOWN

pytestmark = pytest.mark.slow

STOPS = """
mutation($to: Date!) { changeGrant(grant: "g_sapa", to: $to, reason: "A test") { uuid change } }
"""


@pytest.fixture(scope="module")
def service(driver: neo4j.Driver, addresses: Addresses, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    empty(driver)
    assert imported(driver, TOWN, tmp_path_factory.mktemp("town")).problems == []
    with serving(addresses, driver, RING) as served:
        yield served


def number(driver: neo4j.Driver) -> int:
    rows, _, _ = driver.execute_query("MATCH (log:ChangeLog) RETURN log.number AS number")
    return int(rows[0]["number"])


def asked(service: Served, preview: Any, *roles: str, query: str = STOPS, **variables: Any) -> dict[str, Any]:
    body = {"query": query, "variables": variables, "extensions": {"preview": preview}}
    answer: dict[str, Any] = service.send(body, {"Authorization": f"Bearer {service.token(*roles)}"}).json()
    return answer


def test_it_tells_who_would_lose_what_and_changes_nothing(service: Served) -> None:
    before, ends = number(service.driver), today() + timedelta(days=10)
    answer = asked(service, True, to=ends.isoformat())
    assert answer["data"]["changeGrant"]["change"] is not None
    told = answer["extensions"]["preview"]
    lost = {(each["name"], each["change"], each["since"]) for each in told["consequences"]}
    assert lost == {("Anna Berg", "LOST", ends.isoformat())}
    assert {"what": "RIGHT", "change": "LOST", "count": 1} in told["counts"]
    earlier = asked(service, {"at": today().isoformat()}, to=ends.isoformat())
    assert earlier["extensions"]["preview"]["consequences"] == []
    assert number(service.driver) == before


def test_what_it_can_not_be_asked(service: Served) -> None:
    before = number(service.driver)
    ends = today().isoformat()
    assert asked(service, "yes", to=ends)["errors"][0]["extensions"]["code"] == "bad_request"
    assert asked(service, True, query="{ __typename }")["errors"][0]["extensions"]["code"] == "bad_request"
    assert asked(service, True, "organisation", to=ends)["errors"][0]["extensions"]["code"] == "forbidden"
    assert number(service.driver) == before


@pytest.mark.parametrize(
    "wrong",
    [
        {"extensions": {"previw": True}},
        {"extensions": {"Preview": True}},
        {"extensions": {"dryRun": True}},
        {"extensions": {"preview": None}},
        {"extensions": {"preview": "true"}},
        {"extensions": {"preview": 1}},
        {"extensions": {"preview": {}}},
        {"extension": {"preview": True}},
        {"preview": True},
    ],
)
def test_what_was_meant_as_a_preview_is_never_carried_out(wrong: dict[str, Any]) -> None:
    with pytest.raises(BadRequest):
        asked_of({"query": STOPS, **wrong})


@pytest.mark.parametrize(
    "usual",
    [
        {"extensions": {"persistedQuery": {"version": 1, "sha256Hash": "0"}, "clientLibrary": {"name": "a"}}},
        {"extensions": {"preview": False, "provider": "x"}},
        {"extensions": None, "variables": None, "operationName": None, "id": "1"},
    ],
)
def test_what_clients_send_along_is_let_be(usual: dict[str, Any]) -> None:
    assert asked_of({"query": STOPS, **usual}).preview is None


def test_nothing_is_written_where_the_word_is_misspelt(service: Served) -> None:
    before = number(service.driver)
    body = {"query": STOPS, "variables": {"to": today().isoformat()}, "extensions": {"previews": True}}
    answer = service.send(body, {"Authorization": f"Bearer {service.token()}"})
    assert (answer.status_code, answer.json()["errors"][0]["extensions"]["code"]) == (400, "bad_request")
    assert number(service.driver) == before
