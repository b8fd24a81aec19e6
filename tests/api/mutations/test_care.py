"""Conflicts, approvals and requests over the API: who may decide what, once, and what then is held and says why."""

import asyncio
import json
from collections.abc import Iterator
from datetime import timedelta
from multiprocessing.synchronize import Barrier as BarrierType
from typing import Any

import neo4j
import pytest

from api.access.rights import ROLES, Access
from api.context import Context
from api.schema import schema
from graph.connection import connect
from graph.cpr.keyring import Keyring
from graph.questions.preview import sizes
from graph.statements.precedence import SourceOrder
from graph.time import today
from graph.writing import graph_writer
from reconnect.embedded import Addresses
from tests.api.serving import Served, serving
from tests.emptied import empty
from tests.forked import FORKING, telling
from tests.graph.questions.rights.care_town import CARE_TOWN
from tests.graph.questions.rights.imported import RING, imported

pytestmark = pytest.mark.slow
SOON = (today() + timedelta(days=30)).isoformat()
HELD = """
query($person: String!, $at: Date) { rights(person: $person, system: "pay", at: $at) {
  held { right { label } because until grant { key } request { state } }
  omitted { right { label } reason text conflict { key } } } }
"""
ASK = """
mutation($from: Date!, $to: Date, $gives: String, $exception: String, $for: String = "person:bo",
         $by: String = "anna") {
  requestRight(givenTo: $for, requestedBy: $by, gives: $gives, exceptionTo: $exception, from: $from, to: $to,
               reason: "Ferieafløsning") { uuid } }
"""
APPROVE = """
mutation($request: String!, $by: String!) {
  approveRequest(request: $request, decidedBy: $by, reason: "Det er i orden") { change } }
"""
REFUSE = APPROVE.replace("approveRequest", "refuseRequest")

DAY_TURNED = """
MATCH (g:Grant {key: $key})<-[:CONCERNS]-(c:Change)
WITH g, max(c.number) AS last
CREATE (g)<-[:CONCERNS]-(:Change {number: last + 1000000, source: "day turn", day: $today,
    before: "null",
    after: '{"values": {}, "links": []}'})
"""
"""What the turn of a day writes where a thing begins."""


