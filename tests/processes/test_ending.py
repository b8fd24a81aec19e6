"""Cases that people end before their process does, and cases whose data they repair at an incident."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import neo4j
import orjson
import pytest

from api.computed.case_answers import case_form
from graph.errors import ChangeRejected, Unknown
from graph.identity.lookup import find
from graph.questions.rights.authors import _of_case as authors_of
from graph.retry import NEXT
from processes.cases import case_log, case_time, definitions, ending, incidents, kept, service_tasks, tasks
from processes.cases.filling import values_of
from processes.cases.inbox import inbox
from processes.cases.listed import overview, state_of
from processes.cases.running import Running
from processes.cases.service_work import carry_out_due
from processes.cases.tasks import looks
from processes.engine.errors import DefinitionRejected, StateRejected
from processes.engine.known import Arguments
from processes.errors import CaseError, FormRejected, NotCandidate, NotStarter, TaskClosed, ToOneself
from processes.services import Call, Service, ServiceFailed
from reconnect.embedded import Addresses
from tests.emptied import empty
from tests.forked import telling
from tests.graph.questions.rights.imported import imported
from tests.graph.questions.rights.town import TOWN
from tests.processes.engine.drawn import END, START, boundary, flow, process, script, service, timer, user
from tests.processes.two_complete import completed, ended

pytestmark = pytest.mark.slow
NOW = datetime.now(UTC)
FORMS: dict[str, Any] = {
    "request": {"type": "object", "required": ["unit"], "properties": {
        "unit": {"format": "unit"}, "person": {"format": "person"}, "data_subject": {"format": "person"},
        "units": {"type": "array", "format": "unit"}, "hours": {"type": "number", "maximum": 37},
    }},
    "note": {"type": "object", "properties": {
        "decision": {}, "hours": {"type": "string", "pattern": "^[0-9]+$"},
    }},
}  # fmt: skip
PLACE = '<reconnect:place role="case_worker" unit="unit" exclude="person"/>'
LATE = boundary("late", "note", timer("timeDuration", "P3D"), interrupts=False, extension="<reconnect:escalation/>")


@pytest.fixture(scope="module")
def town(driver: neo4j.Driver, tmp_path_factory: pytest.TempPathFactory) -> Iterator[neo4j.Driver]:
    empty(driver)
    assert imported(driver, TOWN, tmp_path_factory.mktemp("town")).problems == []
    yield driver


def begun(driver: neo4j.Driver, *parts: str, by: str | None = "bo", **values: Any) -> str:
    """A case of what is drawn, at the job centre, where Anna is the case worker, and about Dora."""
    wanted = {"mail": Arguments()}
    definitions.deploy(driver, "main", {"main.bpmn": process(*parts)}, FORMS, "test", NOW, wanted)
    return tasks.start(driver, "main", {"unit": "job", "person": "dora", **values}, by, NOW)


def waiting(driver: neo4j.Driver, **more: Any) -> str:
    """A case with a task, a timer, and beside them what it does by itself."""
    parts = (
        START, '<parallelGateway id="split"/>', user("note", "note", PLACE), LATE, END, service("send"),
        '<endEvent id="over"/>', '<endEvent id="told"/>', flow("late", "told"),
        flow("start", "split", "note", "end"), flow("split", "send", "over"),
    )  # fmt: skip
    return begun(driver, *parts, **more)


def seen(driver: neo4j.Driver, case: str) -> tuple[kept.CaseRow, list[kept.Task], list[case_log.LogEntry]]:
    with driver.session() as session:
        return kept.case(session, case), kept.tasks_of(session, case), case_log.log_of(session, case)


def uuid_of(driver: neo4j.Driver, kind: str, number: int) -> str:
    with driver.session() as session:
        return find(session, kind, ("job", "canteen")[number]).uuid


def uuid(driver: neo4j.Driver, person: str) -> str:
    with driver.session() as session:
        return find(session, "Person", person).uuid


def test_what_is_open_lapses_with_the_case_and_nothing_is_due(town: neo4j.Driver) -> None:
    case = waiting(town)
    ending.end(town, case, "carl", NOW, "Forkert enhed")
    row, (task,), log = seen(town, case)
    assert (row.is_open, row.due, row.incidents, state_of(row)) == (False, None, (), "stopped")
    assert [(each.action, each.element) for each in log] == [
        ("started", ""), ("cancelled", "note"), ("cancelled", "send"), ("stopped", ""),
    ]  # fmt: skip
    assert (log[-1].by, log[-1].reason) == (uuid(town, "carl"), "Forkert enhed")
    called: list[Call] = []
    services = {"mail": Service(Arguments(), lambda driver, call: called.append(call))}
    assert carry_out_due(town, services, lambda: NOW).done == 0 and called == []
    assert case_time.pass_time(town, NOW + timedelta(days=30)).cases == 0
    with pytest.raises(TaskClosed):
        tasks.complete(town, task.id, "anna", {}, NOW)
    with town.session() as session:
        assert inbox(session, uuid(town, "anna"), ["mine"], NOW) == []
        (found,) = (each for each in overview(session, NOW) if each.process == "main")
        assert (found.running, found.ended) == (0, 0)
    with pytest.raises(ChangeRejected, match="was stopped") as refused:
        ending.end(town, case, None, NOW, "x")
    assert refused.value.code == "wrong_state"


@pytest.mark.parametrize("lost", ["state", "version"])
def test_a_case_that_cannot_be_read_is_shown_with_what_is_known(
    town: neo4j.Driver, lost: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    case = waiting(town)
    with town.session() as session:
        before = case_form(session, kept.case(session, case), looks(session, kept.tasks_of(session, case), NOW), None)
    if lost == "state":
        town.execute_query("MATCH (c:Case {id: $id}) SET c.state = '{}'", id=case)
    else:

        def unread(*_: object) -> None:
            raise DefinitionRejected(())

        monkeypatch.setattr(definitions, "version", unread)
        monkeypatch.setattr(kept, "version", unread)
    with town.session() as session:
        found = case_form(session, kept.case(session, case), looks(session, kept.tasks_of(session, case), NOW), None)
    assert before["unreadable"] is None and found["unreadable"]
    assert [each["name"] for each in found["tasks"]] == [each["name"] for each in before["tasks"]]
    assert [each["action"] for each in found["log"]] == [each["action"] for each in before["log"]]
    ((start,),) = ([each["answers"] for each in form["filledIn"]] for form in (found,))
    assert {each["field"] for each in start} == {"unit", "person"}
    assert (found["diagram"] is None) == (lost == "version")
    ending.end(town, case, None, NOW, "Kan ikke læses")
    assert not seen(town, case)[0].is_open


def test_a_case_in_which_time_cannot_pass_is_repaired_as_a_whole(
    town: neo4j.Driver, monkeypatch: pytest.MonkeyPatch
) -> None:
    case = waiting(town, person=None)
    write = Running.write

    def breaks(running: Running, now: datetime) -> None:
        if not running.engine.variables.get("person"):
            raise KeyError("person")
        write(running, now)

    monkeypatch.setattr(Running, "write", breaks)
    assert list(case_time.pass_time(town, NOW + timedelta(days=4)).failed) == [case]
    later = NOW + timedelta(days=5)
    with pytest.raises(KeyError):
        incidents.retry(town, case, kept.WHOLE_CASE, None, later, "Igen")
    incidents.repair(town, case, kept.WHOLE_CASE, {"person": "dora"}, None, later, "Manglede", user="hr")
    row, (task,), log = seen(town, case)
    assert (row.incidents, row.person, task.asked.escalations) == ((), uuid(town, "dora"), 1)
    assert uuid(town, "dora") in task.asked.exclude
    assert [each.values for each in log if each.action == "repaired"] == [{"person": uuid(town, "dora")}]


def test_who_has_started_a_case_withdraws_it_and_nobody_else(town: neo4j.Driver) -> None:
    case = waiting(town)
    with pytest.raises(NotStarter):
        ending.withdraw(town, case, "anna", NOW, "x")
    ending.withdraw(town, case, "bo", NOW, "Kandidaten har sagt nej")
    _, _, log = seen(town, case)
    assert (log[-1].action, log[-1].by) == ("withdrawn", uuid(town, "bo"))
    nobodys = waiting(town, by=None)
    with pytest.raises(NotStarter):
        ending.withdraw(town, nobodys, "bo", NOW, "x")


def test_nobody_ends_a_case_about_themselves(town: neo4j.Driver) -> None:
    place = '<reconnect:place role="case_worker" unit="unit" exclude="data_subject"/>'
    parts = (START, user("note", "note", place), END, flow("start", "note", "end"))
    for case in (waiting(town), begun(town, *parts, person="carl", data_subject="dora")):
        with pytest.raises(NotCandidate, match="another must end it"):
            ending.end(town, case, "dora", NOW, "x")
        assert seen(town, case)[0].is_open


def test_a_case_that_can_be_read_no_more_is_ended(town: neo4j.Driver) -> None:
    case = waiting(town)
    town.execute_query("MATCH (c:Case {id: $id}) SET c.state = '{}'", id=case)
    with pytest.raises(StateRejected):
        incidents.retry(town, case, "any", None, NOW, "x")
    ending.end(town, case, None, NOW, "x")
    row, (task,), _ = seen(town, case)
    assert state_of(row) == "stopped" and task.state == "cancelled"


@pytest.mark.parametrize("sequential", ["true", "false"])
def test_nobody_begins_with_what_was_filled_in_for_another_of_the_list(town: neo4j.Driver, sequential: str) -> None:
    several = (
        f'<multiInstanceLoopCharacteristics isSequential="{sequential}"><loopDataInputRef>units</loopDataInputRef>'
        '<inputDataItem id="each_unit"/></multiInstanceLoopCharacteristics>'
    )
    place = '<reconnect:place role="case_worker" unit="each_unit"/>'
    parts = (
        '<property id="units"/>', START, user("note", "note", place, several), user("more", "note", PLACE), END,
        flow("start", "note", "more", "end"),
    )  # fmt: skip
    case = begun(town, *parts, units=["job", "canteen"], hours=20)

    def begins() -> dict[str, Any]:
        _, found, _ = seen(town, case)
        with town.session() as session:
            return values_of(session, next(each.id for each in found if each.state == "open"), None)

    assert begins() == {"hours": 20}, "what the path had before"
    for number, who in enumerate(("anna", "carl")):
        _, found, _ = seen(town, case)
        task = next(each for each in found if each.state == "open" and each.asked.unit == uuid_of(town, "Unit", number))
        tasks.complete(town, task.id, who, {"hours": "30", "decision": "yes"}, NOW)
        if number == 0:
            assert begins() == {}
    assert begins()["hours"] == "30", "the path goes on with what was answered"


def test_of_two_who_end_a_case_one_wins_and_the_other_is_told(town: neo4j.Driver, addresses: Addresses) -> None:
    case = waiting(town)
    pairs = [telling(ended, addresses, case) for _ in range(2)]
    try:
        assert [told.recv() for _, told in pairs] == ["ready", "ready"]
        assert sorted(told.recv() for _, told in pairs) == ["done", "wrong_state"]
    finally:
        for worker, _ in pairs:
            worker.join()
    assert [each.action for each in seen(town, case)[2]].count("stopped") == 1


def stuck(driver: neo4j.Driver) -> tuple[str, str]:
    """A case whose script can't be made, and its incident; beside it is a task."""
    parts = (
        START, '<parallelGateway id="split"/>', user("note", "note", PLACE), '<parallelGateway id="join"/>', END,
        script("count", "twice = hours + hours\nsmall = twice < 50"), flow("start", "split", "note", "join", "end"),
        flow("split", "count", "join"),
    )  # fmt: skip
    case = begun(driver, *parts)
    row, _, _ = seen(driver, case)
    (incident,) = row.incidents
    assert incident["element"] == "count"
    return case, incident["task"]


