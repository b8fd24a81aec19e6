"""What people maintain: each change by hand has its effect, its entry in the log, and its refusals."""

from graph.change_log import Origin
from graph.cpr.keyring import Keyring
from graph.statements.statement import DatedValue, Statement
from graph.time import Period
from graph.writing.graph_writer import GraphWriter
from tests.api.serving import Served

CREATE = """
mutation($name: String!, $reason: String!, $cpr: String) {
  createPerson(name: $name, reason: $reason, cpr: $cpr) { uuid }
}
"""
NEAREST = """
query($role: String!, $unit: String!, $at: Date, $about: String) {
  nearest(role: $role, unit: $unit, at: $at, responsibility: $about) { holders { person { name } } levelUnit { keys } }
}
"""


def nearest(service: Served, role: str, unit: str, at: str, about: str | None = None) -> list[str]:
    found = service.data(NEAREST, role=role, unit=unit, at=at, about=about)["nearest"]
    return [each["person"]["name"] for each in found["holders"]]


def test_an_assignment_made_by_hand_answers_and_ends(service: Served) -> None:
    made = service.data(
        """
        mutation {
          createAssignment(
            holder: {employment: "e_karen"}, role: "manager", units: [{unit: "benefits"}], primary: true,
            from: "2026-03-01", reason: "first manager of the team"
          ) { uuid version change }
        }
        """,
        "rights",
    )["createAssignment"]
    assert made["change"] is not None
    assert nearest(service, "manager", "benefits", "2026-02-28") == ["Jens Østergaard", "Mette Bæk"]
    assert nearest(service, "manager", "benefits", "2026-03-01") == ["Karen Buhl"]
    service.data(
        """
        mutation($id: String!, $version: Int) {
          changeAssignment(assignment: $id, from: "2026-03-01", to: "2026-03-10", expectedVersion: $version,
                           reason: "it was for a while only") { change }
        }
        """,
        "rights",
        id=made["uuid"],
        version=made["version"],
    )
    assert nearest(service, "manager", "benefits", "2026-03-10") == ["Jens Østergaard", "Mette Bæk"]
    log = service.data(
        "query($id: ID) { changes(uuid: $id) { nodes { operation user reason } } }", "auditor", id=made["uuid"]
    )
    assert [each["reason"] for each in log["changes"]["nodes"]] == [
        "first manager of the team",
        "it was for a while only",
    ]


def test_an_absence_passes_to_the_substitute_made_by_hand(service: Served) -> None:
    service.data(
        """
        mutation {
          createSubstitution(assignment: "a_elderly", person: "leif", from: "2026-07-01", to: "2026-08-01",
                             reason: "holidays") { uuid }
          setAbsence(person: "dorte", from: "2026-07-06", to: "2026-07-27", reason: "holidays") { uuid }
        }
        """,
        "hr",
    )
    assert nearest(service, "manager", "elderly", "2026-07-05") == ["Dorte Præst"]
    assert nearest(service, "manager", "elderly", "2026-07-06") == ["Leif Høj"]
    assert nearest(service, "manager", "elderly", "2026-07-27") == ["Dorte Præst"]


def test_a_value_by_hand_outranks_the_source_until_it_is_released(service: Served) -> None:
    change = """
    mutation($value: String!) {
      setValue(from: "0001-01-01",
        kind: Unit, thing: "school", property: "name", value: $value, reason: "the board decided") { version }
    }
    """
    service.data(change, "organisation", value="Bakkeskolen og SFO")
    assert service.data('{ unit(key: "school") { name } }')["unit"]["name"] == "Bakkeskolen og SFO"
    release = """
    mutation {
      releaseValue(from: "0001-01-01", kind: Unit, thing: "school", property: "name", reason: "undone") { version } }
    """
    service.data(release, "organisation")
    assert service.data('{ unit(key: "school") { name } }')["unit"]["name"] == "Bakkeskolen"


