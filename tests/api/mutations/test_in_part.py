"""Whoever has rights in a part of the organisation changes what lies there, and nothing else.

Each mutation of ``WHERE`` is made with things inside, and then with each of these replaced by one outside.
"""

from collections.abc import Iterator, Mapping
from copy import deepcopy
from pathlib import Path
from time import sleep
from typing import Any

import neo4j
import orjson
import pytest

from api.access.rights import ROLES, THINGS, WHERE
from api.access.tokens import create
from reconnect.embedded import Addresses
from tests.api.serving import Served, serving
from tests.graph.questions.rights.imported import RING, imported
from tests.graph.questions.rights.town import TOWN

pytestmark = pytest.mark.slow
_REASON, _FROM = 'reason: "a reason"', 'from: "2026-06-01"'
_TO = 'to: "2099-01-01"'

# Of each mutation its arguments; {unit} and its like stand for keys: first of what lies inside, then of what does not.
# {made:x} is what the mutation x has made before: inside, and then outside by another user.
ASKED: Mapping[str, str] = {
    "setValue": 'kind: Unit, thing: "{unit}", property: "phone", value: "12345678", {from}, {reason}',
    "releaseValue": 'kind: Unit, thing: "{unit}", property: "phone", {from}, {reason}',
    "createUnit": 'name: "Ny", parent: "{unit}", {from}, {reason}',
    "endUnit": 'unit: "{made:createUnit}", {to}, {reason}',
    "placeUnits": 'units: [{unit: "{made:createUnit}", parents: [{unit: "{unit}", {from}}]}], {reason}',
    "tagUnit": 'unit: "{unit}", performs: ["27"], {from}, {reason}',
    "setPayingUnit": 'unit: "{unit}", paidOutBy: "{other}", {from}, {reason}',
    "tagEmployment": 'employment: "{employment}", kle: ["27"], {from}, {reason}',
    "setAbsence": 'person: "{person}", {from}, {reason}',
    "choosePosition": 'employment: "{employment}", position: null, {from}, {reason}',
    "createAffiliation": 'person: "{person}", unit: "{unit}", {from}, {to}, {reason}',
    "changeAffiliation": 'affiliation: "{made:createAffiliation}", to: "2098-01-01", {reason}',
    "createAssignment": (
        'holder: {employment: "{employment}"}, role: "case_worker", units: [{unit: "{unit}", {from}}], {from}, {reason}'
    ),
    "changeAssignment": 'assignment: "{made:createAssignment}", to: "2098-01-01", {reason}',
    "createSubstitution": 'assignment: "{assignment}", person: "{person}", {from}, {reason}',
    "changeSubstitution": 'substitution: "{made:createSubstitution}", to: "2098-01-01", {reason}',
    "requestRight": (
        'givenTo: "person:{person}", requestedBy: "{person}", gives: "system_role:mail_box", from: "2099-01-01", '
        "{reason}"
    ),
    "refuseRequest": 'request: "{made:requestRight}", decidedBy: "{colleague}", {reason}',
    "withdrawRequest": 'request: "{made:requestRight}", {reason}',
    "createAccountException": 'person: "{person}", effect: KEEP, {from}, {to}, {reason}',
    "changeAccountException": 'exception: "{made:createAccountException}", to: "2098-01-01", {reason}',
    "createExtraAccount": 'person: "{person}", system: "mail", login: "x{person}", {from}, {to}, {reason}',
    "changeExtraAccount": 'account: "{made:createExtraAccount}", to: "2098-01-01", {reason}',
    "requestExtraAccount": (
        'person: "{person}", requestedBy: "{person}", system: "mail", login: "y{person}", from: "2098-01-01", {to}, '
        "{reason}"
    ),
    "decideExtraAccount": ('request: "{made:requestExtraAccount}", approve: false, decidedBy: "{colleague}", {reason}'),
    "withdrawExtraAccount": 'request: "{made:requestExtraAccount}", {reason}',
    "setOwner": 'account: "{account}", person: "{person}", {from}, {reason}',
    "stopPerson": 'person: "{person}", {reason}',
    "endStop": 'person: "{person}", {reason}',
    "decideAttestation": 'attestation: "{attestation}", keep: true, decidedBy: "{colleague}", {reason}',
}
PLANS = {"createPlan", "changePlan", "approvePlan", "withdrawPlan"}
"""They are tried in test_plans_in_part.py."""
INSIDE = {
    "unit": "job", "other": "center", "person": "anna", "colleague": "gry", "employment": "e_anna",
    "assignment": "a_anna", "account": "k_anna",
}  # fmt: skip
NONE = {"unit": None}
OUTSIDE = {
    "unit": "citizen", "other": "town", "person": "bo", "colleague": "carl", "employment": "e_bo",
    "assignment": "a_bo", "account": "k_bo",
}  # fmt: skip


