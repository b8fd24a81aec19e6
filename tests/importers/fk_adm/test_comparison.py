"""Our own roles beside KOMBIT's: differences are shown and nothing is overwritten; what turns invalid is listed."""

from dataclasses import replace
from typing import Any

import pytest

from importers.fk_adm.lookup import KnownRole, Setting
from sample.fk_adm_service import records
from sample.fk_adm_service.records import BENEFIT, BENEFITS, KLE, SENSITIVITY, UNIT, uuid_of
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
    PAY_URI,
    READ_URI,
    SHARED_URI,
    Town,
)  # fmt: skip

OURS = KnownRole(
    cvr=CVR,
    uri=CASEWORKER_URI,
    title="Sagsbehandler",
    uuid="5f8f0c1e-0000-4000-8000-000000000001",
    description="Rollen Sagsbehandler",
    includes=frozenset({READ_URI}),
    settings={
        (READ_URI, KLE): Setting(parameter=PARAMETER, dynamic=True),
        (READ_URI, SENSITIVITY): Setting(fixed=("FORTROLIGE_PERSONOPLYSNINGER",)),
    },
)


def found(town: Town, day: Any = DAY) -> dict[tuple[str, str], str]:
    """(rule, field) → text, of everything about job-function roles."""
    problems = town.take(day).problems
    return {(each.rule, each.field): each.text for each in problems if each.kind == "JobFunctionRole"}


def with_setting(uri: str, setting: Setting | None) -> KnownRole:
    settings = {**OURS.settings, (READ_URI, uri): setting}
    return replace(OURS, settings={place: each for place, each in settings.items() if each is not None})


def test_a_role_that_is_the_same_at_both_ends_differs_in_nothing(town: Town) -> None:
    """A level by its label, and all levels up to it as KOMBIT lists them, are the same."""
    town.others.known_roles = [OURS]
    assert found(town) == {}


@pytest.mark.parametrize(
    ("ours", "field", "here", "there"),
    [
        (replace(OURS, title="Behandler"), "title", "Behandler", "Sagsbehandler"),
        (replace(OURS, description=""), "description", "nothing", "Rollen Sagsbehandler"),
        (replace(OURS, delegated_to=NEIGHBOUR), "delegated_to_cvr", NEIGHBOUR, "nothing"),
        (replace(OURS, includes=frozenset({READ_URI, PAY_URI})), f"includes {PAY_URI}", "included", "nothing"),
        (replace(OURS, includes=frozenset(), settings={}), f"includes {READ_URI}", "nothing", "included"),
        (with_setting(KLE, Setting(("27",))), f"{READ_URI} {KLE}", "27.*", f"dynamic, as {PARAMETER}"),
        (
            with_setting(KLE, Setting(parameter="http://solbjerg.example/new/1/parametric", dynamic=True)),
            f"{READ_URI} {KLE}",
            "dynamic, as http://solbjerg.example/new/1/parametric",
            f"dynamic, as {PARAMETER}",
        ),
        (
            with_setting(SENSITIVITY, Setting(("IKKE_FORTROLIGE_DATA",))),
            f"{READ_URI} {SENSITIVITY}",
            LEVELS[0],
            f"{LEVELS[0]}, {LEVELS[1]}",
        ),
        (
            with_setting(UNIT, Setting(("10000000-0000-4000-8000-000000000001",))),
            f"{READ_URI} {UNIT}",
            "10000000-0000-4000-8000-000000000001",
            "nothing",
        ),
    ],
)
def test_a_difference_names_the_field_and_both_ends(
    town: Town, ours: KnownRole, field: str, here: str, there: str
) -> None:
    """Pitfall 18: a parameter that was made anew is one of them."""
    town.others.known_roles = [ours]
    text = found(town)["differs_at_kombit", field]
    assert f"is {here} here, and {there} at KOMBIT" in text


def test_nothing_of_a_role_that_others_state_is_overwritten(town: Town) -> None:
    town.others.known_roles = [OURS]
    town.take()
    (key,) = [each for each in town.known.keys("JobFunctionRole") if each.startswith(CASEWORKER)]
    stated = town.known.of("JobFunctionRole", key)
    assert stated.about is not None
    assert (stated.about.key, stated.exists, stated.links) == (OURS.uuid, None, {})
    assert set(stated.values) == {"at_kombit", "content_at_kombit"}
    assert town.known.keys("ConstraintSetting") == {}.keys()


def test_a_role_that_becomes_our_own_stays_as_it_was_taken(town: Town) -> None:
    town.take()
    before = town.known.of("JobFunctionRole", CASEWORKER)
    town.others.known_roles = [OURS]
    town.caseworker["navn"] = "Ændret i FK-adm"
    assert ("differs_at_kombit", "title") in found(town, LATER)
    assert town.known.of("JobFunctionRole", CASEWORKER) == before
    assert len(town.known.keys("ConstraintSetting")) == 2


