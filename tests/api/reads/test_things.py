"""What every kind of thing has: an id that a cache can go by, a label, the day that it is read on."""

from typing import Any

import pytest
from graphql import GraphQLInterfaceType

from api.model.types import OF_EVERY_KIND, PLURALS
from api.reads.labels import BY_LINK, NAMES
from api.reads.question import SCHEMA
from graph.model import KINDS
from graph.time import today
from tests.api.reads.asking import Asking

EVERY = "id uuid kind label asOf"


def test_every_kind_is_a_thing() -> None:
    thing = SCHEMA.get_type("Thing")
    assert isinstance(thing, GraphQLInterfaceType)
    assert set(OF_EVERY_KIND) == set(thing.fields)
    assert {each.name for each in SCHEMA.get_possible_types(thing)} == set(KINDS)


def test_every_kind_has_a_label() -> None:
    unnamed = {name for name, kind in KINDS.items() if not {each.name for each in kind.properties} & set(NAMES)}
    # A step's key is for the program; of a request, whom it is for says more than the login that it may get.
    assert unnamed | {"ManualStep", "AccountRequest"} == set(BY_LINK)


@pytest.mark.parametrize("at", [None, "2026-06-30"])
def test_a_thing_of_any_kind_is_named_without_a_fragment(asking: Asking, at: str | None) -> None:
    for field, kind in PLURALS.items():
        ask = f"query($at: Date) {{ {field}(first: 1, at: $at) {{ nodes {{ {EVERY} }} }} }}"
        for each in asking.data(ask, {"at": at})[field]["nodes"]:
            assert each["id"] == f"{kind}:{each['uuid']}:{at or today().isoformat()}"
            assert (each["kind"], each["asOf"]) == (kind, at or today().isoformat())
            told = asking.data(
                f"query($uuid: ID!, $at: Date) {{ thing(uuid: $uuid, at: $at) {{ thing {{ {EVERY} }} }} }}",
                {"uuid": each["uuid"], "at": at},
            )
            assert told["thing"]["thing"] == each


@pytest.mark.parametrize(
    "question",
    [
        "{ assignments(at: $at) { nodes { things: holder { EVERY } } } }",
        "{ assignments(at: $at) { nodes { things: responsibilities { EVERY } } } }",
        "{ changes { nodes { things: thing { EVERY } } } }",
        '{ search(text: "alma", at: $at) { things: thing { EVERY } } }',
        "{ changeFeed(first: 20) { things: thing { EVERY } } }",
    ],
)
def test_wherever_anything_can_stand(asking: Asking, question: str) -> None:
    at = "2026-06-30"
    dated = "$at" in question
    ask = question.replace("EVERY", EVERY + " __typename")
    answer = asking.data(("query($at: Date) " if dated else "") + ask, {"at": at} if dated else None)
    (found,) = answer.values()
    things: list[dict[str, Any]] = []
    for each in found if isinstance(found, list) else found["nodes"]:
        here = each["things"]
        things += here if isinstance(here, list) else [here]
    things = [each for each in things if each is not None]
    assert things
    for thing in things:
        assert thing["kind"] == thing["__typename"]
        assert thing["id"] == f"{thing['kind']}:{thing['uuid']}:{at if dated else today().isoformat()}"


def test_a_link_on_another_day_leads_to_another_id(asking: Asking) -> None:
    ask = '{ units { nodes { id then: parent(at: "2020-01-01") { id asOf } now: parent { id asOf } } } }'
    units = asking.data(ask)["units"]["nodes"]
    then = [each["then"] for each in units if each["then"]]
    now = [each["now"] for each in units if each["now"]]
    assert then and now
    assert {each["asOf"] for each in then} == {"2020-01-01"}
    assert {each["asOf"] for each in now} == {today().isoformat()}
    assert not {each["id"] for each in then} & {each["id"] for each in now}


def test_of_a_period_a_thing_has_its_first_day_in_it(asking: Asking) -> None:
    ask = """{ persons(period: { from: "2026-01-01", to: "2027-01-01" }) {
        nodes { id uuid asOf history { from to } }
    } }"""
    for each in asking.data(ask)["persons"]["nodes"]:
        assert each["id"] == f"Person:{each['uuid']}:2026-01-01/2027-01-01"
        in_it = [state["from"] or "" for state in each["history"] if state["to"] is None or state["to"] > "2026-01-01"]
        assert each["asOf"] == max("2026-01-01", min(in_it))
    open_ended = asking.data("{ persons(period: {}) { nodes { id uuid asOf history { from } } } }")["persons"]["nodes"]
    for each in open_ended:
        assert each["id"] == f"Person:{each['uuid']}:/"
        assert each["asOf"] == (each["history"][0]["from"] or "0001-01-01")


def test_a_label_is_what_people_know_a_thing_by(asking: Asking) -> None:
    units = asking.data("{ units { nodes { label name } } }")["units"]["nodes"]
    assert [each["label"] for each in units] == [each["name"] for each in units]
    for each in asking.data("{ kleNodes { nodes { label number title } } }")["kleNodes"]["nodes"]:
        assert each["label"] == " ".join(text for text in (each["number"], each["title"]) if text)
    for each in asking.data("{ assignments { nodes { label role { title key } } } }")["assignments"]["nodes"]:
        assert each["label"] == each["role"]["title"] or each["role"]["key"]


def test_a_closed_thing_has_its_last_label(asking: Asking) -> None:
    """As a walk through a closed unit shows it: never an empty text, and never a label of a later day first."""
    ended = asking.data('{ units(period: { to: "2026-01-01" }) { nodes { uuid active history { name from to } } } }')
    closed = [each for each in ended["units"]["nodes"] if each["history"][-1]["to"]]
    assert closed
    for each in closed:
        last = each["history"][-1]
        ask = f'{{ thing(uuid: "{each["uuid"]}", at: "2090-01-01") {{ thing {{ label active }} }} }}'
        assert asking.data(ask)["thing"]["thing"] == {"label": last["name"], "active": False}


@pytest.mark.parametrize(
    "question",
    [
        "{ thing(uuid: $uuid) { found: thing { SELECTED } } }",
        "{ changes(first: 50) { nodes { kind found: thing { SELECTED } } } }",
        '{ search(text: "alma") { kind found: thing { SELECTED } } }',
        "{ changeFeed(first: 50) { kind found: thing { SELECTED } } }",
        "{ assignments { nodes { found: holder { SELECTED } } } }",
    ],
)
@pytest.mark.parametrize("selected", ["... on KleNode { uuid }", "uuid @include(if: false)"])
def test_a_thing_of_another_kind_is_there_without_fields(asking: Asking, question: str, selected: str) -> None:
    """Null would mean that no thing exists."""
    uuid = asking.data("{ units(first: 1) { nodes { uuid } } }")["units"]["nodes"][0]["uuid"]
    if "holder" in question:
        selected = selected.replace("KleNode", "Affiliation")
    asked = "query($uuid: ID!) " * ("$uuid" in question) + question
    found, named = (_found(asking.data(asked.replace("SELECTED", each), {"uuid": uuid})) for each in (selected, "uuid"))
    assert {} in found
    assert [each is None for each in found] == [each is None for each in named]


def _found(data: Any) -> list[Any]:
    (answer,) = data.values()
    nodes = answer.get("nodes", [answer]) if isinstance(answer, dict) else answer
    return [each["found"] for each in nodes]
