"""The refusals of nearest.yaml: rejected whole, the graph as it was (r01–r06)."""

from typing import Any

import pytest

from tests.acceptance.cases import REFUSALS, named
from tests.api.serving import Served
from tests.graph.snapshot import change_numbers, snapshot

PLACE = """
mutation($units: [PlacedUnitInput!]!) { placeUnits(units: $units, reason: "a change to be tried") { uuid change } }
"""
PERIOD = """
mutation($id: String!, $from: Date, $to: Date) {
  changeAssignment(assignment: $id, from: $from, to: $to, reason: "a change to be tried") { uuid change }
}
"""


def place(entry: dict[str, Any]) -> dict[str, Any]:
    days = {name: value if name == "unit" else value.isoformat() for name, value in entry.items()}
    return {"from": "0001-01-01", **days}


def change(service: Served, case: dict[str, Any]) -> dict[str, Any]:
    asked = case["change"]
    if "units" in asked:
        units = [{"unit": key, "parents": [place(p) for p in new["parents"]]} for key, new in asked["units"].items()]
        return service.ask(PLACE, units=units)
    ((key, new),) = asked["assignments"].items()
    return service.ask(PERIOD, id=key, **{"from": new["from"].isoformat(), "to": new["to"].isoformat()})


@pytest.mark.parametrize("case", REFUSALS, ids=named)
def test_refusal(service: Served, case: dict[str, Any]) -> None:
    before, numbers = snapshot(service.driver), change_numbers(service.driver)
    answer = change(service, case)
    expected = case["expect"]
    if expected == "accepted":
        assert "errors" not in answer, answer
        assert len(change_numbers(service.driver)) > len(numbers)
        return
    (error,) = answer["errors"]
    told = error["extensions"]
    assert told["code"] == expected["refused"]
    if "units" in expected:
        assert told["unitKeys"] == expected["units"]
        assert told["from"] == expected["from"].isoformat()
        assert told["to"] == (expected["to"].isoformat() if "to" in expected else None)
    assert snapshot(service.driver) == before
    assert change_numbers(service.driver) == numbers
