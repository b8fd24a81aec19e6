"""What names a thing, by its UUID or key, is an ID: one variable serves a query and a mutation."""

import time

import pytest
from graphql import GraphQLInputObjectType, get_named_type

from api.model.deprecated import STRING_AS_ID
from api.model.refused import Rejected
from api.reads.question import SCHEMA, question_of
from tests.api.serving import Served

NAMED = ("UUID", "uuid", "Key of", "Key or", "keys, of", "source's key", "KLE numbers")
NO_NAMES = {"accountRulePreview.key"}
"""The key of what may be new."""


@pytest.mark.whole
def test_every_argument_that_names_a_thing_is_an_id() -> None:
    wrong = []
    for type_ in SCHEMA.type_map.values():
        if type_.name.startswith("__"):
            continue
        if isinstance(type_, GraphQLInputObjectType):
            places = [(f"{type_.name}.{name}", each) for name, each in type_.fields.items()]
        else:
            fields = getattr(type_, "fields", {})
            places = [(f"{name}.{a}", arg) for name, field in fields.items() for a, arg in field.args.items()]
        for place, argument in places:
            words = argument.description or ""
            is_text = get_named_type(argument.type).name == "String"
            if is_text and any(word in words for word in NAMED) and place not in NO_NAMES:
                wrong.append(f"{place}: {words}")
    assert wrong == []


def test_one_variable_serves_both(small_service: Served) -> None:
    for type_ in ("ID!", "String!"):
        declared = f"($person: {type_})"
        asked = f"query{declared} {{ person(key: $person) {{ name }} rights(person: $person) {{ __typename }} }}"
        assert small_service.data(asked, person="p1")["person"]["name"]
        change = f"""mutation{declared} {{
            setAbsence(person: $person, from: "2026-01-01", reason: "x") {{ uuid }} }}"""
        assert small_service.data(change, person="p1")["setAbsence"]["uuid"]


def test_texts_as_ids_are_noted(small_service: Served) -> None:
    small_service.data("query($p: String!) { person(key: $p) { name } }", "hr", p="p1")
    small_service.data("query($p: ID!) { person(key: $p) { name } }", "auditor", p="p1")
    uses = []
    deadline = time.monotonic() + 120
    while not uses and time.monotonic() < deadline:
        uses = small_service.data("{ deprecatedUses { token field } }", "operations")["deprecatedUses"]
    (use,) = uses
    assert use["field"] == STRING_AS_ID and use["token"].startswith("test hr")


@pytest.mark.parametrize(
    "wrong",
    [
        "query($p: Int!) { person(key: $p) { name } }",
        "query($p: String) { rightHolders(right: $p) { because } }",
        "query($p: ID!) { search(text: $p) { rank } }",
        "query($p: [String!]!) { person(key: $p) { name } }",
    ],
)
def test_other_types_stay_refused(wrong: str) -> None:
    with pytest.raises(Rejected, match="used in position expecting type"):
        question_of(wrong, None)
