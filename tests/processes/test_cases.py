"""Cases in the graph: two who complete one task, versions, time that passes in the worker, a person who is erased."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import neo4j
import pytest

from api.access.rights import Access
from api.access.tasks import sees
from api.computed.task_answers import task_forms
from graph.change_log import Origin
from graph.corrections.person_erasure import erase_person
from graph.errors import Unknown
from graph.identity.lookup import find
from processes.cases import case_log, case_time, claims, definitions, delegations, incidents, kept, moving, tasks
from processes.cases.inbox import inbox
from processes.cases.running import Running
from processes.cases.starting import startable
from processes.engine.errors import DefinitionRejected
from processes.errors import AlreadyDone, NotCandidate, NotStarter
from processes.play.described import Described, read_described
from reconnect.embedded import Addresses
from reconnect.work import case_times
from tests.emptied import empty
from tests.forked import telling
from tests.graph.questions.rights.imported import imported
from tests.graph.questions.rights.town import TOWN
from tests.processes.engine.drawn import END, START, flow, process, user, when
from tests.processes.two_complete import completed

pytestmark = pytest.mark.slow
FLOW = "start → approve; yes → report → end; no → end"
NOW = datetime.now(UTC)


def described(flow: str = FLOW, **more: Any) -> Described:
    drawn = {
        "approve": {"role": "case_worker", "unit": "unit", "not": ["person", "starter"], **more},
        "report": {"role": "case_worker", "unit": "unit", "not": ["starter"]},
    }
    content = {
        "start": {"form": {"unit": "unit", "person": "person"}},
        "tasks": {name: task for name, task in drawn.items() if name in flow},
        "flow": flow,
    }
    faults: list[str] = []
    found = read_described("approval", content, [each["id"] for each in TOWN["units"]], (), faults)
    assert found is not None, faults
    return found


def deploy(driver: neo4j.Driver, found: Described) -> definitions.Version:
    return definitions.deploy(driver, "approval", found.documents, found.schemas, "test", NOW).version


@pytest.fixture
def town(clean_graph: neo4j.Driver, tmp_path: Path) -> Iterator[neo4j.Driver]:
    empty(clean_graph)
    assert imported(clean_graph, TOWN, tmp_path).problems == []
    deploy(clean_graph, described())
    yield clean_graph


def started(driver: neo4j.Driver, person: str = "dora", now: datetime = NOW) -> tuple[str, str]:
    """Ids of a new case at the job centre, where Anna is the case worker, and of its task."""
    case = tasks.start(driver, "approval", {"unit": "job", "person": person}, "bo", now)
    return case, open_task(driver, case).id


def open_task(driver: neo4j.Driver, case: str) -> kept.Task:
    with driver.session() as session:
        (found,) = (each for each in kept.tasks_of(session, case) if each.state == "open")
    return found


def uuid(driver: neo4j.Driver, person: str) -> str:
    with driver.session() as session:
        return find(session, "Person", person).uuid


def test_of_two_processes_that_complete_a_task_one_wins_and_the_other_is_told(
    town: neo4j.Driver, addresses: Addresses
) -> None:
    case, task = started(town)
    pairs = [telling(completed, addresses, task, "anna") for _ in range(2)]
    try:
        assert [told.recv() for _, told in pairs] == ["ready", "ready"]
        assert sorted(told.recv() for _, told in pairs) == sorted(["done", uuid(town, "anna")])
    finally:
        for process, _ in pairs:
            process.join()
    with town.session() as session:
        actions = [each.action for each in case_log.log_of(session, case)]
    assert actions == ["started", "completed"] and open_task(town, case).element == "report"
    with pytest.raises(AlreadyDone, match="Anna Berg"):
        tasks.complete(town, task, "anna", {"decision": "yes"}, NOW)


def test_completing_a_task_takes_four_statements_and_one_transaction(
    town: neo4j.Driver, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Lock and ask, who has it, who holds the role, write: what else was asked would hold up whoever waits."""
    tasks.complete(town, started(town)[1], "anna", {"decision": "no"}, NOW)
    _, task = started(town)
    asked: list[Any] = []
    run = neo4j.ManagedTransaction.run

    def counting(tx: neo4j.ManagedTransaction, query: Any, *args: Any, **named: Any) -> neo4j.Result:
        asked.append(tx)
        return run(tx, query, *args, **named)

    monkeypatch.setattr(neo4j.ManagedTransaction, "run", counting)
    tasks.complete(town, task, "anna", {"decision": "no"}, NOW)
    assert (len(asked), len(set(map(id, asked)))) == (4, 1)


