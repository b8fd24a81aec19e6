"""whyNot for each kind of failing condition: where the way to the right ends, and what would give it."""

from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from graph.questions.rights.evaluate import Evaluation
from graph.questions.rights.held import ConstraintType, Thing
from graph.questions.rights.organisation import (
    Assignment,
    Conflict,
    Days,
    Grant,
    OrganisationOnDay,
    Person,
    Place,
    Position,
    Responsibility,
    Role,
    Setting,
    Tie,
    Unit,
)  # fmt: skip
from graph.questions.rights.why_not import Missing, why_not
from tests.graph.questions.rights.test_widening import GRANT, SYSTEM, UNIT, S, X, town

WORKER = Role("worker", "worker", "Sagsbehandler")
TO_ROLE = replace(GRANT, given_to=(Thing("Role", "worker", "Sagsbehandler"),))
AT_LOW = Assignment("a", "tie", "worker", (Place("low"),))
LISTED = ConstraintType("unit", "unit", "Unit", "urn:unit", "text", "multi", values=(("N", "North"),))
IT = Responsibility("ItSystem", "it", "sapa", "SAPA")


def needs(type_: ConstraintType = UNIT, **more: Any) -> dict[str, Any]:
    """A system role that requires the type."""
    return {"system_roles": {"s": replace(S, required=(type_,), optional=()), "x": X}, "types": {"unit": type_}, **more}


def granted(grant: Grant, **more: Any) -> dict[str, Any]:
    return {"grants": {"g": grant}, **more}


def to(kind: str, uuid: str, title: str, **more: Any) -> dict[str, Any]:
    return granted(replace(GRANT, given_to=(Thing(kind, uuid, title),), **more))


def nearest(organisation: OrganisationOnDay, right: str = "s") -> Missing:
    return why_not(Evaluation(organisation), "anna", right)[0]


LEFT_OUT: dict[str, tuple[tuple[Setting, ...], dict[str, Any], str, str]] = {
    "empty": (
        (Setting("set", "inner", "unit", derived="managed_units"),), {},
        "Unit comes to nothing", "the role manager for a unit, or to stand in for a manager",
    ),
    "mandatory_not_configured": ((), needs(), "Unit is required, and no limit is set for it", "a limit of Unit"),
    "invalid_value": (
        (Setting("set", "inner", "unit", fixed=("S",)),), needs(LISTED), "S is not allowed", "another limit of Unit",
    ),
    "system_blocked": (
        (), {"system_roles": {"s": replace(S, system=replace(SYSTEM, blocked=True))}}, "System is blocked",
        "a system that is not blocked, with rights that are in force",
    ),
    "conflict": (
        (), {"conflicts": {"c": Conflict("c", "s", "x", "Two hands")}, "system_roles": {"s": S, "x": X},
             "grants": {"g": GRANT, "h": Grant("h", "x", (Thing("Person", "anna"),))}},
        "Two hands keeps rights apart",
        "the end of one of the two rights, or an exception that another person approves",
    ),
    "not_approved": (
        (), {"system_roles": {"s": replace(S, sensitive=True)}}, "its grant is not approved",
        "an approval by another person",
    ),
}  # fmt: skip


@pytest.mark.parametrize(("settings", "more", "text", "remedy"), LEFT_OUT.values(), ids=LEFT_OUT)
def test_granted_and_left_out(settings: tuple[Setting, ...], more: dict[str, Any], text: str, remedy: str) -> None:
    organisation = town(*settings, **more)
    found = nearest(organisation)
    assert (found.step, found.remedy) == ("left_out", remedy)
    assert found.text.startswith("granted by ") and text in found.text
    reasons = {each.reason for each in Evaluation(organisation).of("anna").omitted}
    assert reasons == {next(name for name, case in LEFT_OUT.items() if case[3] == remedy)}


