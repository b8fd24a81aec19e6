"""Cases that start by what happens, or by time: off until switched on, and each change once."""

from calendar import monthrange
from collections.abc import Iterator
from copy import deepcopy
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from time import sleep
from types import SimpleNamespace
from typing import Any

import neo4j
import pytest

from graph.errors import ChangeRejected, Unknown
from graph.identity.lookup import find
from graph.time import COPENHAGEN, today
from processes.cases import by_itself, case_log, definitions, happened, kept, last_starts
from processes.engine.timers import read_distance
from reconnect.embedded import Addresses
from reconnect.work import case_times
from tests.emptied import empty
from tests.forked import telling
from tests.graph.questions.rights.imported import imported
from tests.graph.questions.rights.town import TOWN
from tests.processes import killed_starts
from tests.processes.engine.drawn import END, PLACE, flow, process, user

pytestmark = pytest.mark.slow
NOW = datetime.now(UTC)
ENDS = (today() + timedelta(days=60)).isoformat()
"""The day after the last."""
LAST = (today() + timedelta(days=59)).isoformat()
LEAVES = 'kind="Employment" on="ended" condition="employment.last != null &amp;&amp; cases == 0"'
GIVEN = {"unit": "unit.uuid", "person": "person.uuid", "note": "employment.last"}
FIELDS = {"unit": {"format": "unit"}, "person": {"format": "person"}, "note": {"type": "string"}}
Content = dict[str, Any]


@pytest.fixture
def town(clean_graph: neo4j.Driver, tmp_path: Path) -> Iterator[neo4j.Driver]:
    empty(clean_graph)
    assert imported(clean_graph, TOWN, tmp_path).problems == []
    yield clean_graph


def deploy(
    driver: neo4j.Driver, *triggers: str, required: str = "", given: dict[str, str] = GIVEN, id: str = "main"
) -> None:
    stated = "".join(f"<reconnect:trigger {each}/>" for each in triggers)
    stated += "".join(f'<reconnect:argument name="{name}" value="{value}"/>' for name, value in given.items())
    start = f'<startEvent id="start"><extensionElements>{stated}<reconnect:form name="request"/></extensionElements>'
    parts = (f"{start}</startEvent>", user("see", "request", PLACE), END, flow("start", "see", "end"))
    form = {"type": "object", "properties": FIELDS, "required": [required] if required else []}
    definitions.deploy(driver, id, {"main.bpmn": process(*parts, id=id)}, {"request": form}, "test", NOW)


def changed(**ends: str) -> Content:
    """The town, with the end of some employments."""
    content = deepcopy(TOWN)
    for each in content["employments"]:
        if each["person"] in ends:
            each["to"] = ends[each["person"]]
    return content


def cases(driver: neo4j.Driver) -> list[tuple[str | None, str | None]]:
    """Names of the person and the unit of each case, in order."""
    rows, _, _ = driver.execute_query(
        """
        MATCH (e:CaseEntry {action: 'started'})-[:OF_CASE]->(c:Case)
        OPTIONAL MATCH (p:Person {uuid: c.person})
        OPTIONAL MATCH (u:Unit {uuid: c.unit})
        RETURN p.name AS person, u.name AS unit ORDER BY c.started, person
        """
    )
    return [(row["person"], row["unit"]) for row in rows]


def uuid(driver: neo4j.Driver, kind: str, key: str) -> str:
    with driver.session() as session:
        return find(session, kind, key).uuid


def look(driver: neo4j.Driver) -> None:
    context: Any = SimpleNamespace(driver=lambda: driver)
    case_times.start_due(context)


def test_what_happens_after_the_switch_starts_a_case_once(town: neo4j.Driver, tmp_path: Path) -> None:
    deploy(town, LEAVES)
    imported(town, changed(carl=ENDS), tmp_path)
    look(town)
    assert cases(town) == [], "it is off until somebody switches it on"
    by_itself.switch(town, "main", "test", "Prøve", NOW, on=True)
    look(town)
    assert cases(town) == [], "what happened before counts no more"
    imported(town, changed(carl=ENDS, anna=ENDS), tmp_path)
    for _ in range(2):
        look(town)
    assert cases(town) == [("Anna Berg", "Jobcenter")]
    with town.session() as session:
        (task,) = kept.open_tasks(session)
        log = case_log.log_of(session, task.case)
        _, engine = kept.engine_of(session, kept.case(session, task.case))
    assert engine.variables["note"] == LAST and log[0].by is None and log[0].reason.endswith(": Employment ended")
    sooner = (today() + timedelta(days=30)).isoformat()
    imported(town, changed(carl=ENDS, anna=sooner), tmp_path)
    look(town)
    assert len(cases(town)) == 1, "her case is open, as the condition says"
    by_itself.switch(town, "main", "test", "Prøve", NOW, on=False)
    imported(town, changed(carl=sooner, anna=sooner), tmp_path)
    look(town)
    assert len(cases(town)) == 1


