"""Tasks over the API: who has one does it, and nobody else; of two, the second is told who was first."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any

import neo4j
import pytest
from graphql import GraphQLError

from api.access.tasks import near
from api.access.tokens import create
from api.mutations.editing import Editing
from api.mutations.services import services
from api.mutations.tasks import refusing
from graph.questions.rights.authors import authors
from graph.statements.precedence import SourceOrder
from processes.cases import definitions
from processes.cases.service_work import carry_out_due
from processes.engine.errors import StateRejected
from processes.play.described import read_described
from reconnect.embedded import Addresses
from tests.api.serving import Served, serving
from tests.emptied import empty
from tests.graph.questions.rights.imported import RING, imported
from tests.graph.questions.rights.town import TOWN
from tests.processes.engine.drawn import END, START, boundary, flow, process, user

pytestmark = pytest.mark.slow

PROCESS = {
    "start": {"form": {"unit": "unit", "person": "person"}},
    "tasks": {"approve": {"role": "case_worker", "unit": "unit", "not": ["person", "starter"],
                          "fallback": {"role": "case_worker", "unit": "canteen"}}},
    "flow": "start → approve; yes → end; no → end",
}  # fmt: skip
START_CASE = """mutation($values: String!, $by: ID) {
    startCase(process: "approval", values: $values, by: $by, reason: "Ny") { id } }"""
MINE = """query($parts: [InboxPart!], $first: Int, $after: ID) { myTasks(parts: $parts, first: $first, after: $after) {
    id name unit person role walked parts can levelUnit steps fault claimedBy form candidates { name how why } } }"""
CASE = """query($case: ID!) { processCase(case: $case) { process name state unit person startedBy version done active
    incidents { text } answers { field title shown } filledIn { action name unit by answers { field shown } }
    tasks { name state } log { action by task reason } diagram canWithdraw fields } }"""
COMPLETE = """mutation($task: ID!, $values: String!, $by: ID) {
    completeTask(task: $task, values: $values, by: $by, reason: "Set") { state } }"""


@pytest.fixture(scope="module")
def service(driver: neo4j.Driver, addresses: Addresses, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    empty(driver)
    assert imported(driver, TOWN, tmp_path_factory.mktemp("town")).problems == []
    faults: list[str] = []
    units = {each["id"] for each in TOWN["units"]}
    approval = read_described("approval", PROCESS, units, (), faults)
    assert approval is not None, faults
    definitions.deploy(driver, "approval", approval.documents, approval.schemas, "test", datetime.now(UTC))
    with serving(addresses, driver, RING) as served:
        yield served


def uuid(service: Served, person: str) -> str:
    found: str = service.data(f'{{ person(key: "{person}") {{ uuid }} }}')["person"]["uuid"]
    return found


@pytest.fixture(scope="module")
def tokens(service: Served) -> dict[str, str]:
    """Of each person a token that acts in their name, and may read only."""
    people = ("anna", "bo", "carl", "dora")
    return {each: create(service.driver, f"of {each}", ["reader"], person=uuid(service, each)) for each in people}


def asked(service: Served, query: str, token: str, **variables: Any) -> Any:
    answer = service.post(query, token, **variables).json()
    assert "errors" not in answer, answer["errors"]
    return answer["data"]


def refused(service: Served, query: str, token: str, **variables: Any) -> dict[str, Any]:
    (error,) = service.post(query, token, **variables).json()["errors"]
    return {"text": error["message"], **error["extensions"]}


def started(service: Served, token: str, unit: str, person: str, **more: str) -> str:
    """The id of the case's task."""
    values = f'{{"unit": "{unit}", "person": "{person}"}}'
    case = asked(service, START_CASE, token, values=values, **more)["startCase"]["id"]
    rows, _, _ = service.driver.execute_query(
        "MATCH (t:Task)-[:OF_CASE]->(:Case {id: $case}) RETURN t.id AS id", case=case
    )
    return str(rows[0]["id"])


def test_a_field_names_a_system_by_its_key_and_is_shown_with_its_title(service: Served, tokens: dict[str, str]) -> None:
    fields = {"unit": {"format": "unit"}, "system": {"format": "system", "title": "System"}}
    schemas = {"request": {"type": "object", "properties": fields}, "approval": {"type": "object", "properties": {}}}
    parts = (START, user("see", place='<reconnect:place role="case_worker" unit="unit"/>'), END)
    content = process(*parts, flow("start", "see", "end"), id="tools")
    definitions.deploy(service.driver, "tools", {"tools.bpmn": content}, schemas, "test", datetime.now(UTC))
    begin = START_CASE.replace("approval", "tools")
    case = asked(service, begin, tokens["bo"], values='{"unit": "job", "system": "sapa"}')["startCase"]["id"]
    answers = asked(service, CASE, tokens["anna"], case=case)["processCase"]["answers"]
    assert {"field": "system", "title": "System", "shown": "SAPA"} in answers
    wrong = refused(service, begin, tokens["bo"], values='{"unit": "job", "system": "Jobcenter"}')
    assert wrong["code"].startswith("unknown")
    with service.driver.session() as session:
        systems = near(session, uuid(service, "bo"), "ItSystem", datetime.now(UTC).date())
    assert set(names_of_systems(service).values()) == {"SAPA", "Mail"} and systems == set(names_of_systems(service))
    service.driver.execute_query("MATCH (n:Case {id: $id})<-[:OF_CASE]-(t) DETACH DELETE t, n", id=case)


def names_of_systems(service: Served) -> dict[str, str]:
    """By uuid."""
    rows, _, _ = service.driver.execute_query("MATCH (s:ItSystem) RETURN s.uuid AS uuid, s.title AS title")
    return {row["uuid"]: row["title"] for row in rows}


