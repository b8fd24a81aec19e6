"""Every argument that is a list takes variables as its items, alone and among literals, in every kind of filter."""

from typing import Any

import pytest
from graphql import is_enum_type

from api.reads.question import SCHEMA
from tests.api.reads.asking import Asking


def lists() -> list[tuple[str, str, str]]:
    """(root field, name of the argument or of the filter's field, its type) of every list that a question can give."""
    assert SCHEMA.query_type is not None
    found = []
    for name, root in SCHEMA.query_type.fields.items():
        for argument, each in root.args.items():
            if "[" in str(each.type):
                found.append((name, argument, str(each.type)))
            if argument == "filter":
                found += [
                    (name, f"filter.{inner}", str(field.type))
                    for inner, field in each.type.fields.items()
                    if "[" in str(field.type)
                ]
    return found


def test_there_are_lists_of_both_kinds() -> None:
    names = {name for _, name, _ in lists()}
    assert {"filter.uuids", "filter.keys", "types"} <= names


@pytest.mark.parametrize(("root", "name", "type_"), lists())
def test_a_variable_within_a_list(asking: Asking, root: str, name: str, type_: str) -> None:
    item = type_.strip("[]!")
    whole = (
        "totalCount"
        if name.startswith("filter.") or root.endswith("Connection")
        else {
            "search": "property",
            "rightsReview": "finding",
            "plans": "name",
            "myTasks": "name",
            "myCases": "name",
            "processCases": "name",
            "peopleChanges": "what",
            "nextAccountNames": "login",
            "rightMembers": "asked",
        }.get(root, "steps")
    )

    def question(value: str, variable: str) -> str:
        argument = f"filter: {{{name.removeprefix('filter.')}: {value}}}" if "." in name else f"{name}: {value}"
        needed = {
            "nearestManager": 'person: "jytte", ',
            "search": 'text: "skole", ',
            "nextAccountNames": 'givenName: "Jytte", surname: "Holm", ',
        }.get(root, "")
        return f"query({variable}) {{ {root}({needed}{argument}) {{ {whole} }} }}"

    uuid = asking.data("{ units(first: 1) { nodes { uuid } } }")["units"]["nodes"][0]["uuid"]
    known = {"types": "monthly_full", "kinds": "Unit", "findings": "UNREACHABLE", "parts": "MINE"}.get(name, uuid)
    known = {"PlanState": "DRAFT", "CaseState": "RUNNING"}.get(item, known)
    if name == "loginPatterns":
        known = "{given:2}{last:2}{counter:2}"
    literal = known if is_enum_type(SCHEMA.type_map[item]) else f'"{known}"'
    answers: list[Any] = []
    for value, variable, variables in (
        (f"[{literal}]", "$unused: Int = 1", {}),
        ("[$item]", f"$item: {item}!", {"item": known}),
        ("[$item]", f"$item: {item} = {literal}", {}),
        (f"[{literal}, $item]", f"$item: {item}!", {"item": known}),
        ("$all", f"$all: {type_}", {"all": [known]}),
        (literal, "$unused: Int = 1", {}),
    ):
        text = question(value, variable)
        if "$unused" in text:
            text = text.replace("query($unused: Int = 1)", "query")
        try:
            answers.append(asking.data(text, variables))
        except Exception as error:
            answers.append(str(error))
    assert isinstance(answers[0], dict), answers
    assert all(each == answers[0] for each in answers), answers


def test_the_plan_is_shared_and_the_value_is_not(asking: Asking) -> None:
    text = "query($u: ID!) { units(filter: {uuids: [$u]}) { totalCount nodes { uuid } } }"
    units = [each["uuid"] for each in asking.data("{ units(first: 2) { nodes { uuid } } }")["units"]["nodes"]]
    for uuid in units:
        assert asking.data(text, {"u": uuid}) == {"units": {"totalCount": 1, "nodes": [{"uuid": uuid}]}}
