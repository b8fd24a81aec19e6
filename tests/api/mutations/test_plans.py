"""Plans by GraphQL: written, previewed, compared, approved by another, applied as a whole, and taken back."""

import json
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import neo4j
import pytest

from api.access import tokens
from api.mutations.planned import mutations
from graph.time import today
from reconnect.embedded import Addresses
from tests.api.serving import Served, serving
from tests.emptied import empty
from tests.graph.questions.rights.imported import RING, imported
from tests.graph.questions.rights.town import TOWN

pytestmark = pytest.mark.slow

NEXT_MONTH = (today() + timedelta(days=30)).isoformat()
CREATE = """
mutation($name: String!, $day: Date!, $changes: [PlannedChangeInput!]!) {
  createPlan(name: $name, day: $day, changes: $changes, reason: "Ny struktur") { id state digest }
}
"""
CHANGE = """
mutation($plan: String!, $day: Date, $changes: [PlannedChangeInput!], $digest: String) {
  changePlan(plan: $plan, day: $day, changes: $changes, digest: $digest, reason: "Ny struktur") { id state digest }
}
"""
APPROVE = """
mutation($plan: String!, $digest: String!) {
  approvePlan(plan: $plan, digest: $digest, reason: "Besluttet") { state }
}
"""
APPLY = 'mutation($plan: String!) { applyPlan(plan: $plan, reason: "Nu") { state } }'
TAKE_BACK = 'mutation($plan: String!) { takeBackPlan(plan: $plan, reason: "Fortrudt") { state stays } }'
WITHDRAW = 'mutation($plan: String!) { withdrawPlan(plan: $plan, reason: "Droppet") { state } }'
PREVIEW = """
query($plan: String!) {
  planPreview(plan: $plan) {
    fits failedChange failedRule days persons touched counts { what change count }
    consequences { name change what text since person { uuid } }
  }
}
"""
PLAN = """
query($plan: String!) {
  plans(plan: $plan) {
    state authors approvedBy appliedBy failedChange failedRule failedText stays
    changes { mutation arguments name erased }
  }
}
"""
OTHER = ("hr", "organisation", "rights", "auditor")
"""The roles of another token, which approves."""


@pytest.fixture
def service(
    clean_graph: neo4j.Driver, addresses: Addresses, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Served]:
    empty(clean_graph)
    assert imported(clean_graph, TOWN, tmp_path_factory.mktemp("town")).problems == []
    with serving(addresses, clean_graph, RING) as served:
        yield served


def change(mutation: str, called: str | None = None, /, **arguments: Any) -> dict[str, Any]:
    return {"mutation": mutation, "arguments": json.dumps(arguments), "name": called}


def moves(unit: str, to: str, start: str = "@day") -> dict[str, Any]:
    return change("placeUnits", units=[{"unit": unit, "parents": [{"unit": to, "from": start}]}])


def written(service: Served, name: str, *changes: dict[str, Any], day: str | None = None) -> dict[str, Any]:
    told = service.data(CREATE, name=name, day=day or today().isoformat(), changes=[*changes])["createPlan"]
    return dict(told)


def approved(service: Served, plan: dict[str, Any]) -> None:
    answer = service.data(APPROVE, *OTHER, plan=plan["id"], digest=plan["digest"])
    assert answer["approvePlan"]["state"] == "APPROVED"


def code(answer: dict[str, Any]) -> str:
    return str(answer["errors"][0]["extensions"]["code"])


def plan_of(service: Served, plan: dict[str, Any]) -> dict[str, Any]:
    (found,) = service.data(PLAN, plan=plan["id"])["plans"]
    return dict(found)


def parents(driver: neo4j.Driver, unit: str) -> list[str]:
    rows, _, _ = driver.execute_query(
        """
        MATCH (:SourceRecord {key: $unit})-[:TELLS]->(u:Unit)-[r:PART_OF]->(p:Unit)
        WHERE r.from <= $today AND (r.to IS NULL OR r.to > $today)
        RETURN p.name AS name
        """,
        unit=unit,
        today=today(),
    )
    return [row["name"] for row in rows]


