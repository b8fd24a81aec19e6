"""Every mutation can be previewed: it answers as it would, and writes nothing."""

import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import neo4j
import pytest
from graphql import get_named_type

from api.mutations.login_care import Silent
from api.reads.question import SCHEMA
from api.runs import LastRun, RunKind, RunOrder
from exporters.objects.ledger import DELETED, Entry, ObjectLedger
from graph.identity.known_keys import RecordId
from graph.identity.matching import Undecided, keep_undecided
from graph.runs import restores
from graph.runs.brakes import keep_stopped
from graph.time import today
from idp import person_sessions
from idp.local_accounts.authenticating import LocalLogins
from idp.local_accounts.handing_over import HandingOver
from idp.sealing import Seal
from processes.cases import definitions, delegations, kept, questions, service_tasks, tasks, template_changes
from processes.cases.service_work import carry_out_due
from processes.engine.known import Arguments
from processes.play.described import read_described
from processes.templates import Written
from reconnect.embedded import Addresses
from tests.api.serving import Served, serving
from tests.api.small_target import DECISIONS, KEY, NAME, THEIRS
from tests.emptied import empty
from tests.graph.questions.rights.imported import RING, imported
from tests.graph.questions.rights.town import TOWN
from tests.graph.snapshot import everything
from tests.processes.engine.drawn import boundary, flow, process

pytestmark = pytest.mark.slow