def test_a_version_that_is_past_is_a_conflict_that_says_who_changed_what(service: Served) -> None:
    change = """
    mutation($value: String!) {
      setValue(from: "0001-01-01",
        kind: Unit, thing: "it", property: "name", value: $value, expectedVersion: 1, reason: "x") { version }
    }
    """
    service.data(change, "organisation", value="A")
    (error,) = service.ask(change, "organisation", value="B")["errors"]
    told = error["extensions"]
    assert (told["code"], told["expectedVersion"], told["version"], told["what"]) == ("conflict", 1, 2, "changed")
    assert told["by"].startswith("test organisation")


def test_a_unit_a_person_and_an_affiliation_that_no_source_has(service: Served) -> None:
    unit = service.data(
        'mutation { createUnit(name: "Kriseledelse", parent: "root", from: "2026-01-01", reason: "plan") { uuid } }',
        "organisation",
    )["createUnit"]["uuid"]
    person = service.data('mutation { createPerson(name: "Eva Holt", reason: "consultant") { uuid } }', "hr")
    service.data(
        """
        mutation($person: String!, $unit: String!) {
          createAffiliation(person: $person, unit: $unit, from: "2026-01-01", to: "2027-01-01", title: "Rådgiver",
                            sponsor: "e_torben", reason: "contract 17") { uuid }
        }
        """,
        "hr",
        person=person["createPerson"]["uuid"],
        unit=unit,
    )
    found = service.data(
        """
        query($unit: ID) {
          unit(uuid: $unit, at: "2026-05-05") {
            parent { keys } affiliations { title existsTo person { name } sponsor { number } }
          }
        }
        """,
        unit=unit,
    )["unit"]
    assert found["parent"]["keys"] == ["root"]
    assert found["affiliations"] == [
        {
            "title": "Rådgiver",
            "existsTo": "2027-01-01",
            "person": {"name": "Eva Holt"},
            "sponsor": {"number": "e_torben"},
        }
    ]


def test_kle_tags_and_roles(service: Served) -> None:
    service.data(
        """
        mutation {
          tagUnit(from: "0001-01-01",
            unit: "nursing", performs: ["27.12.04"], responsibleFor: ["27.12"], reason: "KLE") { uuid }
        }
        """,
        "organisation",
    )
    units = service.data('{ units(filter: {kle: "27.12"}) { nodes { keys performs { number } } } }')["units"]["nodes"]
    assert [each["performs"] for each in units] == [[{"number": "27.12.04"}]]
    assert "nursing" in units[0]["keys"]
    service.data(
        """
        mutation { createRole(key: "data_owner", title: "Dataejer", reason: "new role", coversAll: false) { uuid } }
        """,
        "rights",
    )
    assert service.data('{ role(key: "data_owner") { title coversAll } }')["role"] == {
        "title": "Dataejer",
        "coversAll": False,
    }


def test_who_pays_out_for_a_unit_and_what_an_employment_handles_besides(service: Served) -> None:
    pay = """
        mutation($payer: String, $from: Date!) {
          setPayingUnit(unit: "nursing", paidOutBy: $payer, from: $from, reason: "Ydelser") { uuid change } }
        """
    uuid = service.data(pay, "organisation", payer="elderly", **{"from": "2026-01-01"})["setPayingUnit"]["uuid"]
    read = '{ units(filter: {uuids: ["%s"]}) { nodes { paidOutBy { keys } } } }' % uuid  # noqa: UP031
    (unit,) = service.data(read)["units"]["nodes"]
    assert "elderly" in unit["paidOutBy"]["keys"]
    assert service.data(pay, "organisation", payer=None, **{"from": "2026-02-01"})["setPayingUnit"]["change"]
    assert service.data(read)["units"]["nodes"] == [{"paidOutBy": None}]
    tag = """
        mutation($kle: [String!]!) {
          tagEmployment(employment: "e_jytte", kle: $kle, from: "2026-01-01", reason: "KLE") {
            thing { ... on Employment { kle { number } } } } }
        """
    numbers = service.data(tag, "hr", kle=["27.12", "27.12.04"])["tagEmployment"]["thing"]["kle"]
    assert sorted(each["number"] for each in numbers) == ["27.12", "27.12.04"]
    assert service.data(tag, "hr", kle=[])["tagEmployment"]["thing"] == {"kle": []}
    (error,) = service.ask(tag, "hr", kle=["99.99"])["errors"]
    assert error["extensions"]["code"] == "unknown_kle_node"
    (error,) = service.ask(pay, "hr", payer="elderly", **{"from": "2026-01-01"})["errors"]
    assert error["extensions"]["code"] == "forbidden"