def test_that_kombit_has_it_ends_when_it_is_gone_there(town: Town) -> None:
    town.others.known_roles = [OURS]
    town.take()
    (key,) = [each for each in town.known.keys("JobFunctionRole") if each.startswith(CASEWORKER)]
    del town.service.job_roles[CASEWORKER]
    problems = found(town, LATER)
    assert ("missing_at_kombit", "uri") in problems
    assert town.known.value("JobFunctionRole", key, "at_kombit", DAY) is True
    assert town.known.value("JobFunctionRole", key, "at_kombit", LATER) is None


def test_pitfall_17_a_changed_uri_is_a_missing_role(town: Town) -> None:
    town.others.known_roles = [replace(OURS, uri=f"{CASEWORKER_URI}2")]
    assert ("missing_at_kombit", "uri") in found(town)


def test_uris_that_differ_in_case_are_two(town: Town) -> None:
    town.others.known_roles = [replace(OURS, uri=CASEWORKER_URI.replace("sags", "Sags"))]
    assert ("missing_at_kombit", "uri") in found(town)


def test_a_role_for_other_systems_need_not_be_at_kombit(town: Town) -> None:
    own = "http://ad.example/roles/1"
    town.others.known_roles = [OURS, replace(OURS, uri="http://x.example/1", includes=frozenset({own}), settings={})]
    assert found(town) == {}


def test_a_delegated_role_of_ours_is_known_by_cvr_and_uri(town: Town) -> None:
    shared = KnownRole(cvr=NEIGHBOUR, uri=SHARED_URI, title="Vagt", uuid="u2")
    town.others.known_roles = [OURS, shared]
    assert found(town) == {}
    town.service.job_roles.pop(uuid_of(f"{NEIGHBOUR}/Vagt"))
    text = found(town, LATER)["missing_at_kombit", "uri"]
    assert f"{NEIGHBOUR} does not delegate it" in text


def test_pitfall_21_a_type_that_becomes_required_lists_the_roles_that_lack_it(town: Town) -> None:
    town.others.known_roles = [OURS, replace(OURS, uri="http://x.example/2", title="Anden")]
    town.take()
    for each in town.overview["dataafgraensningstyper"]:
        each["kraevet"] = "JA"
    problems = [each for each in town.take(LATER).problems if each.rule == "mandatory_not_configured"]
    assert [each.key for each in problems] == [f"{CVR} {CASEWORKER_URI}", f"{CVR} http://x.example/2"]
    assert all("requires Organisatorisk enhed" in each.text for each in problems)


def test_pitfall_21_a_value_that_the_vendor_removes_lists_the_roles_that_have_it(town: Town) -> None:
    payer = records.job_role("Udbetaler", CVR, {PAY: [records.value(records.benefit(), "kontanthjaelp,ledighed")]})
    town.service.job_roles[payer["uuid"]] = payer
    town.others.known_roles = [OURS]
    assert found(town) == {}
    town.type_of(town.benefits, BENEFIT)["vaerdiListe"].pop()
    problems = found(town, LATER)
    assert list(problems) == [("invalid_value", f"{PAY_URI} {BENEFIT}")]
    text = problems["invalid_value", f"{PAY_URI} {BENEFIT}"]
    assert "Udbetaler" in text
    assert "'ledighed' is not a value of Ydelsesart; allowed: kontanthjaelp, sygedagpenge" in text


def test_a_value_that_no_longer_fits_the_pattern_is_listed(town: Town) -> None:
    town.others.known_roles = [with_setting(UNIT, Setting(("10000000-0000-4000-8000-000000000001",)))]
    town.type_of(town.overview, UNIT)["regulaertUdtryk"] = "[0-9]{4}"
    assert ("invalid_value", f"{READ_URI} {UNIT}") in found(town)


def test_a_type_that_the_right_no_longer_takes_is_listed(town: Town) -> None:
    town.others.known_roles = [with_setting(BENEFIT, Setting(("kontanthjaelp",)))]
    assert ("type_not_taken", f"{READ_URI} {BENEFIT}") in found(town)


def test_a_required_type_is_not_left_open(town: Town) -> None:
    town.others.known_roles = [with_setting(KLE, Setting(unlimited=True))]
    assert ("mandatory_not_configured", f"{READ_URI} {KLE}") in found(town)


def test_what_was_not_read_is_not_called_missing(town: Town) -> None:
    town.others.known_roles = [OURS]
    town.take()
    town.service.answers[f"/jobfunktionsroller/{CASEWORKER}"] = (200, b"")
    assert "missing_at_kombit" not in {rule for rule, _ in found(town, LATER)}
    town.service.answers["/jobfunktionsroller"] = (200, b"")
    assert found(town, LATER) == {}
    assert BENEFITS in {each["navn"] for each in town.service.systems}
