"""Days of a form that follow each other: a period that would end before it begins is refused where it is filled in."""

import json
from pathlib import Path
from typing import Any

import pytest

import processes
from processes.errors import FormRejected
from processes.forms import SchemaRejected, read_form

DAY = {"type": "string", "format": "date"}
DEFINITIONS = Path(processes.__file__).parent / "definitions"


def form(**fields: Any) -> dict[str, Any]:
    return {"type": "object", "properties": {"begins": DAY, "name": {"type": "string"}} | fields}


@pytest.mark.parametrize(
    ("rule", "day", "refusal"),
    [
        ("after", "2027-03-02", ""),
        ("after", "2027-03-01", "ends: 2027-03-01 must be later than begins (2027-03-01)"),
        ("after", "2026-03-02", "ends: 2026-03-02 must be later than begins (2027-03-01)"),
        ("notBefore", "2027-03-01", ""),
        ("notBefore", "2027-02-28", "ends: 2027-02-28 may not be earlier than begins (2027-03-01)"),
    ],
)
def test_a_day_that_comes_too_early_is_refused_at_its_field(rule: str, day: str, refusal: str) -> None:
    read = read_form("f", form(ends=DAY | {"x-reconnect": {rule: "begins"}}))
    read.check({"ends": day})
    if not refusal:
        read.check({"begins": "2027-03-01", "ends": day})
        return
    with pytest.raises(FormRejected) as refused:
        read.check({"begins": "2027-03-01", "ends": day})
    assert (refused.value.field, str(refused.value)) == ("ends", refusal)


@pytest.mark.parametrize(
    ("field", "why"),
    [
        (DAY | {"x-reconnect": {"after": "beginning"}}, "ends: after names another field of the form"),
        (DAY | {"x-reconnect": {"after": "name"}}, "ends: after names another field of the form"),
        (DAY | {"x-reconnect": {"after": "ends"}}, "ends: after names another field of the form"),
        (DAY | {"x-reconnect": {"notBefore": 3}}, "ends: notBefore names another field of the form"),
        ({"type": "string", "x-reconnect": {"after": "begins"}}, "ends: after is of a field with the format date"),
    ],
)
def test_an_order_that_means_nothing_is_refused_when_it_is_deployed(field: dict[str, Any], why: str) -> None:
    with pytest.raises(SchemaRejected, match=why):
        read_form("f", form(ends=field))
    read_form("f", form(ends=field), deployed=True).check({"begins": "2027-03-01", "ends": "2027-04-01"})


@pytest.mark.parametrize("name", ["access", "external", "hire", "substitute"])
def test_the_delivered_starts_refuse_a_period_that_ends_before_it_begins(name: str) -> None:
    schema = json.loads((DEFINITIONS / name / f"{name}_request.json").read_text())
    days = {"type": "object", "properties": {each: schema["properties"][each] for each in ("first_day", "last_day")}}
    with pytest.raises(FormRejected, match="last_day: 2027-01-01 m"):
        read_form(name, days).check({"first_day": "2027-02-01", "last_day": "2027-01-01"})
