"""Days of a form that follow each other: ``"x-reconnect": {"after": "first_day"}``, or ``notBefore``, beside a date.

JSON Schema compares a value with nothing of the same form, so a period could end before it begins.
"""

from collections.abc import Mapping
from typing import Any, Final

RULES: Final = ("after", "notBefore")
_STATED: Final = "x-reconnect"


def order_fault(properties: Mapping[str, Mapping[str, Any]]) -> str:
    """What is wrong with what a form states of the order of its days; empty = nothing."""
    for field, schema in properties.items():
        for rule, other in _stated(schema).items():
            if schema.get("format") != "date":
                return f"{field}: {rule} is of a field with the format date"
            if not isinstance(other, str) or properties.get(other, {}).get("format") != "date" or other == field:
                return f"{field}: {rule} names another field of the form with the format date"
    return ""


def out_of_order(properties: Mapping[str, Mapping[str, Any]], values: Mapping[str, Any]) -> tuple[str, str] | None:
    """The first field whose day comes too early, and why; None = none. ``values`` are days where the form says so."""
    for field, schema in properties.items():
        for rule, other in _stated(schema).items():
            day, first = values.get(field), values.get(str(other))
            if other == field or not isinstance(day, str) or not isinstance(first, str):
                continue
            if day < first or (day == first and rule == "after"):
                meant = "must be later than" if rule == "after" else "may not be earlier than"
                return field, f"{day} {meant} {other} ({first})"
    return None


def _stated(schema: Mapping[str, Any]) -> Mapping[str, Any]:
    stated = schema.get(_STATED)
    return {rule: stated[rule] for rule in RULES if rule in stated} if isinstance(stated, Mapping) else {}
