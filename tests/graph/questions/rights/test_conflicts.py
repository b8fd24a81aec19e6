"""Separation of duties and approvals of sensitive rights, on the evaluator alone."""

import gc
from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from graph.questions.rights.building import _exempted
from graph.questions.rights.conflicts import overlap
from graph.questions.rights.evaluate import Evaluation
from graph.questions.rights.held import (
    ConstraintType,
    IncludedRight,
    ItSystem,
    JobFunctionRole,
    Level,
    Limit,
    LimitValue,
    Rights,
    SystemRole,
    Thing,
)
from graph.questions.rights.organisation import (
    Conflict,
    Days,
    Exempted,
    Grant,
    OrganisationOnDay,
    Person,
    Setting,
    Tie,
    Unit,
)  # fmt: skip
from graph.questions.rights.review import review
from graph.questions.rights.why_not import why_not

DAY = date(2026, 6, 15)
KLE = ConstraintType("kle", "kle", "KLE", "urn:kle", "kle", "multi")
LEVEL = ConstraintType("level", "level", "Level", "urn:l", "sensitivity", "single", levels=(Level("LOW", "1"),))
PAY = ItSystem("pay", "pay", "Løn")
MAKE = SystemRole("make", "make", "Opret", "urn:make", PAY)
RELEASE = SystemRole("release", "release", "Godkend", "urn:release", PAY)
CLERK = JobFunctionRole("clerk", "clerk", "Lønbogholder", "urn:clerk")
CHIEF = JobFunctionRole("chief", "chief", "Lønchef", "urn:chief")
BUNDLE = JobFunctionRole("bundle", "bundle", "Pakke", "urn:bundle")


def organisation(**more: Any) -> OrganisationOnDay:
    """Anna is granted both roles, Bo only the first."""
    given: dict[str, Any] = {
        "units": {"u": Unit("u", "Løn")},
        "persons": {"anna": Person("anna", "Anna"), "bo": Person("bo", "Bo")},
        "ties": {
            "e_anna": Tie("e_anna", "Employment", "anna", "Assistent", unit="u"),
            "e_bo": Tie("e_bo", "Employment", "bo", "Assistent", unit="u"),
        },
        "grants": {
            "g_clerk": Grant("g_clerk", "clerk", (Thing("Unit", "u"),), title="Bogholdere"),
            "g_chief": Grant("g_chief", "chief", (Thing("Employment", "e_anna"),), title="Chefer"),
        },
        "system_roles": {"make": MAKE, "release": RELEASE},
        "job_function_roles": {"clerk": CLERK, "chief": CHIEF},
        "includes": {"clerk": ("make",), "chief": ("release",)},
        "conflicts": {"c": Conflict("c", "make", "release", "Opret og godkend")},
    }
    return OrganisationOnDay(DAY, **{**given, **more})


def of(person: str, **more: Any) -> Rights:
    return Evaluation(organisation(**more)).of(person)


def keys(rights: Rights) -> list[str]:
    return sorted(each.right.key for each in rights.held)


def exempted(**more: Any) -> dict[str, Exempted]:
    told = {"text": "an exception", "decided_by": "bo", "days": Days(date(2026, 6, 1), date(2026, 7, 1)), **more}
    return {"x": Exempted("x", "c", told.pop("subject", "anna"), **told)}


def approvable() -> dict[str, Conflict]:
    return {"c": replace(organisation().conflicts["c"], mode="approve")}


def test_neither_side_of_a_conflict_is_held_and_each_says_why() -> None:
    rights = of("anna")
    assert rights.held == ()
    assert [(each.right.key, each.reason, each.conflict and each.conflict.uuid) for each in rights.omitted] == [
        ("chief", "conflict", "c"),
        ("clerk", "conflict", "c"),
    ]
    assert rights.omitted[0].text == (
        "Opret og godkend keeps rights apart, and Lønbogholder is held as well: one of the two must go"
    )
    assert keys(of("bo")) == ["clerk"]
    (missing,) = [each for each in why_not(Evaluation(organisation()), "anna", "release") if each.step == "left_out"]
    assert "Lønbogholder is held as well" in missing.text


@pytest.mark.parametrize(
    ("sides", "held"),
    [
        (("clerk", "chief"), []),
        (("clerk", "release"), []),
        (("bundle", "release"), []),
        (("make", "elsewhere"), ["chief", "clerk"]),
    ],
)
def test_a_side_is_a_system_role_a_job_function_role_or_a_bundle(sides: tuple[str, str], held: list[str]) -> None:
    work = organisation(conflicts={"c": Conflict("c", *sides)})
    grants = {**work.grants, "g_clerk": replace(work.grants["g_clerk"], gives="bundle")}
    work = replace(
        work,
        grants=grants,
        job_function_roles={**work.job_function_roles, "bundle": BUNDLE},
        includes={**work.includes, "bundle": ("clerk",)},
    )
    assert keys(Evaluation(work).of("anna")) == held