def test_a_plan_is_previewed_as_of_its_day_and_compared_and_nothing_stays(service: Served) -> None:
    plan = written(service, "Flyt", moves("job", "town"), day=NEXT_MONTH)
    other = written(service, "Flyt senere", moves("job", "town"), moves("canteen", "center"), day=NEXT_MONTH)
    found = service.data(PREVIEW, plan="Flyt")["planPreview"]
    assert (found["fits"], found["days"]) == (True, [NEXT_MONTH])
    assert {(each["name"], each["change"], each["what"], each["since"]) for each in found["consequences"]} == {
        ("Anna Berg", "LOST", "VALUE", NEXT_MONTH)
    }
    assert all(each["person"]["uuid"] for each in found["consequences"])
    comparison = service.data(
        """{ planComparison(plan: "Flyt", other: "Flyt senere") { both onlyPlan { text } onlyOther { name what } } }"""
    )["planComparison"]
    assert comparison["both"] == len(found["consequences"])
    assert comparison["onlyPlan"] == []
    assert {each["name"] for each in comparison["onlyOther"]} == {"Carl Holm"}
    assert parents(service.driver, "job") == ["Center for Arbejde"]
    assert [plan_of(service, each)["state"] for each in (plan, other)] == ["DRAFT", "DRAFT"]


def test_a_plan_says_why_one_can_not_approve_it(service: Served) -> None:
    written(service, "Flyt", moves("job", "town"), day=NEXT_MONTH)
    asked = '{ plans(plan: "Flyt") { notApprovable } }'
    answers = [
        service.data(asked, *roles)["plans"][0]["notApprovable"] for roles in ((), ("hr", "reader", "auditor"), OTHER)
    ]
    assert answers == [
        "you have written it, so another person must approve it",
        "placeUnits needs one of the system roles organisation",
        None,
    ]


def test_who_was_joined_into_another_has_written_a_plan_as_that_person(service: Served) -> None:
    written(service, "Flyt", moves("job", "town"), day=NEXT_MONTH)
    rows, _, _ = service.driver.execute_query(
        """
        MATCH (p:Plan {name: 'Flyt'}), (anna:Person {name: 'Anna Berg'})
        SET p.authors = ['person:before-the-join']
        CREATE (:Person {uuid: 'before-the-join'})-[:JOINED_INTO]->(anna)
        RETURN anna.uuid AS uuid
        """
    )
    token = tokens.create(service.driver, "Anna's", OTHER, person=rows[0]["uuid"])
    asked = '{ plans(plan: "Flyt") { notApprovable authorPersons { name } } }'
    assert service.post(asked, token).json()["data"]["plans"] == [
        {
            "notApprovable": "you have written it, so another person must approve it",
            "authorPersons": [{"name": "Anna Berg"}],
        }
    ]


def test_another_person_approves_exactly_what_it_says(service: Served) -> None:
    plan = written(service, "Flyt", moves("job", "town"), day=NEXT_MONTH)
    assert code(service.ask(APPROVE, plan=plan["id"], digest=plan["digest"])) == "own_plan"
    assert code(service.ask(APPROVE, *OTHER, plan=plan["id"], digest="0")) == "plan_changed"
    assert code(service.ask(APPROVE, "reader", plan=plan["id"], digest=plan["digest"])) == "forbidden"
    assert code(service.ask(APPROVE, "hr", plan=plan["id"], digest=plan["digest"])) == "forbidden"
    approved(service, plan)
    same = service.data(CHANGE, plan=plan["id"], changes=[moves("job", "town")])["changePlan"]
    assert same == {**plan, "state": "APPROVED"}
    assert code(service.ask(CHANGE, plan=plan["id"], digest="0", day=NEXT_MONTH)) == "plan_changed"
    edited = service.data(CHANGE, plan=plan["id"], changes=[moves("canteen", "center"), moves("job", "town")])
    assert edited["changePlan"]["state"] == "DRAFT"
    assert plan_of(service, plan)["approvedBy"] is None
    assert code(service.ask(APPLY, plan=plan["id"])) == "not_approved"
    # Whoever has written any of it is its author too.
    service.data(CHANGE, *OTHER, plan=plan["id"], changes=[moves("job", "town")])
    again = service.data(CHANGE, plan=plan["id"], changes=[moves("job", "town"), moves("canteen", "center")])
    assert code(service.ask(APPROVE, *OTHER, plan=plan["id"], digest=again["changePlan"]["digest"])) == "own_plan"


def test_it_is_applied_once_as_a_whole_and_not_before_its_day(service: Served) -> None:
    later = written(service, "Senere", moves("job", "town"), day=NEXT_MONTH)
    approved(service, later)
    assert code(service.ask(APPLY, plan=later["id"])) == "too_early"
    new = change("createUnit", "new", name="Ydelsescenter", parent="town")
    plan = written(service, "Nyt center", new, moves("job", "@new"), change("tagUnit", unit="@new", performs=["27"]))
    approved(service, plan)
    assert service.data(APPLY, *OTHER, plan=plan["id"])["applyPlan"]["state"] == "APPLIED"
    assert parents(service.driver, "job") == ["Ydelsescenter"]
    assert code(service.ask(APPLY, plan=plan["id"])) == "plan_state"
    rows, _, _ = service.driver.execute_query(
        "MATCH (c:Change) WHERE c.source = 'manual' RETURN collect(DISTINCT c.user) AS users, collect(c.reason) AS why"
    )
    assert [each.startswith("test") for each in rows[0]["users"]] == [True]
    assert set(rows[0]["why"]) == {"Ny struktur (plan Nyt center)"}