def test_what_completing_a_task_does_not_know_it_names(town: neo4j.Driver) -> None:
    case, task = started(town)
    for of, by, what in (
        (task, "nobody", "unknown_person"),
        ("none", "nobody", "unknown_person"),
        ("none", "anna", "unknown_task"),
    ):
        with pytest.raises(Unknown) as unknown:
            tasks.complete(town, of, by, {"decision": "yes"}, NOW)
        assert unknown.value.code == what
    with pytest.raises(NotCandidate):
        tasks.complete(town, task, "carl", {"decision": "yes"}, NOW)
    assert open_task(town, case).id == task


def test_a_case_stays_on_the_version_with_which_it_began(town: neo4j.Driver) -> None:
    case, task = started(town)
    assert deploy(town, described()).number == 1
    assert deploy(town, described("start → approve; yes → end; no → report → end")).number == 2
    later, other = started(town)
    for each in (task, other):
        tasks.complete(town, each, "anna", {"decision": "yes"}, NOW)
    assert open_task(town, case).element == "report"
    with town.session() as session:
        assert (kept.case(session, case).number, kept.case(session, case).is_open) == (1, True)
        assert (kept.case(session, later).number, kept.case(session, later).is_open) == (2, False)
    assert deploy(town, described()).number == 3


def test_what_the_graph_does_not_know_is_not_deployed(town: neo4j.Driver) -> None:
    wrong = {"role": "caseworker", "about": "kle:99", "fallback": {"role": "boss", "unit": "town"}}
    with pytest.raises(DefinitionRejected) as refused:
        deploy(town, described(**wrong))
    found = {(each.element, each.rule) for each in refused.value.faults}
    assert found == {("approve", "unknown_role"), ("approve", "unknown_responsibility")}


def test_what_sends_a_message_is_not_deployed(town: neo4j.Driver) -> None:
    """A case gets messages; nothing takes those that it would send."""
    message = '<message id="told" name="told"/>'
    event = '<messageEventDefinition messageRef="told"/>'
    parts = (
        START, '<receiveTask id="receive" messageRef="told"/>', '<sendTask id="send" messageRef="told"/>',
        f'<intermediateCatchEvent id="wait">{event}</intermediateCatchEvent>',
        f'<intermediateThrowEvent id="throw">{event}</intermediateThrowEvent>',
        f'<endEvent id="tell">{event}</endEvent>', flow("start", "receive", "send", "wait", "throw", "tell"),
    )  # fmt: skip
    content = process(*parts, outside=message)
    with pytest.raises(DefinitionRejected, match="nothing takes a message that a case sends") as refused:
        definitions.deploy(town, "main", {"main.bpmn": content}, {"request": {"type": "object"}}, "test", NOW)
    found = {(each.element, each.rule) for each in refused.value.faults}
    assert found == {(each, "unsupported") for each in ("send", "throw", "tell")}


