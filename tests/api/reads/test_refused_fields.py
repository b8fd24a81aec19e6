"""A root field that is refused is null; its error says where it is, and the others are answered."""

from dataclasses import replace
from typing import Any

import orjson
import pytest

from api.reads.question import SCHEMA
from tests.api.reads.asking import Asking

NAMES = "names: units(first: 1) { totalCount }"
TOWN = 'town: unit(key: "nursing") { uuid }'


def asked(asking: Asking, text: str, **variables: Any) -> dict[str, Any]:
    answer: dict[str, Any] = orjson.loads(asking.text(text, variables))
    return answer


@pytest.mark.parametrize(
    ("field", "code", "at"),
    [
        ('units(filter: {below: "nowhere"}) { totalCount }', "unknown_unit", "units"),
        ('persons(filter: {role: "nobody"}) { totalCount }', "unknown_role", "persons"),
        ('unit(uuid: "no uuid") { name }', "bad_uuid", "unit"),
        ("unit { name }", "uuid_or_key", "unit"),
        ('node(id: "nothing") { id }', "bad_id", "node"),
        ("units(first: 0) { totalCount }", "over_limit", "units"),
        ('units(after: "x") { totalCount }', "bad_cursor", "units"),
        ("units { nodes { children(first: 0) { name } } }", "over_limit", "children"),
        ('units { nodes { childrenConnection(after: "x") { totalCount } } }', "bad_cursor", "childrenConnection"),
        ('units { nodes { children(filter: {below: "nowhere"}) { name } } }', "unknown_unit", "children"),
        (
            'units { nodes { parent(at: "2026-01-01", period: {from: "2026-01-01"}) { name } } }',
            "at_or_period",
            "parent",
        ),
        ('nearest(role: "nobody", unit: "nursing") { reason }', "unknown_role", "nearest"),
        ('search(text: "a", kinds: [Role]) { rank }', "unknown_kinds", "search"),
        ('search(text: "a", first: 0) { rank }', "over_limit", "search"),
    ],
)
def test_one_refused_root_field_leaves_the_others(asking: Asking, field: str, code: str, at: str) -> None:
    key = field.split("(")[0].split(" ")[0]
    text = f"{{ {NAMES} {field} {TOWN} }}"
    answer = asked(asking, text)
    (error,) = answer["errors"]
    assert error["extensions"]["code"] == code
    assert error["path"] == [key]
    (place,) = error["locations"]
    assert text[place["column"] - 1 :].startswith(at), "the field whose argument it is"
    assert list(answer["data"]) == ["names", key, "town"]
    assert answer["data"][key] is None
    assert answer["data"]["names"]["totalCount"] > 0
    assert answer["data"]["town"] is not None


def test_a_field_without_the_right_to_it(asking: Asking) -> None:
    asking = replace(asking, rights=frozenset({"private"}))
    text = "{ persons { nodes { name cpr } } units { totalCount } }"
    answer = asked(asking, text)
    (error,) = answer["errors"]
    assert (error["path"], error["extensions"]["code"]) == (["persons"], "forbidden")
    assert text[error["locations"][0]["column"] - 1 :].startswith("cpr")
    assert answer["data"]["persons"] is None and answer["data"]["units"]["totalCount"] > 0


def test_several_are_told_of_in_the_order_of_the_query(asking: Asking) -> None:
    answer = asked(
        asking,
        """query($first: Int, $unit: ID) {
            a: units(first: $first) { totalCount }
            b: units(filter: {below: $unit}) { totalCount }
            c: persons(filter: {below: $unit}) { totalCount }
            d: unit(uuid: $unit) { name }
        }""",
        first=0,
        unit="nowhere",
    )
    assert [each["path"] for each in answer["errors"]] == [["a"], ["b"], ["c"], ["d"]]
    assert answer["data"] == dict.fromkeys("abcd")


def test_a_plan_that_refuses_a_field_is_kept_for_its_form_only(asking: Asking) -> None:
    text = "query($at: Date, $period: Period) { units(at: $at, period: $period) { totalCount } }"
    both = {"at": "2026-01-01", "period": {"from": "2026-01-01"}}
    for _ in range(2):
        assert asking.code(text, both) == "at_or_period"
        assert asking.data(text, {"at": "2026-01-01"})["units"]["totalCount"] > 0


@pytest.mark.whole
def test_no_root_field_takes_the_others_with_it() -> None:
    """A root field that could not be null would take the whole answer."""
    for root in (SCHEMA.query_type, SCHEMA.mutation_type):
        assert root is not None
        assert [name for name, field in root.fields.items() if str(field.type).endswith("!")] == []
