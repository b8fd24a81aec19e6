"""A link's periods beside the link: from when to when, with its properties, on a day, another day or over a period."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import date

import neo4j
import pytest

from graph.change_log import Origin
from graph.cpr.keyring import Keyring
from graph.statements.statement import DatedLink, Ref, Statement
from graph.time import Period
from graph.writing.graph_writer import GraphWriter
from reconnect.embedded import Addresses
from tests.api.reads.asking import Asking, closed, open_asking
from tests.emptied import empty
from tests.graph.organisation import link, person, told, unit

MOVED = date(2024, 5, 1)
BACK = date(2025, 5, 1)
ALWAYS = "period: {}"


@pytest.fixture(scope="module")
def moved(driver: neo4j.Driver, addresses: Addresses) -> Iterator[Asking]:
    """Somebody who worked in north, then in south, then in north again, with a position found in two ways."""
    empty(driver)
    start = date(2020, 1, 1)
    ring = Keyring.generate()
    graph_writer = GraphWriter(driver, ring)
    statements = [
        unit("north"),
        unit("south"),
        Statement("Position", "clerk", exists=(Period(start),), values={"title": told("Clerk")}),
        person("p", "Alma Testrup"),
        Statement(
            "Employment",
            "e",
            exists=(Period(start),),
            values={"number": told("7")},
            links={
                "person": (DatedLink(Period(), Ref("Person", "p")),),
                "unit": (
                    *link("Unit", "north", start, MOVED),
                    *link("Unit", "south", MOVED, BACK),
                    *link("Unit", "north", BACK),
                ),
                "position": (
                    DatedLink(Period(start, MOVED), Ref("Position", "clerk"), (("how", "title"),)),
                    DatedLink(Period(MOVED), Ref("Position", "clerk"), (("how", "payroll"),)),
                ),
            },
        ),
    ]
    graph_writer.state("sd", statements, Origin("sd"))
    opened = open_asking(addresses.bolt_uri, addresses.user, addresses.password, driver, ring)
    yield opened
    closed(opened)


def worked(asking: Asking, when: str) -> list[tuple[str, str | None, str]]:
    asked = f'{{ employment(key: "e"{", " + when if when else ""}) {{ unitPeriods {{ from to unit {{ name }} }} }} }}'
    return [
        (each["from"], each["to"], each["unit"]["name"]) for each in asking.data(asked)["employment"]["unitPeriods"]
    ]


IN_NORTH = ("2020-01-01", "2024-05-01", "North")
IN_SOUTH = ("2024-05-01", "2025-05-01", "South")
IN_NORTH_AGAIN = ("2025-05-01", None, "North")


@pytest.mark.parametrize(
    ("when", "expected"),
    [
        ("", [IN_NORTH_AGAIN]),
        ('at: "2024-04-30"', [IN_NORTH]),
        ('at: "2024-05-01"', [IN_SOUTH]),
        ('period: {from: "2024-04-30", to: "2025-05-01"}', [IN_NORTH, IN_SOUTH]),
        ('period: {from: "2024-05-01"}', [IN_SOUTH, IN_NORTH_AGAIN]),
        (ALWAYS, [IN_NORTH, IN_SOUTH, IN_NORTH_AGAIN]),
    ],
    ids=("today", "last day", "first day", "a period", "from a day on", "always"),
)
def test_the_periods_that_hold_are_listed_by_their_first_day(
    moved: Asking, when: str, expected: list[tuple[str, str | None, str]]
) -> None:
    assert worked(moved, when) == expected


def test_the_field_may_ask_about_another_time_than_what_is_above_it(moved: Asking) -> None:
    asked = """query($period: Period) { employment(key: "e") {
        now: unitPeriods { from } then: unitPeriods(at: "2024-06-01") { from }
        all: unitPeriods(period: $period) { from }
        unit { name } } }"""
    found = moved.data(asked, {"period": {"to": "2024-06-01"}})["employment"]
    assert found == {
        "now": [{"from": "2025-05-01"}],
        "then": [{"from": "2024-05-01"}],
        "all": [{"from": "2020-01-01"}, {"from": "2024-05-01"}],
        "unit": {"name": "North"},
    }


def test_a_link_s_properties_are_of_each_period(moved: Asking) -> None:
    asked = f"""{{ employment(key: "e", {ALWAYS}) {{ positionPeriods {{ from to how position {{ title }} }} }} }}"""
    clerk = {"position": {"title": "Clerk"}}
    assert moved.data(asked)["employment"]["positionPeriods"] == [
        {"from": "2020-01-01", "to": "2024-05-01", "how": "TITLE", **clerk},
        {"from": "2024-05-01", "to": None, "how": "PAYROLL", **clerk},
    ]


def test_a_link_told_for_ever_is_shown_cut_to_the_thing_that_states_it(moved: Asking) -> None:
    asked = '{ person(key: "p") { employmentsPeriods { from to employments { number } } } }'
    assert moved.data(asked)["person"]["employmentsPeriods"] == [
        {"from": "2020-01-01", "to": None, "employments": {"number": "7"}}
    ]


def test_the_other_end_of_a_link_tells_the_same_periods(moved: Asking) -> None:
    asked = f"""{{ unit(key: "north", {ALWAYS}) {{
        employments {{ number }} employmentsPeriods {{ from to employments {{ number }} }} }} }}"""
    found = moved.data(asked)["unit"]
    assert found["employments"] == [{"number": "7"}]
    assert [(each["from"], each["to"]) for each in found["employmentsPeriods"]] == [IN_NORTH[:2], IN_NORTH_AGAIN[:2]]
    of_position = f"""{{ position(key: "clerk", {ALWAYS}) {{ employmentsPeriods {{ how }} }} }}"""
    assert moved.data(of_position)["position"]["employmentsPeriods"] == [{"how": "TITLE"}, {"how": "PAYROLL"}]


def test_first_is_limited_like_any_list_s(moved: Asking) -> None:
    asked = 'query($first: Int) { employment(key: "e", period: {}) { unitPeriods(first: $first) { from } } }'
    assert moved.data(asked, {"first": 2})["employment"]["unitPeriods"] == [
        {"from": "2020-01-01"},
        {"from": "2024-05-01"},
    ]
    assert moved.code(asked, {"first": 0}) == "over_limit"
    both = 'period: {from: "2024-01-01"}, at: "2024-01-01"'
    assert moved.code(f'{{ employment(key: "e") {{ unitPeriods({both}) {{ from }} }} }}') == "at_or_period"


def test_periods_cost_what_there_are_however_many_are_asked_for(moved: Asking) -> None:
    asked = """query($first: Int) { units(first: 1000) { nodes {
        employmentsPeriods(first: $first) { from employments { number } } } } }"""
    nodes = moved.data(asked, {"first": 10})["units"]["nodes"]
    assert moved.data(asked, {"first": 100_000})["units"]["nodes"] == nodes


def test_private_fields_and_cpr_numbers_need_their_right_through_periods_too(moved: Asking) -> None:
    def asked(field: str) -> str:
        return f'{{ employment(key: "e") {{ personPeriods {{ person {{ {field} }} }} }} }}'

    assert moved.data(asked("street cpr"))["employment"]["personPeriods"] == [{"person": {"street": None, "cpr": None}}]
    stranger = replace(moved, rights=frozenset())
    assert stranger.data(asked("name"))["employment"]["personPeriods"] == [{"person": {"name": "Alma Testrup"}}]
    assert [stranger.code(asked(each)) for each in ("street", "cpr")] == ["forbidden", "forbidden"]