def test_the_owner_of_a_process_has_its_incidents_and_no_system_role(service: Served, tokens: dict[str, str]) -> None:
    owner = '<extensionElements><reconnect:owner role="case_worker" unit="unit"/></extensionElements>'
    fails = '<scriptTask id="count" name="Count" scriptFormat="cel"><script>unit = unit + 1</script></scriptTask>'
    parts = (owner, START, fails, END, flow("start", "count", "end"))
    fields = {"unit": {"format": "unit"}, "person": {"format": "person"}}
    schemas = {"request": {"type": "object", "properties": fields}}
    definitions.deploy(
        service.driver, "owned", {"owned.bpmn": process(*parts, id="owned")}, schemas, "test", datetime.now(UTC)
    )
    begin = START_CASE.replace("approval", "owned")
    values = '{"unit": "job", "person": "dora"}'
    case = asked(service, begin, tokens["bo"], values=values)["startCase"]["id"]
    query = "{ myTasks { id case name incident can candidates { name } } }"
    (mine,) = [each for each in asked(service, query, tokens["anna"])["myTasks"] if each["case"] == case]
    assert (mine["name"], mine["candidates"]) == ("Count", [{"name": "Anna Berg"}])
    assert mine["incident"] and "COMPLETE" in mine["can"]
    seen = "query($case: ID!) { processCase(case: $case) { state incidents { step } tasks { state incident } } }"
    (incident,) = asked(service, seen, tokens["anna"], case=case)["processCase"]["incidents"]
    again = """mutation($case: ID!, $step: ID!) {
        retryIncident(case: $case, incident: $step, reason: "Igen") { incidents } }"""
    skip = again.replace("retryIncident", "skipIncident")
    step = {"case": case, "step": incident["step"]}
    assert asked(service, again, tokens["anna"], **step)["retryIncident"] == {"incidents": 1}
    assert refused(service, skip, tokens["anna"], **step)["code"] == "not_skipped", "a step of the case itself"
    (mine,) = [each for each in asked(service, query, tokens["anna"])["myTasks"] if each["case"] == case]
    for other in ("bo", "carl"):
        assert refused(service, again, tokens[other], **step)["code"] == "forbidden"
    assert refused(service, COMPLETE, tokens["bo"], task=mine["id"], values="{}")["code"] == "not_candidate"
    assert refused(service, COMPLETE, tokens["anna"], task=mine["id"], values='{"a": 1}')["field"] == "a"
    asked(service, COMPLETE, tokens["anna"], task=mine["id"], values="{}")
    found = asked(service, seen, tokens["anna"], case=case)["processCase"]
    states = [each["state"] for each in found["tasks"]]
    assert (found["state"], states) == ("STUCK", ["DONE", "DONE", "OPEN"]), "it has failed again"
    log = [each["action"] for each in asked(service, CASE, tokens["anna"], case=case)["processCase"]["log"]]
    assert log == ["STARTED", "COMPLETED", "RETRIED", "COMPLETED", "RETRIED"]
    repair = """mutation($case: ID!, $step: ID!, $values: String!) {
        repairIncident(case: $case, incident: $step, values: $values, reason: "Forkert") { incidents } }"""
    asked(service, repair, service.token("hr"), values='{"person": "anna"}', **step)
    assert all(each["case"] != case for each in asked(service, query, tokens["anna"])["myTasks"]), "about herself now"
    of_herself = asked(service, begin, tokens["bo"], values=values.replace("dora", "anna"))["startCase"]["id"]
    assert all(each["case"] != of_herself for each in asked(service, query, tokens["anna"])["myTasks"])
    faults = asked(service, "{ taskFaults { case fault } }", service.token("auditor"))["taskFaults"]
    assert [each["fault"] for each in faults if each["case"] == of_herself] == ["no_holder"]
    for each in (case, of_herself):
        ended = 'mutation($case: ID!) { endCase(case: $case, reason: "Forbi") { case } }'
        asked(service, ended, service.token("hr"), case=each)
    assert [each for each in asked(service, query, tokens["anna"])["myTasks"] if each["incident"]] == []


def test_who_makes_a_step_again_has_not_done_its_task(service: Served, tokens: dict[str, str]) -> None:
    owner = '<extensionElements><reconnect:owner role="case_worker" unit="unit"/></extensionElements>'
    other = '<reconnect:place role="case_worker" unit="unit" excludeWhoDid="approve"/>'
    date = "<timerEventDefinition><timeDate>unit</timeDate></timerEventDefinition>"  # no date: the task can't begin
    parts = (
        owner, START, '<parallelGateway id="both"/>', user("approve"), boundary("late", "approve", date), END,
        user("check", place=other), '<endEvent id="over"/>',
        flow("start", "both", "approve", "end"), flow("late", "over"), flow("both", "check", "over"),
    )  # fmt: skip
    fields = {"unit": {"format": "unit"}}
    schemas = {"request": {"type": "object", "properties": fields}, "approval": {"type": "object", "properties": {}}}
    content = {"checked.bpmn": process(*parts, id="checked")}
    definitions.deploy(service.driver, "checked", content, schemas, "test", datetime.now(UTC))
    begin = START_CASE.replace("approval", "checked")
    case = asked(service, begin, tokens["bo"], values='{"unit": "job"}')["startCase"]["id"]
    query = "{ myTasks { id case incident } }"
    mine = [each for each in asked(service, query, tokens["anna"])["myTasks"] if each["case"] == case]
    (incident,) = [each["id"] for each in mine if each["incident"] is not None]
    asked(service, COMPLETE, tokens["anna"], task=incident, values="{}")
    (check,) = [each["id"] for each in mine if each["incident"] is None]
    asked(service, COMPLETE, tokens["anna"], task=check, values="{}")
    ended = 'mutation($case: ID!) { endCase(case: $case, reason: "Forbi") { case } }'
    asked(service, ended, service.token("hr"), case=case)


