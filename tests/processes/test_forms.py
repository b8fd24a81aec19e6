"""What no form takes, whatever its schema says."""

from datetime import date
from typing import Any, cast

import pytest

from graph.connection import Run
from graph.errors import Ambiguous
from processes import forms
from processes.cases import places
from processes.errors import FormRejected
from processes.forms import SchemaRejected, read_form

FORM = read_form("note", {"type": "object", "properties": {
    "text": {}, "person": {"format": "person"}, "number": {"type": "integer"},
}})  # fmt: skip


@pytest.mark.parametrize(
    ("values", "code"),
    [
        ({"text": "Ansat som 010190-1234 i går"}, "cpr_in_text"),
        ({"text": "0101 90 1234"}, "cpr_in_text"),
        ({"text": [1, {"children": [{"says": "0101901234"}]}]}, "cpr_in_text"),
        ({"text": {"0101901234": True}}, "cpr_in_text"),
        ({"person": "0101901234"}, "cpr_in_text"),
        ({"text": "a\u2028b"}, "control_characters"),
        ({"text": ["a", {"b": "\u0000"}]}, "control_characters"),
    ],
)
def test_a_text_with_a_cpr_number_or_control_characters_is_refused(values: dict[str, Any], code: str) -> None:
    (field,) = values
    for check in (FORM.check, lambda some: FORM.check_field(field, some[field])):
        with pytest.raises(FormRejected) as refused:
            check(values)
        assert (refused.value.code, refused.value.field) == (code, field)
        assert str(refused.value).startswith(f"{field}: it contains")


@pytest.mark.parametrize(
    "values",
    [
        {"text": "To linjer\nog en\ttabulator, CVR 12345678, tlf. 20 30 40 50"},
        {"text": [], "number": 101901234},
        {"text": "x" * 10_000 + "Ø"},
        {},
    ],
)
def test_other_texts_are_taken(values: dict[str, Any]) -> None:
    FORM.check(values)


CAREFUL = read_form("careful", {"type": "object", "properties": {
    "items": {"type": "array", "uniqueItems": True}, "name": {"pattern": "^(a|a)*$"}, "any": {},
}})  # fmt: skip


@pytest.mark.parametrize(
    "values",
    [{"items": [1, 1.0]}, {"items": [{"x": 1, "y": [2]}, {"y": [2.0], "x": 1}]}, {"name": "a" * 60 + "b"},
     {"any": "x" * 300_000}, {"any": [[[[[[[[[[[[[[[[[[[[[[[]]]]]]]]]]]]]]]]]]]]]]]}, {"any": "\ud800"}],
)  # fmt: skip
def test_what_would_take_long_is_refused_at_once(values: dict[str, Any]) -> None:
    (field,) = values
    for checked in (lambda: CAREFUL.check(values), lambda: CAREFUL.check_field(field, values[field])):
        with pytest.raises(FormRejected):
            checked()


def test_a_long_list_is_looked_through_once() -> None:
    CAREFUL.check({"items": [{"n": number} for number in range(10_000)]})
    CAREFUL.check({"items": [1, True, "1", None, 0, False]})


@pytest.mark.parametrize("field", [{"pattern": "(a{1000}){1000}"}, {"type": "object", "patternProperties": {"^a": {}}}])
def test_a_pattern_that_has_no_bound_is_refused_when_it_is_saved_but_not_afterwards(field: dict[str, Any]) -> None:
    schema = {"type": "object", "properties": {"name": field}}
    with pytest.raises(SchemaRejected):
        read_form("f", schema)
    read_form("f", schema, deployed=True)


@pytest.mark.parametrize("pattern", [r"^\w+$", r"^[^[]+$", r"^\S{2,}$", "^" + "x?" * 600 + r"\w+$"])
def test_a_deployed_pattern_takes_what_it_took(pattern: str) -> None:
    schema = {"type": "object", "properties": {"name": {"pattern": pattern}}}
    read_form("f", schema, deployed=True).check({"name": "Sørensen"})