def test_the_worker_lets_time_pass_once(town: neo4j.Driver) -> None:
    deploy(town, described(escalate={"after": "1 working day"}))
    case, _ = started(town, now=NOW - timedelta(days=30))
    fresh, _ = started(town)
    context: Any = SimpleNamespace(driver=lambda: town)
    for _ in range(2):
        case_times.pass_time(context)
        case_times.lapse_claims(context)
    assert (open_task(town, case).asked.escalations, open_task(town, fresh).asked.escalations) == (1, 0)
    with town.session() as session:
        assert [each.action for each in case_log.log_of(session, case)] == ["started", "escalated"]
        assert kept.case(session, case).due is None and kept.case(session, fresh).due is not None


def test_a_case_that_cannot_go_on_stops_no_other(town: neo4j.Driver, monkeypatch: pytest.MonkeyPatch) -> None:
    deploy(town, described(escalate={"after": "1 working day"}))
    stuck, _ = started(town, now=NOW - timedelta(days=31))
    other, _ = started(town, now=NOW - timedelta(days=30))
    write = Running.write

    def breaks(running: Running, now: datetime) -> None:
        if running.id == stuck:
            raise KeyError("a fault of the library")
        write(running, now)

    monkeypatch.setattr(Running, "write", breaks)
    for _ in range(2):
        assert list(case_time.pass_time(town, NOW).failed) == [stuck]
    assert open_task(town, other).asked.escalations == 1
    with town.session() as session:
        (incident,) = kept.case(session, stuck).incidents
    assert incident["task"] == kept.WHOLE_CASE and "KeyError" in incident["text"]
    monkeypatch.undo()
    incidents.retry(town, stuck, kept.WHOLE_CASE, None, NOW, "mended")
    with town.session() as session:
        assert kept.case(session, stuck).incidents == ()
    assert open_task(town, stuck).asked.escalations == 1


def test_a_claim_that_cannot_be_looked_at_holds_up_no_other(
    town: neo4j.Driver, monkeypatch: pytest.MonkeyPatch
) -> None:
    claimed = [started(town)[1] for _ in range(3)]
    for each in claimed:
        claims.claim(town, each, "anna", NOW)
    town.execute_query("MATCH (t:Task) SET t.exclude = [$anna]", anna=uuid(town, "anna"))
    looked = claims.looks

    def breaks(run: Any, some: list[kept.Task], now: datetime) -> list[tasks.Look]:
        if any(each.id == claimed[1] for each in some):
            raise KeyError("a fault")
        return looked(run, some, now)

    monkeypatch.setattr(claims, "looks", breaks)
    found = claims.lapse_claims(town, NOW)
    assert (found.claims, list(found.failed)) == (2, [claimed[1]]) and "KeyError" in found.failed[claimed[1]]
    with town.session() as session:
        assert [each.id for each in kept.open_tasks(session, claimed=True)] == [claimed[1]]


@pytest.mark.parametrize("flow", ["start → one → two → end", "start → one and two beside each other → end"])
def test_whoever_has_done_one_task_does_not_do_the_other(town: neo4j.Driver, flow: str) -> None:
    place = {"role": "case_worker", "unit": "unit", "fallback": {"role": "case_worker", "unit": "canteen"}}
    pair = {"one": place, "two": {**place, "not": ["one"], "name": "Second look"}}
    faults: list[str] = []
    content = {"start": {"form": {"unit": "unit"}}, "tasks": pair, "flow": flow}
    found = read_described("pair", content, [each["id"] for each in TOWN["units"]], (), faults)
    assert found is not None, faults
    definitions.deploy(town, "pair", found.documents, found.schemas, "test", NOW)
    case = tasks.start(town, "pair", {"unit": "job"}, "bo", NOW)

    def open_now() -> dict[str, kept.Task]:
        with town.session() as session:
            return {each.element: each for each in kept.tasks_of(session, case) if each.state == "open"}

    if "two" in open_now():
        claims.claim(town, open_now()["two"].id, "anna", NOW)
    tasks.complete(town, open_now()["one"].id, "anna", {}, NOW)
    second = open_now()["two"].id
    for do in (claims.claim, lambda *given: tasks.complete(*given[:3], {}, given[3])):
        with pytest.raises(NotCandidate, match="Anna Berg has completed 'one' of this case; 'Second look' is for"):
            do(town, second, "anna", NOW)
    with town.session() as session:
        seen = tasks.look(session, second, NOW)
    assert [each.person for each in seen.route.candidates] == [uuid(town, "carl")] and seen.claimed is None
    tasks.complete(town, second, "carl", {}, NOW)
    assert open_now() == {}