def test_a_reason_is_needed_and_names_must_be_known(service: Served) -> None:
    (error,) = service.ask('mutation { createPerson(name: "A", reason: " ") { uuid } }', "hr")["errors"]
    assert error["extensions"]["code"] == "reason"
    (error,) = service.ask(
        'mutation { setValue(from: "0001-01-01", kind: Unit, thing: "atlantis", property: "name", value: "A", '
        'reason: "x") { uuid } }',
        "organisation",
    )["errors"]
    assert error["extensions"]["code"] == "unknown_unit"
    (error,) = service.ask(
        'mutation { setValue(from: "0001-01-01", kind: Unit, thing: "it", property: "nmae", value: "A", '
        'reason: "x") { uuid } }',
        "organisation",
    )["errors"]
    assert error["extensions"]["code"] == "unknown_property"
    (error,) = service.ask(
        'mutation { releaseValue(from: "2026-01-01", kind: Unit, thing: "it", property: "nmae", reason: "x") '
        "{ uuid } }",
        "organisation",
    )["errors"]
    assert error["extensions"]["code"] == "unknown_property"


def test_what_is_no_text_for_everybody_and_no_number_is_refused(service: Served) -> None:
    for name, reason, cpr, code, field in (
        ("Vikar 020257-5002", "consultant", None, "cpr_in_text", "name"),
        ("Eva", "the same as 02 02 57 5002", None, "cpr_in_text", "reason"),
        ("Eva\u2028Holt", "consultant", None, "control_characters", "name"),
        ("Eva", "con\u0085sultant", None, "control_characters", "reason"),
        ("Eva", "consultant", "3102804000", "wrong_value", "cpr"),
        ("Eva", "consultant", "2902011118", "wrong_value", "cpr"),
    ):
        (error,) = service.ask(CREATE, "hr", "cpr", name=name, reason=reason, cpr=cpr)["errors"]
        assert (error["extensions"]["code"], error["extensions"]["field"]) == (code, field)
        assert "5002" not in error["message"]
    # Names have composed letters and single blanks, and are found however they are written.
    made = service.data(CREATE, "hr", name=" A\u030age  Holt ", reason="consultant")["createPerson"]
    (found,) = service.data('{ persons(filter: {name: "\u00c5ge Holt"}) { nodes { uuid } } }')["persons"]["nodes"]
    assert found == made


def test_a_position_chosen_by_hand_holds_until_it_is_released(service: Served) -> None:
    """positions.md §5: a choice by hand outranks all other ways; how it was found is on the relationship."""
    positions = [
        Statement("Position", code, values={"title": (DatedValue(Period(), code),)}) for code in ("Lærer", "Tolk")
    ]
    GraphWriter(service.driver, Keyring.generate()).state("facts", positions, Origin("facts"))
    choose = """
        mutation($position: String, $from: Date = "0001-01-01", $to: Date) {
          choosePosition(employment: "e_karen", position: $position, from: $from, to: $to, reason: "by agreement") {
            change
          } }"""
    asked = '{ employment(key: "e_karen") { positionPeriods(period: {}) { from to how position { title } } } }'
    service.data(choose, "hr", position="Lærer", **{"from": "2026-01-01"})
    service.data(choose, "hr", position="Tolk", **{"from": "2026-03-01", "to": "2026-04-01"})
    assert service.data(asked)["employment"]["positionPeriods"] == [
        {"from": "2026-01-01", "to": "2026-03-01", "how": "MANUAL", "position": {"title": "Lærer"}},
        {"from": "2026-03-01", "to": "2026-04-01", "how": "MANUAL", "position": {"title": "Tolk"}},
        {"from": "2026-04-01", "to": None, "how": "MANUAL", "position": {"title": "Lærer"}},
    ]
    service.data(choose, "hr")
    assert service.data(asked)["employment"]["positionPeriods"] == []
