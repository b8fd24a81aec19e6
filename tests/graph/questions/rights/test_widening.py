"""Nothing is ever widened: what limits, excepts or takes away holds for bundles, closed units and levels, too."""

from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from graph.questions.rights.evaluate import Evaluation
from graph.questions.rights.held import (
    ConstraintType,
    ItSystem,
    JobFunctionRole,
    Level,
    Rights,
    SystemRole,
    Thing,
)  # fmt: skip
from graph.questions.rights.holders import holders, is_in, members
from graph.questions.rights.organisation import (
    Assignment,
    Conflict,
    Grant,
    OrganisationOnDay,
    Person,
    Place,
    Responsibility,
    Role,
    Setting,
    Tie,
    Unit,
)  # fmt: skip
from graph.questions.rights.review import review
from graph.questions.rights.why_not import why_not

KLE = ConstraintType("kle", "kle", "KLE", "urn:kle", "kle", "multi")
UNIT = ConstraintType("unit", "unit", "Unit", "urn:unit", "unit", "multi")
LEVEL = ConstraintType(
    "level", "level", "Level", "urn:level", "sensitivity", "multi",
    levels=(Level("L1", "1"), Level("L2", "2"), Level("L3", "3")), cumulative=True,
)  # fmt: skip
SYSTEM = ItSystem("sys", "sys", "System")
S = SystemRole("s", "s", "S", "urn:s", SYSTEM, optional=(UNIT,))
X = SystemRole("x", "x", "X", "urn:x", SYSTEM)
BUNDLE, INNER = (JobFunctionRole(each, each, each, f"urn:{each}") for each in ("bundle", "inner"))
GRANT = Grant("g", "bundle", (Thing("Employment", "tie"),))


def town(*settings: Setting, **more: Any) -> OrganisationOnDay:
    """Anna, in Low below Top, is granted a bundle that includes another with one system role."""
    told: dict[str, Any] = {
        "units": {"top": Unit("top", "Top"), "low": Unit("low", "Low", parent="top"), "b": Unit("b", "B")},
        "persons": {"anna": Person("anna", "Anna")},
        "ties": {"tie": Tie("tie", "Employment", "anna", "Tie", unit="low")},
        "types": {"kle": KLE, "unit": UNIT, "level": LEVEL},
        "system_roles": {"s": S, "x": X},
        "job_function_roles": {"bundle": BUNDLE, "inner": INNER},
        "includes": {"bundle": ("inner",), "inner": ("s",)},
        "settings": {each.uuid: each for each in settings},
        "grants": {"g": GRANT},
    }
    return OrganisationOnDay(date(2026, 6, 15), **{**told, **more})


def left_open(**more: Any) -> Setting:
    """Of the inner role's limit of units, approved by somebody else."""
    asked = Setting("open", "inner", "unit", unlimited=True, approved_by="eva", **more)
    return replace(asked, approved_content=Evaluation(town(asked)).approvals.content_of_open(asked).text())


def of(organisation: OrganisationOnDay) -> Rights:
    return Evaluation(organisation).of("anna")


@pytest.mark.parametrize("system_role", [None, "s"])
def test_a_limit_of_a_bundle_that_its_own_system_roles_do_not_take_takes_all_of_it_away(
    system_role: str | None,
) -> None:
    assert [each.right.key for each in of(town()).held] == ["inner"]
    organisation = town(Setting("set", "bundle", "unit", system_role, derived="unit"))
    rights = of(organisation)
    assert (rights.held, [each.reason for each in rights.omitted]) == ((), ["invalid_value"])
    assert "none of its own system roles takes" in rights.omitted[0].text
    assert [each.about.title for each in review(Evaluation(organisation)) if each.finding == "invalid"] == ["bundle"]


def test_who_holds_a_bundle_of_bundles_holds_all_that_is_left_of_it() -> None:
    work = Evaluation(town())
    for right in ("bundle", "inner", "s"):
        assert [each.right.key for each in holders(work, right)] == ["inner"]
        assert members(work, [right]) == {right: {"tie"}}
        assert why_not(work, "anna", right)[0].step == "held"
    found = [(each.finding, each.about.title) for each in review(work) if each.finding in ("invalid", "unreachable")]
    assert found == [("unreachable", "X")]