def test_an_approved_exception_lets_both_be_held_until_its_end() -> None:
    rights = of("anna", conflicts=approvable(), exempted=exempted())
    assert keys(rights) == ["chief", "clerk"]
    assert {each.until for each in rights.held} == {date(2026, 7, 1)}
    assert {each.why[-1].text for each in rights.held} == {"an exception"}


@pytest.mark.parametrize(
    "wrong",
    [
        {"decided_by": "anna"},
        {"decided_by": None},
        {"days": Days(date(2026, 6, 1), None)},
        {"subject": "bo"},
        {"subject": "e_bo"},
    ],
    ids=str,
)
def test_what_is_not_an_exception(wrong: dict[str, Any]) -> None:
    assert keys(of("anna", conflicts=approvable(), exempted=exempted(**wrong))) == []


def test_a_conflict_that_refuses_has_no_exceptions() -> None:
    assert keys(of("anna", exempted=exempted())) == []


def limited(clerk: list[str], chief: list[str], type_: ConstraintType = KLE) -> OrganisationOnDay:
    work = organisation(conflicts={"c": Conflict("c", "make", "release", scope="overlap")}, types={type_.uuid: type_})
    roles = {each.uuid: replace(each, required=(type_,)) for each in (MAKE, RELEASE)}
    settings = {
        "s_clerk": Setting("s_clerk", "clerk", type_.uuid, "make", fixed=tuple(clerk)),
        "s_chief": Setting("s_chief", "chief", type_.uuid, "release", fixed=tuple(chief)),
    }
    return replace(work, system_roles=roles, settings=settings)


@pytest.mark.parametrize(
    ("clerk", "chief", "held"),
    [
        (["27"], ["32"], ["chief", "clerk"]),
        (["27"], ["27.24.03"], []),
        (["27.24.03"], ["15", "27.24"], []),
        (["15.20"], ["15.22"], ["chief", "clerk"]),
        (["*"], ["32"], []),
    ],
)
def test_limits_that_do_not_overlap_do_not_meet(clerk: list[str], chief: list[str], held: list[str]) -> None:
    assert keys(Evaluation(limited(clerk, chief)).of("anna")) == held


def test_levels_keep_nothing_apart() -> None:
    assert keys(Evaluation(limited(["LOW"], ["LOW"], LEVEL)).of("anna")) == []


def test_a_right_meets_itself_where_two_holdings_overlap() -> None:
    work = organisation(conflicts={"c": Conflict("c", "make", "make", scope="overlap")})
    assert keys(Evaluation(work).of("anna")) == ["chief", "clerk"]
    twice = {**work.grants, "again": Grant("again", "make", (Thing("Employment", "e_anna"),))}
    assert keys(Evaluation(replace(work, grants=twice)).of("anna")) == ["chief"]


def test_review_lists_conflicts_and_exceptions_that_end() -> None:
    found = review(Evaluation(organisation()))
    assert [(each.about.title, each.person and each.person.title) for each in found if each.finding == "conflict"] == [
        ("Opret og godkend", "Anna")
    ]
    found = review(Evaluation(organisation(conflicts=approvable(), exempted=exempted())))
    assert {(each.about.kind, each.until) for each in found if each.finding in ("conflict", "ending")} == {
        ("RightsConflict", date(2026, 7, 1)), ("RightsRequest", date(2026, 7, 1)), ("Grant", date(2026, 7, 1)),
    }  # fmt: skip


# -- sensitive rights --------------------------------------------------------------------------------------------------


def sensitive(**grant: Any) -> OrganisationOnDay:
    """``grant``: what the grant to the unit is, beside its content as it was approved."""
    work = organisation(conflicts={}, system_roles={"make": replace(MAKE, sensitive=True), "release": RELEASE})
    plain = work.grants["g_clerk"]
    approved = Evaluation(work).approvals.content(plain).text()
    changed = replace(plain, **{"approved_by": "eva", "approved_content": approved, **grant})
    return replace(work, grants={**work.grants, "g_clerk": changed})


def test_a_sensitive_right_counts_once_it_is_approved() -> None:
    assert keys(Evaluation(sensitive()).of("bo")) == ["clerk"]
    work = Evaluation(sensitive(approved_by=None))
    (left_out,) = work.of("bo").omitted
    assert (left_out.right.key, left_out.reason) == ("clerk", "not_approved")
    assert keys(work.of("anna")) == ["chief"]
    assert [each.about.title for each in review(work) if each.finding == "not_approved"] == ["Bogholdere"]


