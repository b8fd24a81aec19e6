"""What FK-adm is asked, what its answers mean, and what stays as it was when an answer says nothing."""

import json
from typing import Any

import pytest

from graph.errors import ChangeRejected
from importers.fk_adm.errors import AccessRefused, Unavailable, Unreadable
from sample.certificates import Authority
from sample.fk_adm_service import records
from sample.fk_adm_service.records import BENEFIT, BENEFITS, KLE, OVERVIEW, SENSITIVITY, UNIT, uuid_of
from tests.importers.fk_adm.town import (
    CASEWORKER,
    CASEWORKER_URI,
    CVR,
    DAY,
    LATER,
    LEVELS,
    NEIGHBOUR,
    PARAMETER,
    PAY,
    READ,
    READ_URI,
    SHARED,
    SHARED_URI,
    Town,
)  # fmt: skip

SYSTEMS, JOB_ROLES = "/jobfunktionsroller/brugervendtesystemer", "/jobfunktionsroller"
OVERVIEW_ROLES = f"{SYSTEMS}/{uuid_of(OVERVIEW)}/roller"


def links(town: Town, kind: str, key: str, name: str, day: Any = DAY) -> set[str]:
    return {each.to.key for each in town.known.of(kind, key).links.get(name, ()) if each.period.holds(day)}


def setting(uri: str, role: str = CASEWORKER, system_role: str = READ) -> str:
    return f"{role} {system_role} {uri}"


def test_systems_rights_and_types_are_stated(town: Town) -> None:
    applied = town.take()
    known = town.known
    assert [each.rule for each in applied.problems if each.severity == "bad"] == []
    assert known.value("ItSystem", uuid_of(OVERVIEW), "title", DAY) == OVERVIEW
    assert known.value("ItSystem", uuid_of(OVERVIEW), "environment", DAY) == "production"
    assert known.value("SystemRole", READ, "uri", DAY) == READ_URI
    assert links(town, "SystemRole", READ, "system") == {uuid_of(OVERVIEW)}
    assert links(town, "SystemRole", READ, "required_types") == {uuid_of(KLE), uuid_of(SENSITIVITY)}
    assert links(town, "SystemRole", READ, "optional_types") == {uuid_of(UNIT)}
    of_kle = {name: known.value("ConstraintType", uuid_of(KLE), name, DAY) for name in ("content", "form", "common")}
    assert of_kle == {"content": "kle", "form": "text", "common": True}
    assert known.value("ConstraintType", uuid_of(UNIT), "content", DAY) == "unit"
    assert links(town, "ConstraintType", uuid_of(KLE), "system") == set()
    assert links(town, "ConstraintType", uuid_of(BENEFIT), "system") == {uuid_of(BENEFITS)}
    values = known.value("ConstraintType", uuid_of(BENEFIT), "values", DAY)
    assert values == ("kontanthjaelp=Kontanthjælp", "sygedagpenge=Sygedagpenge", "ledighed=Ledighedsydelse")


def test_pitfall_37_levels_are_known_by_their_uuids_and_keep_the_vendors_titles(town: Town) -> None:
    town.type_of(town.overview, SENSITIVITY)["vaerdiListe"][3]["navn"] = "VIP-sager"
    town.take()
    levels = town.known.value("ConstraintType", uuid_of(SENSITIVITY), "levels", DAY)
    values = town.known.value("ConstraintType", uuid_of(SENSITIVITY), "values", DAY)
    assert [each.partition("=")[2] for each in levels or ()] == LEVELS  # type: ignore[union-attr]
    assert f"{LEVELS[3]}=VIP-sager" in (values or ())  # type: ignore[operator]
    assert town.known.value("ConstraintType", uuid_of(SENSITIVITY), "cumulative", DAY) is True


