"""Which roles FK-adm gets, with which content, and which can't be written and why."""

from typing import Any

import pytest

from exporters.fk_adm.settings import FkAdmSettings
from exporters.fk_adm.shape import UNLIMITED, shaped
from sample.fk_adm_service.records import BENEFIT, KLE, SENSITIVITY, UNIT
from tests.exporters.fk_adm.town import (
    LEVELS,
    PARAMETER,
    PAY,
    READ,
    TYPES,
    URI,
    by_kle,
    image_of,
    role,
    setting,
    system_role,
)

LOW, MIDDLE, HIGH = (each.partition("=")[2] for each in LEVELS)
OTHER = "http://solbjerg.example/other/1/parametric"
LOCAL = {**system_role("ad", "mail"), "system": {"key": "ad", "environment": None}}


def made(told: dict[str, Any], **settings: Any) -> Any:
    return shaped(image_of(told), FkAdmSettings(certificate="c", private_key="k", cvr="12345678", **settings))


def values(told: dict[str, Any], **settings: Any) -> dict[str, Any]:
    found = made(told, **settings)
    assert found.parked == []
    (wanted,) = found.wanted
    return dict(wanted.values)


def test_a_role_has_its_uri_and_what_limits_each_system_role() -> None:
    assert values(role()) == {
        "entityId": URI,
        "navn": "Borgerservice",
        "beskrivelse": "Vejleder",
        READ["uri"]: [f"{KLE} @ {PARAMETER}", f"{SENSITIVITY} = {LOW},{MIDDLE}"],
    }


def test_what_is_set_within_a_system_role_goes_before_what_is_set_for_all() -> None:
    note = system_role("overblik", "note", KLE)
    both = role(includes=[READ, note], settings=[by_kle(), by_kle(within=note, parameter=OTHER)])
    assert values(both)[READ["uri"]] == [f"{KLE} @ {PARAMETER}"]
    assert values(both)[note["uri"]] == [f"{KLE} @ {OTHER}"]
    of_another = role(includes=[READ, note], settings=[by_kle(within=note)])
    assert values(of_another)[READ["uri"]] == [UNLIMITED]


def test_a_setting_counts_for_system_roles_that_take_its_type() -> None:
    assert values(role(includes=[READ, PAY]))[PAY["uri"]] == [UNLIMITED]


def test_left_open_on_purpose_is_not_limited_at_kombit() -> None:
    assert values(role(settings=[setting(UNIT, unlimited=True)]))[READ["uri"]] == [UNLIMITED]


@pytest.mark.parametrize(
    ("uri", "fixed", "written"),
    [
        (KLE, ["27", "27.24", "15.20.03", "*"], "*"),
        (KLE, ["27.24.03", "27", "15.20"], "15.20.*,27.*"),
        (SENSITIVITY, ["IKKE_FORTROLIGE_DATA", HIGH], f"{LOW},{MIDDLE},{HIGH}"),
        (UNIT, ["10000000-0000-4000-8000-00000000000A"], "10000000-0000-4000-8000-00000000000a"),
    ],
)
def test_fixed_values_are_as_systems_compare_with_them(uri: str, fixed: list[str], written: str) -> None:
    assert values(role(settings=[setting(uri, fixed=fixed)]))[READ["uri"]] == [f"{uri} = {written}"]


def test_a_level_of_a_type_that_takes_one_stands_alone() -> None:
    one = {**TYPES[SENSITIVITY], "form": "SINGLE"}
    told = setting(SENSITIVITY, fixed=["FORTROLIGE_PERSONOPLYSNINGER"], type=one)
    assert values(role(settings=[told]))[READ["uri"]] == [f"{SENSITIVITY} = {MIDDLE}"]


def test_an_excluded_unit_is_not_written() -> None:
    told = setting(UNIT, fixed=["aa", "bb"], excludedUnits=[{"uuid": "AA"}])
    assert values(role(settings=[told]))[READ["uri"]] == [f"{UNIT} = bb"]


@pytest.mark.parametrize(
    ("told", "problem", "text"),
    [
        (role(includes=[READ, LOCAL]), "spans", "it also includes mail"),
        (role(uri=None), "no_uri", "has no URI"),
        (role(uri="http://a b"), "no_uri", "has no URI"),
        (role(description="x" * 201), "description_too_long", "201 characters; KOMBIT takes 200"),
        (role(settings=[by_kle(parameter=None)]), "no_parameter", "kle of laes has no parameter"),
        (role(settings=[setting(KLE)]), "empty", "kle of laes is set to nothing"),
        (role(settings=[by_kle(), by_kle(parameter=OTHER)]), "twice", "kle of laes is set twice"),
        (role(settings=[setting(KLE, fixed=["27*"])]), "invalid_value", "'27*' is not a KLE number"),
        (role(settings=[setting(SENSITIVITY, fixed=["SECRET"])]), "invalid_value", "SECRET is not one of IKKE_"),
        (role(settings=[setting(UNIT, fixed=["aa"], excludedUnits=[{"uuid": "aa"}])]), "empty", "comes to nothing"),
        (role(settings=[by_kle(type={**TYPES[KLE], "uri": None})]), "no_uri", "the type has no URI"),
        (role(includes=[{**READ, "uri": None}]), "no_uri", "laes has no URI"),
        (role(settings=[by_kle(type=None)]), "type_ended", "has ended; set another limit"),
    ],
)
def test_what_can_not_be_written_is_parked_with_the_reason(told: dict[str, Any], problem: str, text: str) -> None:
    """A role without one of its limits would be wider than it is: it is written as a whole or not at all."""
    found = made(told)
    assert found.wanted == []
    (parked,) = found.parked
    assert parked.problem == problem and text in parked.reason


@pytest.mark.parametrize(
    "told",
    [
        role(includes=[LOCAL]),
        role(includes=[]),
        role(includes=[{**READ, "system": None}]),
        role(includes=[{**READ, "system": {"key": "overblik", "environment": "TEST"}}]),
        role(delegatedFromCvr="87654321"),
        role(includes=[{}]),  # a job-function role, which is a role of its own
    ],
)
def test_pitfall_26_what_is_not_of_this_environment_or_ours_is_not_written(told: dict[str, Any]) -> None:
    found = made(told)
    assert (found.wanted, found.parked) == ([], [])


def test_only_roles_of_the_systems_in_the_settings_are_written() -> None:
    assert made(role(), systems=["ydelser"]).wanted == []
    assert len(made(role(), systems=["overblik"]).wanted) == 1


def test_no_limit_is_lost_for_being_set_where_the_role_does_not_take_it() -> None:
    assert BENEFIT not in str(values(role(settings=[*role()["settings"], setting(BENEFIT, fixed=["x"])])))
