"""OIO-BPP documents: form, merging, sizes, and each pitfall of kombit_access.md §8 that is about them."""

import base64
import hashlib
import os
import subprocess
import sys
from dataclasses import replace
from typing import Any

import pytest

from graph.questions.rights.held import (
    ConstraintType,
    HeldRight,
    ItSystem,
    JobFunctionRole,
    Limit,
    LimitValue,
    SystemRole,
)
from idp.claims.oio_bpp import LARGE, LARGEST, NAMESPACES, DocumentTooLarge, Receiver
from idp.claims.oio_bpp_reader import read
from tests.docs.pages import ROOT
from tests.idp.claims.rights import ACCEPTANCE, CVR, LETTERS, LEVELS, OVERVIEW, TYPES, document, limit, parsed, right

KLE, SENSITIVITY, UNIT = (f"http://solbjerg.example/{each}/1/parametric" for each in ("kle", "sens", "unit"))
UNITS = tuple(f"10000000-0000-4000-8000-0000000000{number}" for number in (10, 11, 12))


def caseworker(kle: str, sensitivity: str = "", unit: str = "", **more: Any) -> HeldRight:
    """A role with up to three dynamic constraints, each given as its values with blanks between."""
    limits = [limit("kle", kle.split(), KLE)]
    limits += [limit("sensitivity", sensitivity.split(), SENSITIVITY)] if sensitivity else []
    limits += [limit("unit", unit.split(), UNIT)] if unit else []
    return right("caseworker", *limits, **more)


def constraints(*held: HeldRight, **receiver: Any) -> list[dict[str, str]]:
    """The constraints of each group, by their names."""
    made = document(*held, **receiver)
    return [dict(each) for _, _, each in parsed(made.xml or "<none/>")]


@pytest.mark.parametrize("case", [c for c in ACCEPTANCE["cases"] if c["expect"]["xml"]], ids=lambda case: case["id"])
def test_what_an_expected_document_means_is_written_as_these_bytes(case: dict[str, Any]) -> None:
    """The writer alone: the reader's groups, written again in another order."""
    expected = case["expect"]["xml"]
    held = []
    for scope, (privilege,), given in parsed(expected):
        limits = [limit("text" if "label" in name else "payout", text.split(","), name) for name, text in given]
        other = scope.rpartition(":")[2]
        delegated = None if other == CVR else other
        made = right("any", *limits, delegated_from_cvr=delegated)
        assert isinstance(made.right, JobFunctionRole)
        role = replace(made.right, uri=privilege)
        held.append(made._replace(right=role))
    made = document(*reversed(held), namespace=NAMESPACES[case["profile"]])
    assert made.xml == expected
    assert made.encoded is not None
    assert len(made.encoded) == case["expect"]["base64_length"]


def test_pitfall_1_a_limit_without_values_takes_the_role_away() -> None:
    made = document(caseworker("", employment="e2"), right("buildings"))
    assert [privilege for _, (privilege,), _ in parsed(made.xml or "")] == [
        "http://solbjerg.example/roles/jobrole/buildings/1"
    ]
    assert [(each.reason, each.constraint, each.subject.uuid) for each in made.omitted] == [
        ("empty", TYPES["kle"], "e2")
    ]


def test_pitfall_1_a_required_type_that_is_missing_takes_the_role_away() -> None:
    made = document(caseworker("27.*", required="kle unit"))
    assert made.xml is None
    assert [(each.reason, each.constraint) for each in made.omitted] == [("mandatory_not_configured", TYPES["unit"])]


def test_pitfall_1_a_required_type_is_not_left_open() -> None:
    open_ = right("caseworker", limit("unit", (), unlimited=True), required="unit")
    assert document(open_).xml is None
    assert document(open_, profile="system").xml is None


def test_pitfall_2_no_cross_product_over_two_employments() -> None:
    found = constraints(caseworker("27.*", unit=UNITS[0]), caseworker("32.*", unit=UNITS[1], employment="e2"))
    assert found == [{KLE: "27.*", UNIT: UNITS[0]}, {KLE: "32.*", UNIT: UNITS[1]}]


