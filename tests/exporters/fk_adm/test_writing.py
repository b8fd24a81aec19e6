"""Roles are created, changed and deleted at KOMBIT; nobody's change there is overwritten unseen; and refusals park."""

from typing import Any

import neo4j
import pytest

from exporters.fk_adm.shape import UNLIMITED
from exporters.fk_adm.target import FkAdm
from exporters.objects.adoption import adopt, candidates
from importers.fk_adm.lookup import KnownRole, Setting
from sample.fk_adm_service import records
from sample.fk_adm_service.content import CASEWORKER
from sample.fk_adm_service.content import PARAMETER as CASEWORKER_PARAMETER
from sample.fk_adm_service.content import PAY as PAY_UUID
from sample.fk_adm_service.content import READ as READ_UUID
from sample.fk_adm_service.records import KLE, SENSITIVITY, UNIT
from tests.exporters.fk_adm.town import (
    AT,
    CVR,
    LEVELS,
    PARAMETER,
    PAY,
    READ,
    ROLE,
    URI,
    Town,
    by_kle,
    role,
    setting,
)  # fmt: skip
from tests.importers.fk_adm.town import Town as Read

LOW, MIDDLE, _ = (each.partition("=")[2] for each in LEVELS)
OTHER, OTHER_URI = "5f8f0c1e-0000-4000-8000-0000000000a2", "http://solbjerg.example/roles/jobrole/anden/1"


def limits(made: dict[str, Any], part: int = 0) -> dict[str, tuple[bool, str]]:
    told = made["brugersystemrolleDataafgraensninger"][part]["dataafgraensningsVaerdier"]
    return {each["dataafgraensningstypeEntityId"]: (each["dynamisk"], each["vaerdi"]) for each in told}


def test_a_role_is_created_as_the_interface_describes_it_and_a_repeat_writes_nothing(
    clean_graph: neo4j.Driver, town: Town
) -> None:
    report = town.export(clean_graph)
    assert (report.error, report.parked, town.writes) == ("", [], [("POST", 200)])
    assert town.at_kombit() == {
        "uuid": town.at_kombit()["uuid"],
        "navn": "Borgerservice",
        "entityId": URI,
        "beskrivelse": "Vejleder",
        "organisationCvr": CVR,
        "version": 1,
        "brugersystemrolleDataafgraensninger": [
            {
                "brugersystemrolleUuid": READ_UUID,
                "dataafgraensningsVaerdier": [
                    records.value(records.kle(), PARAMETER, dynamic=True),
                    records.value(records.sensitivity(), f"{LOW},{MIDDLE}"),
                ],
            }
        ],
    }
    assert (town.export(clean_graph).run, town.service.calls) == (None, [])


def test_pitfall_19_what_was_written_is_what_the_source_reads_back(clean_graph: neo4j.Driver, town: Town) -> None:
    """The source then says that KOMBIT has it; only from then on a login sends it."""
    town.export(clean_graph)
    reading = Read(town.running, town.authority, town.client)  # fills the stand-in anew
    town.service.job_roles = {}
    town.export(clean_graph, full=True, drift="correct")
    reading.others.known_roles = [
        KnownRole(
            cvr=CVR, uri=URI, title="Borgerservice", uuid=ROLE, description="Vejleder",
            includes=frozenset({READ["uri"]}),
            settings={
                (READ["uri"], KLE): Setting(parameter=PARAMETER, dynamic=True),
                (READ["uri"], SENSITIVITY): Setting(fixed=("FORTROLIGE_PERSONOPLYSNINGER",)),
            },
        )
    ]  # fmt: skip
    assert [each for each in reading.take().problems if each.kind == "JobFunctionRole"] == []


