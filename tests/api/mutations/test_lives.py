"""How long things made by hand exist: an end can come earlier and later, and takes nothing with it unseen."""

from typing import Any

import pytest

from tests.api.serving import Served
from tests.graph.snapshot import change_numbers, snapshot

END = """
mutation($unit: String!, $to: Date!, $moveTo: String) {
  endUnit(unit: $unit, to: $to, moveTo: $moveTo, reason: "the board decided") { version change notice }
}
"""


@pytest.fixture
def service(shared_service: Served) -> Served:
    return shared_service


def unit(service: Served, start: str | None = "2026-02-01", end: str | None = None, parent: str = "root") -> str:
    made = service.data(
        """
        mutation($from: Date = "0001-01-01", $to: Date, $parent: String) {
          createUnit(name: "Kriseledelse", parent: $parent, from: $from, to: $to, reason: "plan") { uuid }
        }
        """,
        "organisation",
        **{"from": start, "to": end, "parent": parent},
    )
    return str(made["createUnit"]["uuid"])


def affiliation(service: Served, at: str, to: str = "2028-01-01") -> str:
    made = service.data(
        """
        mutation($unit: String!, $to: Date!) {
          createAffiliation(person: "karen", unit: $unit, from: "2026-03-01", to: $to, title: "Rådgiver", reason: "x") {
            uuid } }
        """,
        "hr",
        unit=at,
        to=to,
    )
    return str(made["createAffiliation"]["uuid"])


def assignment(service: Served, at: str, **days: str) -> str:
    made = service.data(
        """
        mutation($unit: String!, $from: Date = "0001-01-01", $to: Date) {
          createAssignment(holder: {employment: "e_karen"}, role: "manager", units: [{unit: $unit}], primary: true,
                           from: $from, to: $to, reason: "x") { uuid } }
        """,
        "rights",
        unit=at,
        **days,
    )
    return str(made["createAssignment"]["uuid"])


def refused(answer: dict[str, Any]) -> dict[str, Any]:
    (error,) = answer["errors"]
    told: dict[str, Any] = error["extensions"]
    return told


def lived(service: Served, uuid: str) -> list[dict[str, Any]]:
    asked = (
        "query($id: ID) { unit(uuid: $id, period: {}) { history { from to name } parentPeriods(period: {}) { to } } }"
    )
    found: list[dict[str, Any]] = service.data(asked, id=uuid)["unit"]["history"]
    return found


def test_an_end_before_the_start_is_refused_and_nothing_is_lost(service: Served) -> None:
    made = unit(service)
    affiliation(service, made)
    before, numbers = snapshot(service.driver), change_numbers(service.driver)
    for day in ("2025-12-31", "2026-02-01"):
        told = refused(service.ask(END, unit=made, to=day))
        assert (told["code"], told["from"], told["to"]) == ("empty_period", "2026-02-01", day)
    assert (snapshot(service.driver), change_numbers(service.driver)) == (before, numbers)


def test_an_end_moves_both_ways_and_what_changes_nothing_says_so(service: Served) -> None:
    made = unit(service, end="2026-06-01")
    assert lived(service, made) == [{"from": "2026-02-01", "to": "2026-06-01", "name": "Kriseledelse"}]
    for day in ("2026-12-31", "2026-04-01", "2027-06-01"):
        written = service.data(END, unit=made, to=day)["endUnit"]
        assert (written["change"] is not None, written["notice"]) == (True, None)
        assert lived(service, made) == [{"from": "2026-02-01", "to": day, "name": "Kriseledelse"}]
    again = service.data(END, unit=made, to="2027-06-01")["endUnit"]
    assert again["change"] is None
    assert again["notice"] == "No change: it already had this value."


def test_a_value_told_for_later_survives_an_end_that_is_moved(service: Served) -> None:
    made = unit(service)
    service.data(
        """
        mutation($unit: String!) {
          setValue(kind: Unit, thing: $unit, property: "name", value: "Beredskab", from: "2026-09-01", reason: "x") {
            change } }
        """,
        "organisation",
        unit=made,
    )
    for day in ("2026-06-01", "2026-12-31"):
        service.data(END, unit=made, to=day)
    assert lived(service, made) == [
        {"from": "2026-02-01", "to": "2026-09-01", "name": "Kriseledelse"},
        {"from": "2026-09-01", "to": "2026-12-31", "name": "Beredskab"},
    ]