@pytest.mark.parametrize(
    ("starter", "unit", "starts"),
    [
        ('role="case_worker" unit="unit"', "job", {"anna"}),
        ('role="case_worker" unit="unit"', "center", set()),  # Anna has it below, not for the unit
        ('role="case_worker" responsibility="kle:32.24" unit="unit"', "job", {"anna"}),
        ('role="case_worker" responsibility="kle:27" unit="unit"', "job", set()),
        ('role="case_worker"', "town", {"anna", "carl"}),  # of any unit; Bo's has ended
        ('role="case_worker" responsibility="kle:32"', "town", {"anna"}),
        ('role="manager" unit="unit"/><reconnect:starter role="case_worker" unit="unit"', "canteen", {"carl"}),
    ],
)
def test_a_case_is_started_by_whom_its_process_lets(
    town: neo4j.Driver, starter: str, unit: str, starts: set[str]
) -> None:
    content = process(
        START.replace("<extensionElements>", f"<extensionElements><reconnect:starter {starter}/>"), END,
        flow("start", "end"),
    )  # fmt: skip
    form = {"type": "object", "properties": {"unit": {"type": "string", "format": "unit"}}}
    definitions.deploy(town, "main", {"main.bpmn": content}, {"request": form}, "test", NOW)
    seen = set()
    for each in ("anna", "bo", "carl", "dora"):
        try:
            tasks.start(town, "main", {"unit": unit}, each, NOW)
            seen.add(each)
        except NotStarter as refused:
            assert refused.code == "not_starter" and "Ask one of them" in str(refused)
    assert seen == starts
    assert tasks.start(town, "main", {"unit": unit}, None, NOW), "what no person starts is asked of nobody"
    with town.session() as session:
        current = [definitions.current(session, each) for each in ("main", "approval")]
        people = ("anna", "carl", "dora")
        offered = {each: startable(session, current, uuid(town, each), kept.day_of(NOW)) for each in people}
    assert offered["dora"] == {"approval"}
    assert starts <= {each for each in people if "main" in offered[each]}


def test_a_case_that_another_worker_has_let_go_on_is_left_alone(
    town: neo4j.Driver, monkeypatch: pytest.MonkeyPatch
) -> None:
    deploy(town, described(escalate={"after": "1 working day"}))
    case, _ = started(town, now=NOW - timedelta(days=30))
    assert case_time.pass_time(town, NOW).cases == 1
    monkeypatch.setattr(kept, "due", lambda run, now: [case])  # as the second worker had read it before the first wrote
    with town.session() as session:
        before = case_log.log_of(session, case)
        assert case_time.pass_time(town, NOW + timedelta(hours=1)).cases == 0
        assert case_log.log_of(session, case) == before


def test_a_case_that_is_moved_knows_who_has_started_it(town: neo4j.Driver) -> None:
    place = '<reconnect:place role="case_worker" unit="unit"{}/>'
    form = {"request": {"type": "object", "properties": {"unit": {"type": "string", "format": "unit"}}}}
    declared = '<extensionElements><reconnect:data name="starter"/></extensionElements>'
    for head, exclude in (("", ""), (declared, ' exclude="starter"')):
        task = user("see", "request", place.format(exclude))
        content = process(head, START, task, END, flow("start", "see", "end"))
        definitions.deploy(town, "main", {"main.bpmn": content}, form, "test", NOW)
        if not head:
            case = tasks.start(town, "main", {"unit": "job"}, "anna", NOW)
    assert moving.move(town, "main", [case], None, NOW, "Ny udgave").moved == (case,)
    assert open_task(town, case).asked.exclude == {uuid(town, "anna")}
    with pytest.raises(NotCandidate):
        tasks.complete(town, open_task(town, case).id, "anna", {}, NOW)