def test_a_change_is_made_on_the_role_as_it_is_there(clean_graph: neo4j.Driver, town: Town) -> None:
    """With its version; what others have added or changed beside it stays."""
    town.export(clean_graph)
    beside = {
        "brugersystemrolleUuid": town.service.roles[records.uuid_of(records.BENEFITS)][0]["uuid"],
        "dataafgraensningsVaerdier": [records.value(records.benefit(), "ledighed")],
    }
    town.at_kombit()["brugersystemrolleDataafgraensninger"].append(beside)
    town.at_kombit()["delegeretTilCvr"] = "87654321"
    town.at_kombit()["version"] = 7
    town.roles[ROLE]["title"] = "Borgerservice og jobcenter"
    town.roles[ROLE]["settings"].append(
        setting(UNIT, derived="unit", parameter="http://solbjerg.example/u/1/parametric")
    )
    assert (town.export(clean_graph).error, town.writes) == ("", [("PUT", 200)])
    found = town.at_kombit()
    assert (found["navn"], found["version"], found["delegeretTilCvr"]) == ("Borgerservice og jobcenter", 8, "87654321")
    assert sorted(each["brugersystemrolleUuid"] for each in found["brugersystemrolleDataafgraensninger"]) == sorted(
        (READ_UUID, beside["brugersystemrolleUuid"])
    )
    assert beside in found["brugersystemrolleDataafgraensninger"]
    (own,) = [n for n, each in enumerate(found["brugersystemrolleDataafgraensninger"]) if each != beside]
    assert limits(found, own)[UNIT] == (True, "http://solbjerg.example/u/1/parametric")


def test_what_a_role_no_longer_includes_is_taken_out(clean_graph: neo4j.Driver, town: Town) -> None:
    benefit = setting(records.BENEFIT, fixed=["ledighed"])
    town.roles[ROLE] = role(includes=[READ, PAY], settings=[*role()["settings"], benefit])
    town.export(clean_graph)
    assert len(town.at_kombit()["brugersystemrolleDataafgraensninger"]) == 2
    town.roles[ROLE] = role()
    town.export(clean_graph)
    assert town.writes == [("PUT", 200)]
    assert limits(town.at_kombit()).keys() == {KLE, SENSITIVITY}
    assert len(town.at_kombit()["brugersystemrolleDataafgraensninger"]) == 1


def test_what_a_role_includes_of_a_system_whose_rights_are_not_sent_is_kept(
    clean_graph: neo4j.Driver, town: Town
) -> None:
    """An empty body is no answer: others have given the role a right of that system."""
    town.export(clean_graph)
    parts = town.at_kombit()["brugersystemrolleDataafgraensninger"]
    benefit = records.value(records.benefit(), "ledighed")
    parts.append({"brugersystemrolleUuid": PAY_UUID, "dataafgraensningsVaerdier": [benefit]})
    town.roles[ROLE] = role(description="Ny")
    path = f"/jobfunktionsroller/brugervendtesystemer/{records.uuid_of(records.BENEFITS)}/roller"
    town.service.answers[path] = (200, b"")
    (parked,) = town.export(clean_graph).parked
    assert (parked.problem, PAY_UUID in parked.reason, town.writes) == ("not_read", True, [])
    del town.service.answers[path]
    town.roles[ROLE] = role(description="Nyere")
    assert (town.export(clean_graph).parked, town.writes) == ([], [("PUT", 200)])
    kept = [each["brugersystemrolleUuid"] for each in town.at_kombit()["brugersystemrolleDataafgraensninger"]]
    assert (town.at_kombit()["beskrivelse"], kept) == ("Nyere", [READ_UUID, PAY_UUID])


def test_the_same_role_there_becomes_ours_without_a_write(clean_graph: neo4j.Driver, town: Town) -> None:
    """Values in another order are the same."""
    known = records.job_role(CASEWORKER, CVR, {})
    kle = by_kle(parameter=CASEWORKER_PARAMETER)
    told = role(uri=known["entityId"], title=CASEWORKER, description=known["beskrivelse"])
    town.roles[ROLE] = {**told, "settings": [kle, told["settings"][1]]}
    there = town.at_kombit(known["entityId"])
    swapped = there["brugersystemrolleDataafgraensninger"][0]["dataafgraensningsVaerdier"]
    swapped.reverse()
    swapped[0]["vaerdi"] = ",".join(reversed(swapped[0]["vaerdi"].split(",")))
    report = town.export(clean_graph)
    assert (report.error, report.parked, town.writes) == ("", [], [])
    town.roles[ROLE]["description"] = "Ny"
    town.export(clean_graph)
    assert (town.writes, town.at_kombit(known["entityId"])["beskrivelse"]) == ([("PUT", 200)], "Ny")


def test_another_role_with_our_uri_waits_for_a_decision(clean_graph: neo4j.Driver, town: Town) -> None:
    """Differences are never overwritten unseen; ``adopt`` is the decision."""
    made = records.job_role("Borgerservice", CVR, {READ_UUID: []})
    before = town.service.job_roles[made["uuid"]] = {**made, "entityId": URI}
    report = town.export(clean_graph)
    assert ([each.problem for each in report.parked], town.writes) == (["made_by_others"], [])
    assert town.at_kombit() == before
    town.roles[ROLE]["description"] = "Ny"  # what is refused is tried again when it changes
    assert town.export(clean_graph, adopt=True).parked == []
    assert limits(town.at_kombit())[KLE] == (True, PARAMETER)


