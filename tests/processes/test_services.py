"""What cases do by themselves: done once, tried again after pauses, and an incident after the last try."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from time import sleep
from typing import Any

import neo4j
import pytest

from api.access.rights import Access
from api.access.tasks import seen_case
from api.mutations.services import services as mutations
from graph.errors import ChangeRejected, Unknown
from graph.identity.lookup import find
from graph.retry import NEXT, SOON, at
from graph.statements.precedence import SourceOrder
from processes.cases import case_log, claims, definitions, delegations, incidents, kept, service_tasks, tasks
from processes.cases.running import Running
from processes.cases.service_work import PATIENCE, PAUSES, carry_out, carry_out_due
from processes.engine.known import Arguments
from processes.errors import AlreadyClaimed, NotCandidate
from processes.services import Call, Service, ServiceFailed, Services
from reconnect.embedded import Addresses
from tests.emptied import empty
from tests.forked import telling
from tests.graph.questions.rights.imported import RING, imported
from tests.graph.questions.rights.town import TOWN
from tests.processes.engine.drawn import END, START, flow, process, user
from tests.processes.killed_work import CALLED, worked
from tests.processes.killed_work import services as services_of_worker

pytestmark = pytest.mark.slow
NOW = datetime.now(UTC)
CASES = 8
KILLS = (3, 8, 5)
"""After so many entries in the logs of cases a worker is killed; the next one goes on, and the last is left alone."""
SCHEMAS = {
    "request": {"type": "object", "properties": {"unit": {"format": "unit"}, "person": {"format": "person"}}},
    "note": {"type": "object", "properties": {}},
}
PLACE = '<reconnect:place role="case_worker" unit="unit"/>'


def service(name: str, *arguments: str, result: str = "") -> str:
    given = "".join(
        f'<reconnect:argument name="{each.split("=")[0]}" value="{each.split("=")[1]}"/>' for each in arguments
    )
    stated = f'<reconnect:service name="{name}" result="{result}"/>{given}'
    return f'<serviceTask id="do" name="Do it"><extensionElements>{stated}</extensionElements></serviceTask>'


@pytest.fixture(scope="module")
def town(driver: neo4j.Driver, tmp_path_factory: pytest.TempPathFactory) -> Iterator[neo4j.Driver]:
    empty(driver)
    assert imported(driver, TOWN, tmp_path_factory.mktemp("town")).problems == []
    yield driver


def started(driver: neo4j.Driver, element: str, services: Services, person: str = "dora") -> service_tasks.ServiceTask:
    """What a new case is to do by itself."""
    parts = (START, element, user("note", "note", PLACE), END, flow("start", "do", "note", "end"))
    wanted = {name: each.arguments for name, each in services.items()}
    definitions.deploy(driver, "main", {"main.bpmn": process(*parts)}, SCHEMAS, "test", NOW, wanted)
    case = tasks.start(driver, "main", {"unit": "job", "person": person}, "bo", NOW)
    return of_case(driver, case)


def of_case(driver: neo4j.Driver, case: str) -> service_tasks.ServiceTask:
    with driver.session() as session:
        (found,) = service_tasks.tasks_of(session, case)
    return found


def state(driver: neo4j.Driver, found: service_tasks.ServiceTask) -> tuple[str, list[str], list[str]]:
    """Of the service, the incidents, and the open tasks of its case."""
    with driver.session() as session:
        row = kept.case(session, found.case)
        waiting = [each.element for each in kept.tasks_of(session, found.case) if each.state == "open"]
    return of_case(driver, found.case).state, [each["text"] for each in row.incidents], waiting


def outside(do: Callable[[Call], Any], *, repeatable: bool = False) -> Services:
    return {"call": Service(Arguments(), lambda driver, call: do(call), repeatable=repeatable)}


def clock_at(moment: datetime) -> Callable[[], datetime]:
    return lambda: moment


def raising(error: Exception) -> Callable[[Call], Any]:
    def do(call: Call) -> Any:
        raise error

    return do


def ties(driver: neo4j.Driver, person: str) -> list[str]:
    rows, _, _ = driver.execute_query(
        "MATCH (:Person {name: $name})-[:HAS]->(a:Affiliation) RETURN a.uuid AS uuid", name=person
    )
    return [row["uuid"] for row in rows]


def test_a_change_of_the_organisation_is_made_once_with_the_step(town: neo4j.Driver) -> None:
    services = mutations(RING, SourceOrder())
    until = (NOW + timedelta(days=90)).date()
    element = service("createAffiliation", "person=person", "unit=unit", f"to='{until}'", result="tie")
    found = started(town, element, services)
    with town.session() as session:
        assert kept.open_tasks(session) == [], "nobody has what the case does by itself"
    assert carry_out_due(town, services, lambda: NOW).failed == {}
    assert not carry_out(town, services, found.id, NOW), "another worker comes too late"
    (made,) = ties(town, "Dora Kjær")
    assert state(town, found) == ("done", [], ["note"])
    wrote, _, _ = town.execute_query("MATCH (s:ServiceTask {id: $id}) RETURN s.wrote AS wrote", id=found.id)
    assert wrote[0]["wrote"] == [made], "by which its authors are kept when the case is deleted"
    rows, _, _ = town.execute_query(
        "MATCH (c:Change {uuid: $uuid}) RETURN DISTINCT c.user AS user, c.reason AS reason", uuid=made
    )
    assert [row.data() for row in rows] == [{"user": "process:main", "reason": f"Do it (case {found.case})"}]
    with town.session() as session:
        (work,) = session.execute_write(Running.lock, found.case).engine.work()
        assert work.data["tie"] == made
        assert [each.action for each in case_log.log_of(session, found.case)] == ["started", "served"]


def test_who_is_asked_follows_where_somebody_is_by_then(town: neo4j.Driver) -> None:
    """The unit of the second task is that of the affiliation, which has moved since the case began."""
    services = mutations(RING, SourceOrder())
    until = (NOW + timedelta(days=90)).date()
    element = service("createAffiliation", "person=person", "unit=unit", f"to='{until}'", result="tie")
    first, second = user("first", "note", PLACE), user("second", "note", PLACE.replace('"unit"', '"tie"'))
    parts = (START, element, first, second, END, flow("start", "do", "first", "second", "end"))
    wanted = {name: each.arguments for name, each in services.items()}
    definitions.deploy(town, "main", {"main.bpmn": process(*parts)}, SCHEMAS, "test", NOW, wanted)
    case = tasks.start(town, "main", {"unit": "job", "person": "dora"}, "bo", NOW)
    known = {*ties(town, "Dora Kjær")}
    assert carry_out_due(town, services, lambda: NOW).failed == {}
    (made,) = {*ties(town, "Dora Kjær")} - known
    with town.session() as session:
        (open_,) = (each for each in kept.tasks_of(session, case) if each.state == "open")
        job, center = (find(session, "Unit", each).uuid for each in ("job", "center"))
    town.execute_query(
        "MATCH (a:Affiliation {uuid: $tie})-[before:IN]->(), (u:Unit {uuid: $unit}) "
        "CREATE (a)-[moved:IN]->(u) SET moved = properties(before), before.to = before.from",
        tie=made,
        unit=center,
    )
    tasks.complete(town, open_.id, "anna", {}, NOW)
    with town.session() as session:
        units = {each.element: each.asked.unit for each in kept.tasks_of(session, case)}
        faults = [each.asked.fault for each in kept.tasks_of(session, case)]
    assert (units, faults) == ({"first": job, "second": center}, ["", ""])


def test_a_change_that_is_refused_leaves_nothing_and_is_an_incident(town: neo4j.Driver) -> None:
    services = mutations(RING, SourceOrder())
    element = service("createAffiliation", "person=person", "unit=unit", "to='2000-01-01'")
    before = ties(town, "Carl Holm")
    found = started(town, element, services, person="carl")
    assert set(carry_out_due(town, services, lambda: NOW).failed) == {found.id}
    told, texts, waiting = state(town, found)
    assert (told, waiting, ties(town, "Carl Holm")) == ("incident", [], before) and "2000-01-01" in texts[0]
    incidents.skip(town, found.case, found.id, None, NOW, "Gjort i hånden")
    assert state(town, found) == ("skipped", [], ["note"])
    with town.session() as session:
        assert [each.action for each in case_log.log_of(session, found.case)] == ["started", "failed", "skipped"]
    with pytest.raises(Unknown, match="has no incident"):
        incidents.retry(town, found.case, found.id, None, NOW, "x")


def test_nobody_skips_a_step_of_a_case_about_themselves(town: neo4j.Driver) -> None:
    services = mutations(RING, SourceOrder())
    found = started(town, service("createAffiliation", "person=person", "unit=unit", "to='2000-01-01'"), services)
    assert set(carry_out_due(town, services, lambda: NOW).failed) == {found.id}
    with town.session() as session:
        about = kept.case(session, found.case).person
        another = find(session, "Person", "anna").uuid
    assert about is not None and about != another
    with pytest.raises(NotCandidate, match="about you"):
        incidents.skip(town, found.case, found.id, about, NOW, "Det klarer jeg selv")
    assert state(town, found)[0] == "incident"
    incidents.retry(town, found.case, found.id, about, NOW, "Prøv igen")  # that decides nothing
    assert set(carry_out_due(town, services, lambda: NOW).failed) == {found.id}
    incidents.skip(town, found.case, found.id, another, NOW, "Gjort i hånden")
    assert state(town, found)[0] == "skipped"


@pytest.mark.parametrize(
    ("name", "arguments"),
    [
        ("createSubstitution", ("assignment='a_kitchen'", "person=person")),
        ("createGrant", ("givenTo='person:carl'", "gives='system_role:none'", "key='k'", "title='t'")),
    ],
)
def test_what_does_not_lie_within_the_unit_that_approved_it_is_not_written(
    town: neo4j.Driver, tmp_path: Path, name: str, arguments: tuple[str, ...]
) -> None:
    cook = {"id": "a_kitchen", "holder": {"employment": "e_carl"}, "role": "manager", "for": [{"unit": "canteen"}]}
    content = {**TOWN, "assignments": [*TOWN["assignments"], {**cook, "from": "2026-03-01"}]}
    assert imported(town, content, tmp_path).problems == []
    services = mutations(RING, SourceOrder())
    found = started(town, service(name, *arguments, "within=unit"), services)
    assert set(carry_out_due(town, services, lambda: NOW).failed) == {found.id}
    told, (text,), _ = state(town, found)
    assert told == "incident" and "does not lie in the unit" in text
    incidents.skip(town, found.case, found.id, None, NOW, "x")


def test_a_system_that_does_not_answer_is_tried_after_pauses_and_then_an_incident(town: neo4j.Driver) -> None:
    calls: list[Call] = []

    def lost(call: Call) -> None:
        calls.append(call)
        raise ServiceFailed("no answer", SOON)

    services = outside(lost)
    found = started(town, service("call", "to=person"), services)
    moment = NOW
    for pause in (*PAUSES, timedelta(days=1)):
        assert set(carry_out_due(town, services, clock_at(moment)).failed) == {found.id}
        assert carry_out_due(town, services, clock_at(moment)).failed == {}, "not before its pause is over"
        moment += pause
    assert state(town, found) == ("incident", ["no answer"], [])
    assert {each.key for each in calls} == {f"do:{found.id}"} and len(calls) == 1 + len(PAUSES)
    with town.session() as session:
        assert calls[0].arguments == {"to": find(session, "Person", "dora").uuid}
    incidents.retry(town, found.case, found.id, None, moment, "Systemet er oppe")
    assert carry_out_due(town, outside(lambda call: None), clock_at(moment)).done == 1
    assert state(town, found) == ("done", [], ["note"])


def test_what_says_when_it_opens_is_tried_then_and_no_try_is_lost(town: neo4j.Driver) -> None:
    opens = NOW + timedelta(hours=9)
    services = outside(raising(ServiceFailed("closed", at(opens))))
    found = started(town, service("call"), services)
    carry_out_due(town, services, lambda: NOW)
    waits = of_case(town, found.case)
    assert (waits.state, waits.tries, waits.next) == ("open", 0, opens)


@pytest.mark.parametrize(
    ("wrong", "says"),
    [
        pytest.param(ServiceFailed("no", NEXT), "no", id="expected"),
        pytest.param(ValueError("no Nye Nielsen"), "an unexpected error: ValueError", id="unexpected"),
    ],
)
def test_what_no_other_try_helps_is_an_incident_at_once(town: neo4j.Driver, wrong: Exception, says: str) -> None:
    services = outside(raising(wrong))
    found = started(town, service("call"), services)
    carry_out_due(town, services, lambda: NOW)
    told, (text,), _ = state(town, found)
    assert (told, text) == ("incident", says)


@pytest.mark.parametrize(("repeatable", "told"), [(True, "done"), (False, "incident")])
def test_after_a_kill_within_a_try_only_what_does_no_harm_is_repeated(
    town: neo4j.Driver, repeatable: bool, told: str
) -> None:
    def killed(call: Call) -> None:
        raise KeyboardInterrupt

    found = started(town, service("call"), outside(killed))
    with pytest.raises(KeyboardInterrupt):
        carry_out(town, outside(killed), found.id, NOW)
    calls: list[Call] = []
    services = outside(calls.append, repeatable=repeatable)
    carry_out_due(town, services, lambda: NOW + timedelta(minutes=1))
    assert calls == [], "the other worker may still be at it"
    carry_out_due(town, services, lambda: NOW + PATIENCE)
    assert state(town, found)[0] == told and len(calls) == repeatable


def test_a_step_of_the_case_itself_is_not_skipped(town: neo4j.Driver) -> None:
    script = '<scriptTask id="do" scriptFormat="cel"><script>unit = unit + 1</script></scriptTask>'
    parts = (START, script, END, flow("start", "do", "end"))
    definitions.deploy(town, "main", {"main.bpmn": process(*parts)}, SCHEMAS, "test", NOW)
    case = tasks.start(town, "main", {"unit": "job", "person": "dora"}, "bo", NOW)
    with town.session() as session:
        (stuck,) = (each for each in kept.stuck_cases(session) if each.id == case)
    (incident,) = stuck.incidents
    with pytest.raises(ChangeRejected, match="a step of the case itself"):
        incidents.skip(town, case, incident["task"], None, NOW, "x")
    incidents.retry(town, case, incident["task"], None, NOW, "x")
    with town.session() as session:
        assert [each["element"] for each in kept.case(session, case).incidents] == ["do"]


def logged(driver: neo4j.Driver) -> int:
    """How many entries all cases have."""
    rows, _, _ = driver.execute_query("MATCH (e:CaseEntry) RETURN count(e) AS entries")
    return int(rows[0]["entries"])


def test_workers_that_are_killed_lose_nothing_and_do_nothing_twice(
    town: neo4j.Driver, addresses: Addresses, tmp_path: Path
) -> None:
    town.execute_query("MATCH (n:Case|Task|ServiceTask|CaseEntry) DETACH DELETE n")
    noted = tmp_path / "noted"
    noted.touch()
    known = services_of_worker(noted)
    until = (NOW + timedelta(days=90)).date()
    tie = service("createAffiliation", "person=person", "unit=unit", f"to='{until}'").replace('"do"', '"tie"')
    parts = (
        START, user("note", "note", PLACE), tie, service(CALLED), END, flow("start", "note", "tie", "do", "end"),
    )  # fmt: skip
    wanted = {name: each.arguments for name, each in known.items()}
    definitions.deploy(town, "main", {"main.bpmn": process(*parts)}, SCHEMAS, "test", NOW, wanted)
    before = len(ties(town, "Carl Holm"))
    values = {"unit": "job", "person": "carl"}
    cases = [tasks.start(town, "main", values, "bo", NOW) for _ in range(CASES)]
    for number, entries in enumerate((*KILLS, None)):
        # What was begun by who was killed is taken up when its patience is over.
        worker, told = telling(worked, addresses, noted, NOW + number * PATIENCE)
        assert told.recv() == "ready"
        if entries is None:
            assert told.recv() == "done"
        else:
            enough = logged(town) + entries
            while logged(town) < enough:
                sleep(0.002)
            worker.kill()
        worker.join()
    calls = noted.read_text().split()
    assert len(set(calls)) == CASES <= len(calls), "each is called; who was killed while calling may have called"
    assert len(ties(town, "Carl Holm")) == before + CASES
    with town.session() as session:
        for case in cases:
            assert [each.action for each in case_log.log_of(session, case)] == [
                "started", "completed", "served", "served", "ended",
            ]  # fmt: skip
            assert kept.case(session, case).incidents == ()


@pytest.mark.parametrize("decide", [incidents.retry, incidents.skip])
def test_who_decides_for_the_owner_is_named_with_them_and_goes_on_seeing_the_case(
    town: neo4j.Driver, decide: Callable[..., None]
) -> None:
    owner = '<extensionElements><reconnect:owner role="case_worker" unit="unit"/></extensionElements>'
    failing = outside(raising(ServiceFailed("no", NEXT)))
    parts = (owner, START, service("call"), user("note", "note", PLACE.replace("case_worker", "manager")), END)
    content = process(*parts, flow("start", "do", "note", "end"), id="owned")
    wanted = {name: each.arguments for name, each in failing.items()}
    definitions.deploy(town, "owned", {"main.bpmn": content}, SCHEMAS, "test", NOW, wanted)
    found = of_case(town, tasks.start(town, "owned", {"unit": "job", "person": "dora"}, "bo", NOW))
    carry_out_due(town, failing, lambda: NOW)
    with town.session() as session:
        anna, carl = (find(session, "Person", each).uuid for each in ("anna", "carl"))
    end = (NOW + timedelta(days=3)).date()
    delegations.delegate(town, "owned", "anna", "carl", (NOW - timedelta(days=1)).date(), end, NOW)
    with town.session() as session:
        (owners,) = (each for each in kept.tasks_of(session, found.case) if each.incident)
    claims.claim(town, owners.id, "anna", NOW)
    with pytest.raises(AlreadyClaimed):
        decide(town, found.case, found.id, carl, NOW, "Igen", as_owner=True)
    claims.give_back(town, owners.id, "anna", NOW)
    decide(town, found.case, found.id, carl, NOW, "Igen", as_owner=True)
    with town.session() as session:
        entries = [each for each in case_log.log_of(session, found.case) if each.by == carl]
        assert {each.action for each in entries} == {"completed", "retried" if decide is incidents.retry else "skipped"}
        assert {each.instead_of for each in entries} == {anna}
        for person in (anna, carl):
            seen_case(session, Access("x", frozenset(), person), found.case, NOW)