def test_pitfalls_3_and_4_kombit_gets_parameters_and_no_fixed_values() -> None:
    both = right("caseworker", limit("kle", ["27.*"], KLE), limit("sensitivity", LEVELS[:2]))
    assert constraints(both) == [{KLE: "27.*"}]
    assert constraints(both, profile="system") == [
        {TYPES["kle"].uri: "27.*", TYPES["sensitivity"].uri: ",".join(LEVELS[:2])}
    ]


def test_pitfall_5_one_privilege_a_group() -> None:
    made = document(right("a"), right("b"), right("c", limit("kle", ["27.*"], KLE)))
    assert [len(privileges) for _, privileges, _ in parsed(made.xml or "")] == [1, 1, 1]


def test_pitfall_6_only_the_root_is_qualified() -> None:
    xml = document(caseworker("27.*")).xml or ""
    assert xml.count("xmlns=") == 0
    assert xml.count("bpp:") == 2
    assert "<Privilege>" in xml
    assert "<Constraint Name=" in xml


def test_pitfall_7_the_namespace_is_that_of_the_receiver() -> None:
    assert 'xmlns:bpp="http://itst.dk/' in (document(right("a")).xml or "")
    assert 'xmlns:bpp="http://itst.dk/' in (document(right("a"), profile="system").xml or "")
    assert 'xmlns:bpp="http://digst.dk/' in (document(right("a"), profile="system_bpp12").xml or "")
    assert 'xmlns:bpp="http://digst.dk/' in (document(right("a"), namespace=NAMESPACES["system_bpp12"]).xml or "")


@pytest.mark.parametrize("value", ["27", "27*", "27.24", "270.*", "27.24.3", "27.24.03.*"])
def test_pitfall_8_a_kle_value_has_one_of_the_three_forms(value: str) -> None:
    made = document(caseworker(value))
    assert made.xml is None
    assert made.omitted[0].reason == "invalid_value"
    assert value in made.omitted[0].text


def test_pitfall_9_merging_collapses_kle_by_parts() -> None:
    found = constraints(caseworker("15.20.* 15.21.01"), caseworker("15.20.03 15.21.02", employment="e2"))
    assert found == [{KLE: "15.20.*,15.21.01,15.21.02"}]


@pytest.mark.parametrize("value", ["", " ", "a,b", " a", "a ", "a\nb", "a\tb", "\u00a0", "a\x00", "\ud800", "\ufffe"])
def test_pitfall_10_no_value_is_blank_or_cut_in_two(value: str) -> None:
    made = document(right("letter", limit("text", [value])), profile="system")
    assert made.xml is None
    assert made.omitted[0].reason == "invalid_value"


def test_pitfall_10_no_blank_follows_a_comma_and_no_line_break_is_in_base64() -> None:
    made = document(caseworker("27.* 32.*", unit=" ".join(f"{UNITS[0][:-3]}{n:03}" for n in range(100))))
    assert made.xml is not None
    assert ", " not in made.xml
    assert made.encoded is not None
    assert "\n" not in made.encoded
    assert base64.b64decode(made.encoded, validate=True).decode("utf-8") == made.xml


def test_pitfall_16_uris_and_names_are_escaped() -> None:
    name = """http://solbjerg.example/a&b<c>"d'/1/parametric"""
    made = document(right("breve_æ&ø", limit("text", ["""A<B & "C" 'd'"""], name)))
    assert parsed(made.xml or "") == [
        (
            f"urn:dk:gov:saml:cvrNumberIdentifier:{CVR}",
            ["http://solbjerg.example/roles/jobrole/breve_æ&ø/1"],
            [(name, """A<B & "C" 'd'""")],
        )
    ]


def test_pitfall_19_a_role_that_kombit_does_not_know_is_left_out() -> None:
    known = frozenset({(CVR, "http://solbjerg.example/roles/jobrole/a/1")})
    made = document(right("a"), right("b"), known=known)
    assert [privilege for _, (privilege,), _ in parsed(made.xml or "")] == ["http://solbjerg.example/roles/jobrole/a/1"]
    assert [(each.right.key, each.reason) for each in made.omitted] == [("b", "unknown_at_kombit")]


