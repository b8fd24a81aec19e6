"""A limit or an exception that somebody meant never comes to nothing in silence: it holds, or the right is left out."""

from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from graph.model.derived_kinds import NotDerivable, derivation
from graph.questions.rights.at_kombit import AtKombit
from graph.questions.rights.evaluate import Evaluation, evaluate
from graph.questions.rights.held import ConstraintType, ItSystem, JobFunctionRole, Rights, SystemRole, Thing
from graph.questions.rights.kombit_content import ContentAtKombit, LimitAtKombit, beyond
from graph.questions.rights.organisation import (
    Assignment,
    Grant,
    Mark,
    OrganisationOnDay,
    Person,
    Place,
    Position,
    Role,
    Setting,
    Tie,
    Unit,
)  # fmt: skip
from graph.questions.rights.review import review
from idp.claims.oio_bpp import Receiver, privileges

KLE = ConstraintType("kle", "kle", "KLE", "urn:kle", "kle", "multi")
UNIT = ConstraintType("unit", "unit", "Unit", "urn:unit", "unit", "multi")
SYSTEM = ItSystem("sys", "sys", "System")
READ, NOTE = (SystemRole(each, each, each, f"urn:{each}", SYSTEM, required=(KLE,)) for each in ("read", "note"))
JOB = JobFunctionRole("job", "job", "Job", "urn:job")
AT_KOMBIT = AtKombit(frozenset({(None, "urn:job")}))
WITH_GRANT = Setting("s", "job", "kle", derived="assignment_value")
GRANT = Grant("g", "job", (Thing("Employment", "tie"),))


def town(*settings: Setting, grant: Grant = GRANT, **more: Any) -> OrganisationOnDay:
    told: dict[str, Any] = {
        "units": {"top": Unit("top", "Top"), "low": Unit("low", "Low", parent="top")},
        "persons": {"anna": Person("anna", "Anna")},
        "ties": {"tie": Tie("tie", "Employment", "anna", "Tie", unit="low", position="cook")},
        "positions": {"cook": Position("cook", "Cook")},
        "types": {"kle": KLE, "unit": UNIT},
        "system_roles": {"read": READ, "note": NOTE},
        "job_function_roles": {"job": JOB},
        "includes": {"job": ("note", "read")},
        "settings": {each.uuid: each for each in settings},
        "grants": {grant.uuid: grant},
    }
    return OrganisationOnDay(date(2026, 6, 15), **{**told, **more})


@pytest.mark.parametrize("out", ["low", "top"])
def test_a_fixed_unit_that_is_left_out_is_beyond_at_kombit(out: str) -> None:
    of_units = replace(READ, required=(UNIT,))
    fixed = Setting("s", "job", "unit", fixed=("Top", "LOW", "other"), excluded=(out,))
    units = {each: Unit(each, each, parent=above) for each, above in (("top", None), ("low", "top"), ("other", None))}
    given = town(fixed, units=units, system_roles={"read": of_units}, includes={"job": ("read",)})
    (held,) = evaluate(given, "anna").held
    for values, is_beyond in (("other", False), ("top,low,other", True), (f"{out},other", True)):
        there = ContentAtKombit(frozenset({"urn:read"}), {("urn:read", "urn:unit"): LimitAtKombit(values)})
        assert (beyond(held.included, there) is not None) is is_beyond


def test_what_a_grant_sets_for_one_system_role_is_not_another_ones() -> None:
    read = Setting("g_read", "g", "kle", "read", fixed=("15",))
    note = Setting("g_note", "g", "kle", "note", fixed=("27",))
    for both in ((read, note), (note, read)):
        held = evaluate(town(WITH_GRANT, *both), "anna").held[0]
        assert {each.system_role.key: each.limits[0].wire for each in held.included} == {
            "read": ("15.*",),
            "note": ("27.*",),
        }
    assert [each.reason for each in evaluate(town(WITH_GRANT, read), "anna").omitted] == ["empty"]


def test_kombit_is_not_told_of_a_limit_that_only_the_grant_sets() -> None:
    """It would drop a parameter that it does not know, and with it the limit: the role is left out instead."""
    of_grant = (
        Setting("s", "g", "kle", fixed=("15",)),
        Setting("s", "g", "kle", derived="kle_performs", parameter="urn:parameter"),
    )
    units = {"low": Unit("low", "Low", performs=(Mark("m", "15"),))}
    for setting in of_grant:
        organisation = town(setting, units=units)
        (held,) = evaluate(organisation, "anna").held
        (limit,) = held.included[0].limits
        assert (limit.wire, limit.dynamic, limit.parameter) == (("15.*",), True, None)
        left_out = privileges(Rights((held,)), Receiver("kombit", "12345678"))
        assert left_out.xml is None
        assert [each.reason for each in left_out.omitted] == ["not_deliverable"]
        assert privileges(Rights((held,)), Receiver("system", "12345678", "sys")).xml is not None
        found = review(Evaluation(organisation), at_kombit=AT_KOMBIT)
        assert [each.about.uuid for each in found if "logins leave" in each.text] == ["g"]
        assert not any("logins leave" in each.text for each in review(Evaluation(organisation)))
    on_role = town(replace(WITH_GRANT, parameter="urn:parameter"), Setting("g_s", "g", "kle", fixed=("15",)))
    sent = privileges(evaluate(on_role, "anna"), Receiver("kombit", "12345678"))
    assert 'Name="urn:parameter">15.*<' in (sent.xml or "")
    assert not any("logins leave" in each.text for each in review(Evaluation(on_role), at_kombit=AT_KOMBIT))


