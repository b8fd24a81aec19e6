"""A limit that is left open on purpose counts once another person has approved it, exactly as it is."""

from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from graph.questions.rights.evaluate import Evaluation
from graph.questions.rights.held import Rights, Thing
from graph.questions.rights.organisation import Days, Grant, OrganisationOnDay, Person, Setting
from graph.questions.rights.review import review
from graph.questions.rights.why_not import why_not
from tests.graph.questions.rights.test_widening import GRANT, S, X, town

OPEN = Setting("open", "inner", "unit", unlimited=True, approved_by="eva")
WITH_GRANT = replace(OPEN, of="g")


def approved(setting: Setting, **more: Any) -> Setting:
    """Approved as it is in the town."""
    content = Evaluation(town(setting, **more)).approvals.content_of_open(setting).text()
    return replace(setting, approved_content=content)


def of(organisation: OrganisationOnDay, person: str = "anna") -> Rights:
    return Evaluation(organisation).of(person)


@pytest.mark.parametrize("setting", [OPEN, replace(OPEN, system_role="s"), WITH_GRANT], ids=["role", "part", "grant"])
def test_it_counts_once_it_is_approved(setting: Setting) -> None:
    (held,) = of(town(approved(setting))).held
    assert [limit.unlimited for limit in held.included[0].limits] == [True]
    for missing in (setting, replace(approved(setting), approved_by=None)):
        work = Evaluation(town(missing))
        (left_out,) = work.of("anna").omitted
        assert (left_out.reason, left_out.constraint and left_out.constraint.key) == ("not_approved", "unit")
        assert "approveUnlimited" in left_out.text
        assert [each.step for each in why_not(work, "anna", "s")] == ["left_out"]
        found = [each for each in review(work) if each.finding == "not_approved"]
        assert [each.about.kind for each in found] == ["Grant" if setting is WITH_GRANT else "JobFunctionRole"]


def test_nobody_gets_what_they_approved() -> None:
    (left_out,) = of(town(approved(replace(OPEN, approved_by="anna")))).omitted
    assert (left_out.reason, "right of their own" in left_out.text) == ("not_approved", True)


@pytest.mark.parametrize(
    ("setting", "change", "more", "counts"),
    [
        (OPEN, {"days": Days(None, date(2027, 1, 1))}, {}, True),
        (replace(OPEN, days=Days(None, date(2027, 1, 1))), {"days": Days()}, {}, False),
        (OPEN, {"system_role": "s"}, {}, False),
        (OPEN, {}, {"includes": {"bundle": ("inner",), "inner": ("s", "x")}}, False),
        (replace(OPEN, system_role="s"), {}, {"includes": {"bundle": ("inner",), "inner": ("s", "x")}}, True),
        (OPEN, {}, {"grants": {"g": replace(GRANT, inherit=True)}}, True),
        (WITH_GRANT, {}, {"grants": {"g": replace(GRANT, inherit=True)}}, False),
        (WITH_GRANT, {}, {"grants": {"g": replace(GRANT, given_to=(*GRANT.given_to, Thing("Unit", "b")))}}, False),
        (WITH_GRANT, {}, {"grants": {"g": replace(GRANT, exceptions=(Thing("Unit", "b"),))}}, True),
    ],
)
def test_what_leaves_more_open_needs_a_new_approval(
    setting: Setting, change: dict[str, Any], more: dict[str, Any], counts: bool
) -> None:
    organisation = town(replace(approved(setting), **change), **more)
    assert (Evaluation(organisation).approvals.lacking_of_open(organisation.settings["open"]) is None) is counts


def test_another_right_of_the_person_is_no_harm() -> None:
    more: dict[str, Any] = {
        "system_roles": {"s": S, "x": X},
        "persons": {"anna": Person("anna"), "eva": Person("eva")},
        "grants": {"g": GRANT, "h": Grant("h", "x", (Thing("Person", "anna"),))},
    }
    assert [each.right.key for each in of(town(OPEN, **more)).held] == ["x"]
