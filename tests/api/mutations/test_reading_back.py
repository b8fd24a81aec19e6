"""Mutations return what they changed, read after the change with the caller's own rights."""

import pytest

from api.reads.compiler import Compiler
from tests.api.serving import Served

RENAME = """
mutation($unit: String!, $name: String, $day: Date) {
  first: setValue(kind: Unit, thing: $unit, property: "name", value: $name, from: "2026-01-01", reason: "x") {
    version
    changed: thing { ...Unit }
    before: thing(at: $day) { ...Unit }
    private: uuid
  }
}
fragment Unit on Thing { __typename ... on Unit { uuid name parent { name } } ... on Person { name } }
"""


def test_what_was_changed_is_in_the_answer(service: Served) -> None:
    before = service.data('{ unit(key: "school") { uuid name parent { name } } }')["unit"]
    answer = service.data(RENAME, "organisation", unit="school", name="Bakkeskolen og SFO", day="2025-12-31")["first"]
    unit = {"__typename": "Unit", **before}
    assert answer["changed"] == {**unit, "name": "Bakkeskolen og SFO"}
    assert answer["before"] == unit
    assert answer["private"] == before["uuid"]
    assert answer["version"] == 2


def test_what_is_made_for_a_later_day_is_there_too_and_each_of_several(service: Served) -> None:
    made = service.data(
        """
        mutation {
          unit: createUnit(name: "Beredskab", parent: "root", from: "2090-01-01", reason: "plan") {
            thing { ... on Unit { name active } } }
          moved: placeUnits(units: [{unit: "school", parents: [{unit: "root", from: "0001-01-01"}]},
                                    {unit: "it", parents: [{unit: "root", from: "0001-01-01"}]}],
                            reason: "plan") { thing { ... on Unit { uuid parent { keys } } } }
          apart: markAsDifferentPersons(persons: ["karen", "leif"], reason: "x") {
            uuid thing { ... on Person { name } } }
        }
        """,
        "organisation", "hr",
    )  # fmt: skip
    assert made["unit"] == {"thing": {"name": "Beredskab", "active": False}}
    assert [each["thing"]["parent"]["keys"] for each in made["moved"]] == [["root"], ["root"]]
    assert [each["thing"]["name"] for each in made["apart"]] == ["Karen Buhl", "Leif Høj"]


def test_what_may_not_be_read_is_told_beside_the_change(service: Served) -> None:
    person = """
    mutation { setAbsence(person: "karen", from: "2026-01-01", reason: "x") { thing { ... on Person { %s } } } }
    """
    answer = service.ask(person % "cpr", "hr")
    (error,) = answer["errors"]
    assert error["extensions"]["code"] == "forbidden"
    assert error["message"].startswith("The change was made")
    assert error["path"] == ["setAbsence", "thing"]
    assert answer["data"]["setAbsence"]["thing"] is None
    assert service.data('{ person(key: "karen") { absent } }')["person"]["absent"] is True


def test_from_can_not_be_left_out(service: Served) -> None:
    for change in (
        'setValue(kind: Unit, thing: "it", property: "name", value: "A", reason: "x")',
        'releaseValue(kind: Unit, thing: "it", property: "name", reason: "x")',
        'tagUnit(unit: "it", performs: [], reason: "x")',
        'setAbsence(person: "karen", reason: "x")',
        'choosePosition(employment: "e_karen", reason: "x")',
        'createAssignment(holder: {person: "karen"}, role: "manager", units: [], reason: "x")',
        'setOwner(account: "a", person: "karen", reason: "x")',
        'placeUnits(units: [{unit: "it", parents: [{unit: "root"}]}], reason: "x")',
        'changeAffiliation(affiliation: "a", units: [{unit: "it"}], to: "2027-01-01", reason: "x")',
        'changeAssignment(assignment: "a", units: [{unit: "it"}], reason: "x")',
        'changeAssignment(assignment: "a", about: [{responsibility: "kle:27.12"}], reason: "x")',
    ):
        (error,) = service.ask(f"mutation {{ {change} {{ uuid }} }}")["errors"]
        assert error["message"].startswith("from: give the first day, or null"), change


def test_entries_of_a_list_are_read_back_by_one_question(service: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    """3,000 of them were compiled 3,000 times."""
    compiled = []
    plan = Compiler.plan
    monkeypatch.setattr(Compiler, "plan", lambda self, roots: compiled.append(roots) or plan(self, roots))
    unit = '{unit: "%s", parents: [{unit: "root", from: "0001-01-01"}]}'
    units = ", ".join(unit % each for each in ("school", "it"))
    made = service.data(
        f'mutation {{ placeUnits(units: [{units}], reason: "x") {{ uuid thing {{ uuid }} }} }}', "organisation"
    )
    assert [each["thing"]["uuid"] for each in made["placeUnits"]] == [each["uuid"] for each in made["placeUnits"]]
    assert len(compiled) == 1


def test_entries_are_bounded_and_paid_for(service: Served) -> None:
    ask = """
    mutation($units: [PlacedUnitInput!]!) { placeUnits(units: $units, reason: "x") { uuid } }
    """
    place = {"unit": "school", "parents": [{"unit": "root", "from": "0001-01-01"}]}
    many = service.ask(ask, "organisation", units=[place] * 600)
    assert many["errors"][0]["extensions"]["code"] == "over_limit"
    assert "1200 entries; 1000 are allowed" in many["errors"][0]["message"]
    assert service.ask(ask, "organisation", units=[place])["extensions"]["cost"]["requested"] == 3_000
    several = " ".join(f'a{n}: endUnit(unit: "it", to: "2090-01-01", reason: "x") {{ uuid }}' for n in range(501))
    refused = service.ask(f"mutation {{ {several} }}", "organisation")
    assert refused["errors"][0]["extensions"]["code"] == "over_limit"