def test_pitfall_23_a_delegated_role_has_the_delegators_scope_and_is_not_expanded() -> None:
    delegated = right("shared", limit("kle", ["27.*"], KLE), delegated_from_cvr="87654321")
    scope = "urn:dk:gov:saml:cvrNumberIdentifier:87654321"
    made = document(delegated)
    assert parsed(made.xml or "") == [(scope, ["http://solbjerg.example/roles/jobrole/shared/1"], [])]
    assert document(delegated, profile="system").xml is None
    assert document(delegated, profile="system").omitted == ()


def test_pitfalls_24_and_25_a_delegated_role_is_known_by_cvr_and_uri() -> None:
    own, delegated = right("shared"), right("shared", delegated_from_cvr="87654321")
    uri = "http://solbjerg.example/roles/jobrole/shared/1"
    both = document(own, delegated, known=frozenset({(CVR, uri), ("87654321", uri)}))
    assert len(both.groups) == 2
    withdrawn = document(own, delegated, known=frozenset({(CVR, uri)}))
    assert [group.scope[-8:] for group in withdrawn.groups] == [CVR]
    assert [(each.right, each.reason) for each in withdrawn.omitted] == [(delegated.right, "unknown_at_kombit")]


def test_pitfall_26_another_environment_is_another_system() -> None:
    test = ItSystem("overview-test", "overview-test", "Overview (test)", environment="test")
    held = [right("a"), right("b", system=test)]
    assert [group.privilege for group in document(*held, profile="system").groups] == [
        "http://overview.example/roles/usersystemrole/a/1"
    ]
    assert [group.privilege[-3:] for group in document(*held, systems=frozenset({test.uuid})).groups] == ["b/1"]
    production = document(*held)
    assert [group.privilege[-3:] for group in production.groups] == ["a/1"], "nobody has said that it is for test"
    assert [(each.right, each.reason) for each in production.omitted] == [(held[1].right, "not_deliverable")]
    read = frozenset({(CVR, held[1].right.uri)})
    assert [group.privilege[-3:] for group in document(*held, known=read).groups] == ["b/1"], "FK-adm's environment"


def test_pitfall_33_the_order_is_fixed_whatever_the_hash_seed() -> None:
    program = (
        "from tests.idp.claims.test_oio_bpp import *\n"
        "print(document(caseworker('32.* 27.*'), right('b'), right('a', limit('unit', UNITS[::-1], UNIT))).xml)"
    )
    seen = {
        subprocess.run(
            [sys.executable, "-c", program],
            cwd=ROOT, check=True, capture_output=True, env={**os.environ, "PYTHONHASHSEED": seed},
        ).stdout
        for seed in ("1", "2")
    }  # fmt: skip
    assert len(seen) == 1
    assert b"27.*,32.*" in seen.pop()


def test_pitfall_34_base64_is_of_utf_8_whatever_the_locale() -> None:
    program = "from tests.idp.claims.test_oio_bpp import *\nprint(document(right('breve_\\u00e6\\u00f8')).encoded)"
    run = subprocess.run(
        [sys.executable, "-X", "utf8=0", "-c", program],
        cwd=ROOT, check=True, capture_output=True, text=True, env={**os.environ, "LC_ALL": "C", "LANG": "C"},
    )  # fmt: skip
    assert "breve_æø" in base64.b64decode(run.stdout.strip()).decode("utf-8")


def test_pitfall_35_a_type_left_open_on_purpose_sends_no_constraint() -> None:
    open_ = right("a", limit("kle", ["27.*"], KLE), limit("unit", (), unlimited=True), required="kle")
    assert constraints(open_) == [{KLE: "27.*"}]
    assert constraints(open_, profile="system") == [{TYPES["kle"].uri: "27.*"}]


def test_pitfall_36_a_type_that_takes_one_value_gets_the_highest_level_only() -> None:
    grade = "http://solbjerg.example/grade/1/parametric"
    low, high = (right("a", limit("grade", [value], grade), employment=value) for value in ("1", "3"))
    assert constraints(low, high) == constraints(high, low) == [{grade: "3"}]
    both = document(right("a", limit("grade", ["1", "3"], grade)))
    assert both.xml is None
    assert both.omitted[0].reason == "invalid_value"