def test_whoever_has_a_task_sees_why_and_completes_it(service: Served, tokens: dict[str, str]) -> None:
    task = started(service, tokens["bo"], "job", "dora")
    (mine,) = asked(service, MINE, tokens["anna"])["myTasks"]
    why = "Anna Berg is case_worker for Jobcenter"
    assert mine["candidates"] == [{"name": "Anna Berg", "how": "HOLDER", "why": why}]
    assert (mine["id"], mine["unit"], mine["person"], mine["levelUnit"], mine["steps"], mine["fault"]) == (
        task, "Jobcenter", "Dora Kjær", "Jobcenter", 0, None,
    )  # fmt: skip
    assert (mine["role"], mine["walked"], mine["parts"]) == ("Sagsbehandler", ["Jobcenter"], ["MINE"])
    assert mine["can"] == ["CLAIM", "HAND", "ASK", "COMPLETE"]
    assert '"enum":["yes","no"]' in mine["form"]
    (seen,) = asked(service, MINE, tokens["bo"], parts=["STARTED"])["myTasks"]
    assert seen["id"] == task and asked(service, MINE, tokens["bo"])["myTasks"] == []
    wrong = refused(service, COMPLETE, tokens["anna"], task=task, values='{"decision": "perhaps"}')
    assert (wrong["code"], wrong["field"]) == ("wrong_value", "decision")
    assert refused(service, COMPLETE, tokens["anna"], task=task, values="[]")["field"] == "values"
    done = asked(service, COMPLETE, tokens["anna"], task=task, values='{"decision": "yes"}')
    assert done["completeTask"]["state"] == "DONE"
    assert asked(service, MINE, tokens["anna"])["myTasks"] == []
    again = refused(service, COMPLETE, tokens["anna"], task=task, values='{"decision": "no"}')
    assert (again["code"], again["by"]) == ("already_done", uuid(service, "anna"))
    query = "query($task: ID!) { task(task: $task) { state doneBy doneFor } }"
    told = {"state": "DONE", "doneBy": "Anna Berg", "doneFor": None}
    assert asked(service, query, tokens["anna"], task=task)["task"] == told
    assert asked(service, query, tokens["bo"], task=task)["task"] == told
    assert asked(service, query, service.token("auditor"), task=task)["task"] == told
    assert refused(service, query, tokens["carl"], task=task)["code"] == "unknown_task"
    case = case_of(service, task)
    seen = asked(service, CASE, tokens["anna"], case=case)["processCase"]
    assert (seen["state"], seen["unit"], seen["person"], seen["startedBy"]) == (
        "ENDED", "Jobcenter", "Dora Kjær", "Bo Lund",
    )  # fmt: skip
    log = [(each["action"], each["by"], each["reason"]) for each in seen["log"]]
    assert log == [("STARTED", "Bo Lund", "Ny"), ("COMPLETED", "Anna Berg", "Set"), ("ENDED", None, None)]
    assert {(each["field"], each["shown"]) for each in seen["answers"]} == {
        ("unit", "Jobcenter"), ("person", "Dora Kjær"), ("decision", "yes"),
    }  # fmt: skip
    filled = [(each["action"], each["name"], each["unit"], each["by"]) for each in seen["filledIn"]]
    assert filled == [
        ("STARTED", "approval", None, "Bo Lund"), ("COMPLETED", "approve", "Jobcenter", "Anna Berg"),
    ]  # fmt: skip
    given = [{answer["field"]: answer["shown"] for answer in each["answers"]} for each in seen["filledIn"]]
    assert given == [{"unit": "Jobcenter", "person": "Dora Kjær"}, {"decision": "yes"}]
    assert "approve" in seen["done"] and seen["active"] == [] and "<process" in seen["diagram"].replace("bpmn:", "")
    assert seen == asked(service, CASE, tokens["bo"], case=case)["processCase"]
    assert refused(service, CASE, tokens["carl"], case=case)["code"] == "unknown_case"
    started_by_bo = asked(service, "{ myCases { id state waitsFor startedBy } }", tokens["bo"])["myCases"]
    assert {"id": case, "state": "ENDED", "waitsFor": [], "startedBy": "Bo Lund"} in started_by_bo
    assert asked(service, "{ myCases { id } }", tokens["carl"])["myCases"] == []


def test_a_case_is_withdrawn_by_its_starter_and_ended_by_who_looks_after_processes(
    service: Served, tokens: dict[str, str]
) -> None:
    withdraw = 'mutation($case: ID!, $by: ID) { withdrawCase(case: $case, by: $by, reason: "Fortrudt") { case } }'
    end = 'mutation($case: ID!) { endCase(case: $case, reason: "Forkert") { case } }'
    one, other = (case_of(service, started(service, tokens["bo"], "job", "dora")) for _ in range(2))
    assert [asked(service, CASE, tokens[each], case=one)["processCase"]["canWithdraw"] for each in ("bo", "anna")] == [
        True, False,
    ]  # fmt: skip
    assert refused(service, withdraw, tokens["carl"], case=one)["code"] == "unknown_case"
    assert refused(service, withdraw, tokens["anna"], case=one)["code"] == "not_starter"
    assert refused(service, end, tokens["bo"], case=one)["code"] == "forbidden"
    assert asked(service, withdraw, tokens["bo"], case=one)["withdrawCase"]["case"] == one
    seen = asked(service, CASE, tokens["bo"], case=one)["processCase"]
    assert (seen["state"], seen["canWithdraw"], seen["active"], seen["fields"]) == ("STOPPED", False, [], None)
    assert refused(service, withdraw, tokens["bo"], case=one)["code"] == "wrong_state"
    asked(service, end, service.token("operations"), case=other)
    (last,) = asked(service, CASE, tokens["bo"], case=other)["processCase"]["log"][-1:]
    assert (last["action"], last["by"]) == ("STOPPED", None) and last["reason"].startswith("Forkert (")
    assert refused(service, end, service.token("operations"), case=other)["code"] == "wrong_state"


