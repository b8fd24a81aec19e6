"""Rights over the API: made by hand, refused with the field, asked for, and only by whom they may be."""

from collections.abc import Iterator
from typing import Any

import neo4j
import pytest

from graph.time import today
from reconnect.embedded import Addresses
from tests.api.serving import Served, serving
from tests.emptied import empty
from tests.graph.questions.rights.imported import RING, imported
from tests.graph.questions.rights.town import TOWN

pytestmark = pytest.mark.slow

RIGHTS = """
query($person: String!, $system: String) {
  rights(person: $person, system: $system, at: "2026-06-15") {
    held {
      grant { key } since until because
      why { kind text since until }
      included { systemRole { key } limits { type { key } values { value why { text } } dynamic } }
    }
    omitted { reason constraint { key } text }
  }
}
"""


WHO = """
query($person: String!, $system: String) {
  rights(person: $person, system: $system, at: "2026-06-15") {
    held { right { __typename } person { name } unit { name } }
  }
}
"""
"""By itself, as Neo4j plans long for each thing that an answer leads to."""


@pytest.fixture(scope="module")
def service(driver: neo4j.Driver, addresses: Addresses, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    empty(driver)
    assert imported(driver, TOWN, tmp_path_factory.mktemp("town")).problems == []
    with serving(addresses, driver, RING) as served:
        yield served


def asked(service: Served, query: str, *roles: str, **variables: Any) -> Any:
    answer = service.post(query, service.token(*roles), **variables).json()
    assert "errors" not in answer, answer["errors"]
    return answer["data"]


def refused(service: Served, query: str, *roles: str, **variables: Any) -> dict[str, Any]:
    (error,) = service.post(query, service.token(*roles), **variables).json()["errors"]
    return {"text": error["message"], **error["extensions"]}


def test_rights_with_their_limits_and_reasons(service: Served) -> None:
    (held,) = asked(service, RIGHTS, "auditor", person="anna", system="sapa")["rights"]["held"]
    assert held["since"] == "2026-03-01"
    (included,) = held["included"]
    assert [each["value"] for each in included["limits"][0]["values"]] == ["15.20.*", "32.24.04"]
    assert included["limits"][0]["values"][0]["why"][-1]["text"] == "Jobcenter performs 15.20"
    (omitted,) = asked(service, RIGHTS, "auditor", person="carl", system="sapa")["rights"]["omitted"]
    assert (omitted["reason"], omitted["constraint"]["key"]) == ("EMPTY", "kle")


def test_who_holds_a_right_and_where(service: Served) -> None:
    (held,) = asked(service, WHO, "auditor", person="anna", system="sapa")["rights"]["held"]
    assert held["right"] == {"__typename": "JobFunctionRole"}
    assert (held["person"]["name"], held["unit"]["name"]) == ("Anna Berg", "Jobcenter")


def test_why_not_holders_and_review(service: Served) -> None:
    query = '{ whyNot(person: "dora", right: "sapa_case_worker", at: "2026-06-15") { step remedy grant { key } } }'
    assert asked(service, query, "rights")["whyNot"][0]["step"] == "PERSON"
    query = '{ rightHolders(right: "sapa_read", unit: "center", at: "2026-06-15") { person { name } until } }'
    assert asked(service, query, "rights")["rightHolders"] == [{"person": {"name": "Anna Berg"}, "until": None}]
    query = '{ rightsReview(findings: [UNREACHABLE], at: "2026-06-15") { finding title owners { name } } }'
    assert asked(service, query, "rights")["rightsReview"] == [
        {"finding": "UNREACHABLE", "title": "Glemt", "owners": []}
    ]


def test_everyone_who_holds_each_of_several_rights(service: Served) -> None:
    names = ["sapa_read", "sapa_case_worker", "no_such_right"]
    query = """query($rights: [String!]!) { rightMembers(rights: $rights, at: "2026-06-15") { asked
        right { ... on SystemRole { key } ... on JobFunctionRole { key } }
        subjects { ... on Employment { person { name } } ... on Affiliation { person { name } } ... on Person { name } }
        within { ... on JobFunctionRole { key } } } }"""
    found = {each["asked"]: each for each in asked(service, query, "auditor", rights=names)["rightMembers"]}
    assert list(found) == names[:2] and found["sapa_read"]["within"] == [{"key": "sapa_case_worker"}]
    one = 'query($right: String!) { rightHolders(right: $right, at: "2026-06-15") { person { name } } }'
    for name, each in found.items():
        holders = asked(service, one, "auditor", right=name)["rightHolders"]
        people = {one.get("name") or one["person"]["name"] for one in each["subjects"]}
        assert people == {one["person"]["name"] for one in holders} and "Anna Berg" in people
    assert refused(service, query, "reader", rights=names)["code"] == "forbidden"
    assert asked(service, query, "auditor", rights=[])["rightMembers"] == []


def test_over_a_period(service: Served) -> None:
    query = """query($known: Date) {
        rightsOver(person: "bo", system: "sapa", from: "2026-01-01", to: "2027-01-01", asKnownOn: $known) {
            from to rights { held { since } } } }"""
    stretches = asked(service, query, "rights")["rightsOver"]
    assert asked(service, query, "rights", known=today().isoformat())["rightsOver"] == stretches
    assert [(each["from"], len(each["rights"]["held"])) for each in stretches] == [
        ("2026-01-01", 0), ("2026-03-01", 1), ("2026-09-01", 0),
    ]  # fmt: skip


def test_as_it_is_known_today(service: Served) -> None:
    query = """query($known: Date) { rights(person: "anna", system: "sapa", at: "2026-06-15", asKnownOn: $known) {
        held { grant { key } included { limits { values { value } } } } omitted { text } } }"""
    known = asked(service, query, "rights", known=today().isoformat())
    assert known == asked(service, query, "rights")
    assert known["rights"]["held"][0]["grant"] == {"key": "g_sapa"}


def test_a_reader_of_the_organisation_does_not_see_who_may_do_what(service: Served) -> None:
    assert refused(service, RIGHTS, "reader", person="anna")["code"] == "forbidden"


def test_made_by_hand_and_refused_with_the_field(service: Served) -> None:
    create = """mutation($gives: String!, $condition: String) {
      createGrant(key: "g_hand", title: "For hånd", gives: $gives, givenTo: ["employment:e_carl"],
                  condition: $condition, reason: "Prøve", from: "2026-01-01") { uuid change } }"""
    wrong = refused(service, create, "rights", gives="system_role:sapa_read")
    assert (wrong["code"], wrong["field"]) == ("mandatory_not_configured", "gives")
    wrong = refused(service, create, "rights", gives="system_role:mail_box", condition="employee.x")
    assert (wrong["code"], wrong["field"]) == ("wrong_value", "condition")
    assert "allowed: employment" in wrong["text"]
    wrong = refused(service, create, "rights", gives="mail_box")
    assert (wrong["code"], wrong["field"]) == ("reference", "gives")
    assert refused(service, create, "hr", gives="system_role:mail_box")["code"] == "forbidden"
    made = asked(service, create, "rights", gives="system_role:mail_box", condition="employment.title == 'Kok'")
    (held,) = asked(service, RIGHTS, "auditor", person="carl", system="mail")["rights"]["held"]
    assert held["grant"]["key"] == "g_hand"
    end = 'mutation($grant: String!) { changeGrant(grant: $grant, to: "2026-02-01", reason: "Slut") { change } }'
    assert asked(service, end, "rights", grant=made["createGrant"]["uuid"])["changeGrant"]["change"]
    assert asked(service, RIGHTS, "auditor", person="carl", system="mail")["rights"]["held"] == []


def test_a_grantee_whom_a_source_names_is_not_removed_by_hand(service: Served) -> None:
    change = """mutation($to: [String!]!) { changeGrant(grant: "g_sapa", changeFrom: "2026-01-01",
        givenTo: $to, reason: "Færre") {
        thing { ... on Grant { givenTo { __typename } } } } }"""
    wrong = refused(service, change, "rights", to=["employment:e_carl"])
    assert (wrong["code"], wrong["field"]) == ("kept_by_source", "givenTo")
    assert "facts claims the Role" in wrong["text"]
    more = asked(service, change, "rights", to=["role:case_worker", "employment:e_carl"])["changeGrant"]["thing"]
    assert sorted(each["__typename"] for each in more["givenTo"]) == ["Employment", "Role"]
    fewer = asked(service, change, "rights", to=["role:case_worker"])["changeGrant"]["thing"]
    assert fewer["givenTo"] == [{"__typename": "Role"}]


def test_a_parameter_is_made_once(service: Served) -> None:
    create = """mutation { createConstraintSetting(of: "job_function_role:sapa_case_worker", systemRole: "sapa_read",
        type: "unit", derived: "unit_and_below", reason: "Prøve", from: "2026-01-01") {
        uuid thing { ... on ConstraintSetting { parameter } } } }"""
    made = asked(service, create, "rights")["createConstraintSetting"]
    parameter = made["thing"]["parameter"]
    assert parameter.startswith("http://solbjerg.example/")
    assert parameter.endswith("/1/parametric")
    change = """mutation($setting: String!) { changeConstraintSetting(setting: $setting, derived: "unit",
        reason: "Snævrere", from: "2026-01-01") { thing { ... on ConstraintSetting { parameter derived } } } }"""
    changed = asked(service, change, "rights", setting=made["uuid"])["changeConstraintSetting"]["thing"]
    assert changed == {"parameter": parameter, "derived": "unit"}
    again = """mutation($thing: String!) { setValue(kind: ConstraintSetting, thing: $thing, property: "parameter",
        value: "urn:other", reason: "Prøve", from: "2026-01-01") { uuid } }"""
    assert refused(service, again, "rights", thing=made["uuid"])["field"] == "parameter"


def test_bundles_in_a_circle_are_refused(service: Served) -> None:
    create = """mutation($key: String!, $includes: [String!]!) { createJobFunctionRole(key: $key, title: $key,
        uri: $key, includes: $includes, reason: "Prøve") { uuid } }"""
    asked(service, create, "rights", key="inner", includes=["system_role:mail_box"])
    asked(service, create, "rights", key="outer", includes=["job_function_role:inner"])
    change = """mutation { changeJobFunctionRole(role: "inner", changeFrom: "2026-01-01",
        includes: ["job_function_role:outer"],
        reason: "Prøve") { uuid } }"""
    assert refused(service, change, "rights")["code"] == "cycle"


def test_selected_units_change_from_a_day_on(service: Served) -> None:
    create = """mutation { createConstraintSetting(of: "grant:g_sapa", type: "unit", derived: "selected_units",
        units: ["job"], reason: "Prøve", from: "2026-01-01") { uuid } }"""
    setting = asked(service, create, "rights")["createConstraintSetting"]["uuid"]
    change = """mutation($setting: String!) { changeConstraintSetting(setting: $setting, units: ["citizen"],
        reason: "Fra juli", from: "2026-07-01") { change } }"""
    asked(service, change, "rights", setting=setting)
    units = "query($id: ID, $at: Date) { constraintSetting(uuid: $id, at: $at) { units { name } } }"
    found = [
        asked(service, units, "rights", id=setting, at=day)["constraintSetting"]["units"]
        for day in ("2026-06-30", "2026-07-01")
    ]
    assert found == [[{"name": "Jobcenter"}], [{"name": "Borgerservice"}]]
