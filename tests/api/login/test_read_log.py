"""Who has seen whose personal data is logged, for people, and exported."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import neo4j
import pytest

from api.access.read_log import _WRITE, Asked, reads, sweep
from api.access.tokens import create
from api.model.refused import Rejected
from api.reads.persons_shown import Seen, looking
from api.reads.question import question_of
from graph.connection import connect
from graph.questions.readable import Readable
from reconnect.embedded import Addresses
from tests.api.login.browser import Browser
from tests.api.login.conftest import Town, serving_login
from tests.api.login.test_web_login import COOKIE, asked, entered
from tests.api.serving import Served
from tests.idp.own_rights import give, person_of
from tests.idp.staff import state_account

UUIDS = [f"{number:08x}-0000-4000-8000-000000000000" for number in range(3)]


@pytest.mark.parametrize("size", [1, 7, 40, 10_000])
def test_the_answer_is_as_if_nothing_had_been_added(size: int) -> None:
    """Also where a text looks like what is taken out, and wherever the pieces end."""
    tricky = f'"_seenPerson":"{UUIDS[2]}",'
    shown = {"data": {"persons": [{"name": tricky}, {}, {"name": "æ" * 60, "employments": [{"number": None}, {}, {}]}]}}
    added = json.loads(json.dumps(shown))
    one, two, three = added["data"]["persons"]
    added["data"]["persons"] = [
        {"_seenPerson": UUIDS[0], **one},
        {"_seenPerson": UUIDS[1], **two},
        {
            **three,
            "employments": [
                {"_seenOwner": {"uuid": UUIDS[1]}, "number": None},
                {"_seenOwner": None},
                {"_seenOwner": {"uuid": UUIDS[0]}},
            ],
        },
    ]
    whole = json.dumps(added, separators=(",", ":"), ensure_ascii=False).encode()
    seen = Seen()
    parts = [seen.passed(whole[start : start + size]) for start in range(0, len(whole), size)]
    assert json.loads(b"".join(parts) + seen.rest()) == shown
    assert seen.persons == set(UUIDS[:2])


def test_every_object_about_a_person_tells_whose_it_is() -> None:
    query = """
    query Look($first: Int) {
      persons(first: $first) { nodes { name street ...More } }
      employments(first: 1) { nodes { number unit { name } } }
      units(first: 1) { nodes { name } }
      search(text: "a") { thing { __typename ... on Unit { name } } }
    }
    fragment More on Person { accounts { login } }"""
    found = looking(query)
    assert found.groups == ("accounts", "employment", "identity", "private", "search")
    assert looking('{ person(key: "a") { history { street } } }').groups == ("identity", "private")
    again = question_of(found.query, None)
    assert again.root_fields == question_of(query, None).root_fields
    text = found.query
    assert text.count("_seenPerson: uuid") == 3  # nodes, More and the search's thing
    assert "_seenOwner: person {" in text and "_seenOwner: owner {" in text
    assert looking("{ units(first: 1) { nodes { name } } }").groups == ()
    with pytest.raises(Rejected):
        looking("{ persons(first: 1) { nodes { _seenPerson: name } } }")


def test_texts_about_people_without_an_object_of_theirs_are_found_by_key_or_id() -> None:
    planned = looking('{ adoptable(target: "x") { called found { called } } }')
    delegated = looking("{ myDelegations { by to } }")
    assert (planned.groups, delegated.groups) == (("accounts",), ("tasks",))
    assert "_seenThing: key" in planned.query and "_seenThing: id" in delegated.query


def test_of_a_delegation_and_a_planned_account_their_people_are_logged(clean_graph: neo4j.Driver) -> None:
    clean_graph.execute_query(
        """
        CREATE (:Person {uuid: "by"}), (:Person {uuid: "to"}), (owner:Person {uuid: "owner"}),
            (:Delegation {id: "delegation", by: "by", to: "to"}),
            (:PlannedAccount {uuid: "account"})-[:OF_PERSON]->(owner)
        """
    )
    clean_graph.execute_query(
        _WRITE,
        reads=[
            {
                "at": datetime.now(UTC), "by": "x", "operation": thing, "groups": [], "persons": [], "things": [thing],
                "is_kept": False,
            }
            for thing in ("delegation", "account")
        ],
    )  # fmt: skip
    found = reads(clean_graph, Asked(datetime.now(UTC) - timedelta(hours=1), datetime.now(UTC)))
    assert {each.operation: {*each.persons} for each in found} == {"delegation": {"by", "to"}, "account": {"owner"}}


def test_who_was_joined_is_found_in_what_was_read_before(clean_graph: neo4j.Driver) -> None:
    """Also by somebody who may read a part only, and by the former uuid; a reader who was joined is one reader, too."""
    clean_graph.execute_query(
        """
        CREATE
            (:Person {uuid: 'old'})-[:JOINED_INTO]->(:Person {uuid: 'older'})-[:JOINED_INTO]->(:Person {uuid: 'now'}),
            (:Person {uuid: 'reader'})-[:JOINED_INTO]->(:Person {uuid: 'boss'}), (:Person {uuid: 'other'})
        WITH 1 AS ready
        UNWIND [['old', 'other'], ['other'], ['now', 'older']] AS persons
        CREATE (:PersonRead {at: datetime(), by: 'person:reader', operation: persons[0], groups: [], persons: persons})
        """
    )

    def found(**asked: Any) -> dict[str, tuple[str, ...]]:
        hour = timedelta(hours=1)
        reads_ = reads(clean_graph, Asked(datetime.now(UTC) - hour, datetime.now(UTC) + hour, **asked))
        return {each.operation: each.persons for each in reads_}

    of_now = {"old": ("now", "other"), "now": ("now",)}
    assert found(person="now") == found(person="old") == of_now
    assert found(readable=Readable(["now"], frozenset())) == {"old": ("now",), "now": ("now",)}
    assert found(by="person:boss") == found(by="person:reader") == {**of_now, "other": ("other",)}
    assert found(by="person:other") == found(person="reader") == {}


def test_what_a_person_sees_is_logged_and_what_a_machine_sees_is_not(town: Town, addresses: Addresses) -> None:
    reader = state_account(town.driver, "anje")
    town.give_password("anje")
    for role in ("reader", "hr", "auditor"):
        give(town.driver, role, "anje")
    name = f"person:{person_of(town.driver, reader)}"
    with (
        connect(addresses.bolt_uri, addresses.user, addresses.password) as second,
        serving_login(second, addresses, {}) as (url, _),
    ):
        browser = entered(town, url=url)
        query = "query Look { persons(first: 10) { nodes { surname privatePhone } } }"
        answer = posted(url, browser, query=query, extensions={"reason": " A letter home "}).json()
        assert {frozenset(each) for each in answer["data"]["persons"]["nodes"]} == {
            frozenset({"surname", "privatePhone"})
        }
        jobs = asked(url, browser, "{ employments(first: 1) { nodes { number } } }").json()["data"]
        assert jobs == {"employments": {"nodes": [{"number": "anje_job"}]}}
        asked(url, browser, "{ units(first: 1) { nodes { name } } }")
        token = create(town.driver, "machine", ["reader"])
        Served(url, town.driver).post("{ persons(first: 10) { nodes { name } } }", token)
    # The service has stopped: everything is written.
    found = list(reads(town.driver, Asked(datetime.now(UTC) - timedelta(hours=1), datetime.now(UTC))))
    assert [(each.by, each.operation, each.groups, each.reason) for each in found] == [
        (name, "employments", ("employment",), None),
        (name, "Look", ("identity", "private"), "A letter home"),
    ]
    assert found[0].persons == (person_of(town.driver, reader),) and len(found[1].persons) == 2
    listed = asked(town.url, entered(town), "{ personReads { by operation persons } }").json()["data"]["personReads"]
    assert [each["operation"] for each in listed] == ["employments", "Look"]
    assert sweep(town.driver, timedelta(days=1), datetime.now(UTC)) == 0
    assert sweep(town.driver, timedelta(0), datetime.now(UTC)) >= 2


SUBSCRIPTION = "subscription Follow { changes(after: 0) { number } }"


def test_what_shows_people_only_by_its_texts_names_them_too(town: Town, addresses: Addresses) -> None:
    """The change log, search, claims, what a mutation answers or previews, and what a subscription sends."""
    account = state_account(town.driver, "anje")
    town.give_password("anje")
    bo = person_of(town.driver, state_account(town.driver, "bo"))
    give(town.driver, "reader", "bo")
    for role in ("reader", "hr", "rights", "operations", "auditor"):
        give(town.driver, role, "anje")
    anje = person_of(town.driver, account)
    rows, _, _ = town.driver.execute_query("MATCH (e:Employment)<-[:TELLS]-({key: 'bo_job'}) RETURN e.uuid AS uuid")
    job = rows[0]["uuid"]
    value = f'thing: "{job}", property: "title", value: "Vikar", from: "2026-01-01", reason: "x"'
    town.driver.execute_query(
        """
        CREATE (v:ProcessVersion {id: 'v', digest: '', number: 1})
        CREATE (c:Case {id: 'c', process: 'p', open: true, started: datetime(), person: $bo})-[:RUNS]->(v)
        CREATE (t:Task {id: 't', process: 'p', element: 'e', name: 'Se', state: 'open', made: datetime(), form: ''})
        CREATE (t)-[:OF_CASE]->(c)
        SET t += {role: 'manager', responsibility: '', exclude: [], fallback_role: '', escalations: 0, fault: ''}
        """,
        bo=bo,
    )
    change = f"mutation Change {{ setValue(kind: Employment, {value}) {{ uuid thing {{ ...Job }} }} }}"
    queries = {
        f'query Log {{ changes(uuid: "{job}", first: 1) {{ nodes {{ number }} }} }}': {bo},
        f'query Feed {{ changeFeed(uuid: "{bo}", first: 1) {{ number }} }}': {bo},
        'query Search { search(text: "bo", kinds: [Person]) { value } }': {bo},
        'query Nobody { search(text: "xyzzy") { value } }': set(),
        'query Claims { provenance(kind: Employment, thing: "bo_job") { property } }': {bo},
        "query Plan($who: String!) { accountPlan(person: $who) { text } }": {bo},
        'query Held($job: String = "bo_job") { rights(employment: $job) { held { because } } }': {bo},
        "query Sessions { sessions { way } }": {anje},
        'query Task { task(task: "t") { person } }': {bo},
        f"{change} fragment Job on Employment {{ number }}": {bo},
    }
    with (
        connect(addresses.bolt_uri, addresses.user, addresses.password) as second,
        serving_login(second, addresses, {}) as (url, _),
    ):
        browser = entered(town, url=url)
        for query in queries:
            answer = posted(url, browser, query=query, variables={"who": bo} if "$who" in query else {}).json()
            assert "errors" not in answer, answer
            assert "_seen" not in str(answer)
        gone = f'mutation Stop {{ stopPerson(person: "{bo}", reason: "x") {{ uuid }} }}'
        previewed = posted(url, browser, query=gone, extensions={"preview": True}).json()
        shown = {each["person"] for each in previewed["extensions"]["preview"]["consequences"]}
        cookie = browser.cookie(COOKIE) or ""
        headers = {"accept": "text/event-stream", "cookie": f"{COOKIE}={cookie}", "origin": url}
        with httpx.stream(
            "POST", f"{url}/graphql", json={"query": SUBSCRIPTION}, headers=headers, timeout=120, trust_env=False
        ) as stream:
            rows, _, _ = town.driver.execute_query("MATCH (c:Change) RETURN max(c.number) AS last")
            for line in stream.iter_lines():
                if line.startswith("data: {") and f'"number":{rows[0]["last"]}}}' in line:
                    break
    found = {
        each.operation: each
        for each in reads(town.driver, Asked(datetime.now(UTC) - timedelta(hours=1), datetime.now(UTC)))
    }
    for query, persons in queries.items():
        name = query.split()[1].partition("(")[0]
        assert set(found[name].persons) == persons, name
    assert {name: found[name].groups for name in ("Log", "Search", "Claims", "Plan", "Change", "Follow")} == {
        "Log": ("log",),
        "Search": ("search",),
        "Claims": ("log",),
        "Plan": ("accounts",),
        "Change": ("employment",),
        "Follow": ("log",),
    }
    assert shown == {bo} and set(found["Stop"].persons) == shown
    assert {anje, bo} <= set(found["Follow"].persons)


def posted(url: str, browser: Browser, **body: Any) -> httpx.Response:
    headers = {"origin": url, "sec-fetch-site": "same-origin"}
    return browser.client.post(f"{url}/graphql", json=body, headers=headers)
