"""Values over time of sources that have only today's: what a clock said that was ahead is over once it is put right."""

from datetime import date

import pytest

from graph.statements.statement import DatedLink, DatedValue, Ref, Statement
from graph.time import Period
from importers.timelines import held, linked, pointed

START, TODAY, AHEAD = date(2020, 1, 1), date(2026, 3, 2), date(2027, 1, 1)
NORTH, SOUTH = Ref("Unit", "north"), Ref("Unit", "south")
BEFORE = Statement(
    "Account",
    "a",
    values={"login": (DatedValue(Period(START, AHEAD), "alma"), DatedValue(Period(AHEAD), "alma2"))},
    links={"unit": (DatedLink(Period(START, AHEAD), NORTH), DatedLink(Period(AHEAD), SOUTH))},
)


@pytest.mark.parametrize(
    ("login", "values"),
    [
        ("alma", [DatedValue(Period(START), "alma")]),
        ("alma2", [DatedValue(Period(START, TODAY), "alma"), DatedValue(Period(TODAY), "alma2")]),
        (None, [DatedValue(Period(START, TODAY), "alma")]),
    ],
)
def test_what_is_in_force_today_is_so_until_further_notice(login: str | None, values: list[DatedValue]) -> None:
    assert held(BEFORE, {"login": login}, TODAY) == {"login": tuple(values)}


@pytest.mark.parametrize(
    ("to", "links"),
    [
        (NORTH, [DatedLink(Period(START), NORTH)]),
        (SOUTH, [DatedLink(Period(START, TODAY), NORTH), DatedLink(Period(TODAY), SOUTH)]),
    ],
)
def test_so_is_a_link(to: Ref, links: list[DatedLink]) -> None:
    assert linked(BEFORE, "unit", [to], TODAY) == pointed(BEFORE, "unit", to, TODAY) == tuple(links)


def test_what_has_ended_stays_as_it_was() -> None:
    ended = Statement("Account", "a", values={"login": (DatedValue(Period(START, TODAY), "alma"),)})
    assert held(ended, {"login": None}, AHEAD) == {"login": ended.values["login"]}