def test_what_is_deployed_goes_on_though_it_would_be_refused_now(town: neo4j.Driver) -> None:
    form = {"request": {"type": "object", "properties": {"unit": {"type": "string", "format": "unit"}}}}
    task = user("see", "request", '<reconnect:place role="case_worker" unit="unit"/>')
    error = '<error id="e" name="refused" errorCode="refused"/>'
    right = process(START, task, END, flow("start", "see", "end"), outside=error)
    wrong = right.replace(b' errorCode="refused"', b"")
    definitions.deploy(town, "main", {"main.bpmn": right}, form, "test", NOW)
    with pytest.raises(DefinitionRejected, match="errorCode"):
        definitions.deploy(town, "main", {"main.bpmn": wrong}, form, "test", NOW)
    stored = "MATCH (v:ProcessVersion {id: 'main:1'}) SET v.documents = $documents, v.digest = 'of an earlier release'"
    town.execute_query(stored, documents=json.dumps({"main.bpmn": wrong.decode()}))
    stays, goes = (tasks.start(town, "main", {"unit": "job"}, "dora", NOW) for _ in range(2))
    tasks.complete(town, open_task(town, stays).id, "anna", {}, NOW)
    definitions.deploy(town, "main", {"main.bpmn": right}, form, "test", NOW)
    assert moving.move(town, "main", None, None, NOW, "Ny udgave").moved == (goes,)
    tasks.complete(town, open_task(town, goes).id, "anna", {}, NOW)
    with town.session() as session:
        assert [kept.case(session, each).is_open for each in (stays, goes)] == [False, False]


def test_a_done_task_of_a_moved_case_names_what_its_version_lacks(town: neo4j.Driver) -> None:
    form = {"type": "object", "properties": {"unit": {"type": "string", "format": "unit"}}}
    place = '<reconnect:place role="case_worker" unit="unit"{}/>'
    for other, asked in (("before", "old"), ("after", "new")):
        parts = (
            START, '<exclusiveGateway id="gate" default="gate_one"/>',
            user("one", asked, place.format(f' excludeWhoDid="{other}"')), user("two", "request", place.format("")),
            user(other, "request", place.format("")), END, flow("start", "gate", "one", "two", "end"),
            when("gate", other, 'unit == "none"'), flow(other, "end"),
        )  # fmt: skip
        definitions.deploy(town, "main", {"main.bpmn": process(*parts)}, {"request": form, asked: form}, "test", NOW)
        if other == "before":
            case = tasks.start(town, "main", {"unit": "job"}, "dora", NOW)
            tasks.complete(town, open_task(town, case).id, "anna", {}, NOW)
    assert moving.move(town, "main", None, None, NOW, "Ny udgave").moved == (case,)
    with town.session() as session:
        seen = task_forms(session, tasks.looks(session, kept.tasks_of(session, case), NOW), None)
    found = {each["element"]: (each["state"], each["excludesWhoDid"], each["form"]) for each in seen}
    assert found["one"] == ("DONE", [{"element": "before", "name": "before"}], None) and found["two"][0] == "OPEN"