def test_another_authoritys_role_with_our_uri_is_left_alone(clean_graph: neo4j.Driver, town: Town) -> None:
    """Pitfall 25: identity is CVR and URI. The stand-in refuses a URI that is in use; a service need not."""
    delegated = {**records.job_role("Vagt", "87654321", {}), "entityId": URI}
    town.service.job_roles[delegated["uuid"]] = delegated
    report = town.export(clean_graph, adopt=True)
    assert ([each.problem for each in report.parked], town.writes) == (["rule_of_kombit"], [("POST", 406)])
    assert town.at_kombit() == delegated


def test_pitfall_20_a_refused_role_parks_and_holds_up_no_other(clean_graph: neo4j.Driver, town: Town) -> None:
    town.roles[ROLE]["settings"] = [by_kle()]  # sensitivity, which the vendor requires, is not set
    town.roles[OTHER] = role(OTHER, OTHER_URI)
    report = town.export(clean_graph)
    assert sorted(town.writes) == [("POST", 200), ("POST", 406)]
    (parked,) = report.parked
    assert (parked.key, parked.problem) == (ROLE, "rule_of_kombit")
    assert "kræver" in parked.reason, "in KOMBIT's own words"
    town.export(clean_graph)
    assert town.service.calls == [], "the same is not tried again at once"
    town.roles[ROLE] = role()
    assert (town.export(clean_graph).parked, town.writes) == ([], [("POST", 200)])


def test_a_refused_change_is_not_repeated_for_the_version(clean_graph: neo4j.Driver, town: Town) -> None:
    town.export(clean_graph)
    town.roles[ROLE]["settings"] = [by_kle()]
    report = town.export(clean_graph)
    assert (town.writes, [each.problem for each in report.parked]) == ([("PUT", 406)], ["rule_of_kombit"])


