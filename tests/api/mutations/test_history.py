"""A change from a day on leaves the days before it as they were."""

from typing import Any

from graph.change_log import Origin
from graph.cpr.keyring import Keyring
from graph.statements.statement import DatedValue, Statement
from graph.time import Period
from graph.writing.graph_writer import GraphWriter
from tests.api.serving import Served


def performed(service: Served, unit: str) -> list[Any]:
    asked = """query($id: ID) { unit(uuid: $id, period: {}) {
        performsPeriods(period: {}) { from to performs { number } } } }"""
    periods = service.data(asked, id=unit)["unit"]["performsPeriods"]
    return [(each["from"], each["to"], each["performs"]["number"]) for each in periods]


def test_tags_set_from_a_day_on_keep_those_of_the_days_before(service: Served) -> None:
    make = 'mutation { createUnit(name: "Ny", parent: "root", from: "2020-01-01", reason: "x") { uuid } }'
    unit = service.data(make, "organisation")["createUnit"]["uuid"]
    tag = """mutation($unit: String!, $kle: [String!], $from: Date!, $to: Date) {
        tagUnit(unit: $unit, performs: $kle, from: $from, to: $to, reason: "x") { change } }"""
    service.data(tag, "organisation", unit=unit, kle=["27.12.04"], **{"from": "2021-01-01"})
    service.data(tag, "organisation", unit=unit, kle=["27.12"], **{"from": "2023-01-01"})
    assert performed(service, unit) == [("2021-01-01", "2023-01-01", "27.12.04"), ("2023-01-01", None, "27.12")]
    service.data(tag, "organisation", unit=unit, kle=[], **{"from": "2024-01-01", "to": "2025-01-01"})
    assert performed(service, unit) == [
        ("2021-01-01", "2023-01-01", "27.12.04"),
        ("2023-01-01", "2024-01-01", "27.12"),
        ("2025-01-01", None, "27.12"),
    ]


def test_an_account_changes_its_owner_on_a_day(service: Served) -> None:
    statement = Statement("Account", "shared", values={"login": (DatedValue(Period(), "shared"),)})
    GraphWriter(service.driver, Keyring.generate()).state("facts", [statement], Origin("facts"))
    own = """mutation($account: String!, $person: String, $from: Date!) {
        setOwner(account: $account, person: $person, from: $from, reason: "x") { change } }"""
    uuid = service.data('{ account(key: "shared") { uuid } }')["account"]["uuid"]
    for person, day in (("karen", "0001-01-01"), ("leif", "2026-03-01")):
        service.data(own, "hr", account=uuid, person=person, **{"from": day})
    asked = """query($id: ID) { account(uuid: $id, period: {}) {
        ownerPeriods(period: {}) { to owner { keys } } } }"""
    periods = service.data(asked, id=uuid)["account"]["ownerPeriods"]
    assert [(each["owner"]["keys"][0], each["to"]) for each in periods] == [("karen", "2026-03-01"), ("leif", None)]


def test_responsibilities_change_on_a_day(service: Served) -> None:
    make = """mutation { createAssignment(holder: {employment: "e_karen"}, role: "manager", units: [{unit: "benefits"}],
        about: ["kle:27.12"], from: "2026-01-01", reason: "x") { uuid } }"""
    made = service.data(make, "rights")["createAssignment"]["uuid"]
    change = """mutation($id: String!, $about: [ResponsibilityInput!]) {
        changeAssignment(assignment: $id, about: $about, reason: "x") { change } }"""
    about = [
        {"responsibility": "kle:27.12", "from": "0001-01-01", "to": "2026-06-01"},
        {"responsibility": "kle:27.12.04", "from": "2026-06-01"},
    ]
    service.data(change, "rights", id=made, about=about)
    asked = """query($id: ID) { assignment(uuid: $id, period: {}) {
        responsibilitiesPeriods(period: {}) { from to responsibilities { label } } } }"""
    periods = service.data(asked, id=made)["assignment"]["responsibilitiesPeriods"]
    assert [(each["from"], each["to"]) for each in periods] == [("2026-01-01", "2026-06-01"), ("2026-06-01", None)]


