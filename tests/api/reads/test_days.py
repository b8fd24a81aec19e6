"""The day that a question is about: today's copies and the states tell the same; a period; history."""

from collections.abc import Iterator
from datetime import timedelta

import neo4j
import pytest

from graph.time import today
from tests.api.reads.asking import Asking

EVERYTHING = """
query($at: Date) {
  units(at: $at, first: 1000) { totalCount nodes { uuid name active parent { name } children { name }
    ancestors { name } descendants { name } employments { number person { name absent } } assignments { role { key } } }
  }
  persons(at: $at, first: 1000) { totalCount nodes { uuid name dead employments { onLeave unit { name } } } }
  assignments(at: $at, first: 1000) { nodes { uuid primary holder { __typename } responsibilities { __typename }
    substitutions { rank person { name } } } }
}
"""


@pytest.fixture
def lagging_clock(graph: neo4j.Driver, asking: Asking) -> Iterator[None]:
    """The day turn has not run today: the identity nodes show yesterday."""
    graph.execute_query("MATCH (c:Clock) SET c.today = $day", day=today() - timedelta(days=1))
    asking.forget_clock()
    yield
    graph.execute_query("MATCH (c:Clock) SET c.today = $day", day=today())
    asking.forget_clock()


def test_the_copies_tell_what_the_states_tell(asking: Asking, lagging_clock: None) -> None:
    from_states = asking.data(EVERYTHING)
    asking.reader.driver.execute_query("MATCH (c:Clock) SET c.today = $day", day=today())
    asking.forget_clock()
    assert asking.data(EVERYTHING) == from_states
    assert from_states["units"]["totalCount"] > 15


@pytest.mark.parametrize(
    ("day", "unit"), [("2025-12-31", True), ("2026-01-01", False), ("2023-12-31", False), ("2024-01-01", True)]
)
def test_half_open_days(asking: Asking, day: str, unit: bool) -> None:
    """The merger secretariat is open from 2024-01-01 to 2026-01-01, the last day not included."""
    data = asking.data('query($at: Date) { unit(key: "merger", at: $at) { active } }', {"at": day})
    assert data == {"unit": {"active": True} if unit else None}


def test_a_period_shows_all_that_holds_in_it_with_the_values_of_its_first_day(asking: Asking) -> None:
    question = """query($period: Period) {
        employments(period: $period, filter: {keys: ["e_per_2", "e_per_1", "e_finn"]}, first: 10) {
            nodes { keys unit { keys } existsFrom } } }"""

    def units(start: str | None, end: str | None = None) -> dict[str, str]:
        period = {"from": start} | ({"to": end} if end else {})
        nodes = asking.data(question, {"period": period})["employments"]["nodes"]
        return {each["keys"][0]: each["unit"]["keys"][0] for each in nodes}

    assert units("2025-06-01") == {"e_per_2": "it", "e_finn": "sunflower"}
    assert units("2026-08-01") == {"e_per_2": "it", "e_finn": "milkyway"}
    assert units("2025-06-01", "2026-09-01") == {"e_finn": "sunflower"}
    assert units("2026-08-31", "2026-09-02") == {"e_per_2": "it", "e_finn": "milkyway"}


def test_a_thing_that_is_linked_twice_in_a_period_is_shown_once(asking: Asking) -> None:
    data = asking.data('{ unit(key: "jobcentre", period: {from: "2010-01-01"}) { children { keys } } }')
    assert sorted(each["keys"][0] for each in data["unit"]["children"]) == ["benefits", "business"]


def test_an_empty_period_and_a_day_beside_a_period_are_refused(asking: Asking) -> None:
    question = "query($p: Period, $at: Date) { units(period: $p, at: $at) { totalCount } }"
    assert asking.code(question, {"p": {"from": "2026-01-01", "to": "2026-01-01"}}) == "empty_period"
    assert asking.code(question, {"p": {}, "at": "2026-01-01"}) == "at_or_period"


def test_history_and_sources(asking: Asking) -> None:
    person = asking.data(
        '{ person(key: "soren") { history { from to absent } sources { source key } changes { operation } } }'
    )
    assert person["person"]["sources"] == [{"source": "facts", "key": "soren"}]
    assert person["person"]["changes"][0] == {"operation": "CREATED"}
    assert [(each["from"], each["to"], bool(each["absent"])) for each in person["person"]["history"]] == [
        (None, "2026-04-01", False),
        ("2026-04-01", "2026-04-15", True),
        ("2026-04-15", None, False),
    ]


def test_without_a_day_today_is_meant(asking: Asking) -> None:
    explicit = asking.data(EVERYTHING, {"at": today().isoformat()})
    assert asking.data(EVERYTHING) == explicit