def test_what_no_longer_fits_is_not_half_applied_and_says_which_change_and_rule(service: Served) -> None:
    version = service.data('{ unit(key: "job") { version } }')["unit"]["version"]
    stale = {"unit": "job", "expectedVersion": version, "parents": [{"unit": "town", "from": "@day"}]}
    plan = written(service, "Flyt", moves("canteen", "center"), change("placeUnits", units=[stale]))
    approved(service, plan)
    service.data(
        """mutation($day: Date!) { setValue(kind: Unit, thing: "job", property: "name", value: "Job", from: $day,
        reason: "x") { uuid } }""",
        day=today().isoformat(),
    )
    before = parents(service.driver, "canteen")
    assert code(service.ask(APPLY, plan=plan["id"])) == "plan_does_not_fit"
    told = plan_of(service, plan)
    assert (told["state"], told["failedChange"], told["failedRule"]) == ("FAILED", 2, "conflict")
    assert parents(service.driver, "canteen") == before
    assert service.data(PREVIEW, plan=plan["id"])["planPreview"]["fits"] is False
    assert code(service.ask(APPROVE, *OTHER, plan=plan["id"], digest=plan["digest"])) == "plan_does_not_fit"
    mended = service.data(CHANGE, plan=plan["id"], changes=[moves("canteen", "center"), moves("job", "town")])
    approved(service, mended["changePlan"])
    assert service.data(APPLY, plan=plan["id"])["applyPlan"]["state"] == "APPLIED"
    assert plan_of(service, plan)["failedText"] is None


def test_a_plan_taken_back_leaves_all_as_it_was_but_for_what_newer_things_stand_upon(service: Served) -> None:
    driver = service.driver
    service.data(
        """mutation { placeUnits(reason: "før", units: [{unit: "citizen", parents: [{unit: "center",
        from: "2026-01-01"}]}]) { uuid } }"""
    )
    new = change("createUnit", "new", name="Ydelsescenter", parent="town")
    also = change("createUnit", "also", name="Sekretariat", parent="@new")
    plan = written(
        service, "Nyt center", new, also, moves("job", "@new"), moves("citizen", "@new"), moves("canteen", "@new")
    )
    approved(service, plan)
    service.data(APPLY, plan=plan["id"])
    service.data(
        """mutation { placeUnits(reason: "senere", units: [{unit: "canteen", parents: [{unit: "job",
        from: "2026-01-01"}]}]) { uuid } }"""
    )
    told = service.data(TAKE_BACK, plan=plan["id"])["takeBackPlan"]
    assert told["state"] == "TAKEN_BACK"
    assert [each.split(":")[1:] for each in told["stays"]] == [[" parent", " changed since the plan was applied"]]
    assert parents(driver, "job") == ["Center for Arbejde"]
    assert parents(driver, "citizen") == ["Center for Arbejde"]  # as people had said before the plan
    assert parents(driver, "canteen") == ["Jobcenter"]
    assert service.data('{ units(filter: {name: "Ydelsescenter"}) { nodes { uuid } } }')["units"]["nodes"] == []
    assert code(service.ask(TAKE_BACK, plan=plan["id"])) == "plan_state"


def test_what_a_newer_thing_leads_to_stays(service: Served) -> None:
    new = change("createUnit", "new", name="Ydelsescenter", parent="town")
    plan = written(service, "Nyt center", new, moves("job", "@new"))
    approved(service, plan)
    service.data(APPLY, plan=plan["id"])
    (unit,) = service.data('{ units(filter: {name: "Ydelsescenter"}) { nodes { uuid } } }')["units"]["nodes"]
    service.data(
        """mutation($unit: String!, $day: Date!) { placeUnits(reason: "senere", units: [{unit: "canteen",
        parents: [{unit: $unit, from: $day}]}]) { uuid } }""",
        unit=unit["uuid"],
        day=today().isoformat(),
    )
    (stays,) = service.data(TAKE_BACK, plan=plan["id"])["takeBackPlan"]["stays"]
    assert stays.startswith(f"Unit {unit['uuid']}: the Unit ") and stays.endswith("leads to it")
    assert parents(service.driver, "canteen") == ["Ydelsescenter"]
    assert parents(service.driver, "job") == ["Center for Arbejde"]


