"""Who has seen whose personal data is logged, for people, and exported."""

import json
from datetime import UTC, datetime, timedelta

import pytest

from api.access.read_log import reads, sweep
from api.access.tokens import create
from api.reads.question import Rejected, question_of
from api.reads.seen import Seen, looking
from graph.connection import connect
from reconnect.embedded import Addresses
from tests.api.login.conftest import Town, serving_login
from tests.api.login.test_web_login import asked, entered
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
        answer = asked(url, browser, query).json()
        assert {frozenset(each) for each in answer["data"]["persons"]["nodes"]} == {
            frozenset({"surname", "privatePhone"})
        }
        jobs = asked(url, browser, "{ employments(first: 1) { nodes { number } } }").json()["data"]
        assert jobs == {"employments": {"nodes": [{"number": "anje_job"}]}}
        asked(url, browser, "{ units(first: 1) { nodes { name } } }")
        token = create(town.driver, "machine", ["reader"])
        Served(url, town.driver).post("{ persons(first: 10) { nodes { name } } }", token)
    # The service has stopped: everything is written.
    found = list(reads(town.driver, datetime.now(UTC) - timedelta(hours=1), datetime.now(UTC)))
    assert [(each.by, each.operation, each.groups) for each in found] == [
        (name, "employments", ("employment",)),
        (name, "Look", ("identity", "private")),
    ]
    assert found[0].persons == (person_of(town.driver, reader),) and len(found[1].persons) == 2
    listed = asked(town.url, entered(town), "{ personReads { by operation persons } }").json()["data"]["personReads"]
    assert [each["operation"] for each in listed] == ["employments", "Look"]
    assert sweep(town.driver, timedelta(days=1), datetime.now(UTC)) == 0
    assert sweep(town.driver, timedelta(0), datetime.now(UTC)) >= 2
