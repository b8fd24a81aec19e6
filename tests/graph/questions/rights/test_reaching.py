"""Whom a grant reaches, and what an approval of it is good for, one rule each."""

from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from graph.approved_content import content, exceeds
from graph.questions.rights.evaluate import Evaluation
from graph.questions.rights.held import Rights, Thing
from graph.questions.rights.holders import holders, members
from graph.questions.rights.organisation import Assignment, OrganisationOnDay, Person, Place, Role, Tie, Unit
from tests.graph.questions.rights.test_widening import BUNDLE, GRANT, S, X, town

TOP, LOW, UNDER = Unit("top", "Top"), Unit("low", "Low", parent="top"), Unit("under", "Under", parent="low")
TO_TOP = replace(GRANT, given_to=(Thing("Unit", "top"),), inherit=True)
WORKER = Role("worker", "worker", "Sagsbehandler")


def rights(place: str = "under", **more: Any) -> Rights:
    """Of Anna, who works in ``place``: Under is below Low, and Low below Top."""
    told = {
        "units": {"top": TOP, "low": LOW, "under": UNDER},
        "ties": {"tie": Tie("tie", "Employment", "anna", "Tie", unit=place)},
    }
    return Evaluation(town(**{**told, **more})).of("anna")


@pytest.mark.parametrize(
    ("place", "change", "is_held"),
    [
        ("under", {}, True),
        ("under", {"inherit": False}, False),
        ("top", {"inherit": False}, True),
        ("under", {"exceptions": (Thing("Unit", "low"),)}, False),
        ("top", {"exceptions": (Thing("Unit", "low"),)}, True),
        (
            "under",
            {"exceptions": (Thing("Unit", "top"),), "inherit": False, "given_to": (Thing("Unit", "under"),)},
            True,
        ),
        ("under", {"exceptions": (Thing("Employment", "tie"),)}, False),
        ("under", {"exceptions": (Thing("Person", "anna"),)}, False),
        ("under", {"within_units": ("low",)}, True),
        ("under", {"within_units": ("low",), "inherit": False, "given_to": (Thing("Unit", "under"),)}, False),
        ("top", {"within_units": ("low",)}, False),
    ],
)
def test_units_of_a_grant(place: str, change: dict[str, Any], is_held: bool) -> None:
    assert bool(rights(place, grants={"g": replace(TO_TOP, **change)}).held) is is_held


@pytest.mark.parametrize(
    ("places", "is_for_units", "is_held"),
    [((), False, True), ((), True, False), ((Place("low"),), True, True), ((Place("gone"),), True, False)],
    ids=["for no unit", "for one that it was for", "for an open one", "for a closed one"],
)
def test_a_role_whose_units_have_ended_gives_nothing(
    places: tuple[Place, ...], is_for_units: bool, is_held: bool
) -> None:
    found = rights(
        units={each.uuid: each for each in (TOP, LOW, UNDER, Unit("gone", "Gone", active=False))},
        grants={"g": replace(GRANT, given_to=(Thing("Role", "worker"),))},
        roles={"worker": WORKER},
        assignments={"a": Assignment("a", "tie", "worker", places, is_for_units=is_for_units)},
    )
    assert bool(found.held) is is_held


@pytest.mark.parametrize("closed", ["top", "low", "under"])
def test_a_closed_unit_gives_nothing_and_closes_no_way(closed: str) -> None:
    units = {each.uuid: replace(each, active=each.uuid != closed) for each in (TOP, LOW, UNDER)}
    assert bool(rights(units=units, grants={"g": TO_TOP}).held) is (closed != "top")
    own = replace(GRANT, given_to=(Thing("Unit", "under"),))
    assert bool(rights(units=units, grants={"g": own}).held) is (closed != "under")


def test_who_is_not_here_any_more_has_nothing_though_a_grant_names_them() -> None:
    named = {"grants": {"g": replace(GRANT, given_to=(Thing("Person", "anna"),))}}
    assert len(rights(**named).held) == 1
    assert rights(ties={}, **named) == Rights()
    role = {"roles": {"worker": WORKER}, "assignments": {"a": Assignment("a", "anna", "worker", (Place("low"),))}}
    assert len(rights(ties={}, **named, **role).held) == 1, "a role of their own is enough"