def test_what_is_lost_of_a_bundle_is_held_by_nobody_and_meets_nothing() -> None:
    limited = replace(S, optional=(), required=(KLE,))
    parts = {
        "system_roles": {"s": limited, "x": X},
        "includes": {"bundle": ("inner", "x"), "inner": ("s",)},
        "conflicts": {"c": Conflict("c", "s", "x", "Apart")},
    }
    work = Evaluation(town(Setting("set", "inner", "kle", derived="kle_performs"), **parts))
    rights = work.of("anna")
    assert [each.right.key for each in rights.held] == ["bundle"], "x is left, and no conflict is met"
    assert [(each.right.key, each.reason) for each in rights.omitted] == [("inner", "empty")]
    for right in ("inner", "s"):
        assert [*holders(work, right)] == []
        assert members(work, [right]) == {right: set()}
        assert [each.step for each in why_not(work, "anna", right)] == ["left_out"]


def test_an_exception_by_unit_holds_for_a_role_that_is_held_for_another_unit() -> None:
    grant = Grant("g", "s", (Thing("Role", "r"),), exceptions=(Thing("Unit", "low"),))
    role = {
        "roles": {"r": Role("r", "r", "R")},
        "assignments": {"a": Assignment("a", "tie", "r", (Place("b"),))},
    }
    assert of(town(grants={"g": grant}, **role)).held == ()
    elsewhere = replace(grant, exceptions=(Thing("Unit", "top"),))
    assert [each.right.key for each in of(town(grants={"g": elsewhere}, **role)).held] == ["s"]


def test_a_unit_that_closes_raises_no_level() -> None:
    role = replace(S, optional=(), required=(LEVEL,))
    grant = Grant("g", "inner", (Thing("Employment", "tie"),), sensitivity="L3")
    told: dict[str, Any] = {"system_roles": {"s": role}, "includes": {"inner": ("s",)}, "grants": {"g": grant}}
    level = Setting("set", "inner", "level", derived="sensitivity_of_role")

    def levels(**unit: Any) -> list[tuple[str, ...]]:
        low = Unit("low", "Low", parent="top", sensitivity="L1", **unit)
        held = of(town(level, **told, units={"top": Unit("top"), "low": low})).held
        return [limit.wire for each in held for included in each.included for limit in included.limits]

    assert (levels(), levels(active=False)) == ([("1",)], [])


@pytest.mark.parametrize(
    ("setting", "wire"),
    [
        ({"fixed": ("b",), "derived": "unit_and_below"}, None),
        ({"fixed": ("b",), "unlimited": True}, None),
        ({"derived": "unit", "unlimited": True}, None),
        ({"fixed": ("b", "low"), "excluded": ("b",)}, ("low",)),
        ({"fixed": ("b", "low"), "excluded": ("top",)}, ("b",)),
        ({"derived": "unit_and_below", "excluded": ("top",)}, None),
        ({"derived": "unit_and_below"}, ("low",)),
    ],
    ids=str,
)
def test_the_narrower_half_of_a_contradiction_wins(setting: dict[str, Any], wire: tuple[str, ...] | None) -> None:
    held = of(town(Setting("set", "inner", "unit", **setting))).held
    assert [limit.wire for each in held for included in each.included for limit in included.limits] == (
        [] if wire is None else [wire]
    )


def test_a_right_of_the_person_is_held_where_the_person_works() -> None:
    grant = Grant("g", "s", (Thing("Person", "anna"),), for_unit="b")
    work = Evaluation(town(grants={"g": grant}))
    (held,) = work.of("anna").held
    assert [is_in(work, held, frozenset({unit})) for unit in ("b", "top", "low")] == [True] * 3
    assert [each.right.key for each in holders(work, "s", "top")] == ["s"]