def test_a_case_that_can_be_read_no_more_is_a_refusal_that_says_so() -> None:
    def read(editing: Editing) -> None:
        raise StateRejected("the state belongs to another version")

    with pytest.raises(GraphQLError, match="another version") as told:
        refusing(read)(SimpleNamespace())  # type: ignore[arg-type]
    assert told.value.extensions == {"code": "state_rejected", "retry": "never"}


def case_of(service: Served, task: str) -> str:
    query = "MATCH (:Task {id: $task})-[:OF_CASE]->(c) RETURN c.id AS id"
    return str(service.driver.execute_query(query, task=task).records[0]["id"])


def test_without_any_right_one_reads_and_does_ones_own_tasks(service: Served) -> None:
    """``cpr`` alone opens nothing, so it stands for no system role."""
    anna, bo = (create(service.driver, f"{each} alone", ["cpr"], person=uuid(service, each)) for each in ("anna", "bo"))
    assert refused(service, "{ persons { nodes { name } } }", anna)["code"] == "forbidden"
    unseen = refused(service, START_CASE, bo, values='{"unit": "job", "person": "dora"}')
    assert (unseen["code"], unseen["field"], unseen["value"]) == ("unknown_unit", "unit", "job")
    citizen = asked(service, "query { colleagues(kind: Unit) { name } }", bo)["colleagues"]
    assert citizen == [{"name": "Borgerservice"}]
    assert "approval" in [each["id"] for each in asked(service, "{ processes { id } }", bo)["processes"]]
    task = started(service, service.token("hr"), "job", "dora", by="bo")
    assert [each["id"] for each in asked(service, MINE, anna)["myTasks"]] == [task]
    assert asked(service, CASE, anna, case=case_of(service, task))["processCase"]["person"] == "Dora Kjær"
    hand = 'mutation($task: ID!) { handTask(task: $task, to: "carl", reason: "Dig") { state } }'
    assert refused(service, hand, anna, task=task)["code"] == "unknown_person"
    asked(service, COMPLETE, anna, task=task, values='{"decision": "yes"}')
    assert refused(service, CASE, bo.replace("rc_", "rc_x"), case=case_of(service, task))["code"] == "unauthenticated"


def test_only_who_may_start_a_process_is_offered_it_and_starts_it(service: Served, tokens: dict[str, str]) -> None:
    who = "<extensionElements><reconnect:starter role='case_worker' responsibility='kle:32'/>"
    content = process(START.replace("<extensionElements>", who), END, flow("start", "end"), id="closed")
    form = {"type": "object", "properties": {"note": {"type": "string"}}}
    deployed = {"closed.bpmn": content}
    definitions.deploy(service.driver, "closed", deployed, {"request": form}, "test", datetime.now(UTC))
    start = 'mutation { startCase(process: "closed", reason: "Ny") { id } }'
    offered = "{ processes(startable: true) { id } }"
    for each, may in (("anna", True), ("bo", False), ("carl", False)):
        ids = [found["id"] for found in asked(service, offered, tokens[each])["processes"]]
        assert ("closed" in ids) == may and "approval" in ids
        if may:
            asked(service, start, tokens[each])
        else:
            text = "case_worker with kle:32 for some unit"
            error = refused(service, start, tokens[each])
            assert error["code"] == "not_starter" and text in error["text"]


def test_a_version_that_can_not_be_read_breaks_no_list(service: Served, tokens: dict[str, str]) -> None:
    place = '<reconnect:place role="case_worker" unit="unit"/>'
    content = process(START, user("see", "request", place), END, flow("start", "see", "end"), id="old")
    form = {"type": "object", "properties": {"unit": {"type": "string", "format": "unit"}}}
    definitions.deploy(service.driver, "old", {"old.bpmn": content}, {"request": form}, "test", datetime.now(UTC))
    start = """mutation { startCase(process: "old", values: "{\\"unit\\": \\"job\\"}", reason: "Ny") { id } }"""
    case = asked(service, start, tokens["bo"])["startCase"]["id"]
    version = "MATCH (v:ProcessVersion {id: 'old:1'}) SET v.documents = $documents, v.digest = $digest"
    kept = service.driver.execute_query("MATCH (v:ProcessVersion {id: 'old:1'}) RETURN v").records[0]["v"]
    service.driver.execute_query(version, documents="{}", digest="lost")
    try:
        found = asked(service, "{ processes { id name version form } }", tokens["bo"])["processes"]
        assert {"id": "old", "name": "old", "version": 1, "form": None} in found
        ids = [
            each["id"] for each in asked(service, "{ processes(startable: true) { id } }", tokens["bo"])["processes"]
        ]
        assert "approval" in ids and "old" not in ids
        assert [each["form"] for each in asked(service, MINE, tokens["anna"])["myTasks"]] == [None]
        board = '{ processBoard { id name } processCases(process: "old", first: 3) { name } }'
        seen = asked(service, board, service.token("auditor"))
        assert {"id": "old", "name": "old"} in seen["processBoard"] and seen["processCases"] == [{"name": "old"}]
    finally:
        service.driver.execute_query(version, documents=kept["documents"], digest=kept["digest"])
    (task,) = asked(service, MINE, tokens["anna"])["myTasks"]
    asked(service, COMPLETE, tokens["anna"], task=task["id"], values="{}")
    assert asked(service, CASE, tokens["bo"], case=case)["processCase"]["state"] == "ENDED"