def units_over_time(service: Served, assignment: str) -> list[Any]:
    asked = """query($id: ID) { assignment(uuid: $id, period: {}) {
        unitPeriods(period: {}) { from to unit { keys } } } }"""
    periods = service.data(asked, id=assignment)["assignment"]["unitPeriods"]
    return sorted((each["from"], each["to"], each["unit"]["keys"][0]) for each in periods)


def test_units_and_responsibilities_of_an_assignment_change_from_a_day_on(service: Served) -> None:
    make = """mutation { createAssignment(holder: {employment: "e_karen"}, role: "manager", units: [{unit: "benefits"}],
        about: ["kle:27.12"], from: "2026-01-01", reason: "x") { uuid } }"""
    made = service.data(make, "rights")["createAssignment"]["uuid"]
    change = """mutation($id: String!, $units: [PlaceInput!], $about: [ResponsibilityInput!], $day: Date) {
        changeAssignment(assignment: $id, units: $units, about: $about, changeFrom: $day, reason: "x") { change } }"""
    service.data(change, "rights", id=made, units=[{"unit": "elderly", "from": "2026-07-01"}])
    before = ("2026-01-01", "2026-07-01", "benefits")
    assert units_over_time(service, made) == [before, ("2026-07-01", None, "elderly")]
    service.data(change, "rights", id=made, units=[{"unit": "root", "from": "2026-08-01"}], day="2026-07-01")
    assert units_over_time(service, made) == [before, ("2026-08-01", None, "root")]
    service.data(change, "rights", id=made, about=[{"responsibility": "kle:27.12.04", "from": "2026-06-01"}])
    asked = """query($id: ID) { assignment(uuid: $id, period: {}) {
        responsibilitiesPeriods(period: {}) { from to } } }"""
    periods = service.data(asked, id=made)["assignment"]["responsibilitiesPeriods"]
    assert sorted((each["from"], each["to"]) for each in periods) == [
        ("2026-01-01", "2026-06-01"), ("2026-06-01", None),
    ]  # fmt: skip
    for units, day, field in (
        ([], None, "changeFrom"), ([{"unit": "elderly", "from": "2026-02-01"}], "2026-03-01", "units"),
    ):  # fmt: skip
        (error,) = service.ask(change, "rights", id=made, units=units, day=day)["errors"]
        assert (error["extensions"]["code"], error["extensions"]["field"]) == ("wrong_value", field)
    service.data(change, "rights", id=made, units=[], day="2026-07-15")
    assert units_over_time(service, made) == [before]


def test_an_affiliation_and_a_unit_move_on_a_day_and_were_elsewhere_before(service: Served) -> None:
    made = service.data(
        """mutation { createAffiliation(person: "karen", unit: "benefits", from: "2026-03-01", to: "2028-01-01",
        reason: "x") { uuid } }""",
        "hr",
    )["createAffiliation"]["uuid"]
    move = """mutation($id: String!, $units: [PlaceInput!]) {
        changeAffiliation(affiliation: $id, to: "2028-01-01", units: $units, reason: "x") { change } }"""
    service.data(move, "hr", id=made, units=[{"unit": "elderly", "from": "2027-01-01"}])
    asked = "query($id: ID, $at: Date) { affiliation(uuid: $id, at: $at) { unit { keys } } }"
    units = [service.data(asked, id=made, at=day)["affiliation"]["unit"] for day in ("2026-12-31", "2027-01-01")]
    assert [each["keys"][0] for each in units] == ["benefits", "elderly"]
    unit = service.data(
        'mutation { createUnit(name: "Ny", parent: "benefits", from: "2026-01-01", reason: "x") { uuid } }',
        "organisation",
    )["createUnit"]["uuid"]
    place = """mutation($units: [PlacedUnitInput!]!) { placeUnits(units: $units, reason: "x") { change } }"""
    service.data(place, "organisation", units=[{"unit": unit, "parents": [{"unit": "elderly", "from": "2027-01-01"}]}])
    asked = "query($id: ID, $at: Date) { unit(uuid: $id, at: $at) { parent { keys } } }"
    above = [service.data(asked, id=unit, at=day)["unit"]["parent"] for day in ("2026-12-31", "2027-01-01")]
    assert [each["keys"][0] for each in above] == ["benefits", "elderly"]