def test_a_role_of_ours_that_only_kombit_has_is_taken_with_its_limits(town: Town) -> None:
    applied = town.take()
    known = town.known
    assert known.value("JobFunctionRole", CASEWORKER, "uri", DAY) == CASEWORKER_URI
    assert known.value("JobFunctionRole", CASEWORKER, "at_kombit", DAY) is True
    assert links(town, "JobFunctionRole", CASEWORKER, "includes") == {READ}
    assert known.value("ConstraintSetting", setting(KLE), "parameter", DAY) == PARAMETER
    assert known.value("ConstraintSetting", setting(KLE), "fixed", DAY) is None
    assert known.value("ConstraintSetting", setting(SENSITIVITY), "fixed", DAY) == tuple(LEVELS[:2])
    assert links(town, "ConstraintSetting", setting(KLE), "type") == {uuid_of(KLE)}
    assert [each.rule for each in applied.problems] == ["not_derived"]


def test_a_delegated_role_is_the_delegators_and_not_opened(town: Town) -> None:
    town.shared["brugersystemrolleDataafgraensninger"] = town.caseworker["brugersystemrolleDataafgraensninger"]
    town.take()
    assert town.known.value("JobFunctionRole", SHARED, "delegated_from_cvr", DAY) == NEIGHBOUR
    assert town.known.value("JobFunctionRole", SHARED, "uri", DAY) == SHARED_URI
    assert links(town, "JobFunctionRole", SHARED, "includes") == set()
    assert [key for key in town.known.keys("ConstraintSetting") if key.startswith(SHARED)] == []


def test_pitfall_24_a_delegation_that_is_withdrawn_ends_the_same_day(town: Town) -> None:
    town.take()
    town.service.job_roles.pop(SHARED)
    town.take(LATER)
    assert town.known.exists("JobFunctionRole", SHARED, DAY)
    assert not town.known.exists("JobFunctionRole", SHARED, LATER)


def test_pitfall_25_own_and_delegated_role_with_one_id_are_two(town: Town) -> None:
    town.shared["entityId"] = CASEWORKER_URI
    town.take()
    keys = {town.known.value("JobFunctionRole", each, "key", DAY) for each in (CASEWORKER, SHARED)}
    assert keys == {CASEWORKER_URI, f"{NEIGHBOUR} {CASEWORKER_URI}"}


def test_the_same_again_changes_nothing(town: Town) -> None:
    town.take()
    assert town.take(LATER).changed == []


@pytest.mark.parametrize("changed", [None, "", "2026-05-04T10:11:12Z", "i går", 17])
def test_changed_date_is_not_read(town: Town, changed: Any) -> None:
    """Its trailing Z is text; it may be null; and whatever it is, every system is asked."""
    town.take()
    for each in town.service.systems:
        each["changedDate"] = changed
    applied = town.take(LATER)
    assert applied.changed == []
    assert [each.rule for each in applied.problems if each.severity == "bad"] == []


def test_pitfall_22_a_shared_type_changes_while_changed_date_does_not(town: Town) -> None:
    town.take()
    town.type_of(town.overview, SENSITIVITY)["vaerdiListe"].pop()
    applied = town.take(LATER)
    assert [each.kind for each in applied.changed] == ["ConstraintType"]
    values = town.known.value("ConstraintType", uuid_of(SENSITIVITY), "values", LATER)
    assert [each.partition("=")[0] for each in values or ()] == LEVELS[:3]  # type: ignore[union-attr]
    before = town.known.value("ConstraintType", uuid_of(SENSITIVITY), "values", DAY)
    assert len(before or ()) == 4  # type: ignore[arg-type]


def test_a_type_that_becomes_required_is_so_from_that_day(town: Town) -> None:
    town.take()
    for each in town.overview["dataafgraensningstyper"]:
        each["kraevet"] = "JA"
    town.take(LATER)
    assert uuid_of(UNIT) in links(town, "SystemRole", READ, "optional_types", DAY)
    assert uuid_of(UNIT) in links(town, "SystemRole", READ, "required_types", LATER)
    assert links(town, "SystemRole", READ, "optional_types", LATER) == set()


def test_a_shared_type_that_two_systems_describe_otherwise_is_named(town: Town) -> None:
    town.benefits["dataafgraensningstyper"].append(
        {"kraevet": "NEJ", "dataafgraensningstype": {**records.kle(), "navn": "Emne"}}
    )
    assert "two_descriptions" in town.take().rules()


# -- answers that say nothing -----------------------------------------------------------------------------------------