def test_an_inbox_comes_page_by_page(service: Served, tokens: dict[str, str]) -> None:
    made = [started(service, tokens["bo"], "job", "dora") for _ in range(3)]
    (first,) = asked(service, MINE, tokens["anna"], first=1)["myTasks"]
    rest = asked(service, MINE, tokens["anna"], after=first["id"])["myTasks"]
    assert [first["id"], *(each["id"] for each in rest)] == made
    assert refused(service, MINE, tokens["anna"], after="none")["code"] == "unknown_task"
    board = (
        "{ processBoard { id running stuck } processCases(states: [RUNNING], first: 3) { waitsFor } taskFaults { id } }"
    )
    seen = asked(service, board, service.token("auditor"))
    assert {"id": "approval", "running": 3, "stuck": 0} in seen["processBoard"] and seen["taskFaults"] == []
    assert seen["processCases"] == [{"waitsFor": ["approve"]}] * 3
    for task in made:
        asked(service, COMPLETE, tokens["anna"], task=task, values='{"decision": "no"}')


def test_who_does_not_have_it_learns_nothing_of_it(service: Served, tokens: dict[str, str]) -> None:
    task = started(service, tokens["bo"], "job", "dora")
    values = '{"decision": "yes"}'
    assert refused(service, COMPLETE, tokens["carl"], task=task, values=values)["code"] == "unknown_task"
    assert refused(service, COMPLETE, tokens["bo"], task=task, values=values)["code"] == "not_candidate"
    own = refused(service, COMPLETE, tokens["carl"], task=task, values=values, by="anna")
    assert own["code"] == "own_name"
    assert refused(service, COMPLETE, tokens["carl"], task=task, values=values, by="nobody") == own, "nor who there is"
    assert (
        refused(service, COMPLETE, service.token("reader"), task=task, values=values, by="anna")["code"] == "forbidden"
    )
    assert refused(service, COMPLETE, service.token("hr"), task=task, values=values)["field"] == "by"
    asked(service, COMPLETE, service.token("hr"), task=task, values=values, by="anna")


def test_nobody_approves_for_themselves_and_the_lack_is_shown(service: Served, tokens: dict[str, str]) -> None:
    task = started(service, tokens["bo"], "job", "anna")
    (found,) = asked(service, MINE, tokens["carl"])["myTasks"]
    assert (found["id"], found["fault"], found["levelUnit"]) == (task, "no_holder", None)
    assert [(each["name"], each["how"]) for each in found["candidates"]] == [("Carl Holm", "FALLBACK")]
    asked(service, COMPLETE, tokens["carl"], task=task, values='{"decision": "no"}')


def test_who_reads_a_part_names_nobody_outside_it(service: Served, tokens: dict[str, str]) -> None:
    center = service.data('{ unit(key: "center") { uuid } }')["unit"]["uuid"]
    part = create(service.driver, "anna in part", ["reader"], person=uuid(service, "anna"), within=[center])
    for person in ("carl", uuid(service, "carl"), "nobody"):
        values = f'{{"unit": "job", "person": "{person}"}}'
        assert refused(service, START_CASE, part, values=values)["code"] == "unknown_person"
    assert refused(service, START_CASE, part, values='{"unit": "canteen", "person": "anna"}')["code"] == "unknown_unit"
    task = started(service, tokens["bo"], "job", "dora")
    hand = 'mutation($task: ID!) { handTask(task: $task, to: "carl", reason: "Dig") { state } }'
    delegate = """mutation { delegateTasks(process: "approval", to: "carl", from: "2026-01-01", until: "2099-01-01",
        reason: "Ferie") { id } }"""
    for mutation in (hand, delegate):
        told = refused(service, mutation, part, **({"task": task} if mutation == hand else {}))
        assert told["code"] == "unknown_person" and "Carl" not in told["text"]
    own = started(service, part, "job", "anna")
    asked(service, COMPLETE, tokens["carl"], task=own, values='{"decision": "no"}')
    asked(service, COMPLETE, part, task=task, values='{"decision": "yes"}')


def test_more_is_asked_for_and_answered(service: Served, tokens: dict[str, str]) -> None:
    task = started(service, tokens["bo"], "job", "dora")
    ask = """mutation($task: ID!, $of: ID) { askForMore(task: $task, of: $of, reason: "Hvorfor?") { state } }"""
    answer = 'mutation($task: ID!) { answerQuestion(task: $task, reason: "Derfor") { state } }'
    query = "{ myTasks { id parts can question askedBy askedOf } }"
    told = [refused(service, ask, tokens["anna"], task=task, of=each) for each in ("carl", "nobody")]
    assert told[0] == told[1] and told[0]["code"] == "not_candidate", "it isn't told who there is"
    assert refused(service, ask, tokens["bo"], task=task)["code"] == "not_candidate"
    asked(service, ask, tokens["anna"], task=task)
    (found,) = asked(service, query, tokens["bo"])["myTasks"]
    assert found == {
        "id": task, "parts": ["ASKED"], "can": ["ANSWER"], "question": "Hvorfor?", "askedBy": "Anna Berg",
        "askedOf": "Bo Lund",
    }  # fmt: skip
    assert refused(service, answer, tokens["anna"], task=task)["code"] == "not_candidate"
    asked(service, answer, tokens["bo"], task=task)
    assert asked(service, query, tokens["bo"])["myTasks"] == []
    log = asked(service, CASE, tokens["anna"], case=case_of(service, task))["processCase"]["log"]
    assert [(each["action"], each["by"], each["reason"]) for each in log[1:]] == [
        ("ASKED", "Anna Berg", "Hvorfor?"), ("ANSWERED", "Bo Lund", "Derfor"),
    ]  # fmt: skip
    asked(service, COMPLETE, tokens["anna"], task=task, values='{"decision": "yes"}')