def test_nobody_gets_what_they_approved() -> None:
    work = Evaluation(sensitive(approved_by="bo"))
    assert (keys(work.of("bo")), keys(work.of("anna"))) == ([], ["chief", "clerk"])
    assert "another person must approve" in work.of("bo").omitted[0].text


@pytest.mark.parametrize(
    ("change", "counts"),
    [
        ({"title": "Nyt navn", "reason": "Ny"}, True),
        ({"exceptions": (Thing("Person", "anna"),)}, True),
        ({"days": Days(None, date(2027, 1, 1))}, True),
        ({"inherit": True}, False),
        ({"condition": "employment.type == 'hourly' || true"}, False),
        ({"given_to": (Thing("Unit", "u"), Thing("Person", "bo"))}, False),
        ({"within_units": ("u",)}, False),
        ({"for_unit": "u"}, False),
        ({"sensitivity": "HIGH"}, False),
    ],
    ids=str,
)
def test_what_gives_more_or_something_else_needs_a_new_approval(change: dict[str, Any], counts: bool) -> None:
    work = sensitive(**change)
    assert (Evaluation(work).approvals.wrong(work.grants["g_clerk"]) is None) is counts


def test_a_right_that_the_role_gets_later_is_not_approved() -> None:
    work = sensitive()
    more = replace(work, includes={**work.includes, "clerk": ("make", "release")})
    assert "1 more right" in (Evaluation(more).of("bo").omitted[0].text)
    limit = {"s": Setting("s", "clerk", "kle", "make", fixed=("27",))}
    assert Evaluation(replace(work, settings=limit, types={"kle": KLE})).of("bo").omitted[0].reason == "not_approved"


def test_an_approved_request_gives_no_more_than_was_approved() -> None:
    asked = Grant("q", "chief", (Thing("Employment", "e_bo"),), kind="RightsRequest", approved_by="eva")
    work = organisation(conflicts={}, grants={"q": asked})
    approved = replace(asked, approved_content=Evaluation(work).approvals.content(asked).text())
    work = replace(
        work, grants={"q": approved}, system_roles={**work.system_roles, "make": replace(MAKE, sensitive=True)}
    )
    assert keys(Evaluation(work).of("bo")) == ["chief"]
    wider = replace(work, includes={**work.includes, "chief": ("make", "release")})
    (left_out,) = Evaluation(wider).of("bo").omitted
    assert (left_out.reason, "ask for it again" in left_out.text) == ("not_approved", True)
    assert [each.about.kind for each in review(Evaluation(wider)) if each.finding == "not_approved"] == [
        "RightsRequest"
    ]
    unknown = replace(approved, approved_by=None)
    (left_out,) = Evaluation(replace(work, grants={"q": unknown})).of("bo").omitted
    assert "not known any more" in left_out.text


def test_an_evaluation_is_freed_with_its_last_use() -> None:
    """What refers to itself waits for Python's collector, which frees it with thousands of others in one long pause."""
    of("anna")
    gc.collect()
    gc.disable()
    try:
        assert of("anna").omitted
        assert gc.collect() == 0
    finally:
        gc.enable()


def test_an_exception_lasts_as_long_as_it_was_asked_for_and_no_longer_than_its_request() -> None:
    row = {
        "uuid": "x", "exception_to": "c", "kind": "RightsRequest", "values": {}, "people": [],
        "from": "2026-01-01", "to": "2026-05-01", "given_to": [["Person", "anna", "", "2026-03-01", "2026-06-01"]],
    }  # fmt: skip
    assert _exempted(row).days == Days(date(2026, 3, 1), date(2026, 5, 1))
    assert _exempted({**row, "to": None}).days == Days(date(2026, 3, 1), date(2026, 6, 1))


def test_levels_keep_nothing_apart_and_values_do() -> None:
    level = ConstraintType(
        "level", "level", "Level", "urn:level", "sensitivity", levels=(Level("L1", "1"), Level("L3", "3"))
    )
    role = SystemRole("s", "s", "S", "urn:s", ItSystem("sys", "sys", "System"))

    def part(type_: ConstraintType, value: str) -> list[IncludedRight]:
        return [IncludedRight(role, (Limit(type_, (LimitValue(value),)),))]

    assert overlap(part(level, "1"), part(level, "3")), "who may see 3 may see 1 too"
    plain = replace(level, content="text", levels=())
    assert not overlap(part(plain, "1"), part(plain, "3"))