_DOUBLED = {f"d{n}": {"allOf": [{"$ref": f"#/$defs/d{n + 1}"}, {"$ref": f"#/$defs/d{n + 1}"}]} for n in range(40)} | {
    "d40": {"type": "string"}
}


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ({"$ref": "#/$defs/d0"}, "x"),
        ({"items": {"anyOf": [{"const": n} for n in range(3000)]}}, [-1] * 3000),
        ({"items": {"enum": list(range(100_000))}}, [-1] * 3000),
    ],
)
def test_a_form_that_asks_without_end_is_given_up(field: dict[str, Any], value: object) -> None:
    form = read_form("f", {"type": "object", "$defs": _DOUBLED, "properties": {"name": field}})
    for checked in (lambda: form.check({"name": value}), lambda: form.check_field("name", value)):
        with pytest.raises(FormRejected, match="asks too much"):
            checked()


@pytest.mark.parametrize(
    ("field", "why"),
    [
        ({"$ref": "#/properties/name"}, "without end"),
        ({"anyOf": [{"type": "string"}, {"$ref": "#/$defs/loop"}]}, "without end"),
        ({"$ref": "#/$defs/none"}, "not in it"),
        ({"$dynamicRef": "#none"}, "not in it"),
        ({"$ref": "https://example.org/other"}, "only what is in it"),
        ({"$id": "https://example.org/other", "type": "string"}, "may have one"),
    ],
)
def test_a_reference_that_leads_nowhere_or_back_is_refused(field: dict[str, Any], why: str) -> None:
    definitions = {"loop": {"if": {"type": "string"}, "else": {"$ref": "#/$defs/loop"}}}
    schema = {"type": "object", "$defs": definitions, "properties": {"name": field}}
    with pytest.raises(SchemaRejected, match=why):
        read_form("f", schema)


def test_a_deployed_form_whose_reference_comes_back_takes_nothing_instead_of_failing() -> None:
    schema = {"type": "object", "properties": {"name": {"$ref": "#/properties/name"}}}
    with pytest.raises(FormRejected, match="asks too much"):
        read_form("f", schema, deployed=True).check({"name": "x"})


def test_a_form_may_refer_to_itself_below() -> None:
    tree = {"type": "object", "properties": {"name": {"type": "string"}, "below": {"items": {"$ref": "#/$defs/tree"}}}}
    form = read_form("f", {"type": "object", "$defs": {"tree": tree}, "properties": {"top": {"$ref": "#/$defs/tree"}}})
    form.check({"top": {"name": "a", "below": [{"name": "b", "below": [{"name": "c"}]}]}})
    with pytest.raises(FormRejected, match="top: 1 is not a text"):
        form.check({"top": {"below": [{"below": [{"name": 1}]}]}})


def test_a_form_nested_without_bound_is_refused() -> None:
    schema: dict[str, Any] = {"type": "object", "properties": {}}
    for _ in range(500):
        schema = {"type": "object", "properties": {"a": schema}}
    with pytest.raises(SchemaRejected, match="100 levels"):
        read_form("f", schema)


def test_patterns_have_one_deadline_for_a_form(monkeypatch: pytest.MonkeyPatch) -> None:
    """Backtracking is interrupted for each text, and there may be thousands of them."""
    asked: list[str] = []

    def slow(pattern: str, text: str) -> bool:
        asked.append(text)
        return True

    monkeypatch.setattr(forms, "found_as_in_python", slow)
    clock = iter(range(1_000_000))
    monkeypatch.setattr(forms, "thread_time", lambda: 0.3 * next(clock))
    schema = {"type": "object", "properties": {"names": {"items": {"pattern": "^x$"}}}}
    with pytest.raises(FormRejected, match="take too long"):
        read_form("f", schema).check({"names": ["x"] * 1000})
    assert len(asked) == 4


def test_a_unit_that_is_called_as_another_is_not_taken_for_an_employment(monkeypatch: pytest.MonkeyPatch) -> None:
    def find(run: object, kind: str, name: str) -> Any:
        if kind == "Unit":
            raise Ambiguous("two units are called 1234", ("a", "b"), "1234")
        raise AssertionError(kind)

    monkeypatch.setattr(places, "find", find)
    assert places.Naming(cast(Run, None), date(2026, 11, 30)).unit("1234") is None
