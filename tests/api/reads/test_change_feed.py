"""The change log newest first, with typed values; and the days on which something changes under a unit."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from typing import Any

import neo4j
import pytest

from graph.cpr.keyring import Keyring
from importers.pipeline.import_run import run_import
from reconnect.embedded import Addresses
from tests.api.reads.asking import Asking, closed, open_asking
from tests.emptied import empty
from tests.graph.organisation import START, Stating, person, small, told, unit

KEYRING = Keyring.generate()
VALUE = "{ text texts number yes date }"
QUESTION = f"""
query($before: Int, $first: Int, $kind: Kind, $source: String, $uuid: ID) {{
  changeFeed(before: $before, first: $first, kind: $kind, source: $source, uuid: $uuid) {{
    number source kind operation thing {{ ... on Unit {{ name }} ... on Person {{ name }} }}
    values {{ property from to before {VALUE} after {VALUE} }}
    links {{ property from to added kind thing {{ ... on Unit {{ name }} }} }}
  }}
}}
"""


@pytest.fixture(scope="module")
def asking(driver: neo4j.Driver, addresses: Addresses) -> Iterator[Asking]:
    empty(driver)
    assert run_import(driver, Stating(*small()), KEYRING).problems == []
    north = unit("north", "root")
    names = (*told("North", end=date(2027, 1, 1)), *told("Nord", date(2027, 1, 1), date(2027, 7, 1)))
    names = (*names, *told("North", date(2027, 7, 1)))
    north = replace(north, values={**north.values, "name": names, "tags": told(("a", "b"))})
    alma = person("p1", "Alma Testrup", "1101575001")
    alma = replace(alma, values={**alma.values, "street": told("Hemmelig 7"), "absent": told(True)})
    assert run_import(driver, Stating(north, alma, whole=False), KEYRING).problems == []
    opened = open_asking(addresses.bolt_uri, addresses.user, addresses.password, driver, KEYRING)
    yield opened
    closed(opened)


def feed(asking: Asking, **variables: Any) -> list[dict[str, Any]]:
    entries: list[dict[str, Any]] = asking.data(QUESTION, variables)["changeFeed"]
    return entries


def test_newest_first_and_on_from_there(asking: Asking) -> None:
    numbers = [each["number"] for each in feed(asking)]
    assert numbers == sorted(numbers, reverse=True)
    assert len(numbers) > 4
    first = feed(asking, first=2)
    assert [each["number"] for each in first] == numbers[:2]
    assert [each["number"] for each in feed(asking, before=numbers[1], first=2)] == numbers[2:4]


def test_what_it_is_narrowed_by(asking: Asking) -> None:
    assert {each["kind"] for each in feed(asking, kind="Unit")} == {"Unit"}
    assert {each["source"] for each in feed(asking, source="sd")} == {"sd"}
    north = asking.data('{ unit(key: "north") { uuid } }')["unit"]["uuid"]
    names = {each["thing"]["name"] for each in feed(asking, uuid=north)}
    assert names and names <= {"North", "Nord"}, "by the day on which the test runs"
    assert asking.code(QUESTION, {"kind": "Nothing"}) == "bad_variables"


def _value(**given: Any) -> dict[str, Any]:
    return {"text": None, "texts": None, "number": None, "yes": None, "date": None, **given}


def test_values_have_their_types_and_periods(asking: Asking) -> None:
    entry = next(each for each in feed(asking, kind="Unit") if each["operation"] == "CHANGED")
    values = {each["property"]: each for each in entry["values"]}
    assert values["name"] == {
        "property": "name", "from": "2027-01-01", "to": "2027-07-01",
        "before": _value(text="North"), "after": _value(text="Nord"),
    }  # fmt: skip
    assert values["tags"] == {
        "property": "tags", "from": START.isoformat(), "to": None, "before": None, "after": _value(texts=["a", "b"]),
    }  # fmt: skip


def test_a_private_value_is_left_out_without_its_right(asking: Asking) -> None:
    def changed(asking: Asking) -> set[str]:
        (entry,) = [each for each in feed(asking, kind="Person") if each["operation"] == "CHANGED"]
        return {each["property"] for each in entry["values"]}

    assert changed(asking) == {"street", "absent"}
    assert changed(replace(asking, rights=frozenset())) == {"absent"}


def test_the_first_entry_of_a_thing_has_its_links(asking: Asking) -> None:
    entry = next(each for each in reversed(feed(asking, kind="Unit", source="sd")) if each["links"])
    assert entry["operation"] == "CREATED"
    (link,) = entry["links"]
    assert link == {
        "property": "parent", "from": START.isoformat(), "to": None, "added": True, "kind": "Unit",
        "thing": {"name": "Root"},
    }  # fmt: skip


DAYS = """
query($unit: String!, $from: Date!, $to: Date!, $first: Int) {
  changeDays(unit: $unit, from: $from, to: $to, first: $first) { day counts { kind things } }
}
"""


def days(asking: Asking, unit: str, **given: Any) -> dict[str, dict[str, int]]:
    asked = {"unit": unit, "from": "2019-01-01", "to": "2028-01-01", **given}
    found = asking.data(DAYS, asked)["changeDays"]
    return {each["day"]: {one["kind"]: one["things"] for one in each["counts"]} for each in found}


def test_the_days_on_which_something_changes_under_a_unit(asking: Asking) -> None:
    assert days(asking, "root") == {
        "2020-01-01": {"Unit": 3, "Employment": 3},
        "2027-01-01": {"Unit": 1},
        "2027-07-01": {"Unit": 1},
    }
    assert list(days(asking, "south")) == ["2020-01-01"]
    assert list(days(asking, "root", first=1)) == ["2020-01-01"]
    assert list(days(asking, "root", **{"from": "2027-01-01", "to": "2027-07-01"})) == ["2027-01-01"]


def test_days_are_bounded(asking: Asking) -> None:
    asked = {"unit": "root", "from": "2026-01-01", "to": "2026-01-01"}
    assert asking.code(DAYS, asked) == "empty_period"
    assert asking.code(DAYS, {**asked, "to": "2126-01-01"}) == "over_limit"
    assert asking.code(DAYS, {**asked, "unit": "nowhere", "to": "2026-02-01"}) == "unknown_unit"
