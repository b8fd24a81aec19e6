"""The KLE numbers where somebody works, as claims tell them: by the rule by which limits follow from the unit."""

from dataclasses import replace
from datetime import date
from typing import Any

import pytest
from hypothesis import given

from graph.questions.rights.derive import Deriving
from graph.questions.rights.organisation import Mark, OrganisationOnDay, Tie, Unit
from graph.questions.rights.tree import Tree
from tests.graph.questions.rights.test_properties import KLE as KLE_TYPE
from tests.graph.questions.rights.test_properties import held, organisations

TOP = Unit("top", "Top", performs=(Mark("k15", "15"),), interested=(Mark("k27", "27"),), passes_kle_down=True)
LOW = Unit("low", "Low", parent="top", performs=(Mark("k32", "32.24"),))
TIE = Tie("tie", "Employment", "anna", unit="low", kle=(Mark("k80", "80"),))


def kle(top: Unit = TOP, low: Unit = LOW, tie: Tie = TIE) -> tuple[list[str], list[str]]:
    organisation = OrganisationOnDay(date(2026, 6, 15), units={"top": top, "low": low}, ties={"tie": tie})
    return tuple(sorted(each) for each in Deriving(organisation, Tree(organisation.units)).kle_of(tie))  # type: ignore[return-value]


@pytest.mark.parametrize(
    ("changed", "found"),
    [
        ({}, (["15.*", "32.24.*", "80.*"], ["27.*"])),
        ({"top": replace(TOP, passes_kle_down=False)}, (["32.24.*", "80.*"], [])),
        ({"top": replace(TOP, active=False)}, (["32.24.*", "80.*"], [])),
        ({"low": replace(LOW, active=False)}, (["80.*"], [])),
        ({"tie": replace(TIE, unit=None)}, (["80.*"], [])),
        ({"tie": replace(TIE, kle=())}, (["15.*", "32.24.*"], ["27.*"])),
    ],
    ids=["below what passes down", "not passed down", "closed above", "closed unit", "no unit", "none of its own"],
)
def test_numbers_of_a_tie(changed: dict[str, Any], found: tuple[list[str], list[str]]) -> None:
    assert kle(**changed) == found


@given(organisations())
def test_no_limit_of_a_tie_holds_more_kle_than_its_claims(organisation: OrganisationOnDay) -> None:
    deriving = Deriving(organisation, Tree(organisation.units))
    for each in held(organisation):
        tie = organisation.ties.get(each.subject.uuid)
        if tie is None or each.unit is None or each.unit.uuid != tie.unit:
            continue
        performed, interested = deriving.kle_of(tie)
        for limit in each.included[0].limits:
            if limit.type is KLE_TYPE:
                told = {value.removesuffix(".*") for value in (*performed, *interested)}
                assert all(any(value.startswith(one) for one in told) for value in limit.wire)
