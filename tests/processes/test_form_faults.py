"""What somebody is told of a value that a form does not take: the field, and the rule in words."""

from typing import Any

import pytest

from processes.errors import FormRejected
from processes.forms import read_form

FORM = read_form("hire", {
    "type": "object",
    "properties": {
        "name": {"type": "string", "maxLength": 20},
        "hours": {"type": "number", "exclusiveMinimum": 0, "maximum": 37},
        "pay": {"type": "string", "enum": ["monthly", "hourly"]},
        "email": {"type": "string", "format": "email"},
        "last_day": {"type": "string", "format": "date"},
        "reason": {"type": "string"},
        "code": {"type": "string", "pattern": "^[A-Z]+$"},
        "days": {"type": "array", "items": {"type": "integer"}, "maxItems": 2, "uniqueItems": True},
        "at": {"type": "object", "required": ["street"], "properties": {"street": {"type": "string"}}},
        "note": {"type": ["string", "null"]},
    },
    "required": ["name"],
    "dependentRequired": {"last_day": ["reason"]},
    "if": {"properties": {"pay": {"const": "hourly"}}, "required": ["pay"]},
    "then": {"required": ["hours"]},
})  # fmt: skip


@pytest.mark.parametrize(
    ("values", "field", "text"),
    [
        ({}, "name", "name: it is missing"),
        ({"name": ""}, "name", "name: it is missing"),
        ({"name": " \t"}, "name", "name: it is missing"),
        ({"pay": "hourly"}, "hours", "hours: it is missing"),
        ({"last_day": "2027-01-01"}, "reason", "reason: it is missing: it is needed beside last_day"),
        ({"last_day": "2027-01-01", "reason": " "}, "reason", "reason: it is missing: it is needed beside last_day"),
        ({"name": "x" * 2000}, "name", "name: it has 2000 characters; at most 20 are allowed"),
        ({"hours": "32"}, "hours", 'hours: "32" is not a number'),
        ({"hours": 38}, "hours", "hours: 38 is more than 37, the most that is allowed"),
        ({"hours": 0}, "hours", "hours: 0 is not more than 0"),
        ({"pay": "weekly"}, "pay", 'pay: "weekly" is not one of "monthly", "hourly"'),
        ({"email": "no"}, "email", 'email: "no" is not an email address'),
        ({"email": None}, "email", "email: null is not a text"),
        ({"last_day": "i morgen", "reason": "x"}, "last_day", 'last_day: "i morgen" is not a date (YYYY-MM-DD)'),
        ({"code": "a"}, "code", 'code: "a" does not match "^[A-Z]+$"'),
        ({"days": [1, 2, 3]}, "days", "days: it has 3 entries; at most 2 are allowed"),
        ({"days": [1, 1]}, "days", "days: it has an entry twice"),
        ({"days": [True]}, "days", "days: true is not a whole number"),
        ({"at": {}}, "at", "at: 'street' is missing"),
        ({"note": 1}, "note", "note: 1 is not a text or null"),
    ],
)
def test_a_refusal_names_the_field_and_the_rule(values: dict[str, Any], field: str, text: str) -> None:
    with pytest.raises(FormRejected) as refused:
        FORM.check({"name": "Bo"} | values if values else values)
    assert (refused.value.field, str(refused.value)) == (field, text)


def test_no_refusal_shows_all_of_a_long_value_or_a_cpr_number() -> None:
    with pytest.raises(FormRejected) as refused:
        FORM.check({"name": "Bo", "pay": "x" * 5000})
    assert len(str(refused.value)) < 400
    with pytest.raises(FormRejected) as refused:
        FORM.check({"name": "Bo", "pay": "010170-1238"})
    assert refused.value.code == "cpr_in_text" and "010170" not in str(refused.value)
    with pytest.raises(FormRejected) as refused:
        FORM.check_field("pay", "010170-1238")
    assert refused.value.code == "cpr_in_text" and "010170" not in str(refused.value)


def test_a_text_of_blanks_is_taken_where_nothing_asks_for_it() -> None:
    FORM.check({"name": "Bo", "note": "", "reason": "  "})