def test_each_change_counts_once_with_two_workers_and_after_kills(
    town: neo4j.Driver, addresses: Addresses, tmp_path: Path
) -> None:
    deploy(town, 'kind="Employment" on="created" condition="employment.title == \'Vikar\'"', given={
        "unit": "unit.uuid", "person": "person.uuid",
    })  # fmt: skip
    by_itself.switch(town, "main", "test", "Prøve", NOW, on=True)
    content = deepcopy(TOWN)
    names = [f"Vikar {number:02}" for number in range(24)]
    for number, name in enumerate(names):
        content["persons"].append({"id": f"v{number}", "name": name})
        content["employments"].append(
            {"id": f"e_v{number}", "person": f"v{number}", "title": "Vikar", "units": [{"unit": "canteen"}]}
        )
    assert imported(town, content, tmp_path).problems == []
    for enough in (1, 8):
        pairs = [telling(killed_starts.started, addresses, NOW) for _ in range(2)]
        assert [told.recv() for _, told in pairs] == ["ready", "ready"]
        while len(cases(town)) < enough and any(worker.is_alive() for worker, _ in pairs):
            sleep(0.002)
        for worker, _ in pairs:
            worker.kill()
            worker.join()
    pairs = [telling(killed_starts.started, addresses, NOW) for _ in range(2)]
    for worker, told in pairs:
        assert [told.recv(), told.recv()] == ["ready", "done"]
        worker.join()
    assert sorted(str(person) for person, _ in cases(town)) == names


def test_a_case_starts_by_time_and_what_was_missed_is_made_up_for_once(town: neo4j.Driver) -> None:
    deploy(town, 'every="1 year"', given={"note": "today"})
    first = today() + timedelta(days=10)
    due = by_itself.switch(town, "main", "test", "Prøve", NOW, on=True, first=first)
    assert due is not None and due.date() == first
    for days, started in ((9, 0), (11, 1), (11, 1), (11 + 800, 2), (11 + 801, 2), (11 + 3 * 366, 3)):
        by_itself.start_due(town, NOW + timedelta(days=days))
        assert len(cases(town)) == started, days
    with town.session() as session:
        again = by_itself.switched_on(session)["main"].next
    assert again is not None and again > NOW + timedelta(days=11 + 3 * 366)


def test_months_are_counted_from_the_first(town: neo4j.Driver) -> None:
    deploy(town, 'every="1 month"', given={})
    year = today().year + 1
    by_itself.switch(town, "main", "test", "Prøve", NOW, on=True, first=date(year, 1, 31))

    def next_after(month: int, day: int) -> tuple[int, int]:
        by_itself.start_due(town, datetime(year, month, day, 12, tzinfo=COPENHAGEN))
        with town.session() as session:
            found = by_itself.switched_on(session)["main"].next
        assert found is not None
        return found.month, found.day

    assert next_after(1, 30) == (1, 31)
    assert next_after(2, 1) == (2, monthrange(year, 2)[1])
    assert next_after(3, 1) == (3, 31)
    assert next_after(5, 2) == (5, 31), "missed: February's, March's and April's, made up for once"
    assert len(cases(town)) == 3
    deploy(town, 'every="2 months"', given={})
    assert next_after(6, 1) == (7, 31)