def test_an_empty_body_is_no_roles_where_there_were_none(town: Town) -> None:
    town.service.answers[OVERVIEW_ROLES] = (200, b"")
    town.service.job_roles = {SHARED: town.shared}
    applied = town.take()
    assert applied.problems == []
    assert town.known.existing("SystemRole", DAY) == [PAY]


@pytest.mark.parametrize(
    ("status", "body", "rule"),
    [
        (200, b"", "empty_body"),
        (204, b"", "empty_body"),
        (404, b"", "not_answered"),
        (400, b"fejl", "not_answered"),
        (200, b"<html>Log ind</html>", "not_json"),
        (200, b'{"uuid": 1}', "not_a_list"),
        (200, b"[null]", "not_a_record"),
    ],
)
def test_roles_that_are_not_sent_stay_as_they_are(town: Town, status: int, body: bytes, rule: str) -> None:
    town.take()
    town.service.answers[OVERVIEW_ROLES] = (status, body)
    applied = town.take(LATER)
    assert rule in applied.rules()
    assert applied.changed == []
    assert READ in town.known.existing("SystemRole", LATER)
    assert town.known.exists("ConstraintType", uuid_of(KLE), LATER)
    assert town.known.exists("JobFunctionRole", CASEWORKER, LATER)


def test_an_empty_list_is_told_and_ends_them(town: Town) -> None:
    town.take()
    town.service.answers[OVERVIEW_ROLES] = (200, b"[]")
    town.service.job_roles = {SHARED: town.shared}
    town.take(LATER)
    assert town.known.existing("SystemRole", LATER) == [PAY]
    assert not town.known.exists("JobFunctionRole", CASEWORKER, LATER)


@pytest.mark.parametrize("path", [SYSTEMS, JOB_ROLES])
def test_an_empty_list_of_all_waits_for_a_person(town: Town, path: str) -> None:
    town.take()
    town.service.answers[path] = (200, b"")
    (reading,) = town.source(LATER).readings(town.known)
    assert reading.incomplete_because
    town.take(LATER)
    assert town.known.existing("SystemRole", LATER) == sorted([READ, PAY])
    assert town.known.exists("JobFunctionRole", CASEWORKER, LATER)


def test_a_job_role_that_is_not_sent_stays_as_it_is(town: Town) -> None:
    town.take()
    town.service.answers[f"{JOB_ROLES}/{CASEWORKER}"] = (404, b"")
    applied = town.take(LATER)
    assert applied.rules() == ["not_answered"]
    assert applied.changed == []
    assert town.known.exists("ConstraintSetting", setting(KLE), LATER)


@pytest.mark.parametrize(
    ("place", "value", "rule"),
    [
        ("uuid", "x", "not_a_uuid"),
        ("entityId", None, "missing"),
        ("entityId", "http://a b", "not_a_uri"),
        ("navn", 7, "missing"),
        ("dataafgraensningstyper", "alle", "not_a_list"),
        ("dataafgraensningstyper", [{"kraevet": "JA"}], "not_a_record"),
        (
            "dataafgraensningstyper",
            [{"kraevet": "JA", "dataafgraensningstype": {**records.kle(), "type": "NY"}}],
            "unknown_type",
        ),
    ],
)
def test_a_bad_role_is_named_and_the_others_are_taken(town: Town, place: str, value: Any, rule: str) -> None:
    town.take()
    second = records.role(OVERVIEW, "skriv", {"kle": records.kle()})
    town.service.roles[uuid_of(OVERVIEW)].append(second)
    town.overview[place] = value
    applied = town.take(LATER)
    bad = [each for each in applied.problems if each.severity == "bad" and each.kind == "SystemRole"]
    assert [each.rule for each in bad] == [rule]
    assert second["uuid"] in town.known.existing("SystemRole", LATER)
    assert READ in town.known.existing("SystemRole", LATER)
    assert town.known.value("SystemRole", READ, "uri", LATER) == READ_URI