@pytest.fixture
def town(clean_graph: neo4j.Driver, addresses: Addresses, tmp_path: Path) -> Iterator[Served]:
    content = deepcopy(TOWN)
    content["persons"].append({"id": "gry", "name": "Gry Holm"})
    content["employments"].append({"id": "e_gry", "person": "gry", "units": [{"unit": "center"}]})
    content["assignments"][1].pop("to")
    content["accounts"] = [
        {"id": f"k_{each}", "person": each, "system": "mail", "login": each} for each in ("anna", "bo")
    ]
    assert imported(clean_graph, content, tmp_path).problems == []
    with serving(addresses, clean_graph, RING) as served:
        yield served


def _document(mutation: str, given: Mapping[str, str], made: Mapping[str, str]) -> str:
    text = ASKED[mutation]
    for name, value in {"reason": _REASON, "from": _FROM, "to": _TO}.items():
        text = text.replace("{" + name + "}", value)
    for name, value in given.items():
        text = text.replace("{" + name + "}", value)
    for name, value in made.items():
        text = text.replace("{made:" + name + "}", value)
    return f"mutation {{ made: {mutation}({text}) {{ uuid change }} }}"


def _names(mutation: str) -> list[str]:
    return [each for each in (*INSIDE, "attestation") if "{" + each + "}" in ASKED[mutation]]


def test_every_mutation_that_keeps_to_a_part_is_tried() -> None:
    assert set(ASKED) | PLANS == {each for each, where in WHERE.items() if where == THINGS}


