"""Over HTTP: persons joined, split, told apart; whose an account is; what nobody has matched."""

from collections.abc import Iterator
from typing import Any

import neo4j
import pytest

from graph.cpr.keyring import Keyring
from graph.statements.statement import DatedLink, Ref, Statement
from graph.time import Period
from importers.pipeline.import_run import run_import
from reconnect.embedded import Addresses
from tests.api.serving import Served, serving
from tests.graph.organisation import Stating, employment, person, small, told

PAYROLL = [*small(), person("p4", "ALMA Testrup", "7101575008"), employment("e4", "p4", "south")]
JOIN = 'mutation($a: String!, $b: String!) { joinPersons(keep: $a, other: $b, reason: "one") { uuid version change } }'
SPLIT = """mutation($p: String!, $records: [ID!], $into: ID) {
    splitPerson(person: $p, records: $records, into: $into, reason: "two") { uuid } }"""
APART = 'mutation($p: [String!]!) { markAsDifferentPersons(persons: $p, reason: "twins") { uuid } }'
BACK = 'mutation($p: [String!]!) { unmarkAsDifferentPersons(persons: $p, reason: "unsure") { uuid } }'
PERSON = """query($id: ID) { person(uuid: $id) { uuid name cpr formerUuids employments { number } sources { id }
    changes { operation user reason } } }"""
SUSPECTED = "{ possibleDuplicates { persons { uuid } } }"


@pytest.fixture
def service(clean_graph: neo4j.Driver, addresses: Addresses) -> Iterator[Served]:
    ring = Keyring.generate()
    run_import(clean_graph, Stating(*PAYROLL), ring)
    login = {"login": told("testrup")}
    waiting = Statement("Account", "lost", None, login, about=Ref("Account", "other:nowhere", "other"))
    nobodys = Statement("Account", "testrup", values=login)
    run_import(clean_graph, Stating(nobodys, waiting, name="active_directory", whole=False), ring)
    with serving(addresses, clean_graph, ring) as served:
        yield served


def _person(service: Served, uuid: str) -> dict[str, Any]:
    found: dict[str, Any] = service.data(PERSON, id=uuid)["person"]
    return found


def _suspected(service: Served) -> tuple[str, str]:
    """uuids: of p1, of p4."""
    (suspicion,) = service.data(SUSPECTED, "hr")["possibleDuplicates"]
    uuids = [each["uuid"] for each in suspicion["persons"]]
    mine = next(each for each in uuids if _person(service, each)["name"] == "Alma Testrup")
    return mine, next(each for each in uuids if each != mine)


def test_suspected_persons_are_joined_and_the_join_is_undone(service: Served) -> None:
    keep, other = _suspected(service)
    former = service.data("query($p: ID!) { person(uuid: $p) { id } }", p=other)["person"]["id"]
    joined = service.data(JOIN, "hr", a=keep, b=other)["joinPersons"]
    assert joined["uuid"] == keep and joined["change"] is not None
    assert service.data(SUSPECTED, "hr")["possibleDuplicates"] == []
    found = _person(service, other)
    assert (found["uuid"], found["formerUuids"], found["cpr"]) == (keep, [other], "1101575001")
    assert sorted(each["number"] for each in found["employments"]) == ["e1", "e4"]
    both = (
        "query($p: ID!, $id: ID!) { thing(uuid: $p) { thing { uuid label } } node(id: $id) { ... on Thing { uuid } } }"
    )
    survivor = {"thing": {"thing": {"uuid": keep, "label": "Alma Testrup"}}, "node": {"uuid": keep}}
    assert service.data(both, p=other, id=former) == survivor
    listed = "query($p: [ID!]) { persons(filter: {keys: $p}) { nodes { uuid } } }"
    assert service.data(listed, p=[other.upper()])["persons"]["nodes"] == [{"uuid": keep}]
    assert found["changes"][-1]["operation"] == "JOINED" and found["changes"][-1]["reason"] == "one"
    ask = "query($t: String!) { provenance(kind: Person, thing: $t) { property disagree } }"
    claimed = service.data(ask, t=other)["provenance"]
    assert {"property": "name", "disagree": False} in claimed, "one source does not disagree with itself"
    assert service.data(SPLIT, "hr", p=keep.upper(), into=other.upper())["splitPerson"]["uuid"] == other
    again = _person(service, other)
    assert (again["uuid"], again["cpr"], again["employments"]) == (other, "7101575008", [{"number": "e4"}])


def test_records_are_split_off_as_a_new_person(service: Served) -> None:
    keep, other = _suspected(service)
    service.data(JOIN, "hr", a=keep, b=other)
    new = service.data(SPLIT, "hr", p=keep, records=["sd|Person|p4"])["splitPerson"]["uuid"]
    assert new not in (keep, other)
    assert _person(service, new)["employments"] == [{"number": "e4"}]
    assert _person(service, other)["uuid"] == keep, "the old uuid goes on finding the one it was joined into"


def test_persons_who_only_look_like_one(service: Served) -> None:
    both = list(_suspected(service))
    service.data(APART, "hr", p=both)
    assert service.data(SUSPECTED, "hr")["possibleDuplicates"] == []
    (decided,) = service.data("{ differentPersons { persons { uuid } reason at } }", "auditor")["differentPersons"]
    assert sorted(each["uuid"] for each in decided["persons"]) == sorted(both) and decided["reason"] == "twins"
    (error,) = service.ask(JOIN, "hr", a=both[0], b=both[1])["errors"]
    assert error["extensions"]["code"] == "different_persons"
    service.data(BACK, "hr", p=both)
    assert len(service.data(SUSPECTED, "hr")["possibleDuplicates"]) == 1