def test_claimed_given_back_and_handed_on(service: Served, tokens: dict[str, str]) -> None:
    task = started(service, tokens["bo"], "job", "dora")
    claim = 'mutation($task: ID!) { claimTask(task: $task, reason: "Mig") { state } }'
    asked(service, claim, tokens["anna"], task=task)
    assert asked(service, MINE, tokens["anna"])["myTasks"][0]["claimedBy"] == "Anna Berg"
    back = 'mutation($task: ID!) { giveBackTask(task: $task, reason: "Ikke mig") { state } }'
    asked(service, back, tokens["anna"], task=task)
    hand = 'mutation($task: ID!, $to: ID!) { handTask(task: $task, to: $to, reason: "Dig") { state } }'
    assert refused(service, hand, tokens["anna"], task=task, to="anna")["code"] == "to_oneself"
    assert refused(service, hand, tokens["anna"], task=task, to="bo")["code"] == "not_candidate"
    asked(service, hand, tokens["anna"], task=task, to="carl")
    (other,) = asked(service, MINE, tokens["carl"], parts=["STANDING_IN"])["myTasks"]
    assert (other["id"], other["claimedBy"]) == (task, "Carl Holm")
    values = '{"decision": "yes"}'
    assert refused(service, COMPLETE, tokens["anna"], task=task, values=values)["code"] == "already_claimed"
    asked(service, COMPLETE, tokens["carl"], task=task, values=values)
    rows, _, _ = service.driver.execute_query(
        "MATCH (e:CaseEntry {action: 'completed'})-[:OF_CASE]->(:Case)<-[:OF_CASE]-(:Task {id: $task}) "
        "RETURN e.by AS by, e.instead_of AS for, e.reason AS reason",
        task=task,
    )
    expected = {"by": uuid(service, "carl"), "for": uuid(service, "anna"), "reason": "Set"}
    assert [row.data() for row in rows] == [expected]


DEPLOY = """mutation($files: [ProcessFileInput!]!, $v: Int) {
    deployProcess(files: $files, reason: "Ny", expectedVersion: $v) {
    process version isNew olderCases } }"""
PLACE = '<reconnect:place role="case_worker" unit="unit"/>'
SERVICE = """<serviceTask id="tie"><extensionElements><reconnect:service name="createAffiliation"/>
    <reconnect:argument name="person" value="person"/><reconnect:argument name="unit" value="unit"/>
    <reconnect:argument name="to" value="until"/></extensionElements></serviceTask>"""


def files(*elements: str, form: str = "", id: str = "guest") -> list[dict[str, str]]:
    ids = ["start", *(each.partition('id="')[2].partition('"')[0] for each in elements), "end"]
    content = process(START.replace("request", "guest"), *elements, END, flow(*ids), id=id).decode()
    fields = '{"unit": {"format": "unit"}, "person": {"format": "person"}, "until": {"format": "date"}}'
    schema = form or f'{{"type": "object", "properties": {fields}}}'
    return [{"name": f"{id}.bpmn", "content": content}, {"name": "guest.json", "content": schema}]


def test_a_definition_is_deployed_by_who_may_do_what_it_does(service: Served, tokens: dict[str, str]) -> None:
    both = service.token("organisation", "hr")
    told = asked(service, DEPLOY, both, files=files(SERVICE, id="new"))["deployProcess"]
    assert told == {"process": "new", "version": 1, "isNew": True, "olderCases": 0}
    assert asked(service, DEPLOY, both, files=files(SERVICE, id="new"))["deployProcess"]["isNew"] is False
    lacking = refused(service, DEPLOY, service.token("organisation"), files=files(SERVICE, id="new"))
    assert (lacking["code"], lacking["roles"]) == ("forbidden", ["hr"])
    assert refused(service, DEPLOY, tokens["anna"], files=files(id="new"))["code"] == "forbidden"
    asked(service, DEPLOY, service.token("organisation"), files=files(user("ask", "guest", PLACE), id="new"))


def test_cases_start_by_themselves_after_somebody_who_may_has_switched_it_on(service: Served) -> None:
    def drawn(*elements: str) -> list[dict[str, str]]:
        found = files(*elements, id="yearly")
        trigger = '<reconnect:trigger every="1 year"/><reconnect:trigger kind="Person" on="created"/><reconnect:form'
        found[0]["content"] = found[0]["content"].replace("<reconnect:form", trigger, 1)
        return found

    switch = """mutation($is: Boolean!, $first: Date) {
        switchAutomaticStarts(process: "yearly", isOn: $is, first: $first, reason: "Aftalt") { isOn next } }"""
    state = "{ automaticStarts { id isOn byChange byTime by next problem } }"
    both, one = service.token("organisation", "hr"), service.token("organisation")
    asked(service, DEPLOY, both, files=drawn(SERVICE))
    off = {"id": "yearly", "isOn": False, "byChange": True, "byTime": True, "by": None, "next": None, "problem": None}
    assert asked(service, state, one)["automaticStarts"] == [off]
    assert asked(service, '{ lastStarts(process: "yearly") { starts isAll } }', one)["lastStarts"]["isAll"] is True
    lacking = refused(service, switch, one, **{"is": True})
    assert (lacking["code"], lacking["roles"]) == ("forbidden", ["hr"]), "nobody decides what it does"
    assert refused(service, switch, service.token("hr"), **{"is": True})["code"] == "forbidden"
    assert refused(service, switch, both, **{"is": True, "first": "2020-01-01"})["code"] == "over"
    preview = {"query": switch, "variables": {"is": True}, "extensions": {"preview": True}}
    assert "errors" not in service.send(preview, {"Authorization": f"Bearer {both}"}).json()
    assert asked(service, state, one)["automaticStarts"] == [off], "a preview switches nothing"
    done = asked(service, switch, both, **{"is": True, "first": "2099-01-01"})["switchAutomaticStarts"]
    assert (done["isOn"], done["next"][:10]) == (True, "2099-01-01")
    (on,) = asked(service, state, one)["automaticStarts"]
    assert (on["isOn"], on["next"][:10]) == (True, "2099-01-01") and on["by"].startswith("test ")
    asked(service, switch, one, **{"is": False})
    assert asked(service, state, one)["automaticStarts"] == [off]
    asked(service, DEPLOY, one, files=drawn(user("ask", "guest", PLACE)))
    assert asked(service, switch, one, **{"is": True})["switchAutomaticStarts"]["isOn"], "somebody decides"
    asked(service, switch, one, **{"is": False})
    nothing = switch.replace("yearly", "approval")
    assert refused(service, nothing, both, **{"is": True})["code"] == "no_trigger"
    assert refused(service, switch.replace("yearly", "gone"), both, **{"is": True})["code"] == "unknown_process"