def test_pitfall_39_large_documents_warn_and_larger_ones_are_refused() -> None:
    def units(number: int) -> str:
        return " ".join(f"10000000-0000-4000-8000-{each:012}" for each in range(number))

    assert document(caseworker("27.*", unit=units(400))).warnings == ()
    large = document(caseworker("27.*", unit=units(500)), right("buildings"))
    assert large.size >= LARGE
    assert "caseworker" in large.warnings[0]
    with pytest.raises(DocumentTooLarge, match="caseworker") as refused:
        document(caseworker("27.*", unit=units(2000)))
    assert refused.value.size > LARGEST


def test_pitfall_40_roles_are_not_restricted_to_a_system_unless_asked() -> None:
    held = [right("a"), right("b", system=LETTERS)]
    assert len(document(*held).groups) == 2
    assert [group.privilege[-3:] for group in document(*held, systems=frozenset({LETTERS.uuid})).groups] == ["b/1"]
    delegated = right("c", delegated_from_cvr="87654321")
    assert len(document(delegated, systems=frozenset({LETTERS.uuid})).groups) == 1


def test_pitfall_41_logs_get_no_values_and_no_document() -> None:
    made = document(caseworker("27.24.03", unit=UNITS[0]), right("b", limit("kle", [], KLE)))
    assert made.logged == {
        "privileges": ["http://solbjerg.example/roles/jobrole/caseworker/1"],
        "groups": 1,
        "omitted": 1,
        "bytes": made.size,
        "sha256": hashlib.sha256((made.xml or "").encode()).hexdigest(),
    }
    for text in (repr(made), str(made.logged)):
        assert "27.24" not in text
        assert UNITS[0] not in text


def test_a_blocked_system_takes_the_role_away() -> None:
    blocked = ItSystem(OVERVIEW.uuid, "overview", "Overview", blocked=True)
    for profile in ("kombit", "system"):
        made = document(right("a", system=blocked), profile=profile)
        assert made.xml is None
        assert [each.reason for each in made.omitted] == ["system_blocked"]


def test_nothing_left_is_no_attribute() -> None:
    made = document()
    assert (made.xml, made.encoded, made.size) == (None, None, 0)


def test_a_dynamic_limit_without_a_parameter_cannot_be_sent_to_kombit() -> None:
    nameless = right("a", limit("kle", ["27.*"], ""))
    assert [each.reason for each in document(nameless).omitted] == ["not_deliverable"]
    assert constraints(nameless, profile="system") == [{TYPES["kle"].uri: "27.*"}]


def test_a_role_whose_limits_are_not_known_here_is_not_sent() -> None:
    """KOMBIT would hear of none of its parameters: of an own role without contents, and of one that is said to be
    delegated by ourselves."""
    empty = caseworker("27.*")._replace(included=())
    for held in (empty, caseworker("27.*", delegated_from_cvr=CVR)._replace(included=())):
        found = document(held)
        assert (found.xml, [each.reason for each in found.omitted]) == (None, ["not_deliverable"])
    assert document(right("a", delegated_from_cvr="87654321")._replace(included=())).xml is not None


def test_only_what_the_receiver_gets_is_compared_with_its_units() -> None:
    of_letters = right("a", system=LETTERS).included[0]
    held = right("a", limit("unit", UNITS[1:], UNIT))
    both = held._replace(included=(*held.included, of_letters))
    for receiver in ({"profile": "system", "system": LETTERS.uuid}, {"systems": frozenset({"other"})}):
        found = document(both, units=frozenset(UNITS[:1]), **receiver)
        assert (found.omitted, found.warnings) == ((), ())


def test_a_parameter_that_is_an_attribute_is_not_in_the_document() -> None:
    """kombit_access.md §2.3: by one way or the other, never by both."""
    found = document(caseworker("27.* 32.03.*", unit=UNITS[0]), right("plain"), separate=frozenset({KLE}))
    assert [(each.name, each.values) for each in found.separate] == [(KLE, ("27.*", "32.03.*"))]
    assert [dict(names) for _, _, names in parsed(found.xml or "")] == [{UNIT: UNITS[0]}, {}]
    assert found.omitted == ()
    whole_ = document(caseworker("27.*"))
    assert (whole_.separate, dict(parsed(whole_.xml or "")[0][2])) == ((), {KLE: "27.*"})


