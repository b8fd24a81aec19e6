"""What one person must not do alone."""

from collections.abc import Iterator
from contextlib import nullcontext
from datetime import date, timedelta
from typing import Any

import neo4j
import orjson
import pytest
from graphql import GraphQLError

from api.access import four_eyes
from api.access.four_eyes import RULES
from api.access.own_system import state_own_system
from api.access.rights import Access
from api.access.tokens import create
from api.mutations import plans
from api.mutations.planned import PlannedWriting
from graph.change_log import Origin
from graph.cpr.keyring import Keyring
from graph.errors import ChangeRejected
from graph.plans.plan import Draft
from graph.runs.brakes import keep_stopped
from graph.statements.precedence import MANUAL, SourceOrder
from graph.statements.statement import DatedValue, Statement
from graph.time import Period, today
from graph.writing.graph_writer import GraphWriter
from graph.writing.stopping import stopped
from importers.pipeline.import_run import run_import
from reconnect.embedded import Addresses
from tests.api.serving import Served, serving
from tests.graph.organisation import Stating, person, small


@pytest.fixture
def service(clean_graph: neo4j.Driver, addresses: Addresses) -> Iterator[Served]:
    ring = Keyring.generate()
    run_import(clean_graph, Stating(*small(), person("gone", "Dorte Væk")), ring)
    with serving(addresses, clean_graph, ring, four_eyes=RULES) as served:
        yield served


def always(text: str) -> tuple[DatedValue, ...]:
    return (DatedValue(Period(), text),)


def state(service: Served, *statements: Statement) -> None:
    GraphWriter(service.driver, Keyring.generate()).state("facts", statements, Origin("facts"))


def asked(service: Served, query: str, token: str, *, preview: bool = False) -> str:
    """The code of the first error; empty without one."""
    body = {"query": f"mutation {{ {query} }}", "extensions": {"preview": preview}}
    answer = service.send(body, {"Authorization": f"Bearer {token}"}).json()
    return str(answer["errors"][0]["extensions"]["code"]) if "errors" in answer else ""


def test_what_needs_two_people_is_not_made_with_other_changes(service: Served) -> None:
    one, two = (create(service.driver, name, ["hr", "rights", "reader"]) for name in ("one", "two"))
    for token, until in ((one, f', until: "{today() + timedelta(days=5)}"'), (two, "")):
        assert asked(service, f'stopPerson(person: "p1", reason: "x"{until}) {{ uuid }}', token) == ""
    body = {"query": 'mutation { endStop(person: "p1", reason: "x") { uuid } }', "extensions": {"together": True}}
    (error,) = service.send(body, {"Authorization": f"Bearer {two}"}).json()["errors"]
    assert (error["extensions"]["code"], error["extensions"]["noted"]) == ("second_person", False)
    assert service.data('{ person(key: "p1") { stopped } }')["person"]["stopped"]


