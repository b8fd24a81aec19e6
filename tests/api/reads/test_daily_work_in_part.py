"""What HR of a part of the organisation works with every day: duplicates, disagreements, what is unmatched, accounts to
come. Each list has what lies in the part, counts it, and tells nothing of the rest."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import neo4j
import pytest

from api.access.held import subtree
from api.access.rights import Access
from api.access.roles import ROLES
from api.computed.types import FIELDS
from graph.corrections.possible_duplicates import possible_duplicates
from graph.time import today
from tests.api.reads.asking import Asking
from tests.api.reads.test_rules_in_part import everywhere, told, town
from tests.emptied import empty
from tests.graph.questions.rights.imported import RING, imported

pytestmark = pytest.mark.slow
_TWINS = {"gry": "010180-1003", "gry2": "010180-1011", "ole": "020280-1005", "ole2": "020280-1013"}


def _town() -> dict[str, Any]:
    """The town of the rules, with people who look alike inside (gry) and outside (ole), and KLE shared by units."""
    content = town()
    for each, name, title, unit in (
        ("gry", "Gry Inde", "Vejleder", "job"),
        ("gry2", "Gry Inde", "Vejleder", "job"),
        ("ole", "Ole Ude", "Vagt", "canteen"),
        ("ole2", "Ole Ude", "Vagt", "canteen"),
    ):
        content["persons"].append({"id": each, "name": name})
        content["employments"].append({"id": f"e_{each}", "person": each, "title": title, "units": [{"unit": unit}]})
    for unit in content["units"]:
        unit["responsible_for"] = {
            "center": ["32", "15"], "job": ["32"], "citizen": ["27", "15"], "canteen": ["27"],
        }.get(unit["id"], [])  # fmt: skip
    content["assignments"] += [
        {"id": f"a_{each}", "holder": {"employment": f"e_{each}"}, "role": "case_worker", "from": "2026-03-01",
         "to": "2026-09-01", "for": [{"unit": unit}], "about": ["kle:32"]}
        for each, unit in (("gry", "job"), ("ole", "canteen"))
    ]  # fmt: skip
    return content


@pytest.fixture(scope="module")
def graph(driver: neo4j.Driver, tmp_path_factory: pytest.TempPathFactory) -> neo4j.Driver:
    empty(driver)
    folder = tmp_path_factory.mktemp("town")
    assert imported(driver, _town(), folder).problems == []
    driver.execute_query(
        """
        UNWIND ['anna', 'bo'] AS key
        MATCH (r:SourceRecord {source: 'facts', key: key})-[:TELLS]->(p:Person)
        WITH p, r {.*, id: 'other ' + key, source: 'other', key: 'other ' + key,
            values: replace(r.values, p.name, p.name + ' x')} AS said
        CREATE (copy:SourceRecord)-[:TELLS]->(p)
        SET copy = said
        """
    )
    return driver


@pytest.fixture(scope="module")
def part(asking: Asking) -> Asking:
    """Every role, in Center for Arbejde and below."""
    center = asking.data('{ unit(key: "center") { uuid } }')["unit"]["uuid"]
    units = asking.runner.run(subtree(asking.reader.reading, [center]))
    return replace(asking, access=Access("nord", frozenset(ROLES), None, dict.fromkeys(ROLES, units)))


@pytest.fixture
def adding(graph: neo4j.Driver) -> Iterator[Any]:
    """Runs a statement with ``of``, the UUIDs by key; what has the property ``added`` is taken away again."""
    rows, _, _ = graph.execute_query(
        "MATCH (r:SourceRecord {source: 'facts'})-[:TELLS]->(n) RETURN r.key AS key, n.uuid AS uuid"
    )
    of = {row["key"]: row["uuid"] for row in rows}

    def add(statement: str, **parameters: Any) -> dict[str, str]:
        graph.execute_query(statement, of=of, **parameters)
        return of

    yield add
    graph.execute_query("MATCH ()-[r {added: true}]->() DELETE r")
    graph.execute_query("MATCH (n {added: true}) DETACH DELETE n")


def asked(part: Asking, question: str) -> tuple[Any, Any]:
    """(what the caller of a part is told, what one is told whose roles hold everywhere)."""
    (whole,) = everywhere(part).data(f"{{ {question} }}").values()
    return told(part, question), whole


_PAIRS = """
UNWIND [['anna', 'gry'], ['bo', 'carl'], ['anna', 'bo']] AS pair
MATCH (a:Person {uuid: $of[pair[0]]}), (b:Person {uuid: $of[pair[1]]})
"""


def test_each_field_keeps_to_a_part_or_says_why_it_does_not() -> None:
    reasons = {name: field.whole for name, field in FIELDS.items() if field.whole}
    assert set(reasons) == {
        "sources", "targets", "deprecatedUses", "nextAccountNames", "processBoard", "processCases",
        "processDefinition", "taskFaults", "adoptable", "approvalPreview", "settingsInForce", "tokens",
        "rightsSent", "automaticStarts", "lastStarts", "processSimulation", "processGaps", "processGapsConnection",
        "processTemplates", "templatePreview",
        "adoptableConnection", "deprecatedUsesConnection", "taskFaultsConnection", "tokensConnection",
        "waitingRestore", "runJob",
    }  # fmt: skip
    assert all(FIELDS[name].in_part for name in FIELDS.keys() - reasons.keys())


def test_persons_who_are_marked_as_different(part: Asking, adding: Any) -> None:
    of = adding(_PAIRS + "CREATE (a)-[:IS_NOT {user: 'x', reason: 'y', at: datetime(), added: true}]->(b)")
    mine, all_ = asked(part, "differentPersons { persons { uuid } }")
    assert len(all_) == 3
    assert [{each["uuid"] for each in one["persons"]} for one in mine] == [{of["anna"], of["gry"]}]
    assert told(part, "differentPersons(first: 1) { reason }") == [{"reason": "y"}]


def test_persons_who_may_be_the_same(part: Asking, adding: Any) -> None:
    of = adding(_PAIRS + "CREATE (a)-[:MAY_BE {source: 'cpr', at: datetime(), added: true}]->(b)")
    mine, all_ = asked(part, "possibleDuplicates { persons { uuid } why }")
    assert len(all_) == 3
    assert [{each["uuid"] for each in one["persons"]} for one in mine] == [{of["anna"], of["gry"]}]


def test_persons_of_one_name_and_birthday(graph: neo4j.Driver, adding: Any) -> None:
    of = adding("RETURN 1")
    for key, number in _TWINS.items():
        cipher, by = RING.encrypt(number.replace("-", ""))
        graph.execute_query(
            "MATCH (p:Person {uuid: $uuid}) SET p.cpr_hash = $key, p.cpr_cipher = $cipher, p.cpr_key = $by",
            uuid=of[key], key=key, cipher=cipher, by=by,
        )  # fmt: skip
    every = {each.persons for each in possible_duplicates(graph, RING)}
    inside = tuple(sorted((of["gry"], of["gry2"])))
    assert every == {inside, tuple(sorted((of["ole"], of["ole2"])))}
    assert {each.persons for each in possible_duplicates(graph, RING, [*inside, of["ole"]])} == {inside}


def test_where_sources_disagree(part: Asking) -> None:
    question = "disagreements(kind: Person) { thing { ... on Person { uuid } } provenance { claims { value } } }"
    mine, all_ = asked(part, question)
    anna = part.data('{ person(key: "anna") { uuid } }')["person"]["uuid"]
    assert {each["thing"]["uuid"] for each in mine} == {anna}
    assert {each["thing"]["uuid"] for each in all_} > {anna}
    assert len(told(part, "disagreements(kind: Person, first: 1) { provenance { property } }")) == 1


def test_what_waits_for_a_decision(part: Asking, adding: Any) -> None:
    of = adding(
        """
        UNWIND [['in', ['anna', 'gry']], ['out', ['bo']], ['both', ['anna', 'bo']], ['new', []]] AS each
        CREATE (:Ambiguity {id: each[0], source: 'facts', kind: 'Person', key: each[0],
            candidates: [key IN each[1] | $of[key]], added: true})
        """
    )
    adding(
        """
        CREATE (:BadRecord {id: 'bad', rule: 'unknown_reference', field: 'about', source: 'facts', kind: 'Person',
            key: 'bad', text: 'Bo Lund', added: true})
        WITH 1 AS one
        UNWIND ['job', 'canteen'] AS key
        MATCH (u:Unit {uuid: $of[key]})
        CREATE (e:Employment {uuid: 'lone ' + key, from: date('2020-01-01'), active: true, added: true})
        CREATE (e)-[:STATE {from: date('2020-01-01')}]->(:EmploymentState {added: true})
        CREATE (e)-[:IN {from: date('2020-01-01')}]->(u)
        CREATE (:SourceRecord {id: 'lone ' + key, source: 'facts', kind: 'Employment', key: 'lone ' + key, added: true})
            -[:TELLS]->(e)
        """
    )
    mine, all_ = asked(part, "unmatched { key kind candidates }")
    assert {each["key"] for each in all_} >= {"in", "out", "both", "new", "bad", "lone job", "lone canteen"}
    assert {each["key"] for each in mine} == {"in", "lone job"}
    (waiting,) = (each for each in mine if each["key"] == "in")
    assert set(waiting["candidates"]) == {of["anna"], of["gry"]}


def test_codes_that_the_position_list_does_not_know(part: Asking) -> None:
    mine, all_ = asked(part, "unmatchedPositions { title employments }")
    assert {"title": "Vejleder", "employments": 2} in mine
    assert sum(each["employments"] for each in all_) > sum(each["employments"] for each in mine) == 4


def test_kle_that_is_shared(part: Asking) -> None:
    mine, all_ = asked(part, "sharedKle { node { number } units { name } }")
    assert sorted(each["node"]["number"] for each in all_) == ["15", "27", "32"]
    assert [each["node"]["number"] for each in mine] == ["32"]


def test_kle_that_has_ended(part: Asking, adding: Any) -> None:
    adding(
        """
        UNWIND [['98', 'job'], ['99', 'canteen']] AS each
        MATCH (u:Unit {uuid: $of[each[1]]})
        CREATE (k:KleNode {uuid: 'kle ' + each[0], number: each[0], from: date('2000-01-01'), to: date('2020-01-01'),
            added: true})
        CREATE (k)-[:STATE {from: date('2000-01-01'), to: date('2020-01-01')}]->(:KleNodeState {added: true})
        CREATE (u)-[:PERFORMS {from: date('2010-01-01'), added: true}]->(k)
        """
    )
    mine, all_ = asked(part, "endedKle { number performedBy { name } }")
    assert {each["number"] for each in all_} == {"98", "99"}
    assert mine == [{"number": "98", "performedBy": [{"name": "Jobcenter"}]}]
    unused, _ = asked(part, "endedKle(unused: true) { number performedBy { name } }")
    assert {"number": "99", "performedBy": []} in unused


def test_accounts_to_come(part: Asking, adding: Any) -> None:
    adding(
        """
        UNWIND ['anna', 'bo'] AS key
        MATCH (p:Person {uuid: $of[key]}), (s:ItSystem {key: 'mail'})
        CREATE (a:PlannedAccount {uuid: 'planned ' + key, key: key, from: $day, login: key, added: true})
        CREATE (a)-[:STATE {from: $day}]->(:PlannedAccountState {login: key, added: true})
        CREATE (a)-[:OF_PERSON {from: $day}]->(p), (a)-[:AT {from: $day}]->(s)
        """,
        day=today() + timedelta(days=3),
    )
    mine, all_ = asked(part, "comingAccountTotals { opening all }")
    assert (mine, all_) == ({"opening": 1, "all": 1}, {"opening": 2, "all": 2})
    assert told(part, "comingAccountChanges { what account { uuid } }") == [
        {"what": "OPENS", "account": {"uuid": "planned anna"}}
    ]
    assert told(part, 'accountPlan(person: "anna") { system { key } planned { uuid } }')
    assert part.code('{ accountPlan(person: "eva") { text } }') == "forbidden", "who also works elsewhere"
    assert part.code('{ accountPlan(person: "bo") { text } }') == "unknown_person"


def test_who_would_gain_an_account(part: Asking) -> None:
    people = "gaining same gains { name }"
    mine, all_ = asked(part, f'accountRulePreview(key: "new", system: "mail") {{ {people} }}')
    assert all_["gaining"] > mine["gaining"] == 3
    assert {each["name"] for each in mine["gains"]} == {"Anna Berg", "Gry Inde"}, "not Eva, who also works elsewhere"
    for unit in ("town", "canteen"):
        code = part.code(f'{{ accountRulePreview(key: "new", system: "mail", unit: "{unit}") {{ same }} }}')
        assert code == "unknown_unit"


def test_who_has_seen_whose_data(part: Asking, adding: Any) -> None:
    of = adding(
        """
        UNWIND [['in', ['anna']], ['out', ['bo']], ['both', ['anna', 'bo']], ['none', []]] AS each
        CREATE (:PersonRead {at: datetime(), by: 'person:x', operation: each[0], groups: ['identity'],
            persons: [key IN each[1] | $of[key]], added: true})
        """
    )
    mine, all_ = asked(part, "personReads { operation persons }")
    assert {each["operation"] for each in all_} == {"in", "out", "both", "none"}
    assert {each["operation"]: each["persons"] for each in mine} == {"in": [of["anna"]], "both": [of["anna"]]}
    assert part.code('{ personReads(person: "bo") { at } }') == "unknown_person"


def test_who_is_logged_in(part: Asking, adding: Any) -> None:
    of = adding(
        """
        UNWIND ['anna', 'bo', 'nobody'] AS key
        CREATE (:LoginSession {index: key, person: $of[key], started: datetime(), used: datetime(),
            ends: datetime() + duration('PT1H'), added: true})
        """
    )
    mine, all_ = asked(part, "sessions { personUuid }")
    assert len(all_) == 3
    assert mine == [{"personUuid": of["anna"]}]
    assert part.code('{ sessions(person: "bo") { id } }') == "unknown_person"


def test_rights_to_review(part: Asking) -> None:
    day = date(2026, 8, 1)
    question = f'rightsReview(findings: [ENDING], at: "{day}") {{ finding person {{ name }} text }}'
    mine, all_ = asked(part, question)
    assert {each["person"]["name"] for each in all_} == {"Bo Lund", "Gry Inde"}
    assert {each["person"]["name"] for each in mine} == {"Gry Inde"}
    assert part.code("{ rightsReview(findings: [UNUSED]) { text } }") == "forbidden"
    kept = told(part, "rightsReview { finding title }")
    assert "UNUSED" not in {each["finding"] for each in kept}
    assert {"finding": "UNREACHABLE", "title": "Glemt"} in kept


def test_claims_that_lead_outside_are_not_told(part: Asking, graph: neo4j.Driver, adding: Any) -> None:
    """Of two sources one says that Gry works outside: that they disagree is not told either."""
    of = adding("RETURN 1")
    graph.execute_query(
        """
        MATCH (r:SourceRecord {source: 'facts', key: 'e_gry'})-[:TELLS]->(e)
        WITH e, r {.*, id: 'other e_gry', source: 'other', key: 'other e_gry', added: true,
            values: replace(r.values, $here, $there)} AS said
        CREATE (copy:SourceRecord)-[:TELLS]->(e)
        SET copy = said
        """,
        here=of["job"],
        there=of["canteen"],
    )
    mine, all_ = asked(part, "disagreements(kind: Employment) { thing { ... on Employment { uuid } } }")
    assert {"thing": {"uuid": of["e_gry"]}} in all_
    assert mine == []
