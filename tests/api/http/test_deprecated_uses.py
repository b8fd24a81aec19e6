"""Fields that will go say until when, and operations see who still asks for them."""

import time
from typing import Any

from api.model.deprecated import DEPRECATED
from api.reads.question import SCHEMA
from graph.time import today
from tests.api.serving import Served


def test_each_says_until_when_and_what_instead() -> None:
    for name, each in DEPRECATED.items():
        type_, _, field = name.partition(".")
        reason = SCHEMA.type_map[type_].fields[field].deprecation_reason  # type: ignore[attr-defined]
        assert each.instead in reason and str(each.until) in reason
        assert each.until > today(), f"{name}: its time is over; take it out"


def test_who_still_asks_is_noted_once_a_token_and_field(small_service: Served) -> None:
    for _ in range(3):
        small_service.data("{ changes(first: 1) { nodes { ...Old } } } fragment Old on Change { before }", "auditor")
    small_service.data("{ changes(first: 1) { nodes { number } } }", "hr")
    asked = "{ deprecatedUses { token field until instead first last days } }"
    uses: list[dict[str, Any]] = []
    deadline = time.monotonic() + 120
    while not uses and time.monotonic() < deadline:
        uses = small_service.data(asked, "operations")["deprecatedUses"]
    (use,) = uses
    assert use["token"].startswith("test auditor")
    day = today().isoformat()
    assert {"field": "Change.before", "first": day, "last": day, "days": 1}.items() <= use.items()
    assert use["until"] == DEPRECATED["Change.before"].until.isoformat()