def test_what_can_not_start_holds_up_nothing_and_is_told(town: neo4j.Driver, tmp_path: Path) -> None:
    deploy(town, 'kind="Employment" on="ended"', required="note", given={**GIVEN, "note": "employment.position_code"})
    by_itself.switch(town, "main", "test", "Prøve", NOW, on=True)
    imported(town, changed(carl=ENDS), tmp_path)
    assert "note" in by_itself.start_due(town, NOW).failed["main"]
    assert by_itself.start_due(town, NOW).failed == {} and cases(town) == []
    with town.session() as session:
        assert "Employment ended" in by_itself.switched_on(session)["main"].problem
    deploy(town, 'kind="Person" on="created"', given={"person": "person.uuid"})
    content = changed(carl=ENDS)
    content["persons"].append({"id": "eva", "name": "Eva Eng"})
    imported(town, content, tmp_path)
    assert by_itself.start_due(town, NOW).failed == {} and cases(town) == [("Eva Eng", None)]
    deploy(town, given={})
    with pytest.raises(ChangeRejected, match="does not say by what its cases start"):
        by_itself.switch(town, "main", "test", "Prøve", NOW, on=True)


def test_a_process_that_can_not_be_read_holds_up_no_other(town: neo4j.Driver, tmp_path: Path) -> None:
    for id in ("attest", "main"):
        deploy(town, LEAVES, id=id)
        by_itself.switch(town, id, "test", "Prøve", NOW, on=True)
    lost = "MATCH (v:ProcessVersion {id: 'attest:1'}) SET v.documents = '{}', v.digest = 'other'"
    town.execute_query(lost)
    imported(town, changed(anna=ENDS), tmp_path)
    for _ in range(2):
        assert list(by_itself.start_due(town, NOW).failed) == ["attest"]
    assert cases(town) == [("Anna Berg", "Jobcenter")]
    with town.session() as session:
        found = by_itself.switched_on(session)
    assert "no process with this id" in found["attest"].problem and found["main"].problem == ""
    by_itself.switch(town, "attest", "test", "Prøve", NOW, on=False)
    assert by_itself.start_due(town, NOW).failed == {}


@pytest.mark.parametrize("broken", ["engine", "database"])
def test_a_change_at_which_something_breaks_is_passed_over_once(
    town: neo4j.Driver, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, broken: str
) -> None:
    """What breaks off takes its transaction along: those before it start without it, and those behind it too."""
    deploy(town, LEAVES)
    by_itself.switch(town, "main", "test", "Prøve", NOW, on=True)
    imported(town, changed(anna=ENDS, bo=ENDS, carl=ENDS), tmp_path)
    bad = uuid(town, "Person", "bo")
    begun, tried = by_itself.begun, list[str]()

    def breaking(tx: neo4j.ManagedTransaction, version: Any, values: Any, *more: Any) -> Any:
        if values["person"] == bad:
            tried.append(bad)
            if broken == "database":
                tx.run("RETURN 1 / 0").consume()
            raise KeyError(bad)
        return begun(tx, version, values, *more)

    monkeypatch.setattr(by_itself, "begun", breaking)
    told = by_itself.start_due(town, NOW)
    assert told.cases == 2 and "Employment ended: its cases can't be started" in told.failed["main"]
    assert sorted(str(person) for person, _ in cases(town)) == ["Anna Berg", "Carl Holm"]
    assert by_itself.start_due(town, NOW).failed == {} and tried == [bad]
    with town.session() as session:
        assert "report it" in by_itself.switched_on(session)["main"].problem


