"""Values that follow from the organisation, one rule each: what a mistake in it would give or take."""

from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from graph.questions.rights.evaluate import Evaluation
from graph.questions.rights.held import ConstraintType, HeldRight, SystemRole, Thing
from graph.questions.rights.organisation import (
    Assignment,
    Days,
    Mark,
    OrganisationOnDay,
    Place,
    Role,
    Setting,
    StandIn,
    Tie,
    Unit,
)
from tests.graph.questions.rights.test_widening import GRANT, KLE, LEVEL, SYSTEM, UNIT, town

TOP = Unit("top", "Top", performs=(Mark("k15", "15"),), passes_kle_down=True)
LOW = Unit("low", "Low", parent="top", performs=(Mark("k32", "32.24"),))
WORKER = Role("worker", "worker", "Sagsbehandler")
PERFORMED = Setting("set", "inner", "kle", derived="kle_performs", parameter="urn:kle")
WITH_KLE = SystemRole("s", "s", "S", "urn:s", SYSTEM, required=(KLE,))
TO_ROLE = replace(GRANT, given_to=(Thing("Role", "worker"),))


def case_workers(*assignments: Assignment, **more: Any) -> OrganisationOnDay:
    """Anna is case worker for Low in two employments; what Low performs, and Top passes down, limits her right."""
    told: dict[str, Any] = {
        "units": {"top": TOP, "low": LOW},
        "ties": {each: Tie(each, "Employment", "anna", each, unit="low") for each in ("one", "two")},
        "roles": {"worker": WORKER},
        "assignments": {each.uuid: each for each in assignments},
        "grants": {"g": TO_ROLE},
        "system_roles": {"s": WITH_KLE},
        "types": {"kle": KLE},
    }
    return town(PERFORMED, **{**told, **more})


def values(organisation: OrganisationOnDay) -> dict[str, tuple[str, ...]]:
    """Of each tie its values."""
    held: tuple[HeldRight, ...] = Evaluation(organisation).of("anna").held
    return {each.subject.uuid: each.included[0].limits[0].wire for each in held}


@pytest.mark.parametrize("of_grant", [False, True])
def test_pitfall_11_own_kle_only_concerns_that_assignment_and_no_other(of_grant: bool) -> None:
    one = Assignment("a", "one", "worker", (Place("low"),), own_kle_only=not of_grant)
    two = Assignment("b", "two", "worker", (Place("low"),))
    grant = replace(TO_ROLE, own_kle_only=of_grant)
    own, inherited = ("32.24.*",), ("15.*", "32.24.*")
    assert values(case_workers(one, two, grants={"g": grant})) == {"one": own, "two": own if of_grant else inherited}


MANAGER = Role("m", "manager", "Leder")
STANDS_IN = StandIn("st", "anna", "m", (Place("top"),))


@pytest.mark.parametrize(
    ("derived", "scope", "units"),
    [
        ("managed_units", (), ("top",)),
        ("managed_units_and_below", (), ("low", "top")),
        ("managed_units_and_below", ("low",), ("low",)),
        ("managed_units_and_below", ("b",), ()),
        ("managed_units", ("low",), ()),
    ],
)
def test_who_stands_in_gets_what_lies_in_the_scope(
    derived: str, scope: tuple[str, ...], units: tuple[str, ...]
) -> None:
    stand_in = replace(STANDS_IN, scope=frozenset(scope))
    setting = Setting("set", "inner", "unit", derived=derived)
    rights = Evaluation(town(setting, roles={"m": MANAGER}, stand_ins={"st": stand_in})).of("anna")
    assert tuple(value for each in rights.held for value in each.included[0].limits[0].wire) == units
    assert [each.reason for each in rights.omitted] == ([] if units else ["empty"])


def units_of_limit(derived: str, **more: Any) -> tuple[str, ...]:
    """What a limit of units gives Anna, who works in Low unless told otherwise; nothing where the right is lost."""
    rights = Evaluation(town(Setting("set", "inner", "unit", derived=derived), **more)).of("anna")
    return tuple(value for each in rights.held for value in each.included[0].limits[0].wire)


def tree(*units: Unit) -> dict[str, dict[str, Unit]]:
    return {"units": {each.uuid: each for each in units}}


@pytest.mark.parametrize(
    ("level", "levels", "found"),
    [
        (1, (None, None), ("low", "top")),
        (2, (None, None), ("low",)),
        (4, (3, 5), ("low", "top")),
        (5, (3, 5), ("low",)),
        (2, (3, 5), ("low",)),
    ],
    ids=["counted", "counted, own", "numbered", "numbered, own", "none so high: just the unit"],
)
def test_unit_at_level(level: int, levels: tuple[int | None, int | None], found: tuple[str, ...]) -> None:
    units = tree(Unit("top", "Top", level=levels[0]), Unit("low", "Low", parent="top", level=levels[1]))
    assert units_of_limit(f"unit_at_level({level})", **units) == found