@pytest.mark.parametrize("further", [(), (UNIT,)])
def test_an_attribute_is_no_cross_product(further: tuple[str, ...]) -> None:
    """It has one list of values for all ways in which a role is held; where they differ, the role is left out, with all
    of its attributes. Others stay, also another authority's of the same URI."""
    one, other = caseworker("27.*", unit=UNITS[0]), caseworker("32.*", unit=UNITS[1], employment="e2")
    delegated = caseworker("27.*", delegated_from_cvr="87654321")
    found = document(one, other, delegated, right("plain"), separate=frozenset({KLE, *further}))
    assert [(each.reason, each.subject.uuid) for each in found.omitted] == [
        ("not_deliverable", "e1"), ("not_deliverable", "e2"),
    ]  # fmt: skip
    assert [(scope[-8:], privilege.split("/")[-2]) for scope, (privilege,), _ in parsed(found.xml or "")] == [
        (CVR, "plain"), ("87654321", "caseworker"),
    ]  # fmt: skip
    assert found.separate == ()
    merges = document(one, caseworker("32.*", unit=UNITS[0], employment="e2"), separate=frozenset({KLE, *further}))
    assert merges.separate[0].values == ("27.*", "32.*"), "without loss"
    assert merges.omitted == ()


def test_an_attribute_counts_towards_the_size() -> None:
    many = [f"27.{group:02}.{subject:02}" for group in range(100) for subject in range(80)]
    with pytest.raises(DocumentTooLarge):
        document(right("a", limit("kle", many, KLE)), separate=frozenset({KLE}))


def test_a_parameter_with_two_meanings_cannot_be_sent() -> None:
    twice = right("a", limit("kle", ["27.*"], KLE), limit("kle", ["32.*"], KLE))
    assert [each.reason for each in document(twice).omitted] == ["not_deliverable"]
    same = right("a", limit("kle", ["27.*"], KLE), limit("kle", ["27.*"], KLE))
    assert constraints(same) == [{KLE: "27.*"}]


def test_a_system_role_granted_directly_goes_to_its_system_and_not_to_kombit() -> None:
    bundled = right("a", limit("kle", ["27.*"]))
    role = bundled.included[0].system_role
    direct = HeldRight(role, bundled.grant, bundled.subject, bundled.person, included=bundled.included)
    assert isinstance(direct.right, SystemRole)
    assert [each.reason for each in document(direct).omitted] == ["not_deliverable"]
    assert constraints(direct, profile="system") == [{TYPES["kle"].uri: "27.*"}]


@pytest.mark.parametrize(
    ("first", "second", "together"),
    [
        (("27.*", "", ""), ("32.*", "", ""), [{KLE: "27.*,32.*"}]),
        (("27.*", "", ""), ("27.24.*", "", ""), [{KLE: "27.*"}]),
        (("27.*", "", ""), ("*", "", ""), [{KLE: "*"}]),
        (("27.*", "", ""), ("27.*", "", ""), [{KLE: "27.*"}]),
        (("27.*", "", ""), ("32.*", "", UNITS[0]), [{KLE: "27.*"}, {KLE: "32.*", UNIT: UNITS[0]}]),
        (
            ("27.*", LEVELS[0], UNITS[0]),
            ("27.*", f"{LEVELS[0]} {LEVELS[1]}", UNITS[0]),
            [{KLE: "27.*", SENSITIVITY: f"{LEVELS[0]},{LEVELS[1]}", UNIT: UNITS[0]}],
        ),
    ],
)
def test_what_merges(first: tuple[str, ...], second: tuple[str, ...], together: list[dict[str, str]]) -> None:
    one, other = caseworker(*first), caseworker(*second, employment="e2")
    assert constraints(one, other) == constraints(other, one) == together