def test_a_value_is_set_where_a_step_could_not_be_made_and_it_is_made(town: neo4j.Driver) -> None:
    case, incident = stuck(town)
    incidents.repair(town, case, incident, {"hours": 20, "unit": "canteen"}, "bo", NOW, "Timerne manglede")
    row, (task,), log = seen(town, case)
    with town.session() as session:
        _, engine = kept.engine_of(session, row)
        canteen = find(session, "Unit", "canteen").uuid
    assert row.incidents == () and task.asked.unit == row.unit == canteen, "the task beside it follows"
    assert (log[-1].action, log[-1].element, log[-1].by) == ("repaired", "count", uuid(town, "bo"))
    assert log[-1].values == {"hours": 20, "unit": canteen} and log[-1].reason == "Timerne manglede"
    assert engine.variables["unit"] == canteen
    with pytest.raises(Unknown, match="has no incident"):
        incidents.repair(town, case, incident, {"hours": 20}, "bo", NOW, "x")
    with town.session() as session:
        assert f"person:{uuid(town, 'bo')}" in authors_of(session, "main", f"x (case {case})")
    tasks.complete(town, task.id, "carl", {}, NOW)
    row, _, _ = seen(town, case)
    assert state_of(row) == "ended"
    with town.session() as session:
        assert kept.engine_of(session, row)[1].data["twice"] == 40


