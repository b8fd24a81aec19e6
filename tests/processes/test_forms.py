"""What no form takes, whatever its schema says."""

from typing import Any

import pytest

from processes.errors import FormRejected
from processes.forms import read_form

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