CONDITIONS: dict[str, tuple[dict[str, Any], str, str]] = {
    "exception": (
        granted(replace(GRANT, exceptions=(Thing("Unit", "low", "Low"),))), "the grant leaves out Low",
        "an end of the exception",
    ),
    "within": (
        granted(replace(GRANT, within_units=("b",))), "the grant only holds in B",
        "work, or a role, in one of these units",
    ),
    "responsibility": (
        granted(
            replace(TO_ROLE, about=(IT,), covered=(frozenset({"it"}),)), roles={"worker": WORKER},
            assignments={"a": AT_LOW},
        ),
        "the role must be held for SAPA", "the responsibility, on the role",
    ),
    "condition": (
        granted(replace(GRANT, condition="employment.type == 'hourly'"),
                ties={"tie": Tie("tie", "Employment", "anna", unit="low", values={"type": "monthly_full"})}),
        "the condition does not hold: employment.type == 'hourly'", "facts for which the condition holds",
    ),
    "condition_failed": (
        granted(replace(GRANT, condition="employment.weekly_hours > 10.0"),
                ties={"tie": Tie("tie", "Employment", "anna", unit="low", values={"weekly_hours": "ten"})}),
        "the condition could not be worked out", "a condition that can be worked out, or the value that it lacks",
    ),
    "closed unit": (
        granted(
            TO_ROLE, roles={"worker": WORKER}, assignments={"a": AT_LOW},
            units={"top": Unit("top", "Top"), "low": Unit("low", "Low", parent="top", active=False)},
        ),
        "Low is closed", "the role for a unit that is open",
    ),
}  # fmt: skip


@pytest.mark.parametrize(("more", "text", "remedy"), CONDITIONS.values(), ids=CONDITIONS)
def test_reached_by_a_grant_whose_condition_fails(more: dict[str, Any], text: str, remedy: str) -> None:
    found = nearest(town(**more))
    assert (found.step, found.remedy) == ("condition", remedy)
    assert " reaches the person, but " in found.text and text in found.text


GRANTEES: dict[str, tuple[dict[str, Any], str]] = {
    "role": (granted(TO_ROLE, roles={"worker": WORKER}), "the role Sagsbehandler for a unit"),
    "unit": (to("Unit", "b", "B"), "work in B"),
    "unit and below": (to("Unit", "b", "B", inherit=True), "work in B or below"),
    "unit above, without those below": (to("Unit", "top", "Top"), "work in Top"),
    "position": (
        {**to("Position", "clerk", "Clerk"), "positions": {"clerk": Position("clerk", "Clerk")}}, "the position Clerk",
    ),
    "category": (to("PositionCategory", "office", "Office"), "a position within Office"),
    "person": (to("Person", "bo", "Bo"), "to be the Person Bo"),
    "employment": (to("Employment", "other", "Other"), "to be the Employment Other"),
}  # fmt: skip


@pytest.mark.parametrize(("more", "remedy"), GRANTEES.values(), ids=GRANTEES)
def test_not_among_those_whom_the_grant_names(more: dict[str, Any], remedy: str) -> None:
    found = nearest(town(**more))
    assert (found.step, found.remedy) == ("grantee", remedy)
    assert found.text == "g does not name the person" and found.grant is not None


@pytest.mark.parametrize(
    ("more", "text", "remedy"),
    [
        ({"persons": {}}, "the person is not alive on the day, or not known", ""),
        ({"persons": {"anna": Person("anna", stopped=True)}}, "all rights of the person are stopped", "end the stop"),
        (
            {"ties": {}},
            "the person has no employment, affiliation or role on the day",
            "an employment or affiliation that is in force",
        ),
    ],
    ids=["not alive", "stopped", "not here"],
)
def test_about_the_person(more: dict[str, Any], text: str, remedy: str) -> None:
    found = nearest(town(**more))
    assert (found.step, found.text, found.remedy) == ("person", text, remedy)


def test_nothing_grants_it_or_it_does_not_exist() -> None:
    found = nearest(town(), "x")
    assert (found.step, found.text, found.remedy) == ("no_grant", "nothing grants X on the day", "a grant that gives X")
    found = nearest(town(system_roles={"s": S}), "x")
    assert (found.step, found.text) == ("no_grant", "the right does not exist on the day")


def test_a_request_waits_and_a_later_day_gives_it() -> None:
    asked = replace(GRANT, uuid="r", gives="x", kind="RightsRequest", title="asked for by Bo")
    organisation = town(waiting={"r": asked})
    found = nearest(organisation, "x")
    assert (found.step, found.remedy) == ("requested", "an approval of the request")
    day = date(2026, 8, 1)
    later = replace(
        organisation, at=day, grants={**organisation.grants, "h": replace(GRANT, uuid="h", gives="x", days=Days(day))}
    )
    steps = [(each.step, each.remedy) for each in why_not(Evaluation(organisation), "anna", "x", [Evaluation(later)])]
    assert steps[0] == ("begins", "to wait until 2026-08-01") and ("requested", found.remedy) in steps
