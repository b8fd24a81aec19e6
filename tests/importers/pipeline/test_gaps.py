"""What a source did not tell is not what it told as none (``importers.gaps``)."""

from datetime import date

from graph.statements.statement import DatedLink, DatedValue, Ref, Statement
from graph.time import Period
from importers.gaps import EVER, EXISTS, filled
from importers.source import Mapped

BEFORE, LATER = date(2020, 1, 1), date(2026, 6, 1)
HERE, THERE = Ref("Unit", "here"), Ref("Unit", "there")
KNOWN = Statement(
    "Employment",
    "e",
    exists=(Period(BEFORE),),
    values={"title": (DatedValue(Period(BEFORE), "Pædagog"),), "email": (DatedValue(Period(BEFORE), "a@b.example"),)},
    links={"unit": (DatedLink(Period(BEFORE), HERE),)},
)


def test_a_missing_value_stays_and_an_empty_one_ends() -> None:
    told = Statement("Employment", "e", exists=(Period(BEFORE),))
    found = filled(Mapped(told, gaps={"title": EVER, "unit": EVER}), KNOWN).statement
    assert found is not None
    assert (found.values, found.links) == ({"title": KNOWN.values["title"]}, KNOWN.links)


def test_only_the_days_of_the_gap_stay() -> None:
    told = Statement("Employment", "e", links={"unit": (DatedLink(Period(BEFORE), THERE),)})
    found = filled(Mapped(told, gaps={"unit": (Period(LATER),), EXISTS: (Period(LATER),)}), KNOWN).statement
    assert found is not None
    assert found.links["unit"] == (DatedLink(Period(BEFORE, LATER), THERE), DatedLink(Period(LATER), HERE))
    assert found.exists == (Period(),)
    told = Statement("Employment", "e", values={"title": (DatedValue(Period(BEFORE, LATER), "Pædagog"),)})
    again = filled(Mapped(told, gaps={"title": (Period(LATER),)}), KNOWN).statement
    assert again is not None
    assert again.values == {"title": KNOWN.values["title"]}


def test_a_new_thing_has_nothing_to_keep() -> None:
    told = Mapped(Statement("Employment", "e"), gaps={"title": EVER})
    assert filled(told, None) is told