@pytest.mark.parametrize(
    ("values", "by", "error", "told"),
    [
        ({"hours": 38.5}, "bo", FormRejected, "hours: 38.5"),
        ({"hours": None}, "bo", FormRejected, "hours"),
        ({"nothing": 1}, "bo", FormRejected, "nothing"),
        ({}, "bo", FormRejected, "at least one"),
        ({"unit": "nowhere"}, "bo", FormRejected, "unit: no Unit is known as .nowhere."),
        ({"person": "bo"}, "bo", ToOneself, "person"),
        ({"twice": {"of": ["bo"]}}, "bo", ToOneself, "twice"),
        ({"hours": 20}, "dora", NotCandidate, "about you"),
        ({"starter": "anna"}, None, FormRejected, "stays"),
        ({"person": 5}, None, FormRejected, "as a text"),
        ({"twice": orjson.loads("[" * 900 + "]" * 900)}, "bo", FormRejected, "levels"),
    ],
)
def test_what_is_no_repair_changes_nothing(
    town: neo4j.Driver, values: dict[str, Any], by: str | None, error: type[CaseError], told: str
) -> None:
    case, incident = stuck(town)
    before = seen(town, case)
    with pytest.raises(error, match=told):
        incidents.repair(town, case, incident, values, by, NOW, "x")
    assert seen(town, case) == before