def test_what_can_not_be_written_with_others_is_found_among_them(
    town: neo4j.Driver, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Cases are written together, so it isn't known which of them the database refuses: each is tried by itself."""
    deploy(town, LEAVES)
    by_itself.switch(town, "main", "test", "Prøve", NOW, on=True)
    imported(town, changed(anna=ENDS, bo=ENDS, carl=ENDS), tmp_path)
    bad = uuid(town, "Person", "bo")
    begun = by_itself.begun

    def unwritable(tx: neo4j.ManagedTransaction, version: Any, values: Any, *more: Any) -> Any:
        case = begun(tx, version, values, *more)
        return replace(case, about={**case.about, "wrong": {"a map": "is no property"}}) if case.person == bad else case

    monkeypatch.setattr(by_itself, "begun", unwritable)
    told = by_itself.start_due(town, NOW)
    assert told.cases == 2 and "Employment ended: its cases can't be started" in told.failed["main"]
    assert sorted(str(person) for person, _ in cases(town)) == ["Anna Berg", "Carl Holm"]
    assert by_itself.start_due(town, NOW) == by_itself.Started(0, {})


def test_cases_that_start_together_see_each_other(town: neo4j.Driver, tmp_path: Path) -> None:
    content = deepcopy(TOWN)
    content["employments"].append({"id": "other", "person": "anna", "title": "Kok", "units": [{"unit": "job"}]})
    imported(town, content, tmp_path)
    deploy(town, LEAVES)
    by_itself.switch(town, "main", "test", "Prøve", NOW, on=True)
    for each in content["employments"]:
        if each["person"] in ("anna", "carl"):
            each["to"] = ENDS
    imported(town, content, tmp_path)
    assert by_itself.start_due(town, NOW).cases == 2, "Anna's second employment ends in the same step of the import"
    assert sorted(str(person) for person, _ in cases(town)) == ["Anna Berg", "Carl Holm"]


def test_many_cases_that_start_together_ask_and_write_as_often_as_few(
    town: neo4j.Driver, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    deploy(town, 'kind="Person" on="created"', given={"person": "person.uuid"})
    by_itself.switch(town, "main", "test", "Prøve", NOW, on=True)
    asked = 0
    run = neo4j.ManagedTransaction.run

    def counting(tx: neo4j.ManagedTransaction, *args: Any, **named: Any) -> neo4j.Result:
        nonlocal asked
        asked += 1
        return run(tx, *args, **named)

    content, counts = deepcopy(TOWN), []
    for count in (2, 40):
        content["persons"] += [{"id": f"n{count}_{each}", "name": f"Ny {each}"} for each in range(count)]
        imported(town, content, tmp_path)
        asked = 0
        with monkeypatch.context() as patched:
            patched.setattr(neo4j.ManagedTransaction, "run", counting)
            assert by_itself.start_due(town, NOW).cases == count
        counts.append(asked)
    assert counts[0] == counts[1]


def test_what_breaks_by_time_waits_for_the_next_time_and_holds_up_no_change(
    town: neo4j.Driver, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    deploy(town, LEAVES, 'every="1 day"', given={"person": "person.uuid"})
    by_itself.switch(town, "main", "test", "Prøve", NOW, on=True)
    imported(town, changed(carl=ENDS), tmp_path)
    begun = by_itself.begun

    def breaking(tx: neo4j.ManagedTransaction, version: Any, values: Any, now: datetime, why: str, *more: Any) -> Any:
        if why.startswith("due on"):
            raise KeyError("person")
        return begun(tx, version, values, now, why, *more)

    monkeypatch.setattr(by_itself, "_given", lambda version, values: {"person": values.get("person", {}).get("uuid")})
    monkeypatch.setattr(by_itself, "begun", breaking)
    later = NOW + timedelta(days=1, minutes=1)
    assert by_itself.start_due(town, later).failed["main"].startswith("due on")
    assert by_itself.start_due(town, later).failed == {} and len(cases(town)) == 1
    monkeypatch.undo()
    with town.session() as session:
        due = by_itself.switched_on(session)["main"].next
    assert due is not None and due > later


def test_how_many_cases_the_last_days_would_have_started(town: neo4j.Driver, tmp_path: Path) -> None:
    deploy(town, LEAVES)
    before = last_starts.last_starts(town, "main", NOW)
    assert (before.starts, before.is_all) == (0, True)
    imported(town, changed(anna=ENDS, carl=ENDS), tmp_path)
    found = last_starts.last_starts(town, "main", NOW)
    assert (found.starts, found.looked - before.looked, found.is_all) == (2, 2, True) and cases(town) == []
    town.execute_query("MATCH (c:Change) SET c.at = c.at - duration('P40D')")
    assert last_starts.last_starts(town, "main", NOW).looked == 0, "learnt before"
    assert last_starts.last_starts(town, "main", NOW).next is None
    deploy(town, 'every="1 year"', given={})
    yearly = last_starts.last_starts(town, "main", NOW)
    assert (yearly.starts, yearly.by_time, yearly.next) == (
        0,
        0,
        read_distance("1 year").after(NOW.astimezone(COPENHAGEN)),
    )
    deploy(town, 'every="1 week"', given={})
    weekly = last_starts.last_starts(town, "main", NOW)
    assert (weekly.by_time, weekly.next) == (4, read_distance("1 week").after(NOW.astimezone(COPENHAGEN)))
    with pytest.raises(Unknown):
        last_starts.last_starts(town, "nothing", NOW)


def test_a_case_starts_when_the_last_holder_of_a_role_leaves_a_unit(town: neo4j.Driver, tmp_path: Path) -> None:
    last = 'kind="Assignment" on="ended" condition="assignment.role == \'case_worker\' &amp;&amp; others == 0"'
    deploy(town, last, given={"unit": "unit.uuid", "person": "person.uuid", "note": "assignment.end"})
    by_itself.switch(town, "main", "test", "Prøve", NOW, on=True)
    content = deepcopy(TOWN)
    carl = next(each for each in content["assignments"] if each["id"] == "a_carl")
    content["assignments"].append({**carl, "id": "a_dora", "holder": {"person": "dora"}})
    imported(town, content, tmp_path)
    for each in content["assignments"]:
        if each["id"] in ("a_anna", "a_carl"):
            each["to"] = ENDS
    imported(town, content, tmp_path)
    town.execute_query(
        """
        MATCH (:Person {name: 'Anna Berg'})-[:HAS|HOLDS*1..2]->(a:Assignment), (before:Person)
        WHERE before.name <> 'Anna Berg'
        CREATE (before)-[:HOLDS {from: date('2001-01-01'), to: date('2002-01-01')}]->(a)
        """
    )
    look(town)
    assert cases(town) == [("Anna Berg", "Jobcenter")], "in the canteen there is another"
    with town.session() as session:
        (task,) = kept.open_tasks(session)
        _, engine = kept.engine_of(session, kept.case(session, task.case))
    assert engine.variables["note"] == ENDS


def test_of_a_kle_number_the_units_that_use_it_are_known(town: neo4j.Driver) -> None:
    number = happened.Change(0, "KleNode", "ended", "kle", uuid(town, "KleNode", "27"))
    with town.session() as session:
        seen = happened.values(session, number, "main", today())
    assert seen is not None and seen["kle"]["number"] == "27" and seen["cases"] == 0
    assert seen["units"] == [uuid(town, "Unit", "citizen")]


def test_others_are_employments_however_many_states_they_have(town: neo4j.Driver, tmp_path: Path) -> None:
    content = changed(carl=ENDS)
    content["employments"].append({"id": "other", "person": "carl", "title": "Kok", "units": [{"unit": "job"}]})
    imported(town, content, tmp_path)
    town.execute_query(
        """
        MATCH (e:Employment {uuid: $other})-[state:STATE]->(shown)
        CREATE (e)-[later:STATE]->(shown)
        SET later = properties(state), later.from = date($day), state.to = date($day)
        """,
        other=uuid(town, "Employment", "other"),
        day=(today() + timedelta(days=90)).isoformat(),
    )
    ended = happened.Change(0, "Employment", "ended", "facts", uuid(town, "Employment", "e_carl"))
    created = happened.Change(0, "Person", "created", "facts", uuid(town, "Person", "carl"))
    with town.session() as session:
        seen = [happened.values(session, each, "main", today()) for each in (ended, created)]
    assert [each and each["others"] for each in seen] == [1, 2]


def test_only_what_is_looked_at_is_asked(town: neo4j.Driver) -> None:
    """Each value is the same, whichever others are asked for; what is about whom, and counted, always is."""
    kinds = {"Employment": "e_carl", "Person": "carl", "Assignment": "a_carl", "KleNode": "27"}
    changes = [
        happened.Change(number, kind, "ended", "facts", uuid(town, kind, key))
        for number, (kind, key) in enumerate(kinds.items())
    ]
    with town.session() as session:
        whole = happened.seen(session, changes, "main", today())
        assert len(whole) == len(kinds)
        for name in happened.NAMES:
            seen = happened.seen(session, changes, "main", today(), {name})
            for number, each in whole.items():
                kept = {"change", "person", "cases", "today", name} & each.values.keys()
                assert seen[number].values == {one: each.values[one] for one in kept}
                assert seen[number].persons == each.persons


def test_an_assignment_for_no_unit_is_no_vacancy_of_one(town: neo4j.Driver, tmp_path: Path) -> None:
    content = deepcopy(TOWN)
    content["assignments"].append({"id": "loose", "role": "case_worker", "holder": {"person": "dora"}, "to": ENDS})
    assert imported(town, content, tmp_path).problems == []
    ended = happened.Change(0, "Assignment", "ended", "facts", uuid(town, "Assignment", "loose"))
    with town.session() as session:
        seen = happened.values(session, ended, "main", today())
    assert seen is not None and seen["unit"] is None and seen["others"] is None
