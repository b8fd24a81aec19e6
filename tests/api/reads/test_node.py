"""``node(id)``: Relay's way to read a thing again by its id, on the day or in the period that the id is of."""

import pytest
from graphql import GraphQLInterfaceType

from api.model.types import PLURALS
from api.reads.question import SCHEMA
from graph.model import KINDS
from graph.time import today
from tests.api.reads.asking import EVERY_RIGHT, Asking
from tests.api.reads.shapes import shape

ASK = "query($id: ID!) { node(id: $id) { __typename id ... on Thing { uuid label asOf } ... on Unit { name } } }"


def test_the_schema_has_the_form_that_relay_expects() -> None:
    query = SCHEMA.query_type
    node = SCHEMA.get_type("Node")
    assert query is not None and isinstance(node, GraphQLInterfaceType)
    assert str(query.fields["node"].type) == "Node"
    assert {name: str(each.type) for name, each in query.fields["node"].args.items()} == {"id": "ID!"}
    assert {name: str(each.type) for name, each in node.fields.items()} == {"id": "ID!"}
    assert {each.name for each in SCHEMA.get_possible_types(node)} == set(KINDS)


@pytest.mark.parametrize(
    "when", ["", 'at: "2026-06-30"', 'period: {from: "2026-01-01", to: "2026-07-01"}', 'period: {to: "2026-07-01"}',
             "period: {}", 'at: "2026-06-30", asKnownOn: "TODAY"']
)  # fmt: skip
def test_every_id_reads_the_same_thing_again(asking: Asking, when: str) -> None:
    """Every kind on today; otherwise one with things for each shape of statement (``tests.api.reads.shapes``)."""
    arguments = f"(first: 2{', ' if when else ''}{when.replace('TODAY', str(today()))})"
    ids = []
    read = set()
    for field, kind in PLURALS.items():
        question = f"{{ {field}{arguments} {{ nodes {{ __typename id uuid label asOf }} }} }}"
        form = shape(question, EVERY_RIGHT)
        if when and form in read:
            continue
        for each in asking.data(question)[field]["nodes"]:
            read.add(form)
            ids.append(each["id"])
            found = asking.data(ASK, {"id": each["id"]})["node"]
            assert found.pop("name", "") is not None
            assert found == each and found["__typename"] == kind
    # An id that is written into the question is read as one in a variable is.
    assert len(ids) > 5
    for each in ids[::9]:
        assert asking.data(f'{{ node(id: "{each}") {{ id }} }}')["node"] == {"id": each}


def test_two_ids_in_one_question(asking: Asking) -> None:
    unit, person = (asking.data(f"{{ {each}(first: 1) {{ nodes {{ id }} }} }}") for each in ("units", "persons"))
    ids = {"a": unit["units"]["nodes"][0]["id"], "b": person["persons"]["nodes"][0]["id"]}
    both = asking.data("query($a: ID!, $b: ID!) { a: node(id: $a) { id } b: node(id: $b) { id } }", ids)
    assert both == {name: {"id": each} for name, each in ids.items()}


def test_an_id_without_a_thing_is_null(asking: Asking) -> None:
    assert asking.data(ASK, {"id": "Unit:8f9a3c53-0000-4000-8000-000000000000:2026-06-30"}) == {"node": None}


@pytest.mark.parametrize(
    "id_",
    ["", "Unit", "north", "Unit:north:2026-06-30", "Planet:8f9a3c53-0000-4000-8000-000000000000:2026-06-30",
     "Unit:8f9a3c53-0000-4000-8000-000000000000:2026-02-30", "Unit:8f9a3c53-0000-4000-8000-000000000000:",
     "Unit:8f9a3c53-0000-4000-8000-000000000000:2026-07-01/2026-06-30",
     "Unit:8f9a3c53-0000-4000-8000-000000000000:2026-07-01/2026-08-30/",
     "Unit:8f9a3c53-0000-4000-8000-000000000000:2026-07-01@", "Unit:8f9a3c53-0000-4000-8000-000000000000:@2026-07-01"],
)  # fmt: skip
def test_what_is_not_an_id_is_refused(asking: Asking, id_: str) -> None:
    assert asking.code(ASK, {"id": id_}) == "bad_id"