def test_a_unit_that_holds_others_people_or_assignments_is_ended_only_if_told_where_they_go(service: Served) -> None:
    made, home = unit(service), unit(service)
    below = unit(service, "2026-03-01", parent=made)
    gone = unit(service, end="2026-04-01", parent=made)
    held = [
        {"kind": "Affiliation", "uuid": affiliation(service, made)},
        {"kind": "Assignment", "uuid": assignment(service, made, **{"from": "2026-10-01"})},
        {"kind": "Unit", "uuid": below},
    ]
    before, numbers = snapshot(service.driver), change_numbers(service.driver)
    told = refused(service.ask(END, unit=made, to="2026-05-01"))
    assert (told["code"], told["things"]) == ("unit_in_use", held)
    assert (snapshot(service.driver), change_numbers(service.driver)) == (before, numbers)
    service.data(END, unit=made, to="2026-05-01", moveTo=home)
    asked = """
        query($id: ID) { unit(uuid: $id, period: {}) {
            existsTo
            childrenPeriods(period: {}) { from to children { uuid } }
            affiliationsPeriods(period: {}) { from to }
            assignmentsPeriods(period: {}) { from to }
        } }"""
    now = service.data(asked, id=home)["unit"]
    assert now["childrenPeriods"] == [{"from": "2026-05-01", "to": None, "children": {"uuid": below}}]
    assert now["affiliationsPeriods"] == [{"from": "2026-05-01", "to": "2028-01-01"}]
    assert now["assignmentsPeriods"] == [{"from": "2026-10-01", "to": None}]
    then = service.data(asked, id=made)["unit"]
    assert then["existsTo"] == "2026-05-01"
    assert [each["children"]["uuid"] for each in then["childrenPeriods"]] == [gone, below]
    assert then["affiliationsPeriods"] == [{"from": "2026-03-01", "to": "2026-05-01"}]
    assert then["assignmentsPeriods"] == []


def test_where_the_rest_goes_must_be_there_and_no_part_of_what_ends(service: Served) -> None:
    made = unit(service)
    below = unit(service, parent=made)
    before = snapshot(service.driver)
    assert refused(service.ask(END, unit=made, to="2026-05-01", moveTo=below))["code"] == "cycle"
    assert refused(service.ask(END, unit=made, to="2026-05-01", moveTo=made))["code"] == "wrong_value"
    closed = unit(service, end="2026-04-01")
    before = snapshot(service.driver)
    assert refused(service.ask(END, unit=made, to="2026-05-01", moveTo=closed))["code"] == "not_there"
    assert snapshot(service.driver) == before


def test_what_never_was_takes_nothing(service: Served) -> None:
    made = unit(service)
    service.driver.execute_query("MATCH (:Unit {uuid: $uuid})-[:STATE]->(x) DETACH DELETE x", uuid=made)
    name = """
        mutation($unit: String!) {
          setValue(from: "0001-01-01",
            kind: Unit, thing: $unit, property: "name", value: "A", reason: "x") { change } }"""
    assert refused(service.ask(name, unit=made))["code"] == "never_was"
    assert refused(service.ask(END, unit=made, to="2027-01-01"))["code"] == "never_was"


@pytest.mark.parametrize(
    "change",
    [
        'setValue(kind: Unit, thing: $unit, property: "name", value: "A", from: "2026-06-01", reason: "x")',
        'tagUnit(unit: $unit, performs: ["27.12"], from: "2026-06-01", reason: "x")',
        'createAffiliation(person: "karen", unit: $unit, from: "2026-06-01", to: "2027-01-01", reason: "x")',
        'createAssignment(from: "0001-01-01", holder: {person: "karen"}, role: "manager", units: [{unit: $unit}], '
        'to: "2026-02-01", reason: "x")',
        'createUnit(name: "B", parent: $unit, from: "2026-06-01", reason: "x")',
    ],
)
def test_what_falls_on_days_on_which_the_unit_does_not_exist_is_refused(service: Served, change: str) -> None:
    made = unit(service, end="2026-06-01")
    before = snapshot(service.driver)
    told = refused(service.ask(f"mutation($unit: String!) {{ {change} {{ change }} }}", unit=made))
    assert told["code"] == "not_there"
    assert snapshot(service.driver) == before