DAY = today().isoformat()
TOMORROW = (today() + timedelta(days=1)).isoformat()
LATER = (today() + timedelta(days=60)).isoformat()
CHANGES = json.dumps({"units": [{"unit": "job", "parents": [{"unit": "town", "from": "@day"}]}]})
WRITTEN = f'[{{mutation: "placeUnits", arguments: {json.dumps(CHANGES)}}}]'
DRAWN = (
    '<definitions xmlns="http://www.omg.org/spec/BPMN/20100524/MODEL" targetNamespace="urn:t"><process id="p" '
    'isExecutable="true"><startEvent id="a"/><endEvent id="b"/><sequenceFlow id="f" sourceRef="a" targetRef="b"/>'
    "</process></definitions>"
)
EXAMPLES: dict[str, str] = {
    "setValue": f'setValue(kind: Unit, thing: "job", property: "name", value: "J", from: "{DAY}", reason: "x")',
    "releaseValue": f'releaseValue(kind: Unit, thing: "job", property: "name", from: "{DAY}", reason: "x")',
    "createUnit": f'createUnit(name: "Ny", parent: "town", from: "{DAY}", reason: "x")',
    "endUnit": f'endUnit(unit: "MADE", to: "{LATER}", moveTo: "town", reason: "x")',
    "placeUnits": f'placeUnits(units: [{{unit: "job", parents: [{{unit: "town", from: "{DAY}"}}]}}], reason: "x")',
    "tagUnit": f'tagUnit(unit: "job", performs: ["27"], from: "{DAY}", reason: "x")',
    "setPayingUnit": f'setPayingUnit(unit: "job", paidOutBy: "town", from: "{DAY}", reason: "x")',
    "tagEmployment": f'tagEmployment(employment: "e_anna", kle: ["27"], from: "{DAY}", reason: "x")',
    "createPerson": 'createPerson(name: "Eva", reason: "x")',
    "setAbsence": f'setAbsence(person: "anna", from: "{DAY}", reason: "x")',
    "choosePosition": f'choosePosition(employment: "e_anna", from: "{DAY}", reason: "x")',
    "createAffiliation": (f'createAffiliation(person: "dora", unit: "job", from: "{DAY}", to: "{LATER}", reason: "x")'),
    "changeAffiliation": f'changeAffiliation(affiliation: "TIE", to: "{TOMORROW}", reason: "x")',
    "createRole": 'createRole(key: "r", title: "R", reason: "x")',
    "createAssignment": (
        f'createAssignment(holder: {{employment: "e_bo"}}, role: "manager", units: [{{unit: "job"}}], '
        f'from: "{DAY}", reason: "x")'
    ),
    "changeAssignment": f'changeAssignment(assignment: "a_anna", to: "{LATER}", reason: "x")',
    "createSubstitution": (f'createSubstitution(assignment: "a_anna", person: "bo", from: "{DAY}", reason: "x")'),
    "changeSubstitution": f'changeSubstitution(substitution: "STANDS", to: "{LATER}", reason: "x")',
    "createConstraintType": (
        'createConstraintType(key: "t", title: "T", uri: "http://a.example/t/1", content: TEXT, form: MULTI, '
        'reason: "x")'
    ),
    "createSystemRole": (
        'createSystemRole(key: "s", title: "S", uri: "http://a.example/s/1", system: "mail", reason: "x")'
    ),
    "createJobFunctionRole": (
        'createJobFunctionRole(key: "j", title: "J", uri: "http://a.example/j/1", includes: ["system_role:mail_box"], '
        'reason: "x")'
    ),
    "changeJobFunctionRole": f'changeJobFunctionRole(role: "everyone", to: "{LATER}", reason: "x")',
    "createConstraintSetting": (
        f'createConstraintSetting(of: "job_function_role:sapa_case_worker", systemRole: "sapa_read", type: "area", '
        f'fixed: ["N"], from: "{DAY}", reason: "x")'
    ),
    "changeConstraintSetting": (
        f'changeConstraintSetting(setting: "c_kle", derived: "kle_responsible", from: "{DAY}", reason: "x")'
    ),
    "endConstraintSetting": f'endConstraintSetting(setting: "SETTING", to: "{LATER}", reason: "x")',
    "createGrant": (
        f'createGrant(key: "g", title: "G", gives: "system_role:mail_box", givenTo: ["unit:job"], from: "{DAY}", '
        'reason: "x")'
    ),
    "changeGrant": f'changeGrant(grant: "g_sapa", to: "{LATER}", reason: "x")',
    "createRightsConflict": (
        f'createRightsConflict(key: "k", title: "K", first: "job_function_role:sapa_case_worker", '
        f'second: "system_role:mail_box", from: "{DAY}", reason: "x")'
    ),
    "changeRightsConflict": f'changeRightsConflict(conflict: "k", to: "{LATER}", reason: "x")',
    "approveGrant": 'approveGrant(grant: "g_sapa", digest: "OF_GRANT", approvedBy: "dora", reason: "x")',
    "approveUnlimited": 'approveUnlimited(setting: "OPEN", digest: "OF_OPEN", approvedBy: "dora", reason: "x")',
    "requestRight": (
        f'requestRight(givenTo: "person:dora", requestedBy: "bo", gives: "system_role:mail_box", from: "{DAY}", '
        'reason: "x")'
    ),
    "approveRequest": 'approveRequest(request: "REQUEST", decidedBy: "carl", reason: "x")',
    "refuseRequest": 'refuseRequest(request: "REQUEST", decidedBy: "carl", reason: "x")',
    "withdrawRequest": 'withdrawRequest(request: "REQUEST", reason: "x")',
    "startAttestation": f'startAttestation(round: "2", due: "{LATER}", system: "mail", reason: "x")',
    "decideAttestation": 'decideAttestation(attestation: "ATTESTED", keep: true, decidedBy: "dora", reason: "x")',
    "refreshManualSteps": 'refreshManualSteps(reason: "x")',
    "closeManualStep": 'closeManualStep(step: "STEP", doneBy: "bo", reason: "x")',
    "createNamePolicy": 'createNamePolicy(key: "n", title: "N", loginPatterns: ["{given:2}{last:2}"], reason: "x")',
    "createAccountRule": f'createAccountRule(key: "r", title: "R", system: "mail", from: "{DAY}", reason: "x")',
    "changeAccountRule": f'changeAccountRule(rule: "r", to: "{LATER}", reason: "x")',
    "copyAccountRule": f'copyAccountRule(rule: "r", key: "r2", unit: "job", from: "{DAY}", reason: "x")',
    "createAccountException": (
        f'createAccountException(person: "anna", effect: WITHHOLD, from: "{DAY}", to: "{LATER}", reason: "x")'
    ),
    "changeAccountException": f'changeAccountException(exception: "EXCEPTION", to: "{LATER}", reason: "x")',
    "createExtraAccount": (
        f'createExtraAccount(person: "anna", system: "mail", login: "adm-anna", from: "{DAY}", to: "{LATER}", '
        'reason: "x")'
    ),
    "changeExtraAccount": f'changeExtraAccount(account: "EXTRA", to: "{LATER}", reason: "x")',
    "requestExtraAccount": (
        f'requestExtraAccount(person: "anna", requestedBy: "bo", system: "mail", login: "test-anna", from: "{DAY}", '
        f'to: "{LATER}", reason: "x")'
    ),
    "decideExtraAccount": 'decideExtraAccount(request: "ACCOUNT", approve: true, decidedBy: "carl", reason: "x")',
    "withdrawExtraAccount": 'withdrawExtraAccount(request: "ACCOUNT", reason: "x")',
    "adoptAccount": f'adoptAccount(target: "{NAME}", key: "{KEY}", targetId: "{THEIRS}", reason: "x")',
    "keepAccountApart": f'keepAccountApart(target: "{NAME}", key: "{KEY}", targetId: "{THEIRS}", reason: "x")',
    "acceptDrift": f'acceptDrift(target: "{NAME}", key: "changed", field: "title", reason: "x")',
    "makeAccountAgain": f'makeAccountAgain(target: "{NAME}", key: "deleted", reason: "x")',
    "stopPerson": 'stopPerson(person: "anna", reason: "x")',
    "endStop": 'endStop(person: "anna", reason: "x")',
    "inviteToLogin": 'inviteToLogin(account: "EXTRA", by: PAPER, reason: "x")',
    "resetLogin": 'resetLogin(account: "EXTRA", by: PAPER, reason: "x")',
    "unlockLogin": 'unlockLogin(account: "EXTRA", reason: "x")',
    "startCase": 'startCase(process: "approval", values: "{}", by: "bo", reason: "x")',
    "claimTask": 'claimTask(task: "TASK", by: "carl", reason: "x")',
    "giveBackTask": 'giveBackTask(task: "TASK", by: "carl", reason: "x")',
    "handTask": 'handTask(task: "TASK", to: "bo", by: "carl", reason: "x")',
    "askForMore": 'askForMore(task: "TASK", by: "carl", reason: "x")',
    "answerQuestion": 'answerQuestion(task: "ASKED", by: "bo", reason: "x")',
    "completeTask": 'completeTask(task: "TASK", by: "carl", reason: "x")',
    "saveDraft": 'saveDraft(task: "TASK", values: "{}", by: "carl", reason: "x")',
    "delegateTasks": (
        f'delegateTasks(process: "approval", to: "bo", from: "{DAY}", until: "{LATER}", by: "carl", reason: "x")'
    ),
    "endDelegation": 'endDelegation(delegation: "DELEGATION", by: "carl", reason: "x")',
    "deployProcess": f'deployProcess(files: [{{name: "p.bpmn", content: {json.dumps(DRAWN)}}}], reason: "x")',
    "saveTemplate": (
        'saveTemplate(process: "stuck", template: "told", language: "da", subject: "Hej", text: "Hej", reason: "x")'
    ),
    "restoreTemplate": 'restoreTemplate(process: "stuck", template: "told", language: "da", reason: "x")',
    "moveCases": 'moveCases(process: "approval", reason: "x")',
    "switchAutomaticStarts": 'switchAutomaticStarts(process: "approval", isOn: false, reason: "x")',
    "retryIncident": 'retryIncident(case: "STUCK", incident: "INCIDENT", reason: "x")',
    "skipIncident": 'skipIncident(case: "STUCK", incident: "INCIDENT", reason: "x")',
    "repairIncident": 'repairIncident(case: "STUCK", incident: "INCIDENT", values: "{\\"about\\": 1}", reason: "x")',
    "endCase": 'endCase(case: "STUCK", reason: "x")',
    "deliverMessage": 'deliverMessage(case: "STUCK", message: "told", reason: "x")',
    "withdrawCase": 'withdrawCase(case: "STUCK", by: "bo", reason: "x")',
    "endSession": 'endSession(id: "SESSION", reason: "x")',
    "endSessionsOf": 'endSessionsOf(person: "anna", reason: "x")',
    "approveBrake": 'approveBrake(id: "BRAKE", reason: "x")',
    "confirmRestore": 'confirmRestore(id: "RESTORE", reason: "x")',
    "startRun": 'startRun(type: IMPORT, name: "opus", reason: "x")',
    "decideMatch": 'decideMatch(id: "opus|Person|9", thing: "ANNA", reason: "x")',
    "takeBackMatch": 'takeBackMatch(id: "opus|Person|9", reason: "x")',
    "joinPersons": 'joinPersons(keep: "anna", other: "dora", reason: "x")',
    "splitPerson": 'splitPerson(person: "anna", into: "DORA", reason: "x")',
    "erasePerson": 'erasePerson(person: "eva", reason: "x")',
    "markAsDifferentPersons": 'markAsDifferentPersons(persons: ["anna", "bo"], reason: "x")',
    "unmarkAsDifferentPersons": 'unmarkAsDifferentPersons(persons: ["anna", "bo"], reason: "x")',
    "setOwner": f'setOwner(account: "login", person: "anna", from: "{DAY}", reason: "x")',
    "createPlan": f'createPlan(name: "P", day: "{DAY}", changes: {WRITTEN}, reason: "x")',
    "changePlan": f'changePlan(plan: "Flyt", day: "{LATER}", reason: "y")',
    "approvePlan": 'approvePlan(plan: "Flyt", digest: "DIGEST", reason: "x")',
    "applyPlan": 'applyPlan(plan: "Besluttet", reason: "x")',
    "withdrawPlan": 'withdrawPlan(plan: "Flyt", reason: "x")',
    "takeBackPlan": 'takeBackPlan(plan: "Udført", reason: "x")',
}
"""Of each mutation one that can be made. What is in capitals is known only when all is set up."""
BEFORE = {
    "takeBackMatch": "decideMatch",
    "unmarkAsDifferentPersons": "markAsDifferentPersons",
    "splitPerson": "joinPersons",
    "changeRightsConflict": "createRightsConflict",
    "changeAccountRule": "createAccountRule",
    "copyAccountRule": "createAccountRule",
    "endStop": "stopPerson",
    "giveBackTask": "claimTask",
}
"""What is made first, in the same request."""