def test_an_erased_person_is_in_no_case(town: neo4j.Driver) -> None:
    about, _ = started(town)
    dora = uuid(town, "dora")
    other = tasks.start(town, "approval", {"unit": "job", "person": "carl"}, "dora", NOW)
    with town.session() as session:
        repaired = case_log.LogEntry("repaired", NOW, None, None, "approve", values={"unit": "job", "other": [dora]})
        session.execute_write(case_log.log, other, repaired)
        told = {"told": [f"{dora} 0", f"{uuid(town, 'anna')} 0"], "sending": [f"{dora} 1 {NOW.isoformat()}"]}
        session.execute_write(kept.set_task, open_task(town, other).id, told)
    erase_person(town, dora, Origin("manual", user="hr", reason="x"))
    rows, _, _ = town.execute_query(
        "MATCH (n:Case|Task|CaseEntry) WHERE any(name IN keys(n) WHERE toStringOrNull(n[name]) CONTAINS $uuid) "
        "OR any(each IN coalesce(n.exclude, []) + coalesce(n.told, []) + coalesce(n.sending, []) "
        "WHERE each STARTS WITH $uuid) RETURN n",
        uuid=dora,
    )
    assert rows == []
    rows, _, _ = town.execute_query("MATCH (c:Case) RETURN c.id AS id")
    assert [row["id"] for row in rows] == [other] and other != about
    tasks.complete(town, open_task(town, other).id, "anna", {"decision": "yes"}, NOW)
    report = open_task(town, other)
    assert report.asked.fault == "", "whoever started it can't have it: nobody else is kept from it"
    tasks.complete(town, report.id, "anna", {}, NOW)


def test_a_case_that_decides_an_erasure_outlives_the_person_with_the_decision(town: neo4j.Driver) -> None:
    content = {
        "start": {"form": {"unit": "unit", "data_subject": "person"}},
        "tasks": {
            "decide": {"role": "case_worker", "unit": "unit", "not": "data_subject", "form": {"why": "text"}},
            "erase": {"role": "case_worker", "unit": "unit", "not": "data_subject", "form": {"exceptions": "text"}},
        },
        "flow": "start → decide → erase → end",
    }
    faults: list[str] = []
    found = read_described("erasing", content, [each["id"] for each in TOWN["units"]], (), faults)
    assert found is not None, faults
    definitions.deploy(town, "erasing", found.documents, found.schemas, "test", NOW)
    case = tasks.start(town, "erasing", {"unit": "job", "data_subject": "dora"}, "bo", NOW)
    dora = uuid(town, "dora")
    tasks.complete(town, open_task(town, case).id, "anna", {"why": "Fristen er gået"}, NOW)
    erase_person(town, dora, Origin("manual", user="hr", reason="x"))
    tasks.complete(town, open_task(town, case).id, "anna", {"exceptions": "Intet"}, NOW)
    with town.session() as session:
        row, log = kept.case(session, case), case_log.log_of(session, case)
        _, engine = kept.engine_of(session, row)
    assert not row.is_open and row.incidents == () and dora not in str((row, log, engine.data))
    assert [dict(each.values) for each in log if each.action == "completed"] == [
        {"why": "Fristen er gået"}, {"exceptions": "Intet"},
    ]  # fmt: skip
    assert {each.by for each in log if each.action == "completed"} == {uuid(town, "anna")}


def test_a_case_is_about_the_person_whom_a_task_names(town: neo4j.Driver) -> None:
    content = {
        "start": {"form": {"unit": "unit", "name": "text"}},
        "tasks": {"approve": {"role": "case_worker", "unit": "unit", "form": {"person": "person"}}},
        "flow": "start → approve → end",
    }
    faults: list[str] = []
    found = read_described("hiring", content, [each["id"] for each in TOWN["units"]], (), faults)
    assert found is not None, faults
    definitions.deploy(town, "hiring", found.documents, found.schemas, "test", NOW)
    case = tasks.start(town, "hiring", {"unit": "job", "name": "Dora Dam"}, "bo", NOW)
    with town.session() as session:
        assert kept.case(session, case).person is None
    tasks.complete(town, open_task(town, case).id, "anna", {"person": "dora"}, NOW)
    dora = uuid(town, "dora")
    with town.session() as session:
        assert kept.case(session, case).person == dora
    erase_person(town, dora, Origin("manual", user="hr", reason="x"))
    with town.session() as session, pytest.raises(Unknown, match="no case"):
        kept.case(session, case)