def test_two_people_approve_erase_and_end_a_stop(service: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    anna = service.data('{ person(key: "p1") { uuid } }')["person"]["uuid"]
    roles = ["hr", "rights", "operations", "reader"]
    one, two = (create(service.driver, name, roles) for name in ("one", "two"))
    # A person's tokens are one person, whatever they are called.
    mine, also_mine = (create(service.driver, name, roles, person=anna) for name in ("mine", "also mine"))
    brake = keep_stopped(service.driver, "opus", "", "digest", ["a line"])
    for mutation in (
        f'approveBrake(id: "{brake}", reason: "x") {{ id }}',
        'erasePerson(person: "gone", reason: "x") { uuids }',
    ):
        assert asked(service, mutation, one, preview=True) == "", "a preview changes nothing, and needs one"
        assert [asked(service, mutation, each) for each in (mine, also_mine, mine)] == ["second_person"] * 3
        other = mutation.replace(brake, "00000000").replace("gone", "p2")
        assert asked(service, other, one) == "second_person", "of something else"
        with monkeypatch.context() as later:
            later.setattr(four_eyes, "WITHIN", timedelta(0))
            assert asked(service, mutation, one) == "second_person", "too late: it is the first again"
        assert asked(service, mutation, two) == ""
    stop = 'stopPerson(person: "p2", reason: "x") { uuid }'
    assert asked(service, stop, mine) == "", "a stop is immediate"
    value = 'setValue(kind: Person, thing: "p2", property: "stopped", value: "false", from: "2020-01-01", reason: "x")'
    release = 'releaseValue(kind: Person, thing: "p2", property: "stopped", from: "2020-01-01", reason: "x")'
    for ending in ('endStop(person: "p2", reason: "x")', value, release):
        assert asked(service, f"{ending} {{ uuid }}", also_mine) == "second_person", ending
    assert asked(service, 'endStop(person: "p2", reason: "x") { uuid }', one) == ""
    rows, _, _ = service.driver.execute_query(
        "MATCH (c:Change) WHERE c.user STARTS WITH 'person:' RETURN c.user AS user"
    )
    assert f"person:{anna}" in {row["user"] for row in rows} and "mine" not in {row["user"] for row in rows}


def test_two_people_make_an_extra_account_and_give_one_more_days(service: Served) -> None:
    anna = service.data('{ person(key: "p1") { uuid } }')["person"]["uuid"]
    one, two = (create(service.driver, name, ["rights", "reader"]) for name in ("one", "two"))
    owner = create(service.driver, "mine", ["rights", "reader"], person=anna)
    state(service, Statement("ItSystem", "ad", values={"key": always("ad")}))
    first, last = today() - timedelta(days=1), today() + timedelta(days=9)

    def made(login: str, *, to: date = last) -> str:
        return (
            f'createExtraAccount(person: "p1", system: "ad", login: "{login}", from: "{first}", to: "{to}", '
            'reason: "Drift") { uuid }'
        )

    assert asked(service, made("adm-anna"), one, preview=True) == ""
    assert asked(service, made("adm-anna"), owner) == "forbidden", "nobody is one of the two for their own"
    assert [asked(service, made("adm-anna"), each) for each in (one, one)] == ["second_person"] * 2
    assert asked(service, made("adm-anna", to=last + timedelta(days=1)), two) == "second_person", "of more days"
    assert asked(service, made("adm-anna"), two) == ""
    (account,) = service.data("{ plannedAccounts { nodes { uuid } } }")["plannedAccounts"]["nodes"]

    def changed(to: date) -> str:
        return f'changeExtraAccount(account: "{account["uuid"]}", to: "{to}", reason: "Drift") {{ uuid }}'

    more = changed(date(2099, 1, 1))
    assert [asked(service, more, each) for each in (one, owner, two)] == ["second_person", "forbidden", ""]
    assert asked(service, changed(last), one) == "", "fewer days need one"
    assert asked(service, changed(today()), one) == "", "it ends at once"
    assert asked(service, changed(last), one) == "second_person", "and is not opened again by one"


def test_the_break_glass_account_is_not_one_of_two(service: Served) -> None:
    """Whoever has opened the safe has a session of their own as well."""
    safe = "break-glass:safe"
    for first, second in ((safe, "anna"), ("anna", safe), (safe, safe)):
        for by in (first, second):
            with pytest.raises(GraphQLError, match="two people"):
                four_eyes.require_second(service.driver, RULES, "approve_brake", f"{first} {second}", by)
    with pytest.raises(ChangeRejected, match="break-glass"):
        four_eyes.require_own_name(Access(safe, RULES), None, "plan")
    with pytest.raises(ChangeRejected, match="break-glass"):
        four_eyes.refuse_nobody_known(["anna", safe], "plan")
    draft = Draft("Flyt", today(), "x", ())
    with pytest.raises(ChangeRejected, match="break-glass"):
        plans.require_approvable(
            service.driver, PlannedWriting(Keyring.generate(), SourceOrder()), draft, Access(safe, RULES)
        )


@pytest.mark.parametrize(
    ("stops", "asks"),
    [
        ([("bo", 9)], ["bo: no", "break-glass:safe: no", "anna: yes"]),
        # Made by one, extended by another: each would end what the other has decided.
        ([("bo", 9), ("anna", None)], ["anna: no", "anna: no", "bo: yes"]),
        ([("bo", 9), ("anna", None)], ["bo: no", "carl: yes"]),
        # What is stopped already is not stopped again.
        ([("anna", None), ("bo", 9)], ["anna: no", "bo: yes"]),
        ([("break-glass:safe", None)], ["break-glass:safe: no", "anna: no", "bo: yes"]),
        # The stop before is over.
        ([("bo", 9), ("ends", 0), ("anna", 5)], ["anna: no", "bo: yes"]),
    ],
)
def test_who_has_made_or_extended_a_stop_does_not_end_it_alone(
    service: Served, stops: list[tuple[str, int | None]], asks: list[str]
) -> None:
    uuid = service.data('{ person(key: "p2") { uuid } }')["person"]["uuid"]
    for user, length in stops:
        end = None if not length else today() + timedelta(days=length)
        edit = stopped(Period(today(), end), None if user == "ends" else "Bortvist")
        writer = GraphWriter(service.driver, Keyring.generate())
        writer.amend("Person", uuid, edit, Origin(MANUAL, user=user, reason="x"))
    for ask in asks:
        by, _, may = ask.rpartition(": ")
        with service.driver.session() as session, nullcontext() if may == "yes" else pytest.raises(GraphQLError):
            four_eyes.require_other_than_stopper(session, service.driver, RULES, uuid, by)


def test_two_who_have_stopped_a_person_end_it_together_each_after_a_preview(service: Served) -> None:
    one, two = (create(service.driver, name, ["hr", "organisation", "rights", "reader"]) for name in ("one", "two"))
    until = today() + timedelta(days=9)
    assert asked(service, f'stopPerson(person: "p2", until: "{until}", reason: "x") {{ uuid }}', one) == ""
    end = 'endStop(person: "p2", reason: "x") { uuid }'

    def noted(preview: bool) -> bool:
        body = {"query": f"mutation {{ {end} }}", "extensions": {"preview": preview}}
        (error,) = service.send(body, {"Authorization": f"Bearer {one}"}).json()["errors"]
        assert error["extensions"]["code"] == "second_person"
        return bool(error["extensions"]["noted"])

    assert not noted(preview=True) and not noted(preview=False), "alone"
    assert asked(service, 'stopPerson(person: "p2", reason: "x") { uuid }', two) == ""
    assert asked(service, end, one, preview=True) == "", "nothing is asked for yet"
    assert noted(preview=False)
    assert [asked(service, end, two, preview=each) for each in (True, False)] == ["", ""]


def test_people_decide_in_their_own_name(service: Served) -> None:
    anna = service.data('{ person(key: "p1") { uuid } }')["person"]["uuid"]
    other = service.data('{ person(key: "p2") { uuid } }')["person"]["uuid"]
    token = create(service.driver, "mine", ["rights", "hr", "reader"], person=anna)
    asking = f'requestRight(givenTo: "person:{other}", gives: "jobfunctionrole:x", reason: "x", from: "2030-01-01", '
    assert asked(service, f'{asking} requestedBy: "{other}") {{ uuid }}', token) == "own_name"
    assert asked(service, f'{asking} requestedBy: "{anna}") {{ uuid }}', token) != "own_name"
    excepting = f'createAccountException(person: "{other}", effect: KEEP, reason: "x", to: "2099-01-01", '
    assert asked(service, f'{excepting} decidedBy: "{other}") {{ uuid }}', token) == "own_name"
    assert asked(service, f'{excepting} decidedBy: "{anna}") {{ uuid }}', token) != "own_name"
    machine = create(service.driver, "a system", ["rights", "hr", "reader"])
    assert asked(service, f"{asking}) {{ uuid }}", token) not in ("own_name", "missing")
    assert asked(service, f"{asking}) {{ uuid }}", machine) == "missing"


@pytest.mark.parametrize("named", [True, False])
def test_the_author_of_a_plan_decides_what_it_holds(service: Served, named: bool) -> None:
    """Whoever approves or applies it."""
    anna, bo, ella = (
        service.data("query($key: ID!) { person(key: $key) { uuid } }", key=key)["person"]["uuid"]
        for key in ("p1", "p2", "gone")
    )
    author, approver = (
        create(service.driver, name, ["rights", "hr", "reader"], person=person_)
        for name, person_ in (("writes", anna), ("approves", bo))
    )
    arguments = {"person": ella, "effect": "keep", "to": "2099-01-01", **({"decidedBy": anna} if named else {})}
    ask = """mutation($day: Date!, $changes: [PlannedChangeInput!]!) {
        createPlan(name: "a", reason: "x", day: $day, changes: $changes) { id digest } }"""
    changes = [{"mutation": "createAccountException", "arguments": orjson.dumps(arguments).decode()}]
    body = {"query": ask, "variables": {"day": today().isoformat(), "changes": changes}}
    plan = service.send(body, {"Authorization": f"Bearer {author}"}).json()["data"]["createPlan"]
    approve = f'approvePlan(plan: "{plan["id"]}", digest: "{plan["digest"]}", reason: "x") {{ state }}'
    assert asked(service, approve, approver) == ""
    assert asked(service, f'applyPlan(plan: "{plan["id"]}", reason: "x") {{ state }}', approver) == ""
    found = service.data("{ accountExceptions { nodes { decidedBy { uuid } } } }", "auditor")["accountExceptions"][
        "nodes"
    ]
    assert found == [{"decidedBy": {"uuid": anna}}]


def test_reconnects_own_roles_stay_sensitive(service: Served) -> None:
    """Else a person with rights could give every right to REConnect without another's approval."""
    ring = Keyring.generate()
    state_own_system(service.driver, ring)
    rights = create(service.driver, "rights", ["rights", "organisation", "reader"])
    value = 'property: "sensitive", value: "false", from: "2020-01-01", reason: "x") { uuid }'
    assert asked(service, f'setValue(kind: SystemRole, thing: "reconnect:rights", {value}', rights) == "own_system"
    renamed = (
        'setValue(kind: ItSystem, thing: "reconnect", property: "key", value: "x", from: "2020-01-01", reason: "x")'
    )
    assert asked(service, f"{renamed} {{ uuid }}", rights) == "own_system"
    # What is said of one system role is said of those with its URI, so REConnect's own can't be had, or be changed by.
    role = 'createSystemRole(key: "x", title: "X", uri: "{}", system: "{}", reason: "x") {{ uuid }}'
    state(service, Statement("ItSystem", "mail", values={"key": always("mail")}))
    assert asked(service, role.format("urn:reconnect:role:rights", "mail"), rights) == "taken"
    assert asked(service, role.format("urn:reconnect:role:reader", "reconnect"), rights) == "taken"
    assert asked(service, role.format("urn:mail:reader", "mail"), rights) == ""
    service.driver.execute_query("MATCH (r:SystemRole {key: 'x'}) SET r.uri = 'urn:reconnect:role:rights'")
    assert asked(service, f'setValue(kind: SystemRole, thing: "x", {value}', rights) == "own_system"
    release = 'releaseValue(kind: SystemRole, thing: "x", property: "sensitive", from: "2020-01-01", reason: "x")'
    assert asked(service, f"{release} {{ uuid }}", rights) == "own_system"


def test_roles_of_one_uri_become_common_together_and_need_two_people(service: Served) -> None:
    one, two = (create(service.driver, name, ["rights", "organisation", "reader"]) for name in ("one", "two"))
    for key in ("mail", "mail_test"):
        role = f'key: "{key}_role", title: "Læs", uri: "urn:mail:1", system: "{key}", sensitive: true, reason: "x"'
        state(service, Statement("ItSystem", key, values={"key": always(key)}))
        assert asked(service, f"createSystemRole({role}) {{ uuid }}", one) == ""

    def change(mutation: str, role: str, value: str = "") -> str:
        about = f'kind: SystemRole, thing: "{role}", property: "sensitive", from: null, reason: "x"{value}'
        return f"{mutation}({about}) {{ uuid }}"

    def sensitive() -> list[bool | None]:
        found = service.data("{ systemRoles { nodes { key sensitive } } }")["systemRoles"]["nodes"]
        return [each["sensitive"] for each in found if each["key"].startswith("mail")]

    common = ', value: "false"'
    assert asked(service, change("setValue", "mail_role", common), one) == "second_person"
    assert asked(service, change("setValue", "mail_test_role", common), one) == "second_person"
    assert asked(service, change("setValue", "mail_test_role", common), two) == "", "it is the same that both ask for"
    assert sensitive() == [False, False]
    assert asked(service, change("setValue", "mail_role", ', value: "true"'), one) == ""
    assert sensitive() == [True, True]
    assert [asked(service, change("releaseValue", "mail_role"), each) for each in (one, two)] == ["second_person", ""]
    assert sensitive() == [None, None]


def test_a_plan_is_taken_back_by_whoever_could_undo_it_by_hand(service: Served) -> None:
    roles = ["hr", "organisation", "rights", "operations", "auditor", "reader"]
    one, two = (create(service.driver, name, roles) for name in ("one", "two"))

    def done(mutation: str, token: str) -> dict[str, Any]:
        answer = service.send({"query": f"mutation {{ {mutation} }}"}, {"Authorization": f"Bearer {token}"}).json()
        return dict(next(iter(answer["data"].values())))

    plan = done(
        f"""createPlan(name: "Stop", day: "{today()}", reason: "x", changes: [
        {{mutation: "stopPerson", arguments: "{{\\"person\\": \\"p1\\"}}"}}]) {{ id digest }}""",
        one,
    )
    assert done(f'approvePlan(plan: "{plan["id"]}", digest: "{plan["digest"]}", reason: "x") {{ id }}', two)
    assert done(f'applyPlan(plan: "{plan["id"]}", reason: "x") {{ state }}', two) == {"state": "APPLIED"}
    take_back = f'takeBackPlan(plan: "{plan["id"]}", reason: "x") {{ state }}'
    assert asked(service, take_back, one) == asked(service, 'endStop(person: "p1", reason: "x") { uuid }', one)
    assert asked(service, take_back, one) == "second_person"
    assert asked(service, take_back, two) == ""
