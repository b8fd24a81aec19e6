"""Attestation and steps by hand over the API: what is asked about, who answers, what goes, and what is asked once."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from typing import Any

import neo4j
import pytest

from graph.change_log import Origin
from graph.statements.precedence import MANUAL
from graph.time import Period, today
from graph.writing.amending import Amendment
from graph.writing.graph_writer import GraphWriter
from reconnect.embedded import Addresses
from tests.api.serving import Served, serving
from tests.emptied import empty
from tests.graph.questions.rights.care_town import CARE_TOWN
from tests.graph.questions.rights.imported import RING, imported

pytestmark = pytest.mark.slow
START = """
mutation($due: Date!, $system: String, $unit: String, $person: String, $right: String) {
  startAttestation(round: "Efterår", due: $due, system: $system, unit: $unit, person: $person, right: $right,
                   reason: "Halvårlig") { uuid } }
"""
LIST = """
query($state: AttestationStatus, $person: ID) { attestations(filter: {state: $state, person: $person}) {
  nodes { uuid round due state comment person { name } grant { key } request { state } decidedBy { name } } } }
"""
DECIDE = """
mutation($attestation: String!, $keep: Boolean!, $by: String!) {
  decideAttestation(attestation: $attestation, keep: $keep, decidedBy: $by, reason: "Gennemgået") { change } }
"""
HELD = (
    "query($person: String!, $system: String) { rights(person: $person, system: $system) { held { right { label } } } }"
)
REFRESH = 'mutation { refreshManualSteps(reason: "Prøve") { opened changed dropped } }'
STEPS = """
query($state: StepStatus, $system: ID, $person: ID) {
  manualSteps(filter: {state: $state, system: $system, person: $person}) {
    nodes { uuid action state limits doneOn person { name } doneBy { name } systemRole { key } system { key } } } }
"""
CLOSE = """
mutation($step: String!, $on: Date) {
  closeManualStep(step: $step, doneBy: "dora", on: $on, reason: "Gjort") { change } }
