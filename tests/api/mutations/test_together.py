"""Several changes of one request, all or none; and what was made by mistake is withdrawn."""

from typing import Any

import httpx
import pytest

from api.requests.request_body import BadRequest, asked_of
from tests.api.serving import Served
from tests.graph.snapshot import change_numbers, snapshot

TWO = """
mutation($unit: ID!, $other: ID!, $version: Int) {
  one: createAssignment(holder: {employment: "e_karen"}, role: "manager", units: [{unit: $unit}],
                        from: "2026-02-01", reason: "x") { uuid thing { label } }
  two: setValue(kind: Unit, thing: $other, property: "shortName", value: "Ny", from: "2026-02-01", reason: "x",
                expectedVersion: $version) { uuid }
}
"""


@pytest.fixture
def service(shared_service: Served) -> Served:
    return shared_service


def together(service: Served, query: str, **variables: Any) -> httpx.Response:
    body = {"query": query, "variables": variables, "extensions": {"together": True}}
    return service.send(body, {"Authorization": f"Bearer {service.token()}"})


def test_where_one_is_refused_none_is_made(service: Served) -> None:
    before, numbers = snapshot(service.driver), change_numbers(service.driver)
    answer = together(service, TWO, unit="root", other="root", version=99).json()
    (error,) = answer["errors"]
    assert "data" not in answer and error["extensions"]["code"] == "conflict" and error["path"] == ["two"]
    assert (snapshot(service.driver), change_numbers(service.driver)) == (before, numbers)


def test_all_are_made_and_read_back_and_withdrawn(service: Served) -> None:
    made = together(service, TWO, unit="root", other="root").json()["data"]
    uuid = made["one"]["uuid"]
    assert made["one"]["thing"]["label"] and made["two"]["uuid"]
    withdraw = 'mutation($of: ID!) { changeAssignment(assignment: $of, withdraw: true, reason: "x") { uuid } }'
    assert service.data(withdraw, "rights", of=uuid)
    kept = service.data("query($of: ID!) { assignment(uuid: $of, period: {}) { history { from } } }", of=uuid)
    assert kept["assignment"] is None


def test_what_a_source_claims_is_not_withdrawn(service: Served) -> None:
    found = service.data("{ assignments(first: 1) { nodes { uuid } } }")["assignments"]["nodes"][0]["uuid"]
    change = 'mutation($of: ID!) { changeAssignment(assignment: $of, withdraw: true, reason: "x"%s) { uuid } }'
    for more, code in (("", "not_by_hand"), (', to: "2027-01-01"', "wrong_value")):
        (error,) = service.ask(change % more, of=found)["errors"]
        assert error["extensions"]["code"] == code


@pytest.mark.parametrize(("change", "code"), [
    ('createPerson(name: "Ny", reason: "x") { uuid }', "not_together"),
    ('erasePerson(person: "karen", reason: "x") { uuids }', "not_together"),
])  # fmt: skip
def test_what_a_plan_can_not_hold_is_asked_for_alone(service: Served, change: str, code: str) -> None:
    numbers = change_numbers(service.driver)
    assert together(service, f"mutation {{ {change} }}").json()["errors"][0]["extensions"]["code"] == code
    assert change_numbers(service.driver) == numbers


@pytest.mark.parametrize("wrong", [{"together": 1}, {"together": "true"}, {"togehter": True}, {"Together": True}])
def test_what_was_meant_to_be_together_is_never_made_apart(wrong: dict[str, Any]) -> None:
    with pytest.raises(BadRequest):
        asked_of({"query": TWO, "extensions": wrong})


def test_a_query_is_not_together(service: Served) -> None:
    assert together(service, "{ __typename }").json()["errors"][0]["extensions"]["code"] == "bad_request"
