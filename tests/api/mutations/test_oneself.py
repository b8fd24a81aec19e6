"""Nobody widens their own rights, or hides their own traces, by a change that they make themselves."""

from collections.abc import Iterator
from copy import deepcopy
from typing import Any

import neo4j
import pytest

from api.access.own_system import key_of, state_own_system
from api.access.tokens import create
from graph.change_log import Origin
from graph.statements.statement import DatedLink, DatedValue, Ref, Statement
from graph.time import Period, today
from graph.writing.graph_writer import GraphWriter
from reconnect.embedded import Addresses
from tests.api.serving import Served, serving
from tests.emptied import empty
from tests.graph.questions.rights.imported import RING, imported
from tests.graph.questions.rights.town import TOWN

pytestmark = pytest.mark.slow
_ANOTHER = "another person must do it"
_ROLES = ("reader", "hr", "organisation", "rights", "operations")


@pytest.fixture(scope="module")
def service(driver: neo4j.Driver, addresses: Addresses, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    empty(driver)
    content = deepcopy(TOWN)
    content["persons"].append({"id": "gry", "name": "Gry Holm"})
    content["employments"].append({"id": "e_gry", "person": "gry", "units": [{"unit": "center"}]})
    content["accounts"] = [
        {"id": f"k_{each}", "person": each, "system": "mail", "login": each} for each in ("anna", "bo")
    ]
    assert imported(driver, content, tmp_path_factory.mktemp("town")).problems == []
    with serving(addresses, driver, RING) as served:
        yield served


@pytest.fixture(scope="module")
def of(service: Served) -> dict[str, str]:
    rows, _, _ = service.driver.execute_query(
        "MATCH (r:SourceRecord {source: 'facts'})-[:TELLS]->(n) RETURN r.key AS key, n.uuid AS uuid"
    )
    return {row["key"]: row["uuid"] for row in rows}


@pytest.fixture(scope="module")
def anna(service: Served, of: dict[str, str]) -> str:
    """A token that acts for Anna, whose roles hold everywhere."""
    return create(service.driver, "anna", _ROLES, person=of["anna"])


def refusal(service: Served, token: str, mutation: str) -> str:
    """The message of a refusal; "" where it was made, or refused for another reason than a right."""
    query = f"mutation {{ {mutation.replace('@', 'reason: ' + chr(34) + 'x' + chr(34))} {{ __typename }} }}"
    answer: dict[str, Any] = service.send({"query": query}, {"Authorization": f"Bearer {token}"}).json()
    errors = answer.get("errors", [])
    return errors[0]["message"] if errors and errors[0]["extensions"]["code"] == "forbidden" else ""


@pytest.mark.parametrize(
    "mutation",
    [
        'joinPersons(keep: "anna", other: "bo", @)',
        'joinPersons(keep: "bo", other: "anna", @)',
        'splitPerson(person: "anna", @)',
        'erasePerson(person: "anna", @)',
        'setOwner(account: "k_anna", person: "bo", from: "2026-01-01", @)',
        'setOwner(account: "k_bo", person: "anna", from: "2026-01-01", @)',
        'setOwner(account: "k_anna", person: null, from: "2026-01-01", @)',
        'createAccountException(person: "anna", effect: GIVE, from: "2026-01-01", to: "2099-01-01", @)',
        'createExtraAccount(person: "anna", system: "mail", login: "a", from: "2026-01-01", to: "2099-01-01", @)',
    ],
)
def test_what_nobody_does_for_themselves(service: Served, anna: str, mutation: str) -> None:
    before = service.driver.execute_query("MATCH (log:ChangeLog) RETURN log.number AS n")[0][0]["n"]
    assert _ANOTHER in refusal(service, anna, mutation)
    assert service.driver.execute_query("MATCH (log:ChangeLog) RETURN log.number AS n")[0][0]["n"] == before
    of_others = mutation.replace('"anna"', '"nobody"').replace("k_anna", "k_bo")
    assert _ANOTHER not in refusal(service, anna, of_others)


def test_nobody_decides_at_a_target_about_an_account_of_their_own(
    service: Served, anna: str, of: dict[str, str]
) -> None:
    extra = """mutation { createExtraAccount(person: "anna", system: "mail", login: "adm-anna", from: "2026-01-01",
        to: "2099-01-01", reason: "x") { uuid } }"""
    account = service.data(extra, "rights")["createExtraAccount"]["uuid"]
    for mutation, more in (
        ("adoptAccount", 'targetId: "x", '), ("keepAccountApart", 'targetId: "x", '),
        ("acceptDrift", 'field: "enabled", '), ("makeAccountAgain", ""),
    ):  # fmt: skip
        asked = {
            key: refusal(service, anna, f'{mutation}(target: "ad", key: "{key}", {more}@)')
            for key in (account, of["anna"], of["gry"])  # of a domain, and of SCIM servers
        }
        assert _ANOTHER in asked[account] and _ANOTHER in asked[of["anna"]] and not asked[of["gry"]], mutation


def test_a_record_is_not_matched_to_oneself(service: Served, anna: str, of: dict[str, str]) -> None:
    service.driver.execute_query(
        """
        UNWIND ['anna', 'gry'] AS key
        CREATE (:Ambiguity {id: 'to ' + key, source: 'facts', kind: 'Person', key: key, candidates: [$of[key]]})
        CREATE (:MatchDecision {id: 'of ' + key, uuid: $of[key]})
        """,
        of=of,
    )
    for person, is_refused in (("anna", True), ("gry", False)):
        asked = f'decideMatch(id: "to {person}", thing: "{of[person]}", @)'
        assert (_ANOTHER in refusal(service, anna, asked)) == is_refused
        assert (_ANOTHER in refusal(service, anna, f'takeBackMatch(id: "of {person}", @)')) == is_refused


def test_a_part_is_not_widened_by_oneself(service: Served, of: dict[str, str]) -> None:
    """Gry's rights hold in her centre: from where she works, what she manages, and for whom she stands in."""
    roles = ["reader", "organisation", "hr"]
    gry = create(service.driver, "gry", roles, person=of["gry"], within=[of["center"]])
    for mutation in (
        'createAssignment(holder: {employment: "e_gry"}, role: "manager", units: [{unit: "job", from: "2026-01-01"}], '
        'from: "2026-01-01", @)',
        'createSubstitution(assignment: "a_anna", person: "gry", from: "2026-01-01", @)',
        'createAffiliation(person: "gry", unit: "job", from: "2026-01-01", to: "2099-01-01", @)',
    ):
        assert _ANOTHER in refusal(service, gry, mutation), mutation
        other = mutation.replace('"gry"', '"anna"').replace("e_gry", "e_anna")
        assert _ANOTHER not in refusal(service, gry, other), mutation


@pytest.mark.parametrize(
    "mutation",
    [
        'tagEmployment(employment: "e_anna", kle: ["15"], from: "2026-01-01", @)',
        'setValue(kind: Assignment, thing: "a_anna", property: "ownKleOnly", value: "true", from: "2026-01-01", @)',
        'createSubstitution(assignment: "a_bo", person: "anna", from: "2026-01-01", @)',
        'tagUnit(unit: "job", performs: ["27"], from: "2026-01-01", @)',
        'placeUnits(units: [{unit: "job", parents: [{unit: "citizen", from: "2026-01-01"}]}], @)',
        'tagUnit(unit: "center", performs: ["27"], from: "2026-01-01", @)',
    ],
)
def test_the_own_limits_are_not_widened_by_oneself(service: Served, anna: str, mutation: str) -> None:
    assert _ANOTHER in refusal(service, anna, mutation)
    of_others = mutation.replace('"anna"', '"gry"').replace("_anna", "_bo").replace('"job"', '"citizen"')
    if "center" not in mutation:
        assert _ANOTHER not in refusal(service, anna, of_others)


def test_a_refused_read_says_what_is_missing_and_who_can_give_it(service: Served, of: dict[str, str]) -> None:
    boss = 'createRole(key: "administrator", title: "Administrator", reason: "x") { uuid }'
    service.data(f"mutation {{ {boss} }}")
    service.data(
        'mutation { createAssignment(holder: {employment: "e_carl"}, role: "administrator", reason: "x", '
        'units: [{unit: "town", from: "2026-01-01"}], from: "2026-01-01") { uuid } }'
    )
    service.data(
        'mutation { createAssignment(holder: {employment: "e_bo"}, role: "administrator", reason: "x", '
        'units: [{unit: "citizen", from: "2026-01-01"}], from: "2026-01-01") { uuid } }'
    )
    for name, more, giver in (
        ("token", {}, "Carl Holm"),
        ("part", {"within": [of["citizen"]]}, "Bo Lund"),
        ("person", {"person": of["bo"]}, "Bo Lund"),
    ):
        secret = create(service.driver, name, ["reader"], **more)
        for query, roles in (
            ("{ changes { totalCount } }", ["auditor", "hr", "operations", "organisation", "rights"]),
            ("{ persons(first: 1) { nodes { street } } }", ["auditor", "hr"]),
        ):
            (error,) = service.send({"query": query}, {"Authorization": f"Bearer {secret}"}).json()["errors"]
            assert error["extensions"]["code"] == "forbidden"
            assert error["extensions"]["roles"] == roles
            assert error["extensions"]["givers"] == [giver]
            assert error["message"].endswith(f"{', '.join(roles)}; {giver} can give it")


def test_nobody_takes_the_care_of_others_logins(service: Served, of: dict[str, str]) -> None:
    """Administrators reset logins, and managers invite: who may give these roles does not give them to themselves."""
    service.ask('mutation { createRole(key: "administrator", title: "Administrator", reason: "x") { uuid } }')
    held = service.data(
        'mutation { createAssignment(holder: {employment: "e_carl"}, role: "administrator", reason: "x", '
        'units: [{unit: "town", from: "2026-01-01"}], from: "2026-01-01") { uuid } }'
    )["createAssignment"]["uuid"]
    gry = create(service.driver, "gry everywhere", ["reader", "organisation", "hr"], person=of["gry"])
    for mutation in (
        'createAssignment(holder: {employment: "e_gry"}, role: "administrator", '
        'units: [{unit: "job", from: "2026-01-01"}], from: "2026-01-01", @)',
        'createAssignment(holder: {person: "gry"}, role: "manager", units: [{unit: "job", from: "2026-01-01"}], '
        'from: "2026-01-01", @)',
        f'createSubstitution(assignment: "{held}", person: "gry", from: "2026-01-01", @)',
    ):
        assert "care of others' logins" in refusal(service, gry, mutation), mutation
        other = mutation.replace('"gry"', '"anna"').replace("e_gry", "e_anna")
        assert _ANOTHER not in refusal(service, gry, other), mutation
    plain = 'createAssignment(holder: {person: "gry"}, role: "case_worker", from: "2026-01-01", @)'
    assert _ANOTHER not in refusal(service, gry, plain)


def test_who_a_person_with_more_rights_is(service: Served, anna: str, of: dict[str, str]) -> None:
    """Who joins persons, or says whose an account is, could otherwise give an accomplice what that person may do."""
    state_own_system(service.driver, RING)
    ever, links = Period(), {"gives": Ref("SystemRole", key_of("rights"), "natural")}
    links |= {"given_to": Ref("Person", of["bo"], "uuid"), "approved_by": Ref("Person", of["carl"], "uuid")}
    texts = {"title": "Rights", "reason": "A test", "approved_on": today().isoformat()}
    grant = Statement(
        "Grant",
        "rights to bo",
        exists=(ever,),
        values={name: (DatedValue(ever, text),) for name, text in texts.items()},
        links={name: (DatedLink(ever, to),) for name, to in links.items()},
    )
    GraphWriter(service.driver, RING).state("rule:test", [grant], Origin("rule:test"))
    service.driver.execute_query(
        "CREATE (:Ambiguity {id: 'bo', source: 'facts', kind: 'Person', key: 'bo', candidates: [$bo]})", bo=of["bo"]
    )
    hr = create(service.driver, "only hr", ["hr", "reader"])
    for mutation in (
        'joinPersons(keep: "bo", other: "gry", @)',
        'joinPersons(keep: "gry", other: "bo", @)',
        'splitPerson(person: "bo", @)',
        'setOwner(account: "k_anna", person: "bo", from: "2026-01-01", @)',
        f'decideMatch(id: "bo", thing: "{of["bo"]}", @)',
    ):
        assert "rights in REConnect that you do not have" in refusal(service, hr, mutation), mutation
        assert "rights in REConnect that you do not have" not in refusal(service, anna, mutation), mutation