def test_an_optional_limit_that_ends_gives_nobody_more() -> None:
    for ended in (("inner", None, "unit"), ("inner", "s", "unit"), ("g", None, "unit")):
        (left_out,) = of(town(ended=frozenset({ended}))).omitted
        assert (left_out.reason, "has ended" in left_out.text) == ("mandatory_not_configured", True)
    ended_one = frozenset({("inner", None, "unit")})
    assert len(of(town(left_open(), ended=ended_one)).held) == 1
    assert len(of(town(ended=frozenset({("inner", "x", "unit")}))).held) == 1


def test_what_a_grant_is_about_does_not_give_to_everyone_in_a_unit() -> None:
    about = (Responsibility("KleNode", "k27", "27"),)
    grant = Grant("g", "s", (Thing("Unit", "low"), Thing("Role", "r")), about=about, covered=(frozenset({"k27"}),))
    role = {
        "roles": {"r": Role("r", "r", "R")},
        "assignments": {"a": Assignment("a", "tie", "r", (Place("b"),), about)},
    }
    rights = of(town(grants={"g": grant}, **role))
    assert [each.assignment and each.assignment.uuid for each in rights.held] == ["a"]
    assert [(each.reason, "give it to a role" in each.text) for each in rights.omitted] == [("invalid_value", True)]


def test_what_a_role_is_about_gives_nothing_once_it_has_ended() -> None:
    ended = (Responsibility("KleNode", "k27", "27", active=False), Responsibility("KleNode", "k28", "28"))
    role = replace(S, optional=(), required=(KLE,))
    more = {
        "system_roles": {"s": role},
        "includes": {"inner": ("s",)},
        "grants": {"g": Grant("g", "inner", (Thing("Role", "r"),))},
        "roles": {"r": Role("r", "r", "R")},
        "assignments": {"a": Assignment("a", "tie", "r", (Place("b"),), ended)},
        "kle": frozenset({"27", "28"}),
    }
    (held,) = of(town(Setting("set", "inner", "kle", derived="kle_of_responsibility"), **more)).held
    assert held.included[0].limits[0].wire == ("28.*",)


def test_why_not_says_that_the_unit_of_the_role_is_closed() -> None:
    closed = Evaluation(
        town(
            units={"low": Unit("low", "Low"), "b": Unit("b", "B", active=False)},
            grants={"g": Grant("g", "s", (Thing("Role", "r"),), title="Grant")},
            roles={"r": Role("r", "r", "R")},
            assignments={"a": Assignment("a", "tie", "r", (Place("b"),))},
        )
    )
    (missing,) = why_not(closed, "anna", "s")
    assert (missing.step, missing.text) == ("condition", "Grant reaches the person, but B is closed")


def test_a_right_that_ends_because_its_role_does_is_reviewed_in_time() -> None:
    later = replace(town(job_function_roles={"bundle": BUNDLE}), at=date(2026, 8, 14))
    found = review(Evaluation(town()), Evaluation(later))
    assert [(each.about.uuid, each.text) for each in found if each.finding == "ending"] == [
        ("g", "inner, or a part of it, ends by 2026-08-14")
    ]
    assert not any(each.finding == "ending" for each in review(Evaluation(town()), Evaluation(town())))


@pytest.mark.parametrize("gone", ["low", "unheard_of"])
def test_a_grant_whose_units_are_closed_or_unknown_gives_nothing_and_is_shown(gone: str) -> None:
    """Anna works in Low still. The grant only holds in a unit that is closed, or that nobody knows."""
    units = {**town().units, "low": Unit("low", "Low", parent="top", active=gone != "low")}
    name = units[gone].name if gone in units else gone

    def invalid(*within: str) -> tuple[int, list[tuple[str, str]]]:
        work = Evaluation(town(units=units, grants={"g": replace(GRANT, within_units=within, inherit=True)}))
        found = [(each.about.uuid, each.text) for each in review(work) if each.finding == "invalid"]
        return len(work.of("anna").held), found

    assert invalid(gone) == (0, [("g", f"{name}, in which it only holds, is closed, so it gives nothing")])
    if gone == "unheard_of":
        assert invalid("top", gone) == (1, [("g", f"{name}, in which it only holds, is closed, and is left out")])
        assert invalid("top") == (1, [])