def test_of_two_who_draw_on_one_version_the_second_is_told(service: Served) -> None:
    token = service.token("organisation")
    first, second = (files(user(each, "guest", PLACE)) for each in ("first", "second"))
    known = asked(service, DEPLOY, token, files=files(user("ask", "guest", PLACE)))["deployProcess"]["version"]
    asked(service, DEPLOY, token, files=first, v=known)
    assert refused(service, DEPLOY, token, files=second, v=known)["code"] == "conflict"
    assert refused(service, DEPLOY, token, files=second, v=0)["code"] == "conflict"
    assert asked(service, DEPLOY, token, files=second, v=known + 1)["deployProcess"]["version"] == known + 2


def test_what_nobody_decides_is_started_by_who_may_do_it(service: Served, tokens: dict[str, str]) -> None:
    start = """mutation { startCase(process: "guest", reason: "Ny",
        values: "{\\"unit\\": \\"job\\", \\"person\\": \\"dora\\", \\"until\\": \\"2030-01-01\\"}") { id } }"""
    deployer, hr = (
        service.token("organisation", "hr"),
        create(service.driver, "bo of hr", ["hr"], person=uuid(service, "bo")),
    )
    asked(service, DEPLOY, deployer, files=files(SERVICE))
    lacking = refused(service, start, tokens["bo"])
    assert (lacking["code"], lacking["roles"]) == ("forbidden", ["hr"])
    assert asked(service, start, hr)["startCase"]["id"]
    asked(service, DEPLOY, deployer, files=files(user("ask", "guest", PLACE), SERVICE))
    assert asked(service, start, tokens["bo"])["startCase"]["id"], "a case worker decides first"


def carried(service: Served) -> list[str]:
    """Why services of cases failed that were due."""
    done = carry_out_due(service.driver, services(RING, SourceOrder()), lambda: datetime.now(UTC))
    return [str(each) for each in done.failed.values()]


AT_JOB = PLACE.replace('"unit"', "\"'job'\"")
STAND_IN = """<serviceTask id="stand"><extensionElements><reconnect:service name="createSubstitution"/>
    <reconnect:argument name="person" value="person"/><reconnect:argument name="assignment" value="unit"/>
    </extensionElements></serviceTask>"""


def test_a_process_does_nothing_for_its_deployer_that_one_may_not_do_for_oneself(service: Served) -> None:
    start = """mutation($values: String!) { startCase(process: "guest", reason: "Ny", values: $values) { id } }"""
    rows, _, _ = service.driver.execute_query(
        "MATCH (p:Person {uuid: $anna})-[:HAS|HOLDS]->{1,2}(a:Assignment) RETURN a.uuid AS uuid",
        anna=uuid(service, "anna"),
    )
    form = json.dumps({"type": "object", "properties": {"unit": {"type": "string"}, "person": {"format": "person"}}})
    bo, hr = (
        create(service.driver, f"{each} deploys", ["organisation", "hr"], person=uuid(service, each))
        for each in ("bo", "carl")
    )
    for deployer, starter, refusal in ((bo, hr, True), (hr, bo, True), (hr, hr, False)):
        drawn = (
            files(user("ask", "guest", AT_JOB), STAND_IN, form=form) if deployer == bo else files(STAND_IN, form=form)
        )
        asked(service, DEPLOY, deployer, files=drawn)
        case = asked(service, start, starter, values=json.dumps({"unit": rows[0]["uuid"], "person": "bo"}))
        if deployer == bo:
            ((task,),) = service.driver.execute_query(
                "MATCH (t:Task)-[:OF_CASE]->(:Case {id: $case}) RETURN t.id", case=case["startCase"]["id"]
            ).records
            anna = create(service.driver, "anna decides", ["reader"], person=uuid(service, "anna"))
            asked(service, COMPLETE, anna, task=task, values="{}")
        told = carried(service)
        assert any("for whom you stand in" in each for each in told) is refusal, told


def test_whoever_had_a_part_in_a_case_is_an_author_of_what_it_writes(service: Served) -> None:
    deployer = create(service.driver, "carl grants", ["organisation", "rights"], person=uuid(service, "carl"))
    grant = """<serviceTask id="give"><extensionElements><reconnect:service name="createGrant"/>
        <reconnect:argument name="givenTo" value="'person:' + person"/>
        <reconnect:argument name="gives" value="unit"/><reconnect:argument name="key" value="'given'"/>
        <reconnect:argument name="title" value="'Given'"/>
        <reconnect:argument name="reason" value="'Because'"/></extensionElements></serviceTask>"""
    form = json.dumps({"type": "object", "properties": {"unit": {"type": "string"}, "person": {"format": "person"}}})
    asked(
        service,
        DEPLOY,
        deployer,
        files=files(user("ask", "guest", AT_JOB), grant, form=form),
    )
    gives = service.driver.execute_query(
        "MATCH (r:JobFunctionRole) WHERE r.key IS NOT NULL RETURN r.uuid AS uuid LIMIT 1"
    ).records[0]["uuid"]
    start = """mutation($values: String!) { startCase(process: "guest", reason: "Ny", values: $values) { id } }"""
    bo = create(service.driver, "bo starts", ["reader"], person=uuid(service, "bo"))
    case = asked(service, start, bo, values=json.dumps({"unit": f"job_function_role:{gives}", "person": "dora"}))
    ((task,),) = service.driver.execute_query(
        "MATCH (t:Task)-[:OF_CASE]->(:Case {id: $case}) RETURN t.id", case=case["startCase"]["id"]
    ).records
    anna = create(service.driver, "anna approves", ["reader"], person=uuid(service, "anna"))
    asked(service, COMPLETE, anna, task=task, values="{}")
    assert carried(service) == []
    with service.driver.session() as session:
        made = session.run(
            "MATCH (g:Grant)<-[:CONCERNS]-(c:Change {user: 'process:guest'}) RETURN g.uuid AS uuid"
        ).single(strict=True)["uuid"]
        assert authors(session, made) >= {f"person:{uuid(service, each)}" for each in ("carl", "bo", "anna")}