def test_a_closed_unit_on_the_way_up_pays_through_no_one() -> None:
    top = Unit("top", "Top", paid_out_by="b")
    middle = Unit("mid", "Middle", parent="top", active=False, paid_out_by="c")
    others = (Unit("low", "Low", parent="mid"), Unit("b", "B"), Unit("c", "C"))
    assert units_of_limit("payout_unit", **tree(top, middle, *others)) == ("b",)
    assert units_of_limit("payout_unit", **tree(top, replace(middle, active=True), *others)) == ("c",)
    assert units_of_limit("payout_unit", **tree(replace(top, paid_out_by=None), middle, *others)) == ()


def test_a_number_that_kle_has_retired_is_left_out() -> None:
    assignment = Assignment("a", "one", "worker", (Place("low"),))
    assert values(case_workers(assignment, kle=frozenset({"15", "32.24"}))) == {"one": ("15.*", "32.24.*")}
    assert values(case_workers(assignment, kle=frozenset({"15"}))) == {"one": ("15.*",)}
    assert values(case_workers(assignment, kle=frozenset())) == {}, "nothing is left of the limit, or of the right"


SINGLE = replace(UNIT, form="single")


@pytest.mark.parametrize(
    ("type_", "setting", "found"),
    [
        (UNIT, {"fixed": ("low", "b")}, ("b", "low")),
        (UNIT, {"fixed": ("low", "closed")}, ("low",)),
        (UNIT, {"fixed": ("closed",)}, "empty"),
        (SINGLE, {"fixed": ("low",)}, ("low",)),
        (SINGLE, {"fixed": ("low", "b")}, "invalid_value"),
        (SINGLE, {"derived": "unit_and_below"}, ("low",)),
        (LEVEL, {"fixed": ("L1", "L2")}, ("1", "2")),
        (replace(LEVEL, form="single"), {"fixed": ("L1", "L2")}, ("2",)),
        (replace(LEVEL, cumulative=False), {"fixed": ("L2",)}, ("2",)),
        (LEVEL, {"fixed": ("L9",)}, "empty"),
    ],
)
def test_fixed_values_fit_the_form_of_the_type(
    type_: ConstraintType, setting: dict[str, Any], found: tuple[str, ...] | str
) -> None:
    role = {"system_roles": {"s": replace(WITH_KLE, required=(type_,))}, "types": {type_.uuid: type_}}
    closed = {**town().units, "closed": Unit("closed", "Closed", active=False)}
    rights = Evaluation(town(Setting("set", "inner", type_.uuid, **setting), units=closed, **role)).of("anna")
    if isinstance(found, str):
        assert [each.reason for each in rights.omitted] == [found]
    else:
        assert [each.included[0].limits[0].wire for each in rights.held] == [found]


@pytest.mark.parametrize("on_role", [{"fixed": ("low",)}, {"derived": "unit"}])
def test_a_grant_sets_no_limit_that_the_role_sets_itself(on_role: dict[str, Any]) -> None:
    given = Setting("given", "g", "unit", fixed=("b",))
    rights = Evaluation(town(Setting("set", "inner", "unit", **on_role), given)).of("anna")
    assert ([each.reason for each in rights.omitted], rights.held) == (["invalid_value"], ())


def test_a_limit_that_has_ended_or_is_set_twice_takes_the_right_away() -> None:
    for of in ("inner", "g"):
        rights = Evaluation(town(ended=frozenset({(of, None, "unit")}))).of("anna")
        assert [(each.reason, "has ended" in each.text) for each in rights.omitted] == [
            ("mandatory_not_configured", True)
        ]
    twice = (Setting("a", "inner", "unit", fixed=("low",)), Setting("b", "inner", "unit", fixed=("b",)))
    assert [each.reason for each in Evaluation(town(*twice)).of("anna").omitted] == ["invalid_value"]


def test_a_right_ends_with_its_limit() -> None:
    end = date(2026, 9, 1)
    for setting, until in (
        (Setting("set", "inner", "unit", derived="unit", days=Days(None, end)), end),
        (Setting("set", "inner", "unit", derived="unit"), None),
    ):
        (held,) = Evaluation(town(setting)).of("anna").held
        assert held.until == until
    closing = {"top": Unit("top", "Top"), "low": Unit("low", "Low", parent="top", until=end)}
    (held,) = Evaluation(town(Setting("set", "inner", "unit", derived="unit"), units=closing)).of("anna").held
    assert held.until == end, "with the last of its values"