@pytest.mark.parametrize(
    ("settings", "more", "reason", "text"),
    [
        ((Setting("a", "job", "kle", fixed=("15",)), Setting("b", "g", "unit", fixed=("low",))), {},
         "invalid_value", "it is limited by Unit, which none"),
        ((Setting("a", "job", "kle", fixed=("15",)), Setting("b", "job", "unit", derived="unit")), {},
         "invalid_value", "it is limited by Unit, which none"),
        ((Setting("a", "job", "kle", fixed=("15",)), Setting("b", "job", "kle", fixed=("*",))), {},
         "invalid_value", "KLE is set twice"),
        ((Setting("a", "job", "kle", fixed=("15",)),),
         {"types": {}, "system_roles": {"read": replace(READ, required=()), "note": replace(NOTE, required=())}},
         "invalid_value", "a constraint type that limits it has ended"),
        ((Setting("a", "job", "kle", "read", fixed=("15",)),), {"system_roles": {}},
         "system_blocked", "the rights that it includes have ended"),
    ],
    ids=["grant's, taken by none", "role's, taken by none", "twice", "type ended", "system roles ended"],
)  # fmt: skip
def test_a_limit_that_would_limit_nothing_takes_the_right_away(
    settings: tuple[Setting, ...], more: dict[str, Any], reason: str, text: str
) -> None:
    organisation = town(*settings, **more)
    rights = evaluate(organisation, "anna")
    assert rights.held == ()
    assert [(each.reason, text in each.text) for each in rights.omitted] == [(reason, True)]
    assert any(each.finding == "invalid" and text in each.text for each in review(Evaluation(organisation)))


def test_a_setting_left_over_for_a_system_role_that_is_not_included_any_more_is_no_harm() -> None:
    left_over = Setting("b", "job", "unit", "note", derived="unit")
    rights = evaluate(town(Setting("a", "job", "kle", fixed=("15",)), left_over, includes={"job": ("read",)}), "anna")
    assert [each.right.key for each in rights.held] == ["job"]


EXCEPTIONS = [
    Thing("Position", "cook"), Thing("Employment", "tie"), Thing("Unit", "low"), Thing("Role", "boss"),
    Thing("Person", "anna"),
]  # fmt: skip


@pytest.mark.parametrize("exception", EXCEPTIONS, ids=lambda each: each.kind)
@pytest.mark.parametrize(
    "grant",
    [Grant("g", "job", (Thing("Person", "anna"),), for_unit="top"), Grant("g", "job", (Thing("Role", "member"),))],
    ids=["to the person, for a unit", "to a role that the person has without employment"],
)
def test_an_exception_holds_also_where_the_grant_goes_through_no_employment(grant: Grant, exception: Thing) -> None:
    more: dict[str, Any] = {
        "roles": {"boss": Role("boss", "boss"), "member": Role("member", "member")},
        "assignments": {
            "a": Assignment("a", "tie", "boss", (Place("low"),)),
            "b": Assignment("b", "anna", "member", (Place("top"),)),
        },
    }
    limited = Setting("a", "job", "kle", fixed=("15",))
    assert evaluate(town(limited, grant=grant, **more), "anna").held
    assert not evaluate(town(limited, grant=replace(grant, exceptions=(exception,)), **more), "anna").held


def test_a_level_that_no_number_can_hold_is_refused_when_it_is_stated() -> None:
    with pytest.raises(NotDerivable, match="999"):
        derivation(f"unit_at_level({'1' * 5000})")
    assert derivation("unit_at_level(3)").number == 3


def test_the_review_lists_a_role_that_gives_more_at_kombit() -> None:
    """Logins leave it out (kombit_access.md §3: rule 21): found before anybody asks why they can't get in."""
    organisation = town(Setting("role", "job", "kle", fixed=("15",)))
    content = ContentAtKombit(frozenset({"urn:read", "urn:note"}), {("urn:read", "urn:kle"): LimitAtKombit("15.*")})
    found = review(Evaluation(organisation), at_kombit=AtKombit(frozenset({(None, "urn:job")}), {"urn:job": content}))
    (one,) = [each for each in found if "logins leave it out" in each.text]
    assert (one.finding, one.about.uuid) == ("invalid", "job")
    assert one.text.startswith("1 person holds it") and "KLE of note is limited here, and not at KOMBIT" in one.text
    limits = {(f"urn:{each}", "urn:kle"): LimitAtKombit("15.*") for each in ("read", "note")}
    same = AtKombit(frozenset({(None, "urn:job")}), {"urn:job": ContentAtKombit(content.system_roles, limits)})
    assert not any("logins" in each.text for each in review(Evaluation(organisation), at_kombit=same))