def test_a_wrong_definition_is_refused_with_file_element_and_rule(service: Served) -> None:
    wrong = files(SERVICE.replace("unit", "unti"), user("ask", "gest", PLACE.replace("case", "kase")), form="{")
    text = refused(service, DEPLOY, service.token("organisation", "hr"), files=wrong)
    assert [(each["document"], each["rule"]) for each in text["faults"]] == [("guest.json", "wrong_form")]
    wrong[1]["content"] = '{"type": "object", "properties": {"unit": {}, "person": {}, "until": {}}}'
    found = refused(service, DEPLOY, service.token("organisation", "hr"), files=wrong)["faults"]
    assert {(each["document"], each["element"], each["rule"]) for each in found} == {
        ("guest.bpmn", "ask", "unknown_role"), ("guest.bpmn", "ask", "missing_form"),
        ("guest.bpmn", "tie", "expression"), ("guest.bpmn", "tie", "missing_argument"),
        ("guest.bpmn", "tie", "unknown_argument"),
    }  # fmt: skip
    twice = refused(service, DEPLOY, service.token("organisation"), files=files() * 2)
    assert (twice["code"], twice["field"]) == ("taken", "files[2].name")


FILL = "query($task: ID!) { task(task: $task) { values } }"
SAVE = (
    """mutation($task: ID!, $values: String!) { saveDraft(task: $task, values: $values, reason: "Kladde") { state } }"""
)


def test_a_form_begins_with_what_is_known_and_then_with_the_draft(service: Served, tokens: dict[str, str]) -> None:
    fields = {
        "unit": {"format": "unit"}, "person": {"format": "person"}, "until": {"format": "date"},
        "who": {"type": "string", "prefill": "person.name"}, "from": {"type": "string", "prefill": "starter.name"},
        "place": {"type": "string", "prefill": "unit.name"}, "same": {"prefill": "until"},
    }  # fmt: skip
    drawn = files(user("ask", "guest", PLACE), form=json.dumps({"type": "object", "properties": fields}))
    starter = '<extensionElements><reconnect:data name="starter"/></extensionElements><startEvent'
    drawn[0]["content"] = drawn[0]["content"].replace("<startEvent", starter, 1)
    asked(service, DEPLOY, service.token("organisation"), files=drawn)
    start = """mutation { startCase(process: "guest", reason: "Ny",
        values: "{\\"unit\\": \\"job\\", \\"person\\": \\"dora\\"}") { id } }"""
    case = asked(service, start, tokens["bo"])["startCase"]["id"]
    rows, _, _ = service.driver.execute_query(
        "MATCH (t:Task)-[:OF_CASE]->(:Case {id: $case}) RETURN t.id AS id", case=case
    )
    task = rows[0]["id"]
    known = {"who": "Dora Kjær", "from": service.data('{ person(key: "bo") { name } }')["person"]["name"]}
    known["place"] = "Jobcenter"
    known["person"] = uuid(service, "dora")
    known["unit"] = service.data('{ unit(key: "job") { uuid } }')["unit"]["uuid"]
    assert json.loads(asked(service, FILL, tokens["anna"], task=task)["task"]["values"]) == known
    draft = '{"who": "Dora K.", "until": "snart"}'
    asked(service, SAVE, tokens["anna"], task=task, values=draft)
    assert json.loads(asked(service, FILL, tokens["anna"], task=task)["task"]["values"]) == json.loads(draft)
    assert json.loads(asked(service, FILL, tokens["bo"], task=task)["task"]["values"]) == known, "another's draft"
    number = refused(service, SAVE, tokens["anna"], task=task, values='{"who": "Dora, 010190-1234"}')
    assert (number["code"], number["field"]) == ("cpr_in_text", "who")
    wrong = refused(service, SAVE, tokens["anna"], task=task, values='{"whom": 1}')
    assert (wrong["code"], wrong["field"]) == ("wrong_value", "whom")
    assert refused(service, SAVE, tokens["bo"], task=task, values="{}")["code"] == "not_candidate"
    late = refused(service, COMPLETE, tokens["anna"], task=task, values=draft)
    assert (late["code"], late["field"]) == ("wrong_value", "until")
    asked(service, COMPLETE, tokens["anna"], task=task, values='{"until": "2026-01-01"}')
    left, _, _ = service.driver.execute_query("MATCH (d:TaskDraft) RETURN d")
    assert left == []


@pytest.mark.parametrize(
    ("prefill", "rule"),
    [
        ("who.name", "prefill"),
        ("until.name", "prefill"),
        ("person.cpr", "prefill"),
        ("person.privateMail", "wrong_form"),
    ],
)
def test_a_prefill_that_nobody_could_fill_in_is_refused(service: Served, prefill: str, rule: str) -> None:
    fields = {"unit": {"format": "unit"}, "person": {"format": "person"}, "until": {"prefill": prefill}}
    drawn = files(form=json.dumps({"type": "object", "properties": fields}))
    (fault,) = refused(service, DEPLOY, service.token("organisation"), files=drawn)["faults"]
    assert (fault["document"], fault["rule"]) == ("guest.json", rule)