"""
YESTERDAY = (today() - timedelta(days=1)).isoformat()


@pytest.fixture(scope="module")
def service(driver: neo4j.Driver, addresses: Addresses, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    empty(driver)
    assert imported(driver, CARE_TOWN, tmp_path_factory.mktemp("town")).problems == []
    with serving(addresses, driver, RING) as served:
        yield served


def refused(service: Served, query: str, *roles: str, **variables: Any) -> dict[str, Any]:
    (error,) = service.ask(query, *roles, **variables)["errors"]
    return {"text": error["message"], **error["extensions"]}


def held(service: Served, person: str, system: str) -> list[str]:
    found = service.data(HELD, person=person, system=system)["rights"]["held"]
    return sorted(each["right"]["label"] for each in found)


def opened(service: Served, **of: Any) -> dict[str, str]:
    """uuid by grant or person."""
    found = service.data(LIST, state="OPEN", **of)["attestations"]["nodes"]
    return {(each["grant"] or {"key": "request"})["key"]: each["uuid"] for each in found}


def test_what_a_system_gives_is_attested_kept_removed_and_overdue(service: Served) -> None:
    started = service.data(START, "rights", due=YESTERDAY, system="pay")["startAttestation"]
    asked = opened(service)
    assert (len(started), {*asked}) == (3, {"g_clerk", "g_all_pay", "g_open_pay"})
    assert service.data(START, due=YESTERDAY, system="pay")["startAttestation"] == [], "they are open already"
    found = service.data("{ rightsReview(findings: [OVERDUE]) { kind text person { name } until } }")["rightsReview"]
    assert {each["person"]["name"] for each in found} == {"Anna Berg", "Bo Lund"}
    assert {(each["kind"], each["until"]) for each in found} == {("Attestation", YESTERDAY)}
    own = refused(service, DECIDE, attestation=asked["g_clerk"], keep=True, by="bo")
    assert (own["code"], own["field"]) == ("own_approval", "decidedBy")
    service.data(DECIDE, attestation=asked["g_clerk"], keep=True, by="anna")
    assert held(service, "bo", "pay") == ["Bogholder"]
    again = refused(service, DECIDE, attestation=asked["g_clerk"], keep=False, by="dora")
    assert again["code"] == "wrong_state"
    assert held(service, "bo", "pay") == ["Bogholder"], "nothing of a refused answer stays"
    service.data(DECIDE, attestation=asked["g_all_pay"], keep=False, by="dora")
    assert held(service, "anna", "pay") == []
    (removed,) = service.data(LIST, state="REMOVED")["attestations"]["nodes"]
    assert (removed["comment"], removed["decidedBy"]["name"]) == ("Gennemgået", "Dora Kjær")
    assert refused(service, START, due=YESTERDAY)["code"] == "wrong_value"
    assert refused(service, START, "hr", due=YESTERDAY, system="pay")["code"] == "forbidden"


def test_a_right_from_the_organisation_is_removed_by_an_exception(service: Served) -> None:
    service.data(START, due=YESTERDAY, unit="job")
    mine = opened(service, person="anna")
    assert {"g_sapa", "g_key", "g_all"} <= {*mine}
    service.data(DECIDE, attestation=mine["g_key"], keep=False, by="dora")
    assert held(service, "anna", "keys") == []
    assert held(service, "bo", "keys") == ["Nøgle"], "others of the grant keep it"


def test_a_grant_is_not_attested_by_whom_it_reaches(service: Served) -> None:
    service.data(START, due=YESTERDAY, system="mail")
    wide = opened(service)["g_all"]
    nodes = service.data(LIST, state="OPEN")["attestations"]["nodes"]
    wide = next(each["uuid"] for each in nodes if (each["grant"] or {}).get("key") == "g_all" and not each["person"])
    assert refused(service, DECIDE, attestation=wide, keep=True, by="anna")["code"] == "own_approval"
    service.data(DECIDE, attestation=wide, keep=True, by="dora")


def test_what_a_request_gave_ends_where_it_is_not_needed(service: Served) -> None:
    ask = """mutation($from: Date!) { requestRight(givenTo: "person:carl", requestedBy: "anna", from: $from,
        gives: "system_role:mail_box", reason: "Ferie") { uuid } }"""
    uuid = service.data(ask, **{"from": today().isoformat()})["requestRight"]["uuid"]
    approve = 'mutation($r: String!) { approveRequest(request: $r, decidedBy: "dora", reason: "Ja") { change } }'
    service.data(approve, r=uuid)
    assert held(service, "carl", "mail") == ["Postkasse"]
    service.data(START, due=YESTERDAY, person="carl")
    asked = opened(service, person="carl")
    service.data(DECIDE, attestation=asked["request"], keep=False, by="dora")
    assert held(service, "carl", "mail") == []


def test_steps_by_hand_follow_what_is_held_and_are_asked_for_once(service: Served) -> None:
    assert refused(service, REFRESH, "hr")["code"] == "forbidden"
    first = service.data(REFRESH, "rights")["refreshManualSteps"]
    (bo,) = service.data(STEPS, state="OPEN", system="keys", person="bo")["manualSteps"]["nodes"]
    assert (bo["action"], bo["limits"], bo["systemRole"], bo["system"]) == (
        "ADD", ["not limited"], {"key": "key"}, {"key": "keys"},
    )  # fmt: skip
    assert first["opened"] == len(service.data(STEPS, state="OPEN")["manualSteps"]["nodes"])
    assert service.data(REFRESH)["refreshManualSteps"] == {"opened": 0, "changed": 0, "dropped": 0}
    late = (today() + timedelta(days=1)).isoformat()
    assert refused(service, CLOSE, step=bo["uuid"], on=late)["field"] == "on"
    service.data(CLOSE, step=bo["uuid"], on=YESTERDAY)
    assert refused(service, CLOSE, step=bo["uuid"])["code"] == "wrong_state"
    (closed,) = service.data(STEPS, state="DONE", person="bo")["manualSteps"]["nodes"]
    assert (closed["doneOn"], closed["doneBy"]) == (YESTERDAY, {"name": "Dora Kjær"})
    assert service.data(REFRESH)["refreshManualSteps"] == {"opened": 0, "changed": 0, "dropped": 0}

    limit = """mutation { createConstraintSetting(of: "grant:g_key", type: "area", fixed: ["N"], from: "2026-01-01",
        reason: "Kun nord") { uuid } }"""
    service.data(limit)
    assert service.data(REFRESH)["refreshManualSteps"]["opened"] == 1
    (change,) = service.data(STEPS, state="OPEN", person="bo")["manualSteps"]["nodes"]
    assert (change["action"], change["limits"]) == ("CHANGE", ["Område: N"])
    end = 'mutation { changeGrant(grant: "g_key", to: "2026-02-01", reason: "Slut") { change } }'
    service.data(end)
    assert service.data(REFRESH)["refreshManualSteps"] == {"opened": 0, "changed": 1, "dropped": 0}
    (remove,) = service.data(STEPS, state="OPEN", person="bo")["manualSteps"]["nodes"]
    assert (remove["uuid"], remove["action"], remove["limits"] or []) == (change["uuid"], "REMOVE", [])
    service.data(CLOSE, step=remove["uuid"])
    assert service.data(REFRESH)["refreshManualSteps"] == {"opened": 0, "changed": 0, "dropped": 0}
    assert service.data(STEPS, state="OPEN")["manualSteps"]["nodes"] == []


def test_what_was_asked_for_and_is_no_longer_needed_is_dropped(service: Served) -> None:
    create = """mutation { createGrant(key: "g_spare", title: "Reserve", gives: "system_role:key", from: "2026-01-01",
        givenTo: ["person:carl"], reason: "Prøve") { uuid } }"""
    service.data(create)
    assert service.data(REFRESH)["refreshManualSteps"] == {"opened": 1, "changed": 0, "dropped": 0}
    service.data('mutation { changeGrant(grant: "g_spare", to: "2026-02-01", reason: "Slut") { change } }')
    assert service.data(REFRESH)["refreshManualSteps"] == {"opened": 0, "changed": 0, "dropped": 1}
    service.data('mutation { changeGrant(grant: "g_spare", to: null, reason: "Igen") { change } }')
    assert service.data(REFRESH)["refreshManualSteps"] == {"opened": 1, "changed": 0, "dropped": 0}
    assert len(service.data(STEPS, person="carl")["manualSteps"]["nodes"]) == 2


@pytest.mark.parametrize("begins", ["today, after a wrong turn", "tomorrow"])
def test_a_right_that_is_not_needed_never_comes_into_force(service: Served, begins: str) -> None:
    """The copies on the node are those of the last turned day."""
    key = f"g_{begins[:5]}"
    create = f"""mutation {{ createGrant(key: "{key}", title: "Nøgle", gives: "system_role:key", from: "2026-01-01",
        givenTo: ["person:bo"], reason: "Prøve") {{ uuid }} }}"""
    grant = service.data(create)["createGrant"]["uuid"]
    service.data(START, due=YESTERDAY, person="bo")
    asked = opened(service, person="bo")[key]
    writer, tomorrow = GraphWriter(service.driver, RING), Period(today() + timedelta(days=1))
    if begins == "tomorrow":
        writer.amend_all([Amendment("Grant", grant, lambda kept: replace(kept, exists=(tomorrow,)))], Origin(MANUAL))
    else:
        service.driver.execute_query("MATCH (g:Grant {uuid: $uuid}) SET g.active = false", uuid=grant)
    service.data(DECIDE, attestation=asked, keep=False, by="dora")
    days, _, _ = service.driver.execute_query(
        "MATCH (:Grant {uuid: $uuid})-[l:STATE]->() WHERE l.to IS NULL OR l.to > $today RETURN l",
        uuid=grant,
        today=today(),
    )
    assert days == []