def test_a_value_fits_one_of_the_forms_that_have_it(town: neo4j.Driver) -> None:
    case, incident = stuck(town)
    incidents.repair(town, case, incident, {"hours": "30"}, None, NOW, "x", user="keeper")
    row, _, log = seen(town, case)
    assert [each["element"] for each in row.incidents] == ["count"], "a text is no number of hours: its table says so"
    assert (log[-1].by, log[-1].user) == (None, "keeper")
    with town.session() as session:
        assert "keeper" in authors_of(session, "main", f"x (case {case})")


def test_a_service_gets_other_arguments(town: neo4j.Driver) -> None:
    called: list[Any] = []

    def mail(driver: neo4j.Driver, call: Call) -> None:
        called.append(call.arguments["to"])
        if call.arguments["to"] != carl:
            raise ServiceFailed("no address", NEXT)

    stated = '<reconnect:service name="mail"/><reconnect:argument name="to" value="person"/>'
    element = f'<serviceTask id="send"><extensionElements>{stated}</extensionElements></serviceTask>'
    carl, dora = uuid(town, "carl"), uuid(town, "dora")
    case = begun(town, START, element, END, flow("start", "send", "end"))
    services = {"mail": Service(Arguments(possible=frozenset({"to"})), mail)}
    carry_out_due(town, services, lambda: NOW)
    with town.session() as session:
        (found,) = service_tasks.tasks_of(session, case)
    incidents.repair(town, case, found.id, {"person": "carl"}, "bo", NOW, "Den forkerte")
    assert carry_out_due(town, services, lambda: NOW).failed == {} and called == [dora, carl]
    row, _, _ = seen(town, case)
    assert state_of(row) == "ended" and row.person == carl


def test_the_end_of_a_case_is_final_for_its_incidents_and_tasks(town: neo4j.Driver, addresses: Addresses) -> None:
    case, incident = stuck(town)
    _, (task,), _ = seen(town, case)
    pairs = [telling(ended, addresses, case), telling(completed, addresses, task.id, "anna")]
    try:
        assert [told.recv() for _, told in pairs] == ["ready", "ready"]
        assert pairs[0][1].recv() == "done", "the incident keeps the case open, whoever is first"
        assert pairs[1][1].recv() in ("done", "task_closed")
    finally:
        for worker, _ in pairs:
            worker.join()
    for decide in (incidents.retry, incidents.skip):
        with pytest.raises(ChangeRejected, match="was stopped") as refused:
            decide(town, case, incident, None, NOW, "x")
        assert refused.value.code == "wrong_state"