def test_a_manager_sees_what_others_have_in_the_units_unless_excluded(town: neo4j.Driver, tmp_path: Path) -> None:
    leads = {"id": "a_lead", "holder": {"employment": "e_carl"}, "role": "manager", "for": [{"unit": "center"}]}
    content = {**TOWN, "assignments": [*TOWN["assignments"], {**leads, "from": "2026-03-01"}]}
    assert imported(town, content, tmp_path).problems == []
    (case, _), (about_carl, _) = started(town, "dora"), started(town, "carl")
    with town.session() as session:
        found = inbox(session, uuid(town, "carl"), ["units"], NOW)
    assert [each.look.task.case for each in found] == [case] != [about_carl]


class Counting:
    """A session that counts its statements, and the rows that it gives."""

    def __init__(self, session: neo4j.Session) -> None:
        self._session, self.statements, self.rows = session, 0, 0

    def run(self, query: str, **parameters: Any) -> Any:
        found = list(self._session.run(query, **parameters))
        self.statements, self.rows = self.statements + 1, self.rows + len(found)
        return Given(found)


class Given(list[neo4j.Record]):
    """Rows as a result gives them."""

    def single(self, strict: bool = False) -> neo4j.Record | None:
        return self[0] if self else None

    def value(self) -> list[Any]:
        return [each[0] for each in self]


COPIES = """
MATCH (t:Task {id: $task})-[:OF_CASE]->(c)
UNWIND range(1, 150) AS n
CREATE (copy:Task {id: t.id + '/' + n})-[:OF_CASE]->(c)
SET copy = t {.*, id: t.id + '/' + n}
"""


def test_an_inbox_costs_the_same_however_many_tasks_others_have(town: neo4j.Driver) -> None:
    _, task = started(town)
    anna = uuid(town, "anna")

    def cost(first: int | None = None) -> tuple[list[str], int, int]:
        with town.session() as session:
            counting: Any = Counting(session)
            found = inbox(counting, anna, ["mine", "standing_in"], NOW, first=first)
            return [each.look.task.id for each in found], counting.statements, counting.rows

    before = cost()
    assert before[0] == [task]
    values = {"unit": "canteen", "person": "dora"}
    other = open_task(town, tasks.start(town, "approval", values, "bo", NOW)).id
    town.execute_query(COPIES, task=other)
    assert cost() == before, "tasks of a unit where she has nothing"
    town.execute_query(COPIES, task=task)
    found, statements, _ = cost(first=20)
    assert (len(found), statements) == (20, before[1]), "of her own, as many are looked at as a page shows"
    assert len(cost()[0]) == 151


def test_whoever_may_have_a_task_finds_it_in_the_inbox(town: neo4j.Driver) -> None:
    """Substitute, delegate, fall-back, of a closed unit, and handed: each is found from the person."""
    described_ = described(fallback={"role": "case_worker", "unit": "canteen"})
    deploy(town, described_)
    (_, at_job), (_, about_anna) = started(town), started(town, "anna")

    def mine(person: str) -> set[str]:
        with town.session() as session:
            found = inbox(session, uuid(town, person), ["mine", "standing_in"], NOW)
            every = [tasks.look(session, each, NOW) for each in (at_job, about_anna)]
            assert {each.task.id for each in every if each.route.of(uuid(town, person))} == {
                each.look.task.id for each in found
            }
        return {each.look.task.id for each in found}

    assert (mine("anna"), mine("carl"), mine("bo")) == ({at_job}, {about_anna}, set())
    day = kept.day_of(NOW)
    delegation = delegations.delegate(town, "approval", "anna", "carl", day, day + timedelta(days=9), NOW)
    assert (mine("anna"), mine("carl")) == ({at_job}, {at_job, about_anna})
    delegations.end_delegation(town, delegation.id, "anna", NOW, "Ferien er slut")
    assert mine("carl") == {about_anna}
    claims.hand(town, at_job, "anna", "carl", NOW)
    assert mine("carl") == {at_job, about_anna}
    town.execute_query(
        "MATCH (u:Unit)-[s:STATE]->(v) WHERE v.name = 'Jobcenter' SET s.to = $day, u.active = false, u.to = $day "
        "WITH u MATCH (u)-[part:PART_OF]->() SET part.to = $day",
        day=day,
    )
    for each in ("anna", "bo", "carl"):
        mine(each)