@pytest.fixture(scope="module")
def service(driver: neo4j.Driver, addresses: Addresses, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    empty(driver)
    assert imported(driver, CARE_TOWN, tmp_path_factory.mktemp("town")).problems == []
    with serving(addresses, driver, RING) as served:
        yield served


def refused(service: Served, query: str, *roles: str, **variables: Any) -> dict[str, Any]:
    (error,) = service.ask(query, *roles, **variables)["errors"]
    return {"text": error["message"], **error["extensions"]}


def pay(service: Served, person: str, at: str | None = None) -> tuple[list[str], list[str]]:
    found = service.data(HELD, "rights", person=person, at=at)["rights"]
    return sorted(each["right"]["label"] for each in found["held"]), [each["reason"] for each in found["omitted"]]


def request(service: Served, **variables: Any) -> str:
    uuid: str = service.data(ASK, "rights", **{"from": today().isoformat()}, **variables)["requestRight"]["uuid"]
    return uuid


def digest_of(service: Served, thing: str) -> str:
    query = "query($thing: ID!) { approvalPreview(thing: $thing) { digest } }"
    digest: str = service.data(query, "auditor", thing=thing)["approvalPreview"]["digest"]
    return digest


def test_a_request_that_is_approved_gives_the_right_until_its_end_and_says_why(service: Served) -> None:
    uuid = request(service, gives="system_role:pay_make", to=SOON, **{"for": "employment:e_carl", "by": "dora"})
    assert pay(service, "carl") == ([], [])
    why = '{ whyNot(person: "carl", right: "pay_make") { step text remedy } }'
    nearest = service.data(why, person="carl")["whyNot"][0]
    assert (nearest["step"], nearest["remedy"]) == ("REQUESTED", "an approval of the request")
    assert nearest["text"].endswith("asked for by Dora Kjær, because Ferieafløsning")
    assert refused(service, APPROVE, request=uuid, by="carl")["code"] == "own_approval"
    assert refused(service, APPROVE, request=uuid, by="dora")["code"] == "own_approval"
    assert refused(service, APPROVE, "reader", request=uuid, by="bo")["code"] == "forbidden"
    service.data(APPROVE, request=uuid, by="bo")
    (held,) = service.data(HELD, person="carl")["rights"]["held"]
    assert (held["until"], held["grant"], held["request"]) == (SOON, None, {"state": "APPROVED"})
    assert held["because"].startswith("asked for by Dora Kjær, approved by Bo Lund, because Ferieafløsning")
    assert pay(service, "carl", SOON) == ([], []), "it runs out by itself"
    ending = service.data("{ rightsReview(findings: [ENDING]) { kind uuid person { name } } }")["rightsReview"]
    assert {"kind": "RightsRequest", "uuid": uuid, "person": {"name": "Carl Holm"}} in ending
    wrong = refused(service, REFUSE, request=uuid, by="bo")
    assert (wrong["code"], wrong["field"]) == ("wrong_state", "state")
    assert "it is approved since" in wrong["text"]
    withdraw = 'mutation($request: String!) { withdrawRequest(request: $request, reason: "Ikke mere") { change } }'
    service.data(withdraw, request=uuid)
    assert pay(service, "carl") == ([], [])
    assert refused(service, APPROVE, request=uuid, by="bo")["code"] == "wrong_state"


def test_a_sensitive_right_that_is_asked_for_and_approved_is_given_as_it_was_asked_for(service: Served) -> None:
    uuid = request(service, gives="system_role:pay_all", to=SOON, **{"for": "employment:e_carl", "by": "dora"})
    service.data(APPROVE, request=uuid, by="bo")
    assert pay(service, "carl") == (["Alle løndata"], [])
    service.data('mutation($q: String!) { withdrawRequest(request: $q, reason: "Slut") { change } }', q=uuid)
    assert pay(service, "carl") == ([], [])


def test_requests_are_listed_by_state_and_person(service: Served) -> None:
    uuid = request(service, gives="system_role:pay_all", to=SOON, **{"for": "employment:e_carl"})
    query = """query($state: RequestStatus, $person: ID) { rightsRequests(filter: {state: $state, person: $person}) {
        nodes { uuid reason wantedFrom decidedBecause } } }"""
    (found,) = service.data(query, state="WAITING", person="carl")["rightsRequests"]["nodes"]
    assert (found["uuid"], found["wantedFrom"]) == (uuid, today().isoformat())
    service.data(REFUSE, request=uuid, by="dora")
    assert service.data(query, state="WAITING", person="carl")["rightsRequests"]["nodes"] == []
    refused_ones = service.data(query, state="REFUSED")["rightsRequests"]["nodes"]
    assert [each["decidedBecause"] for each in refused_ones] == ["Det er i orden"]
    assert "RequestStatus" in service.ask(query, state="waiting")["errors"][0]["message"]


def test_a_request_that_would_meet_another_right_needs_an_exception(service: Served) -> None:
    plain = request(service, gives="system_role:pay_release", to=SOON)
    wrong = refused(service, APPROVE, request=plain, by="dora")
    assert (wrong["code"], wrong["field"]) == ("conflict", "gives")
    assert "Bogholder is held as well" in wrong["text"]
    endless = refused(
        service, ASK, **{"from": today().isoformat()}, gives="system_role:pay_release", exception="two_hands"
    )
    assert (endless["code"], endless["field"]) == ("wrong_value", "to")
    uuid = request(service, gives="system_role:pay_release", exception="two_hands", to=SOON)
    service.data(APPROVE, request=uuid, by="dora")
    assert pay(service, "bo")[0] == ["Bogholder", "Godkend udbetaling"]
    assert pay(service, "bo", SOON)[0] == ["Bogholder"]
    found = service.data("{ rightsReview(findings: [CONFLICT, ENDING]) { finding kind until title } }")
    assert {(each["finding"], each["kind"], each["until"]) for each in found["rightsReview"]} >= {
        ("CONFLICT", "RightsConflict", SOON), ("ENDING", "RightsRequest", SOON),
    }  # fmt: skip


def test_a_conflict_that_is_made_takes_both_away_and_says_so_in_its_preview(service: Served) -> None:
    make = """mutation { createRightsConflict(key: "mail_and_sapa", title: "Post og sager", reason: "Prøve",
        first: "job_function_role:everyone", second: "system_role:sapa_read", from: "2026-01-01") { uuid } }"""
    body = {"query": make, "extensions": {"preview": True}}
    answer = service.send(body, {"Authorization": f"Bearer {service.token()}"}).json()
    lost = {each["text"] for each in answer["extensions"]["preview"]["consequences"] if each["change"] == "LOST"}
    assert {"Alle for Jobcenter", "Sagsbehandler i SAPA for Jobcenter"} <= lost
    uuid = service.data(make, "rights")["createRightsConflict"]["uuid"]
    query = '{ rights(person: "anna", system: "sapa") { held { since } omitted { reason conflict { key } } } }'
    assert service.data(query)["rights"] == {
        "held": [], "omitted": [{"reason": "CONFLICT", "conflict": {"key": "mail_and_sapa"}}],
    }  # fmt: skip
    end = """mutation($conflict: String!) { changeRightsConflict(conflict: $conflict, to: "2026-02-01", reason: "Slut")
        { change } }"""
    service.data(end, conflict=uuid)
    assert len(service.data(query)["rights"]["held"]) == 1


def test_a_sensitive_grant_counts_once_another_than_its_author_has_approved_it(service: Served) -> None:
    create = """mutation { createGrant(key: "g_hand", title: "Løndata for Carl", gives: "system_role:pay_all",
        givenTo: ["person:carl"], from: "2026-01-01", reason: "Prøve") { uuid } }"""
    grant = service.data(create, "rights")["createGrant"]["uuid"]
    assert pay(service, "carl") == ([], ["NOT_APPROVED"])
    approve = """mutation($grant: ID!, $by: ID!, $d: String!) { approveGrant(grant: $grant, approvedBy: $by, digest: $d,
        reason: "Ja") { change thing { ... on Grant { approvedOn approvedBy { name } } } } }"""
    read = digest_of(service, grant)
    own = refused(service, approve, "rights", grant=grant, by="dora", d=read)
    assert (own["code"], own["field"]) == ("own_approval", "approvedBy")
    own = refused(service, approve, "rights", "auditor", grant=grant, by="carl", d=read)
    assert (own["code"], "gives the right to this person" in own["text"]) == ("own_approval", True)
    done = service.data(approve, "rights", "auditor", grant=grant, by="dora", d=read)["approveGrant"]["thing"]
    assert done == {"approvedOn": today().isoformat(), "approvedBy": {"name": "Dora Kjær"}}
    assert pay(service, "carl") == (["Alle løndata"], [])
    forge = """mutation($grant: String!) { setValue(kind: Grant, thing: $grant, property: "approvedContent",
        value: "now", from: "2026-01-01", reason: "Prøve") { change } }"""
    assert refused(service, forge, "rights", grant=grant)["code"] == "wrong_value"
    change = """mutation($grant: String!) { changeGrant(grant: $grant, changeFrom: "2026-01-01",
        givenTo: ["person:carl", "person:bo"],
        reason: "Flere") { change } }"""
    service.data(change, "rights", grant=grant)
    assert pay(service, "carl") == ([], ["NOT_APPROVED"])
    assert refused(service, approve, "rights", grant=grant, by="dora", d=read)["code"] == "own_approval"
    found = service.data("{ rightsReview(findings: [NOT_APPROVED]) { title text } }")["rightsReview"]
    assert {each["title"] for each in found} == {"Løndata for Carl", "Ikke godkendt"}
    changed = refused(service, approve, "rights", "auditor", grant=grant, by="dora", d=read)
    assert (changed["code"], changed["field"]) == ("approval_changed", "digest")
    service.data(approve, "rights", "auditor", grant=grant, by="dora", d=digest_of(service, grant))
    assert pay(service, "carl") == (["Alle løndata"], [])
    missing = service.data('{ whyNot(person: "bo", right: "pay_make") { step } }')
    assert missing["whyNot"][0]["step"] == "HELD"


def test_a_sources_grant_that_is_changed_by_hand_is_approved_as_both_tell_it(service: Served) -> None:
    change = """mutation { changeGrant(grant: "g_open_pay", changeFrom: "2026-01-01",
        givenTo: ["employment:e_bo", "person:carl"],
        exceptions: ["person:anna"], reason: "Også Carl") { change } }"""
    service.data(change, "rights")
    assert pay(service, "bo")[1] == ["NOT_APPROVED"]
    approve = """mutation($d: String!) { approveGrant(grant: "g_open_pay", approvedBy: "dora", digest: $d, reason: "Ja")
        { change } }"""
    service.data(approve, "rights", "auditor", d=digest_of(service, "g_open_pay"))
    titles = [
        each["title"] for each in service.data("{ rightsReview(findings: [NOT_APPROVED]) { title } }")["rightsReview"]
    ]
    assert "Ikke godkendt" not in titles
    assert "NOT_APPROVED" not in pay(service, "bo")[1]


def test_a_limit_that_is_left_open_counts_once_another_than_its_author_has_approved_it(service: Served) -> None:
    create = """mutation { createConstraintSetting(of: "grant:g_key", type: "area", unlimited: true,
        from: "2026-01-01", reason: "Alle områder") { uuid } }"""
    held = """{ rights(person: "bo", system: "keys") {
        held { until included { limits { unlimited } } } omitted { reason } } }"""
    assert len(service.data(held)["rights"]["held"]) == 1
    setting = service.data(create, "rights")["createConstraintSetting"]["uuid"]
    assert service.data(held)["rights"] == {"held": [], "omitted": [{"reason": "NOT_APPROVED"}]}
    approve = """mutation($setting: ID!, $by: ID!, $to: Date, $d: String!) {
        approveUnlimited(setting: $setting, approvedBy: $by, to: $to, digest: $d, reason: "Ja") {
            thing { ... on ConstraintSetting { approvedOn approvedBy { name } } } } }"""
    preview = """query($setting: ID!) { approvalPreview(thing: $setting) { digest kind persons rights { label }
        held { person { name } included { limits { unlimited } } } omitted { reason } } }"""
    shown = service.data(preview, "auditor", setting=setting)["approvalPreview"]
    assert shown == {
        "digest": shown["digest"], "kind": "ConstraintSetting", "persons": 2, "rights": [{"label": "Nøgle"}],
        "held": [{"person": {"name": name}, "included": [{"limits": [{"unlimited": True}]}]}
                 for name in (each["person"]["name"] for each in shown["held"])],
        "omitted": [],
    }  # fmt: skip
    assert {each["person"]["name"] for each in shown["held"]} == {"Anna Berg", "Bo Lund"}
    read = shown["digest"]
    own = refused(service, approve, "rights", setting=setting, by="dora", d=read)
    assert (own["code"], "made or changed the setting" in own["text"]) == ("own_approval", True)
    own = refused(service, approve, "rights", "auditor", setting=setting, by="bo", d=read)
    assert (own["code"], "would hold what is left open" in own["text"]) == ("own_approval", True)
    limited = refused(service, approve, "rights", "auditor", setting="c_kle", by="dora", d=read)
    assert (limited["code"], limited["field"]) == ("wrong_value", "setting")
    forge = """mutation($setting: String!) { setValue(kind: ConstraintSetting, thing: $setting, property: "approvedOn",
        value: "2026-01-01", from: "2026-01-01", reason: "Prøve") { change } }"""
    assert refused(service, forge, "rights", setting=setting)["text"] == "approvedOn: approveUnlimited sets it"
    listed = service.data("{ rightsReview(findings: [NOT_APPROVED]) { uuid text } }")["rightsReview"]
    assert [each for each in listed if setting in each["text"]]
    done = service.data(approve, "rights", "auditor", setting=setting, by="dora", to=SOON, d=read)
    done = done["approveUnlimited"]["thing"]
    assert done == {"approvedOn": today().isoformat(), "approvedBy": {"name": "Dora Kjær"}}
    (found,) = service.data(held)["rights"]["held"]
    assert (found["until"], found["included"]) == (SOON, [{"limits": [{"unlimited": True}]}])
    at_the_end = held.replace('system: "keys"', f'system: "keys", at: "{SOON}"')
    assert service.data(at_the_end)["rights"]["held"] == [], "the approval ends"
    service.data("""mutation { changeGrant(grant: "g_key", changeFrom: "2026-01-01", reason: "Flere",
        givenTo: ["unit:citizen", "unit:job", "unit:canteen"]) { change } }""", "rights")  # fmt: skip
    assert service.data(held)["rights"] == {"held": [], "omitted": [{"reason": "NOT_APPROVED"}]}


def test_who_decides_between_the_check_and_the_writing_of_another_wins(
    service: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    uuid = request(service, gives="system_role:mail_box", to=SOON, **{"for": "employment:e_carl", "by": "carl"})
    checked, others = graph_writer.find_refused, iter([REFUSE])

    def overtaken(*given: Any) -> Any:
        found = list(checked(*given))
        for mutation in others:
            service.data(mutation, request=uuid, by="bo")
        return found

    monkeypatch.setattr(graph_writer, "find_refused", overtaken)
    assert refused(service, APPROVE, request=uuid, by="dora")["code"] == "wrong_state"


def test_what_is_changed_between_the_check_and_the_approval_is_not_approved(
    service: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    create = """mutation { createGrant(key: "g_race", title: "Løbet", gives: "system_role:pay_all",
        givenTo: ["person:carl"], from: "2026-01-01", reason: "Prøve") { uuid } }"""
    service.data(create, "rights", "hr")
    widen = """mutation { changeGrant(grant: "g_race", changeFrom: "2026-01-01", reason: "Flere",
        givenTo: ["person:carl", "person:anna"]) { change } }"""
    approve = """mutation($d: String!) { approveGrant(grant: "g_race", approvedBy: "dora", digest: $d, reason: "Ja")
        { change } }"""
    read = digest_of(service, "g_race")
    checked, others = graph_writer.find_refused, iter([widen])

    def overtaken(*given: Any) -> Any:
        found = list(checked(*given))
        for mutation in others:
            service.data(mutation, "rights", "hr")
        return found

    monkeypatch.setattr(graph_writer, "find_refused", overtaken)
    assert refused(service, approve, "rights", "auditor", d=read)["code"] == "approval_changed"
    monkeypatch.undo()
    assert "g_race" not in {each["grant"]["key"] for each in service.data(HELD, person="carl")["rights"]["held"]}
    service.data('mutation { changeGrant(grant: "g_race", to: "2026-02-01", reason: "Slut") { change } }', "rights")


def decide(tell: Any, gate: BarrierType, addresses: Addresses, mutation: str, request: str, by: str) -> None:
    """A process of its own that decides a request as soon as the other is ready, too."""
    with connect(addresses.bolt_uri, addresses.user, addresses.password) as driver:
        reading: Any = None
        context = Context(Access(by, frozenset(ROLES)), driver, reading, Keyring.generate(), SourceOrder())
        gate.wait(300)
        found = asyncio.run(
            schema.execute(mutation, variable_values={"request": request, "by": by}, context_value=context)
        )
        errors = [each.extensions["code"] for each in found.errors or () if each.extensions]
        tell.send(errors)


def test_two_who_decide_at_once_in_two_processes_come_to_one_decision(service: Served, addresses: Addresses) -> None:
    for others in ((REFUSE, "bo"), (APPROVE, "anna"), (REFUSE, "anna")):
        uuid = request(service, gives="system_role:mail_box", to=SOON, **{"for": "employment:e_carl", "by": "carl"})
        gate = FORKING.Barrier(2)
        started = [telling(decide, gate, addresses, mutation, uuid, by) for mutation, by in ((APPROVE, "dora"), others)]
        told = [heard.recv() for _, heard in started]
        for process, _ in started:
            process.join(120)
        assert sorted(map(len, told)) == [0, 1]
        assert [code for errors in told for code in errors] == ["wrong_state"]
        states = service.data("query($u: [ID!]) { rightsRequests(filter: {uuids: $u}) { nodes { state } } }", u=[uuid])
        (state,) = states["rightsRequests"]["nodes"]
        won = APPROVE if not told[0] else others[0]
        assert state["state"] == ("APPROVED" if won == APPROVE else "REFUSED")


def test_who_wrote_a_grant_in_a_plan_that_another_finished_does_not_approve_it(service: Served) -> None:
    arguments = {"key": "g_planned", "title": "Fra en plan", "gives": "system_role:pay_all", "givenTo": ["person:anna"]}
    plan = service.data(
        """mutation($changes: [PlannedChangeInput!]!, $day: Date!) { createPlan(name: "Løn", day: $day,
        changes: $changes, reason: "Prøve") { id } }""",
        "rights",
        day=today().isoformat(),
        changes=[{"mutation": "createGrant", "arguments": json.dumps(arguments)}],
    )["createPlan"]["id"]
    edit = """mutation($plan: String!) { changePlan(plan: $plan, reason: "Samme prøve") { digest } }"""
    digest = service.data(edit, "rights", "hr", plan=plan)["changePlan"]["digest"]
    approve = """mutation($plan: String!, $digest: String!) { approvePlan(plan: $plan, digest: $digest, reason: "Ja")
        { state } }"""
    service.data(approve, "rights", "auditor", plan=plan, digest=digest)
    service.data('mutation($plan: String!) { applyPlan(plan: $plan, reason: "Nu") { state } }', "rights", plan=plan)
    grant = """mutation($d: String!) { approveGrant(grant: "g_planned", approvedBy: "dora", digest: $d, reason: "Ja")
        { change } }"""
    read = digest_of(service, "g_planned")
    for author in (("rights",), ("rights", "hr")):
        assert refused(service, grant, *author, d=read)["code"] == "own_approval"
    service.data(grant, "rights", "auditor", d=read)


def test_who_sets_a_day_of_approval_widens_the_role_or_lets_a_day_pass_is_an_author_still(service: Served) -> None:
    role = """mutation { createJobFunctionRole(key: "payer", title: "Lønkørsel", uri: "http://solbjerg.example/payer/1",
        includes: ["system_role:pay_all"], reason: "Prøve") { uuid } }"""
    service.data(role, "rights", "auditor")
    tomorrow = (today() + timedelta(days=1)).isoformat()
    create = f"""mutation {{ createGrant(key: "g_payer", title: "Lønkørsel", gives: "job_function_role:payer",
        givenTo: ["person:carl"], from: "{tomorrow}", reason: "Prøve") {{ uuid }} }}"""
    service.data(create, "rights")
    day = """mutation { setValue(kind: Grant, thing: "g_payer", property: "approvedOn", value: "2026-01-01",
        from: "2026-01-01", reason: "Prøve") { change } }"""
    assert refused(service, day, "rights")["text"] == "approvedOn: approveGrant sets it"
    approve = """mutation($d: String!) { approveGrant(grant: "g_payer", approvedBy: "dora", digest: $d, reason: "Ja")
        { change } }"""
    assert refused(service, approve, "rights", d=digest_of(service, "g_payer"))["code"] == "own_approval"
    service.driver.execute_query(DAY_TURNED, key="g_payer", today=today())
    service.data(approve, "rights", "auditor", d=digest_of(service, "g_payer"))
    widen = """mutation { changeJobFunctionRole(role: "payer", changeFrom: "2026-01-01",
        reason: "Mere", includes: ["system_role:pay_all",
        "system_role:mail_box"]) { change } }"""
    service.data(widen, "rights", "auditor")
    assert refused(service, approve, "rights", "auditor", d=digest_of(service, "g_payer"))["code"] == "own_approval"
    service.data(approve, "rights", d=digest_of(service, "g_payer"))


def test_what_the_organisation_gives_by_now_is_not_approved_unseen(service: Served) -> None:
    create = """mutation { createGrant(key: "g_kitchen", title: "Køkkenet", gives: "system_role:pay_all",
        givenTo: ["unit:canteen"], from: "2026-01-01", reason: "Prøve") { uuid } }"""
    service.data(create, "rights")
    read = """{ approvalPreview(thing: "g_kitchen") { digest persons held { person { name } } rights { label } } }"""
    before = service.data(read, "auditor")["approvalPreview"]
    assert before["rights"] == [{"label": "Alle løndata"}]
    come = f"""mutation {{ createAffiliation(person: "anna", unit: "canteen", from: "{today()}", to: "{SOON}",
        reason: "Hjælper") {{ uuid }} }}"""
    service.data(come, "hr")
    approve = """mutation($d: String!) { approveGrant(grant: "g_kitchen", approvedBy: "dora", digest: $d, reason: "Ja")
        { change } }"""
    refusal = refused(service, approve, "rights", "auditor", d=before["digest"])
    assert refusal["code"] == "approval_changed", "the organisation gives it to Anna as well"
    after = service.data(read, "auditor")["approvalPreview"]
    assert (after["persons"], "Anna Berg" in str(after["held"])) == (before["persons"] + 1, True)
    assert "NOT_APPROVED" in pay(service, "anna")[1], "and nothing is written"
    service.data(approve, "rights", "auditor", d=after["digest"])
    assert "NOT_APPROVED" not in pay(service, "anna")[1]


def test_a_request_gives_no_more_than_was_approved(service: Served) -> None:
    role = """mutation { createJobFunctionRole(key: "light", title: "Let", uri: "http://solbjerg.example/light/1",
        includes: ["system_role:mail_box"], reason: "Prøve") { uuid } }"""
    service.data(role, "rights")
    asked = request(service, gives="job_function_role:light", to=SOON, **{"for": "employment:e_carl", "by": "carl"})
    service.data(APPROVE, request=asked, by="dora")
    other = request(service, gives="job_function_role:light", to=SOON, **{"for": "employment:e_bo", "by": "bo"})
    read = digest_of(service, other)
    widen = """mutation { changeJobFunctionRole(role: "light", changeFrom: "2026-01-01",
        reason: "Mere", includes: ["system_role:mail_box",
        "system_role:pay_all"]) { change } }"""
    service.data(widen, "rights")
    assert "NOT_APPROVED" in pay(service, "carl")[1]
    approve = """mutation($request: ID!, $d: String) { approveRequest(request: $request, decidedBy: "dora", digest: $d,
        reason: "Prøve") { change } }"""
    refusal = service.ask(approve, "rights", request=other, d=read)["errors"][0]
    assert refusal["extensions"]["code"] == "own_approval", "who has added to the right since it was asked for"
    assert "since it was asked for" in refusal["message"]
    assert refused(service, approve, request=other, d=read)["code"] == "approval_changed"
    service.data(approve, request=other, d=digest_of(service, other))


def test_a_limit_that_a_login_can_not_carry_is_refused_when_it_is_saved(
    service: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    setting = """mutation { createConstraintSetting(of: "job_function_role:sapa_case_worker", type: "unit",
        derived: "unit_and_below", from: "2026-01-01", reason: "Egen enhed") { uuid } }"""
    of_anna = """{ rights(person: "anna", system: "sapa") { held { included { limits { type { key } } } } } }"""
    before = service.data(of_anna)
    monkeypatch.setattr(sizes, "LARGEST", 40)
    found = refused(service, setting)
    assert found["code"] == "too_large"
    assert "Sagsbehandler i SAPA would give" in found["text"]
    assert "KLE has" in found["text"] or "Enhed has 1 values, 37 bytes" in found["text"]
    assert "40 bytes are allowed" in found["text"] and "unlimited" in found["text"]
    assert service.data(of_anna) == before, "nothing of it is kept"

    def is_saved(mutation: str) -> bool:
        body = {"query": mutation, "extensions": {"preview": True}}
        return "errors" not in service.send(body, {"Authorization": f"Bearer {service.token()}"}).json()

    other = """mutation { createGrant(key: "g_other", title: "Andet", gives: "system_role:mail_box",
        givenTo: ["person:anna"], from: "2026-01-01", reason: "Prøve") { uuid } }"""
    monkeypatch.setattr(sizes, "LARGEST", 5)
    assert is_saved(other), "what she holds besides is no reason to refuse it"
    monkeypatch.setattr(sizes, "LARGEST", 400)
    assert is_saved(setting), "up to the limit it is saved"
    rename = """mutation { setValue(kind: JobFunctionRole, thing: "sapa_case_worker", property: "title",
        from: "2026-01-01", value: "Sagsbehandler", reason: "Nyt navn") { change } }"""
    monkeypatch.setattr(sizes, "LARGEST", 5)
    assert not is_saved(setting)
    assert is_saved(rename), "what was too large before and doesn't grow is no reason to refuse it"