@pytest.mark.parametrize(
    ("question", "code"),
    [
        ('mutation { joinPersons(keep: "p1", other: "p1", reason: "x") { uuid } }', "same_person"),
        ('mutation { joinPersons(keep: "p1", other: "nobody", reason: "x") { uuid } }', "unknown_person"),
        ('mutation { joinPersons(keep: "p1", other: "p2", reason: " ") { uuid } }', "reason"),
        ('mutation { splitPerson(person: "p1", records: ["sd|Person|p2"], reason: "x") { uuid } }', "unknown_record"),
        ('mutation { splitPerson(person: "p1", reason: "x") { uuid } }', "nothing_to_split"),
        ('mutation { markAsDifferentPersons(persons: ["p1"], reason: "x") { uuid } }', "two_persons"),
        ('mutation { unmarkAsDifferentPersons(persons: ["p1", "p2"], reason: "x") { uuid } }', "unknown_decision"),
        (
            'mutation { setOwner(account: "none", person: "p1", from: "0001-01-01", reason: "x") { uuid } }',
            "unknown_account",
        ),
        ('mutation { erasePerson(person: "p1", reason: "x") { uuids } }', "still_here"),
    ],
)
def test_what_is_refused_says_why(service: Served, question: str, code: str) -> None:
    (error,) = service.ask(question, "hr")["errors"]
    assert error["extensions"]["code"] == code


@pytest.mark.parametrize(
    "mutation",
    [
        'joinPersons(keep: "p1", other: "p2", reason: "x") { uuid }',
        'splitPerson(person: "p1", reason: "x") { uuid }',
        'markAsDifferentPersons(persons: ["p1", "p2"], reason: "x") { uuid }',
        'unmarkAsDifferentPersons(persons: ["p1", "p2"], reason: "x") { uuid }',
        'setOwner(account: "testrup", person: "p1", from: "0001-01-01", reason: "x") { uuid }',
        'erasePerson(person: "p1", reason: "x") { uuids }',
    ],
)
def test_who_is_who_is_for_hr_to_say(service: Served, mutation: str) -> None:
    roles = ("reader", "organisation", "rights", "operations", "auditor", "cpr")
    (error,) = service.ask(f"mutation {{ {mutation} }}", *roles)["errors"]
    assert error["extensions"]["code"] == "forbidden"


def test_an_erased_person_is_answered_no_more(service: Served) -> None:
    made = 'mutation { createPerson(name: "Vilda Forsvunden", reason: "a mistake") { uuid } }'
    uuid = service.data(made, "hr")["createPerson"]["uuid"]
    erase = 'mutation($p: String!) { erasePerson(person: $p, reason: "asked for it") { uuids } }'
    assert service.data(erase, "hr", p=uuid)["erasePerson"]["uuids"] == [uuid]
    assert service.data(PERSON, id=uuid)["person"] is None
    (*_, last) = service.data("{ changes(first: 100) { nodes { uuid operation reason after } } }", "auditor")[
        "changes"
    ]["nodes"]
    assert (last["uuid"], last["operation"], last["reason"]) == (uuid, "ERASED", "asked for it")
    assert service.ask(erase, "hr", p=uuid)["errors"][0]["extensions"]["code"] == "unknown_person"


def test_what_nobody_has_matched_is_one_list(service: Served) -> None:
    asked = """query($kind: Kind, $source: String, $first: Int) {
        unmatched(kind: $kind, source: $source, first: $first) {
            source kind key why candidates decide thing { ... on Account { login } } } }"""
    waits, nobodys = service.data(asked, "operations")["unmatched"]
    assert (waits["key"], waits["thing"]) == ("lost", None) and "nothing is known yet" in waits["why"]
    assert (nobodys["key"], nobodys["thing"]) == ("testrup", {"login": "testrup"})
    assert service.data(asked, "operations", source="sd")["unmatched"] == []
    assert service.data(asked, "operations", kind="Account", first=1)["unmatched"] == [waits]
    own = """mutation($p: String) {
        setOwner(account: "testrup", person: $p, from: "0001-01-01", reason: "asked her") { uuid } }"""
    service.data(own, "hr", p="p1")
    assert service.data(asked, "operations")["unmatched"] == [waits]
    assert service.data('{ person(key: "p1") { accounts { login } } }')["person"]["accounts"] == [{"login": "testrup"}]
    service.data(own, "hr", p=None)
    assert len(service.data(asked, "operations")["unmatched"]) == 2


def test_an_ambiguous_record_is_on_the_list_with_what_it_may_be(
    clean_graph: neo4j.Driver, addresses: Addresses
) -> None:
    ring = Keyring.generate()
    run_import(clean_graph, Stating(*small()), ring)
    only_people = Statement("Employment", "school", None, {"title": told("x")}, among=("a", "b"))
    run_import(clean_graph, Stating(only_people, name="unilogin", whole=False), ring)
    loose = Statement("Affiliation", "loose", links={"person": (DatedLink(Period(), Ref("Person", "nobody")),)})
    run_import(clean_graph, Stating(loose, name="facts", whole=False), ring)
    with serving(addresses, clean_graph, ring) as service:
        found = service.data("{ unmatched { source key candidates decide } }", "hr")["unmatched"]
    assert found == [
        {"source": "facts", "key": "loose", "candidates": [], "decide": None},
        {"source": "unilogin", "key": "school", "candidates": ["a", "b"], "decide": "unilogin|Employment|school"},
    ]