class NoQueue:
    """Runs of which a preview starts none."""

    def last(self, kind: RunKind, name: str) -> LastRun | None:
        raise AssertionError(f"{kind} {name}")

    def require(self, kind: RunKind, name: str) -> None:
        assert (kind, name) == (RunKind.IMPORT, "opus")

    def start(self, order: RunOrder) -> bool:
        raise AssertionError(f"a preview has started {order}")


@pytest.fixture(scope="module")
def service(driver: neo4j.Driver, addresses: Addresses, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    empty(driver)
    more = {
        **TOWN,
        "systems": {**TOWN["systems"], "mail": {"title": "Mail", "manual": True}},
        "persons": [*TOWN["persons"], {"id": "eva", "name": "Eva Dam"}],
        "accounts": [{"id": "login", "login": "anna", "person": "bo", "system": "mail"}],
    }
    assert imported(driver, more, tmp_path_factory.mktemp("town")).problems == []
    logins = LocalLogins(driver, "mail", Seal("0123456789abcdef0123456789abcdef"))
    handing = HandingOver(driver, logins, Silent(), "Kommune", "https://login.kommune.dk")
    ledger = ObjectLedger(driver, NAME)
    ledger.claim("a run")
    ours = Entry("user", "changed", "delivered", remote="1", fields={"title": "hash"}, drift={"title": "found"})
    ledger.write([ours, replace(ours, key="deleted", state="parked", problem=DELETED)])
    with serving(addresses, driver, RING, handing=handing, decisions=DECISIONS, runs=NoQueue()) as served:
        yield served


@pytest.fixture(scope="module")
def ids(service: Served) -> dict[str, str]:
    """What the examples name in capitals, or need beforehand."""
    driver = service.driver
    anna, dora = (service.data(f'{{ person(key: "{key}") {{ uuid }} }}')["person"]["uuid"] for key in ("anna", "dora"))
    by_hand = f'''mutation {{
        unit: createUnit(name: "Made", parent: "town", from: "{DAY}", reason: "x") {{ uuid }}
        tie: createAffiliation(person: "dora", unit: "job", from: "{DAY}", to: "{LATER}", reason: "x") {{ uuid }}
        stands: createSubstitution(assignment: "a_carl", person: "bo", from: "{DAY}", reason: "x") {{ uuid }}
        setting: createConstraintSetting(of: "grant:g_sapa", type: "unit", fixed: ["{anna}"], from: "{DAY}",
            reason: "x") {{ uuid }}
        unlimited: createConstraintSetting(of: "grant:g_sapa", type: "area", unlimited: true, from: "{LATER}",
            reason: "x") {{ uuid }}
        asks: requestRight(givenTo: "person:dora", requestedBy: "bo", gives: "system_role:forgotten", from: "{DAY}",
            reason: "x") {{ uuid }}
        attest: startAttestation(round: "1", due: "{LATER}", system: "sapa", reason: "x") {{ uuid }}
        manual: refreshManualSteps(reason: "x") {{ opened }}
        except: createAccountException(person: "bo", effect: KEEP, from: "{DAY}", to: "{LATER}", reason: "x")
            {{ uuid }}
        extra: createExtraAccount(person: "bo", system: "mail", login: "adm-bo", from: "{DAY}", to: "{LATER}",
            reason: "x") {{ uuid }}
        account: requestExtraAccount(person: "dora", requestedBy: "bo", system: "mail", login: "adm-dora",
            from: "{DAY}", to: "{LATER}", reason: "x") {{ uuid }}
        open: createPlan(name: "Flyt", day: "{DAY}", changes: {WRITTEN}, reason: "x") {{ id digest }}
        due: createPlan(name: "Besluttet", day: "{DAY}", changes: {WRITTEN}, reason: "x") {{ id digest }}
        done: createPlan(name: "Udført", day: "{DAY}", changes: {WRITTEN}, reason: "x") {{ id digest }}
    }}'''
    made = service.data(by_hand)
    for name in ("due", "done"):
        plan = made[name]
        approve = f'mutation {{ approvePlan(plan: "{plan["id"]}", digest: "{plan["digest"]}", reason: "x") {{ id }} }}'
        service.data(approve, "organisation", "rights", "hr")
    service.data('mutation { applyPlan(plan: "Udført", reason: "x") { id } }')
    steps, _, _ = driver.execute_query("MATCH (s:ManualStep) RETURN s.uuid AS uuid ORDER BY uuid LIMIT 1")
    ambiguous = RecordId("opus", "Person", "9")
    keep_undecided(driver, [Undecided(ambiguous, (anna,))])
    with driver.session() as session:
        session.execute_write(person_sessions.begin, "saml", datetime.now(UTC), person=anna)
        begun = session.run("MATCH (s:LoginSession) RETURN s.index AS id").single(strict=True)["id"]
    faults: list[str] = []
    waits = {"tasks": {"approve": {"role": "case_worker", "unit": "canteen"}}, "flow": "start → approve → end"}
    approval = read_described("approval", waits, ("canteen",), (), faults)
    assert approval is not None, faults
    moment = datetime.now(UTC)
    definitions.deploy(driver, "approval", approval.documents, approval.schemas, "test", moment)
    case = tasks.start(driver, "approval", {}, "bo", moment)
    with driver.session() as session:
        (task,) = kept.tasks_of(session, case)
    with driver.session() as session:
        (asked,) = kept.tasks_of(session, tasks.start(driver, "approval", {}, "bo", moment))
    questions.ask(driver, asked.id, "carl", None, moment, "Hvorfor?")
    delegation = delegations.delegate(driver, "approval", "carl", "bo", today(), today() + timedelta(days=60), moment)
    read = "query($thing: ID!) { approvalPreview(thing: $thing) { digest } }"
    of_grant, of_open = (
        service.data(read, thing=each)["approvalPreview"]["digest"] for each in ("g_sapa", made["unlimited"]["uuid"])
    )
    stuck = stuck_case(driver, moment)
    brake = keep_stopped(driver, "opus", "", "digest", ["a line"])
    restores.note(driver, {}, restores.Restore("a-restore", moment, "behind", ()), "")
    return {
        "BRAKE": brake, "RESTORE": "a-restore",
        "ANNA": anna, "DORA": dora, "DIGEST": made["open"]["digest"], "MADE": made["unit"]["uuid"],
        "REQUEST": made["asks"]["uuid"], "ATTESTED": made["attest"][0]["uuid"],
        "EXCEPTION": made["except"]["uuid"], "EXTRA": made["extra"]["uuid"],
        "ACCOUNT": made["account"]["uuid"], "STEP": steps[0]["uuid"],
        "TIE": made["tie"]["uuid"], "STANDS": made["stands"]["uuid"], "SETTING": made["setting"]["uuid"],
        "TASK": task.id, "ASKED": asked.id,
        "DELEGATION": delegation.id, "SESSION": begun, "OPEN": made["unlimited"]["uuid"],
        "OF_GRANT": of_grant, "OF_OPEN": of_open,
        "STUCK": stuck.case, "INCIDENT": stuck.id,
    }  # fmt: skip


def stuck_case(driver: neo4j.Driver, moment: datetime) -> service_tasks.ServiceTask:
    """What a case was to do by itself, and there is no such service."""
    task = '<serviceTask id="s"><extensionElements><reconnect:service name="mail"/></extensionElements></serviceTask>'
    about = '<extensionElements><reconnect:data name="about"/></extensionElements>'
    start, end = '<startEvent id="a"/>', '<endEvent id="b"/>'
    told = boundary("told_here", "s", '<messageEventDefinition messageRef="told"/>')
    flows = flow("a", "s", "b") + flow("told_here", "b")
    content = process(about, start, task, told, end, flows, id="stuck", outside='<message id="told" name="told"/>')
    texts = {"told.da.mail": "Subject: Hej\n\nDav\n"}
    definitions.deploy(driver, "stuck", {"stuck.bpmn": content}, {}, "test", moment, {"mail": Arguments()}, texts=texts)
    own = Written("Eget", "Eget")
    template_changes.save(driver, "stuck", "told", "da", own, "test", moment, "x")
    case = tasks.start(driver, "stuck", {}, "bo", moment)
    carry_out_due(driver, {}, lambda: moment)
    with driver.session() as session:
        (found,) = service_tasks.tasks_of(session, case)
    assert found.state == "incident"
    return found


def but_tokens(driver: neo4j.Driver) -> list[str]:
    """All that is kept, but tokens: these note their use."""
    return [each for each in everything(driver) if "'Token'" not in each]


def fields_of(mutation: str) -> str:
    assert SCHEMA.mutation_type is not None
    return f"{{ {next(iter(get_named_type(SCHEMA.mutation_type.fields[mutation].type).fields))} }}"  # type: ignore[union-attr]


@pytest.mark.parametrize("mutation", EXAMPLES)
def test_it_answers_as_it_would_and_writes_nothing(service: Served, ids: dict[str, str], mutation: str) -> None:
    fields = [each for each in (BEFORE.get(mutation), mutation) if each is not None]
    query = " ".join(f"{each}: {EXAMPLES[each]} {fields_of(each)}" for each in fields)
    for name, value in ids.items():
        query = query.replace(f'"{name}"', f'"{value}"')
    before = but_tokens(service.driver)
    body = {"query": f"mutation {{ {query} }}", "extensions": {"preview": True}}
    approver = (
        service.token("organisation", "rights", "hr")
        if mutation in ("approvePlan", "approveGrant", "approveUnlimited")
        else service.token()
    )
    answer = service.send(body, {"Authorization": f"Bearer {approver}"}).json()
    assert "errors" not in answer, answer["errors"]
    assert all(answer["data"].values())
    assert set(answer["extensions"]["preview"]) >= {"persons", "counts", "consequences"}
    assert but_tokens(service.driver) == before


@pytest.mark.whole
def test_no_mutation_is_left_out() -> None:
    assert SCHEMA.mutation_type is not None
    assert set(EXAMPLES) == set(SCHEMA.mutation_type.fields)