def test_who_is_joined_into_another_person_is_that_person(town: neo4j.Driver) -> None:
    case, task = started(town)
    tasks.complete(town, task, "anna", {"decision": "yes"}, NOW)
    day = kept.day_of(NOW)
    delegation = delegations.delegate(town, "approval", "anna", "dora", day, day + timedelta(days=9), NOW)
    carl, dora = uuid(town, "carl"), uuid(town, "dora")
    reader = Access("reader", frozenset({"reader"}))
    for each in ("bo", "anna"):  # the starter; who has completed the task, and delegated the next
        town.execute_query(
            "MATCH (was:Person {uuid: $was}), (now:Person {uuid: $now}) CREATE (was)-[:JOINED_INTO]->(now)",
            was=uuid(town, each),
            now=carl,
        )
        with town.session() as session:
            seen = tasks.look(session, task, NOW)
            assert sees(session, reader, seen, carl) and not sees(session, reader, seen, dora)
            assert [each.look.task.case for each in inbox(session, carl, ["started"], NOW)] == [case]
    delegations.end_delegation(town, delegation.id, "carl", NOW)


def test_a_role_that_is_not_certain_is_a_fault_of_its_task_alone(town: neo4j.Driver) -> None:
    _, task = started(town)
    deploy(town, described())
    town.execute_query("MATCH (t:Task {id: $id}) SET t.role = 'twice'", id=task)
    _, other = started(town)
    town.execute_query(
        "MATCH (r:Role) CREATE (s:SourceRecord {id: 'x|Role|' + r.uuid, source: 'x', kind: 'Role', key: 'twice'}) "
        "CREATE (s)-[:TELLS]->(r)"
    )
    with town.session() as session:
        lost, found = tasks.looks(session, [kept.task(session, task), kept.task(session, other)], NOW)
    assert (lost.route.fault, found.route.fault) == ("unknown_role", "")
    assert found.route.of(uuid(town, "anna")) is not None


def test_open_cases_are_moved_to_the_current_version_and_what_cannot_be_stays(town: neo4j.Driver) -> None:
    case, task = started(town)
    later, _ = started(town)
    tasks.complete(town, open_task(town, later).id, "anna", {"decision": "yes"}, NOW)
    deploy(town, described("start → approve; yes → end; no → end", name="Godkend"))
    foreseen = moving.move(town, "approval", None, None, NOW, "Ny udgave", dry_run=True)
    assert (foreseen.moved, list(foreseen.stays)) == ((case,), [later])
    with town.session() as session:
        assert kept.case(session, case).number == 1
    done = moving.move(town, "approval", None, None, NOW, "Ny udgave")
    assert (done, done.version) == (foreseen, 2) and "is at report" in done.stays[later]
    assert (open_task(town, case).id, open_task(town, case).name) == (task, "Godkend")
    tasks.complete(town, task, "anna", {"decision": "yes"}, NOW)
    with town.session() as session:
        assert (kept.case(session, case).number, kept.case(session, case).is_open) == (2, False)
        assert [each.action for each in case_log.log_of(session, case)] == ["started", "moved", "completed", "ended"]
    with pytest.raises(Unknown, match="no open case"):
        moving.move(town, "approval", [case], None, NOW, "x")