def test_what_is_left_out_of_a_change_stays(service: Served) -> None:
    held = assignment(service, "benefits", **{"from": "2026-03-01", "to": "2026-06-01"})
    change = """
        mutation($id: String!, $from: Date, $to: Date) {
          changeAssignment(assignment: $id, FROM to: $to, reason: "longer") { change } }"""
    asked = """
        query($id: ID) { assignment(uuid: $id, period: {}) {
            existsFrom existsTo
            history { primary } unitPeriods(period: {}) { from to } holderPeriods(period: {}) { from to }
        } }"""
    service.data(change.replace("FROM", "").replace("$from: Date, ", ""), id=held, to="2026-12-31")
    found = service.data(asked, id=held)["assignment"]
    days = {"from": "2026-03-01", "to": "2026-12-31"}
    assert (found["existsFrom"], found["existsTo"]) == (days["from"], days["to"])
    assert found["unitPeriods"] == found["holderPeriods"] == [days]
    assert found["history"] == [{"primary": True}]
    service.data(change.replace("FROM", "from: $from,"), id=held, **{"from": "2026-01-01", "to": None})
    found = service.data(asked, id=held)["assignment"]
    assert (found["existsFrom"], found["existsTo"], found["history"]) == ("2026-01-01", None, [{"primary": True}])


def test_an_affiliation_that_goes_on_keeps_its_unit_and_title(service: Served) -> None:
    made = affiliation(service, "benefits", "2026-06-01")
    service.data(
        'mutation($id: String!) { changeAffiliation(affiliation: $id, to: "2027-01-01", reason: "longer") { change } }',
        "hr",
        id=made,
    )
    asked = 'query($id: ID) { affiliation(uuid: $id, at: "2026-12-31") { existsFrom title unit { keys } } }'
    found = service.data(asked, id=made)["affiliation"]
    assert found["existsFrom"] == "2026-03-01"
    assert (found["title"], found["unit"] is not None) == ("Rådgiver", True)


def test_an_affiliation_that_was_moved_goes_on_where_it_is_and_was_where_it_was(service: Served) -> None:
    """So the delivered process of externals prolongs one: only the new end is told."""
    made = affiliation(service, "benefits", "2026-06-01")
    change = """mutation($id: String!, $to: Date!, $units: [PlaceInput!]) {
        changeAffiliation(affiliation: $id, to: $to, units: $units, reason: "x") { change } }"""
    service.data(change, "hr", id=made, to="2026-06-01", units=[{"unit": "elderly", "from": "2026-05-01"}])
    longer = change.replace(", $units: [PlaceInput!]", "").replace("units: $units, ", "")
    service.data(longer, "hr", id=made, to="2027-01-01")
    asked = "query($id: ID, $at: Date) { affiliation(uuid: $id, at: $at) { unit { keys } } }"
    days = ("2026-03-01", "2026-05-01", "2026-12-31")
    units = [service.data(asked, id=made, at=day)["affiliation"]["unit"]["keys"][0] for day in days]
    assert units == ["benefits", "elderly", "elderly"]


def test_an_assignment_of_a_source_goes_on_by_hand_with_all_that_it_was(service: Served) -> None:
    rows, _, _ = service.driver.execute_query(
        """
        MATCH (h)-[:HOLDS]->(a:Assignment)<-[:TELLS]-(r:SourceRecord)
        WHERE r.source <> 'manual' AND a.to IS NOT NULL AND (h.to IS NULL OR h.to > a.to)
        RETURN a.uuid AS uuid, toString(a.to - duration({days: 1})) AS last, toString(a.to) AS end LIMIT 1
        """
    )
    held = rows[0]["uuid"]
    asked = """
        query($id: ID, $at: Date) {
          assignment(uuid: $id, at: $at) { role { key } unit { keys } holder { __typename } } }"""
    before = service.data(asked, id=held, at=rows[0]["last"])["assignment"]
    service.data(
        'mutation($id: String!) { changeAssignment(assignment: $id, to: null, reason: "longer") { change } }',
        "rights",
        id=held,
    )
    assert service.data(asked, id=held, at=rows[0]["end"])["assignment"] == before


def test_a_role_with_a_key_that_is_taken_is_refused(service: Served) -> None:
    again = 'mutation { createRole(key: "manager", title: "Leder", reason: "x") { uuid } }'
    told = refused(service.ask(again))
    assert (told["code"], told["field"]) == ("taken", "key")