def test_a_change_by_others_in_between_is_read_and_kept(
    clean_graph: neo4j.Driver, town: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    town.export(clean_graph)
    town.roles[ROLE]["title"] = "Ny"
    there, right = town.at_kombit(), town.service.answer

    def answer(method: str, path: str, body: bytes, fingerprint: str) -> tuple[int, bytes]:
        if method == "PUT" and there["version"] == 1:
            there.update(version=2, beskrivelse="fra KOMBIT")
        return right(method, path, body, fingerprint)

    monkeypatch.setattr(town.service, "answer", answer)
    assert (town.export(clean_graph).parked, town.writes) == ([], [("PUT", 406), ("PUT", 200)])
    assert (town.at_kombit()["navn"], town.at_kombit()["beskrivelse"]) == ("Ny", "fra KOMBIT")


def lose_an_answer(town: Town, monkeypatch: pytest.MonkeyPatch, method: str) -> None:
    """The service does what it is asked to, and its first answer to ``method`` is lost."""
    right, state = town.service.answer, {"lost": 0}

    def answer(how: str, path: str, body: bytes, fingerprint: str) -> tuple[int, bytes]:
        found = right(how, path, body, fingerprint)
        if how == method and not state["lost"]:
            state["lost"] = 1
            return 504, b""
        return found

    monkeypatch.setattr(town.service, "answer", answer)


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE"])
def test_an_answer_that_is_lost_makes_nothing_twice(
    clean_graph: neo4j.Driver, town: Town, monkeypatch: pytest.MonkeyPatch, method: str
) -> None:
    if method != "POST":
        town.export(clean_graph)
    if method == "PUT":
        town.roles[ROLE]["title"] = "Ny"
    if method == "DELETE":
        town.roles[OTHER] = role(OTHER, OTHER_URI)
        del town.roles[ROLE]
    lose_an_answer(town, monkeypatch, method)
    report = town.export(clean_graph)
    assert (report.error, report.parked) == ("", [])
    uris = [each["entityId"] for each in town.service.job_roles.values()]
    assert uris.count(URI) == (0 if method == "DELETE" else 1)
    if method == "PUT":
        assert (town.at_kombit()["navn"], town.at_kombit()["version"]) == ("Ny", 2)


def test_a_role_that_has_ended_is_deleted_and_gone_is_done(clean_graph: neo4j.Driver, town: Town) -> None:
    town.roles[OTHER] = role(OTHER, OTHER_URI)
    town.export(clean_graph)
    before = len(town.service.job_roles)
    del town.service.job_roles[town.at_kombit(OTHER_URI)["uuid"]]
    town.roles.clear()
    report = town.export(clean_graph)
    assert (report.parked, sorted(town.writes)) == ([], [("DELETE", 200), ("DELETE", 404)])
    assert len(town.service.job_roles) == before - 2, "none that others have made"


def test_the_brake_keeps_roles(clean_graph: neo4j.Driver, town: Town) -> None:
    town.export(clean_graph)
    town.roles.clear()
    report = town.export(clean_graph, brake={"share": 0, "count": 0, "at_least": 0})
    assert report.brake is not None and town.writes == []


def test_a_role_that_is_lost_there_is_made_anew(clean_graph: neo4j.Driver, town: Town) -> None:
    town.export(clean_graph)
    del town.service.job_roles[town.at_kombit()["uuid"]]
    town.roles[ROLE]["title"] = "Ny"
    assert (town.export(clean_graph).parked, town.writes) == ([], [("POST", 200)])
    assert town.at_kombit()["navn"] == "Ny"


def test_a_full_comparison_shows_what_others_have_changed(clean_graph: neo4j.Driver, town: Town) -> None:
    town.export(clean_graph)
    town.at_kombit()["navn"] = "Andet"
    report = town.export(clean_graph, full=True)
    (changes,) = [each.changes for each in report.objects if each.changes]
    assert "navn: Andet at the target, Borgerservice was sent" in changes[0].lines
    assert town.writes == []


@pytest.mark.parametrize("path", ["", "/{read}/roller"])
def test_without_fk_adms_rights_nothing_is_written(clean_graph: neo4j.Driver, town: Town, path: str) -> None:
    """A role might lose what it includes."""
    system = town.service.systems[0]["uuid"]
    town.service.answers[f"/jobfunktionsroller/brugervendtesystemer{path.format(read=system)}"] = (200, b"{}")
    report = town.export(clean_graph)
    assert "nothing is written" in report.error and town.writes == []


def test_a_system_role_that_the_vendor_has_ended_parks_the_role(clean_graph: neo4j.Driver, town: Town) -> None:
    town.service.roles.clear()
    (parked,) = town.export(clean_graph).parked
    assert (parked.problem, town.writes) == ("no_system_role", [])


def test_a_certificate_that_is_not_let_in_ends_the_run(
    clean_graph: neo4j.Driver, town: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(town.service, "clients", {})
    report = town.export(clean_graph)
    assert "Check certificate and private_key" in report.error and report.parked == []


def test_a_dry_run_shows_what_would_be_written_and_writes_nothing(clean_graph: neo4j.Driver, town: Town) -> None:
    town.roles[OTHER] = role(OTHER, OTHER_URI, settings=[by_kle(parameter=None)])
    report = town.export(clean_graph, dry_run=True)
    assert (report.error, town.writes, [each.problem for each in report.parked]) == ("", [], ["no_parameter"])
    (new,) = [each for of in report.objects for each in of.changes]
    assert (new.key, new.what) == (ROLE, "new")
    assert any(PARAMETER in each for each in new.lines), "the whole content is shown"


def test_a_person_sees_how_a_role_differs_and_takes_it_over(clean_graph: neo4j.Driver, town: Town) -> None:
    """``reconnect accounts adopt fk_adm``. What it has beside that stays, and is shown by the source."""
    made = records.job_role("Borgerservice", CVR, {READ_UUID: []})
    town.service.job_roles[made["uuid"]] = {**made, "entityId": URI}
    assert [each.problem for each in town.export(clean_graph).parked] == ["made_by_others"]
    target = FkAdm("fk_adm", town.settings(), sleep=lambda _: None)
    (found,) = candidates(clean_graph, target, town.read, AT)
    assert (found.ref.key, found.doubt) == (ROLE, "")
    (changes,) = found.changes.values()
    assert changes[0] == "beskrivelse: Rollen Borgerservice → Vejleder"
    assert changes[1].startswith(f"{READ['uri']}: {UNLIMITED} → ") and PARAMETER in changes[1]
    adopt(clean_graph, target, {found.ref: found.found[0]}, "Ours")
    report = town.export(clean_graph)
    assert (report.parked, town.writes) == ([], [("PUT", 200)])
    assert limits(town.at_kombit())[KLE] == (True, PARAMETER)
    assert (town.export(clean_graph).run, town.writes) == (None, [])