def test_taking_it_back_needs_the_rights_to_its_changes(service: Served) -> None:
    by_hand = change("setValue", kind="Unit", thing="job", property="name", value="Job og Ydelse")
    plan = written(service, "Navn", by_hand)
    approved(service, plan)
    service.data(APPLY, plan=plan["id"])
    assert code(service.ask(TAKE_BACK, "hr", plan=plan["id"])) == "forbidden"
    assert service.data('{ unit(key: "job") { name } }')["unit"]["name"] == "Job og Ydelse"
    assert service.data(TAKE_BACK, "organisation", plan=plan["id"])["takeBackPlan"]["state"] == "TAKEN_BACK"


def test_a_plan_is_withdrawn_before_it_is_applied_and_not_after(service: Served) -> None:
    plan = written(service, "Flyt", moves("job", "town"))
    assert service.data(WITHDRAW, plan="Flyt")["withdrawPlan"]["state"] == "WITHDRAWN"
    for query in (WITHDRAW, APPLY, TAKE_BACK):
        assert code(service.ask(query, plan=plan["id"])) == "plan_state"
    assert written(service, "Flyt", moves("job", "town"))["state"] == "DRAFT"
    assert code(service.ask(CREATE, name="Flyt", day=NEXT_MONTH, changes=[moves("job", "town")])) == "taken"


@pytest.mark.parametrize(
    ("wrong", "rule", "field"),
    [
        (change("createPerson", name="Anna"), "unknown_mutation", "changes[1].mutation"),
        (change("erasePerson", person="anna"), "unknown_mutation", "changes[1].mutation"),
        (change("applyPlan", plan="x"), "unknown_mutation", "changes[1].mutation"),
        (change("placeUnits", unit="job"), "unknown_argument", "changes[1].unit"),
        (change("placeUnits"), "wrong_value", "changes[1].units"),
        (moves("job", "town", "2026-13-01"), "wrong_value", "changes[1].units"),
        (moves("job", "@nowhere"), "unknown_reference", "changes[1]"),
        (
            change("setValue", kind="Person", thing="anna", property="street", value="Vej 1"),
            "private_value",
            "changes[1].property",
        ),
        (
            change("setValue", kind="Person", thing="anna", property="Street", value="Vej 1"),
            "unknown_property",
            "changes[1].property",
        ),
        ({"mutation": "placeUnits", "arguments": "{", "name": None}, "wrong_value", "arguments"),
        ({"mutation": "placeUnits", "arguments": "[]", "name": None}, "wrong_value", "changes[1]"),
    ],
)
def test_what_a_plan_can_not_hold_is_refused_when_it_is_saved(
    shared: Served, wrong: dict[str, Any], rule: str, field: str
) -> None:
    answer = shared.ask(CREATE, name="Forkert", day=NEXT_MONTH, changes=[wrong])
    told = answer["errors"][0]["extensions"]
    assert (told["code"], told["field"]) == (rule, field)


@pytest.fixture(scope="module")
def shared(driver: neo4j.Driver, addresses: Addresses) -> Iterator[Served]:
    empty(driver)
    with serving(addresses, driver, RING) as served:
        yield served


def test_whoever_may_not_make_a_change_may_not_plan_it(shared: Served) -> None:
    told = {"name": "Flyt", "day": NEXT_MONTH, "changes": [moves("job", "town")]}
    assert code(shared.ask(CREATE, "hr", **told)) == "forbidden"
    assert code(shared.ask(CREATE, "reader", **told)) == "forbidden"
    by_hand = change("setValue", kind="Person", thing="anna", property="absent", value="true")
    assert code(shared.ask(CREATE, "organisation", **{**told, "changes": [by_hand]})) == "forbidden"
    assert code(shared.ask("{ plans { name changes { arguments } } }", "reader")) == "forbidden"
    assert code(shared.ask(PREVIEW, "reader", plan="x")) == "forbidden"


def test_each_mutation_by_hand_can_be_planned() -> None:
    """Those that state who people are, and decisions, can't; a new mutation belongs in one of the two."""
    assert {"placeUnits", "setValue", "createGrant", "endUnit"} <= set(mutations())
    assert set(mutations()).isdisjoint(
        {"createPerson", "joinPersons", "splitPerson", "erasePerson", "approveBrake", "approveGrant", "approveRequest"}
        | {"requestExtraAccount", "decideExtraAccount", "withdrawExtraAccount"}
    )