def test_who_is_stopped_has_nothing_and_it_says_so() -> None:
    found = rights(persons={"anna": Person("anna", stopped=True)}, grants={"g": TO_TOP})
    assert (found.held, [each.reason for each in found.omitted]) == ((), ["stopped"])


def test_a_role_about_nothing_covers_nothing_unless_it_covers_all() -> None:
    asking = replace(GRANT, given_to=(Thing("Role", "worker"),), covered=(frozenset({"it"}),))
    held = Assignment("a", "tie", "worker", (Place("under"),))
    for covers_all in (False, True):
        role = {"roles": {"worker": replace(WORKER, covers_all=covers_all)}, "assignments": {"a": held}}
        assert bool(rights(grants={"g": asking}, **role).held) is covers_all


SENSITIVE = {"system_roles": {"s": replace(S, sensitive=True), "x": X}}


def approved(by: str | None, **change: Any) -> OrganisationOnDay:
    """The grant of a sensitive right, approved as it is in the town, and then changed."""
    before = town(**SENSITIVE)
    sealed = Evaluation(before).approvals.content(before.grants["g"]).text()
    grant = replace(GRANT, approved_by=by, approved_content=sealed, **change)
    return town(**SENSITIVE, grants={"g": grant})


def test_nobody_has_a_sensitive_right_that_they_have_approved() -> None:
    for by, is_held in (("eva", True), ("anna", False), (None, False)):
        found = Evaluation(approved(by)).of("anna")
        assert (bool(found.held), [each.reason for each in found.omitted]) == (
            is_held,
            [] if is_held else ["not_approved"],
        )


@pytest.mark.parametrize(
    ("change", "counts"),
    [
        ({"given_to": (Thing("Employment", "tie"), Thing("Unit", "b"))}, False),
        ({"condition": "1 == 1"}, False),
        ({"inherit": True}, False),
        ({"for_unit": "b"}, False),
        ({"exceptions": (Thing("Unit", "b"),)}, True),
    ],
)
def test_an_approval_is_of_what_was_approved(change: dict[str, Any], counts: bool) -> None:
    reasons = {each.reason for each in Evaluation(approved("eva", **change)).of("anna").omitted}
    assert ("not_approved" not in reasons) is counts


@pytest.mark.parametrize(
    ("now", "more"),
    [
        ((["s"], ["u"], ["e"], date(2026, 6, 1)), None),
        ((["s"], ["u"], ["e"], date(2026, 5, 1)), None),
        ((["s"], [], ["e", "f"], date(2026, 6, 1)), None),
        (([], ["u"], ["e"], date(2026, 6, 1)), None),
        ((["s", "x"], ["u"], ["e"], date(2026, 6, 1)), "it gives 1 more right"),
        ((["s"], ["u", "v"], ["e"], date(2026, 6, 1)), "it is given to others"),
        ((["s"], ["u"], [], date(2026, 6, 1)), "it has fewer exceptions"),
        ((["s"], ["u"], ["e"], date(2026, 7, 1)), "it lasts longer than 2026-06-01"),
        ((["s"], ["u"], ["e"], None), "it lasts longer than 2026-06-01"),
    ],
)
def test_more_than_was_approved(now: tuple[Any, ...], more: str | None) -> None:
    kept = content(["s"], ["u"], ["e"], date(2026, 6, 1), {}, []).text()
    assert exceeds(content(*now, {}, []), kept) == more


def test_of_another_authoritys_role_all_that_it_includes_is_held() -> None:
    """Only that authority knows what is left of it."""
    delegated = replace(BUNDLE, delegated_from_cvr="12345678")
    work = Evaluation(
        town(job_function_roles={"bundle": delegated}, includes={"bundle": ("s",)}, system_roles={"s": S, "x": X})
    )
    assert [each.right.uuid for each in holders(work, "s")] == ["bundle"]
    assert members(work, ("s", "x")) == {"s": {"tie"}, "x": set()}