def test_each_mutation_changes_what_lies_inside_and_nothing_else(town: Served) -> None:
    driver = town.driver
    (row,) = driver.execute_query("MATCH (:SourceRecord {key: 'center'})-[:TELLS]->(u:Unit) RETURN u.uuid AS uuid")[0]
    secret = create(driver, "nord", [each for each in ROLES if each != "cpr"], within=[row["uuid"]])
    made: dict[str, dict[str, str]] = {"inside": {}, "outside": {}}
    inside, outside = dict(INSIDE), dict(OUTSIDE)
    for person, into in (("anna", inside), ("bo", outside)):
        right = f'startAttestation(round: "r{person}", due: "2099-01-01", person: "{person}", {_REASON}) {{ uuid }}'
        begun = town.data(f"mutation {{ made: {right} }}")["made"]
        into["attestation"] = begun[0]["uuid"] if begun else ""

    def log() -> int:
        rows, _, _ = driver.execute_query("MATCH (log:ChangeLog) RETURN log.number AS number")
        return int(rows[0]["number"])

    def errors(document: str, token: str) -> list[dict[str, Any]]:
        answer: dict[str, Any] = town.post(document, token).json()
        found: list[dict[str, Any]] = answer.get("errors", [])
        return found

    def forced(document: str) -> str:
        """By a user whose roles hold everywhere; a list's first."""
        written = town.data(document)["made"]
        return str((written[0] if isinstance(written, list) else written)["uuid"])

    for mutation in ASKED:
        if "attestation" in _names(mutation) and not (inside["attestation"] and outside["attestation"]):
            continue
        for name in _names(mutation):
            before = log()
            mixed = {**inside, name: outside[name]}
            refused = errors(_document(mutation, mixed, made["inside"]), secret)
            codes = [each["extensions"]["code"] for each in refused]
            assert codes and all(code.startswith("unknown_") or code == "forbidden" for code in codes), (
                mutation, name, refused,
            )  # fmt: skip
            assert log() == before, (mutation, name)
        for dependency in (each for each in ASKED if "{made:" + each + "}" in ASKED[mutation]):
            before = log()
            mixed_made = {**made["inside"], dependency: made["outside"][dependency]}
            refused = errors(_document(mutation, inside, mixed_made), secret)
            codes = [each["extensions"]["code"] for each in refused]
            assert codes and all(code.startswith("unknown_") or code == "forbidden" for code in codes), mutation
            assert log() == before, (mutation, dependency)
        if mutation in ("refuseRequest", "decideExtraAccount"):
            continue  # one request is decided once: it is withdrawn below
        answer = town.post(_document(mutation, inside, made["inside"]), secret).json()
        assert "errors" not in answer, (mutation, answer)
        written = answer["data"]["made"]
        made["inside"][mutation] = (written[0] if isinstance(written, list) else written)["uuid"]
        if mutation == "createUnit":  # what belongs to the part is remembered for some seconds
            while (
                town.post(f'{{ unit(uuid: "{made["inside"][mutation]}") {{ uuid }} }}', secret).json()["data"] == NONE
            ):
                sleep(0.5)
        if any("{made:" + mutation + "}" in each for each in ASKED.values()):
            made["outside"][mutation] = forced(_document(mutation, outside, made["outside"]))


def test_a_refusal_names_the_right_the_place_and_who_can_give_it(town: Served) -> None:
    driver = town.driver
    rows, _, _ = driver.execute_query("MATCH (:SourceRecord {key: 'center'})-[:TELLS]->(u:Unit) RETURN u.uuid AS uuid")
    both = create(driver, "reads all", ["reader"])
    person = town.data('{ person(key: "anna") { uuid } }')["person"]["uuid"]
    town.data(f'mutation {{ createRole(key: "administrator", title: "Administrator", {_REASON}) {{ uuid }} }}')
    town.data(
        f'mutation {{ createAssignment(holder: {{employment: "e_carl"}}, role: "administrator", '
        f'units: [{{unit: "town", {_FROM}}}], {_FROM}, {_REASON}) {{ uuid }} }}'
    )
    town.data(
        f'mutation {{ createAffiliation(person: "anna", unit: "citizen", {_FROM}, {_TO}, {_REASON}) {{ uuid }} }}'
    )
    secret = create(driver, "hr of the centre", ["hr"], within=[rows[0]["uuid"]])
    assert both
    (error,) = town.post(f'mutation {{ setAbsence(person: "anna", {_FROM}, {_REASON}) {{ uuid }} }}', secret).json()[
        "errors"
    ]
    assert error["extensions"] == {"code": "forbidden", "retry": "never", "roles": ["hr"], "units": []}
    assert error["message"] == (
        f"setAbsence: the Person {person} is not wholly where you may change it. It needs one of the system roles hr "
        "for all places where it lies; Carl Holm can give it"
    )
    assert "Borgerservice" not in orjson.dumps(error).decode()
    # Nor what is new, and about all that she has: her account elsewhere would close, or open.
    rights = create(driver, "rights of the centre", ["rights", "organisation"], within=[rows[0]["uuid"]])
    for mutation in ("createAccountException", "createExtraAccount", "requestExtraAccount", "requestRight"):
        (error,) = town.post(_document(mutation, INSIDE, {}), rights).json()["errors"]
        assert error["extensions"]["code"] == "forbidden", (mutation, error)
