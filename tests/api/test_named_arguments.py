"""A name that is unknown is refused with its argument, the name, and what is allowed if that is little."""

from typing import Any

import pytest

from api.named_arguments import argument_with
from tests.api.serving import Served


def test_where_a_value_was_given() -> None:
    given = {"unit": "a", "filter": {"below": "b"}, "units": [{"unit": "c"}, {"unit": "d", "parents": [{"unit": "e"}]}]}
    assert [argument_with(each, given) for each in "abcdex"] == [
        "unit", "filter.below", "units[0].unit", "units[1].unit", "units[1].parents[0].unit", "",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("asked", "argument", "value", "allowed"),
    [
        ('{ units(filter: {below: "X1"}) { totalCount } }', "filter.below", "X1", None),
        ('{ tree(root: "X1") { depth } }', "root", "X1", None),
        ('{ nearest(role: "chief", unit: "root") { reason } }', "role", "chief", ["clerk"]),
        ('{ nearest(role: "manager", unit: "X1") { reason } }', "unit", "X1", None),
        ('{ rights(person: "X1") { __typename } }', "person", "X1", None),
        ('{ provenance(kind: Unit, thing: "X1") { property } }', "thing", "X1", None),
        ('{ badRecords(kind: "person") { totalCount } }', "kind", "person", ["Person"]),
        ('{ search(text: "a", kinds: [Role]) { rank } }', "kinds", "Role", ["Unit"]),
        ('mutation { setAbsence(person: "X1", from: "2026-01-01", reason: "x") { uuid } }', "person", "X1", None),
        (
            'mutation { placeUnits(units: [{unit: "north", parents: [{unit: "X1", from: "2026-01-01"}]}], reason: "x") '
            "{ uuid } }",
            "units[0].parents[0].unit", "X1", None,
        ),
        (
            'mutation { createAssignment(holder: {person: "p1"}, role: "chief", units: [], from: "2026-01-01", '
            'reason: "x") { uuid } }',
            "role", "chief", ["clerk"],
        ),
        (
            'mutation { createAssignment(holder: {person: "p1"}, role: "clerk", units: [], about: ["kle:99.99"], '
            'from: "2026-01-01", reason: "x") { uuid } }',
            "about[0]", "kle:99.99", None,
        ),
        (
            'mutation { setValue(kind: KleFacet, thing: "00", property: "title", value: "x", from: "2026-01-01", '
            'reason: "x") { uuid } }',
            "kind", "KleFacet", ["Person"],
        ),
    ],
)  # fmt: skip
def test_the_argument_and_the_name_are_named(
    small_service: Served, asked: str, argument: str, value: str, allowed: list[str] | None
) -> None:
    small_service.data('mutation { createRole(key: "clerk", title: "Clerk", reason: "x") { uuid } }', "rights")
    (error,) = small_service.ask(asked)["errors"]
    told: dict[str, Any] = error["extensions"]
    assert told["code"].startswith("unknown_")
    assert (told["argument"], told["value"]) == (argument, value)
    assert error["message"].startswith(f"{argument}: ") and value.rpartition(":")[2] in error["message"]
    if allowed is not None:
        assert set(allowed) <= set(told["allowed"])
        assert all(each in error["message"] for each in allowed)


def test_a_name_in_a_variable_is_found_too(small_service: Served) -> None:
    asked = 'mutation($p: String!) { setAbsence(person: $p, from: "2026-01-01", reason: "x") { uuid } }'
    (error,) = small_service.ask(asked, p="X1")["errors"]
    assert error["extensions"]["argument"] == "person"