def test_a_role_whose_limit_is_not_known_is_not_taken_without_it(town: Town) -> None:
    """It would be wider than it is at KOMBIT."""
    values = town.caseworker["brugersystemrolleDataafgraensninger"][0]["dataafgraensningsVaerdier"]
    values[0]["dataafgraensningstypeEntityId"] = KLE.lower()
    applied = town.take()
    assert [each.rule for each in applied.problems] == ["contents"]
    assert CASEWORKER not in town.known.keys("JobFunctionRole")


def test_whether_a_value_is_dynamic_must_be_told(town: Town) -> None:
    del town.caseworker["brugersystemrolleDataafgraensninger"][0]["dataafgraensningsVaerdier"][0]["dynamisk"]
    applied = town.take()
    assert [each.rule for each in applied.problems] == ["not_true_or_false"]
    assert CASEWORKER not in town.known.keys("JobFunctionRole")


def test_pitfall_38_a_pattern_that_takes_too_long_is_named(town: Town) -> None:
    town.type_of(town.overview, KLE)["regulaertUdtryk"] = "(?=.)(a|aa)+"
    with pytest.raises(ChangeRejected, match="matching took more than 50 ms"):
        town.take()


# -- access -----------------------------------------------------------------------------------------------------------


def test_a_certificate_that_is_not_registered_ends_the_run(town: Town, authority: Authority) -> None:
    stranger = authority.issue("stranger")
    with pytest.raises(AccessRefused, match="does not accept our certificate") as refused:
        town.take(certificate=stranger.certificate, private_key=stranger.key)
    assert refused.value.retry.when == "never"


def test_a_certificate_of_another_authority_ends_the_run(town: Town, tmp_path: Any) -> None:
    foreign = Authority(tmp_path).issue("foreign")
    with pytest.raises((AccessRefused, Unavailable)):
        town.take(certificate=foreign.certificate, private_key=foreign.key)


def test_a_service_that_is_not_ours_is_not_asked(town: Town, tmp_path: Any) -> None:
    with pytest.raises(AccessRefused, match="certificate"):
        town.take(authority=Authority(tmp_path).certificate)
    assert town.service.calls == []


def test_a_service_that_is_down_is_tried_three_times(town: Town) -> None:
    town.service.answers[SYSTEMS] = (503, b"")
    with pytest.raises(Unavailable):
        town.take()
    town.service.answers[SYSTEMS] = (500, b"fejl")
    town.service.calls.clear()
    with pytest.raises(Unavailable, match="500: fejl"):
        town.take()
    assert len(town.service.calls) == 3


@pytest.mark.parametrize("body", [b"<html>Log ind</html>", json.dumps({"fejl": "x"}).encode()])
def test_a_list_of_systems_that_is_invalid_changes_nothing(town: Town, body: bytes) -> None:
    town.take()
    town.service.answers[SYSTEMS] = (200, body)
    if body.startswith(b"<"):
        with pytest.raises(Unreadable, match="is not JSON"):
            town.take(LATER)
    else:
        assert town.take(LATER).changed == []
    assert town.known.existing("SystemRole", LATER) == sorted([READ, PAY])


def test_only_reads_are_sent(town: Town) -> None:
    town.take()
    assert {method for method, _, _ in town.service.calls} == {"GET"}
    assert {status for _, _, status in town.service.calls} == {200}


def test_a_system_gets_the_key_that_it_has_here(town: Town) -> None:
    town.take(systems={uuid_of(OVERVIEW): "overblik"})
    assert town.known.value("ItSystem", uuid_of(OVERVIEW), "key", DAY) == "overblik"
    assert town.known.value("ItSystem", uuid_of(BENEFITS), "key", DAY) == uuid_of(BENEFITS)


def test_what_others_have_stated_with_the_same_uri_keeps_its_key(town: Town) -> None:
    town.others.known_keys = {("SystemRole", READ_URI): "case_read", ("ConstraintType", KLE): "kle"}
    town.take()
    assert town.known.value("SystemRole", READ, "key", DAY) == "case_read"
    assert town.known.value("ConstraintType", uuid_of(KLE), "key", DAY) == "kle"
    assert town.known.value("SystemRole", PAY, "key", DAY) == town.known.value("SystemRole", PAY, "uri", DAY)
    assert town.settings.cvr == CVR