def test_merging_goes_on_until_nothing_merges() -> None:
    found = constraints(
        caseworker("27.*", unit=UNITS[0]), caseworker("32.*", unit=UNITS[0]), caseworker("27.* 32.*", unit=UNITS[1])
    )
    assert found == [{KLE: "27.*,32.*", UNIT: f"{UNITS[0]},{UNITS[1]}"}]


def test_hundreds_of_employments_merge() -> None:
    """Comparing every pair again after each merge, this would go on for minutes."""
    held = [
        caseworker(f"{number % 90 + 10}.*", unit=f"10000000-0000-4000-8000-{number // 2:012}", employment=f"e{number}")
        for number in range(400)
    ]
    assert len(document(*held).groups) == 45


def test_texts_and_single_values_without_levels_stay_two_groups() -> None:
    label = "http://solbjerg.example/label/1/parametric"
    found = constraints(right("a", limit("text", ["A"], label)), right("a", limit("text", ["B"], label)))
    assert found == [{label: "A"}, {label: "B"}]


@pytest.mark.parametrize(
    ("profile", "cvr", "system"),
    [("kombit", "1234567", None), ("kombit", "12 34 56 78", None), ("kombit", CVR, "x"), ("system", CVR, None)],
)
def test_a_receiver_that_does_not_make_sense_is_refused(profile: Any, cvr: str, system: str | None) -> None:
    with pytest.raises(ValueError, match=r"CVR|system"):
        Receiver(profile, cvr, system)


def test_what_is_written_is_read_by_the_strict_reader() -> None:
    made = document(caseworker("27.*", unit=UNITS[0]), right("breve_æ&ø"))
    assert read(made.encoded or "") == made.groups


P_NUMBER, SE_NUMBER = (
    ConstraintType(name, name, name, f"https://nemlogin.dk/constraints/{name}/1", "other", "multi")
    for name in ("pnr", "senr")
)


def numbered(type_: ConstraintType, *values: str) -> Limit:
    return Limit(type_, tuple(LimitValue(each) for each in values))


@pytest.mark.parametrize(
    ("limit_", "scope"),
    [
        (numbered(P_NUMBER, "1000000001", "1000000002"), "urn:dk:gov:saml:productionUnitIdentifier:"),
        (numbered(SE_NUMBER, "12345678"), "urn:dk:gov:saml:seNumberIdentifier:"),
    ],
    ids=["P number", "SE number"],
)
def test_p_numbers_and_se_numbers_are_scopes(limit_: Limit, scope: str) -> None:
    found = document(right("a", limit_, limit("kle", ["27.*"])), profile="system_bpp12")
    assert found.xml is not None
    assert [(group, names) for group, _, names in parsed(found.xml)] == [
        (f"{scope}{each}", [("http://sts.kombit.dk/constraints/KLE/1", "27.*")]) for each in limit_.wire
    ]


def test_a_scope_that_can_not_be_written_takes_the_right_away() -> None:
    for limits_, reason in (
        ((numbered(P_NUMBER, "123"),), "invalid_value"),
        ((numbered(P_NUMBER, "1000000001"), numbered(SE_NUMBER, "12345678")), "not_deliverable"),
    ):
        found = document(right("a", *limits_), profile="system_bpp12")
        assert (found.xml, [each.reason for each in found.omitted]) == (None, [reason])


def test_pitfall_13_units_that_were_not_exported_are_left_out() -> None:
    exported = frozenset(UNITS[:1])
    found = document(caseworker("27.*", unit=" ".join(UNITS)), units=exported)
    assert [dict(names)[UNIT] for _, _, names in parsed(found.xml or "")] == [UNITS[0]]
    assert found.warnings == (f"units that have not been exported are left out: {UNITS[1]}, {UNITS[2]}",)
    none_left = document(caseworker("27.*", unit=" ".join(UNITS[1:])), units=exported)
    assert (none_left.xml, [each.reason for each in none_left.omitted]) == (None, ["empty"])
    fixed = document(right("a", limit("unit", UNITS)), units=exported)
    assert fixed.xml is not None, "KOMBIT holds fixed values itself"
    assert document(caseworker("27.*", unit=" ".join(UNITS))).warnings == ()
