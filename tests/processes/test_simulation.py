"""Where tasks would go, before a case is started: the same as where they go once it is."""

from collections.abc import Iterator
from datetime import UTC, date, datetime
from typing import Any

import neo4j
import pytest

from graph.collation import sort_key
from graph.identity.lookup import find
from processes.cases import definitions, kept, tasks
from processes.play.described import read_described
from processes.simulation import Simulated, gaps, simulate, units_open
from tests.emptied import empty
from tests.graph.questions.rights.imported import imported
from tests.graph.questions.rights.town import TOWN

pytestmark = pytest.mark.slow
DAY = date(2026, 8, 31)
"""Bo's last day as case worker of the citizen service."""
NOW = datetime(2026, 8, 31, 9, tzinfo=UTC)
UNITS = [each["id"] for each in TOWN["units"]]
CANTEEN = {"role": "case_worker", "unit": "canteen"}


@pytest.fixture(scope="module")
def town(driver: neo4j.Driver, tmp_path_factory: pytest.TempPathFactory) -> Iterator[neo4j.Driver]:
    empty(driver)
    assert imported(driver, TOWN, tmp_path_factory.mktemp("town")).problems == []
    yield driver


def deploy(driver: neo4j.Driver, flow: str = "start → one → two → end", **second: Any) -> definitions.Version:
    drawn = {
        "one": {"role": "case_worker", "unit": "unit", "not": ["person"]},
        "two": {"role": "case_worker", "unit": "unit", "fallback": CANTEEN, **second},
    }
    content = {
        "start": {"form": {"unit": "unit", "person": "person"}},
        "tasks": {name: each for name, each in drawn.items() if name in flow},
        "flow": flow,
    }
    faults: list[str] = []
    found = read_described("pair", content, UNITS, (), faults)
    assert found is not None, faults
    return definitions.deploy(driver, "pair", found.documents, found.schemas, "test", NOW).version


def simulated(
    driver: neo4j.Driver, version: definitions.Version, unit: str, at: date = DAY, **values: str
) -> list[Simulated]:
    form = version.forms[version.definition.start_form]
    with driver.session() as session:
        given = tasks.checked_values(session, form, values, tasks.by_name)
        return list(simulate(session, version.definition, form, [find(session, "Unit", unit).uuid], at, given))


def told(driver: neo4j.Driver, found: list[Simulated]) -> list[tuple[str, list[str], str]]:
    """Of each task its name, who would have it, and the fault."""
    people = {person for each in found for person in (one.person for one in each.route.candidates)}
    rows, _, _ = driver.execute_query(
        "UNWIND $people AS uuid MATCH (p:Person {uuid: uuid}) RETURN uuid, p.name AS name", people=sorted(people)
    )
    names = {row["uuid"]: row["name"].split()[0] for row in rows}
    return [(each.task.name, [names[one.person] for one in each.route.candidates], each.route.fault) for each in found]


def test_it_is_what_the_case_does(town: neo4j.Driver) -> None:
    version = deploy(town, "start → one and two beside each other → end")
    before = simulated(town, version, "citizen", person="dora")
    case = tasks.start(town, "pair", {"unit": "citizen", "person": "dora"}, None, NOW)
    with town.session() as session:
        open_ = {each.element: each for each in kept.tasks_of(session, case)}
        real = {name: tasks.look(session, each.id, NOW).route for name, each in open_.items()}
    assert {each.task.element: each.route for each in before} == real
    assert [names for _, names, _ in told(town, before)] == [["Bo"], ["Bo"]]


def test_it_is_asked_of_the_day(town: neo4j.Driver) -> None:
    version = deploy(town)
    after = simulated(town, version, "citizen", date(2026, 9, 1))
    assert told(town, after) == [("one", [], "no_holder"), ("two", ["Carl"], "no_holder")]


def test_nobody_has_what_is_about_themselves_and_four_eyes_are_heeded(town: neo4j.Driver) -> None:
    assert told(town, simulated(town, deploy(town), "job", person="anna"))[0] == ("one", [], "no_holder")
    pair = simulated(town, deploy(town, **{"not": ["one"]}), "job")
    assert told(town, pair) == [("one", ["Anna"], ""), ("two", ["Carl"], "no_holder")]


def test_the_report_has_each_unit_in_which_nobody_is_found(town: neo4j.Driver) -> None:
    version = deploy(town)
    form = version.forms[version.definition.start_form]
    with town.session() as session:
        found = list(gaps(session, version.definition, form, DAY))
        called = {find(session, "Unit", each).uuid: each for each in UNITS}
    assert [(called[each.unit], each.task.name) for each in found] == [
        (unit, task) for unit in ("center", "town") for task in ("one", "two")
    ], "job, citizen and canteen have case workers"


def test_for_all_units_the_organisation_is_asked_as_often_as_for_one(
    town: neo4j.Driver, monkeypatch: pytest.MonkeyPatch
) -> None:
    version = deploy(town, about="kle:27")
    form = version.forms[version.definition.start_form]
    asked: list[str] = []
    run = neo4j.Session.run

    def counting(session: neo4j.Session, query: Any, *args: Any, **named: Any) -> neo4j.Result:
        asked.append(query)
        return run(session, query, *args, **named)

    counts = []
    with town.session() as session:
        units = units_open(session, DAY)
        monkeypatch.setattr(neo4j.Session, "run", counting)
        for some in (units[:1], units):
            asked.clear()
            found = list(simulate(session, version.definition, form, some, DAY))
            assert len(found) == 2 * len(some)
            counts.append(len(asked))
    assert len(units) > 3 and counts[0] == counts[1]


def test_units_come_in_the_danish_order_of_their_names(town: neo4j.Driver) -> None:
    with town.session() as session:
        before = {uuid: session.run(_NAMED, uuid=uuid).single(strict=True) for uuid in units_open(session, DAY)}
    names = dict(zip(before, ("Åen", "Ærø", "Zoo", "ø", "bad"), strict=False))
    try:
        for uuid, name in names.items():
            town.execute_query(_RENAME, uuid=uuid, name=name, key=sort_key(name))
        with town.session() as session:
            found = [names[uuid] for uuid in units_open(session, DAY) if uuid in names]
        assert found == ["bad", "Zoo", "Ærø", "ø", "Åen"]
    finally:
        for uuid, row in before.items():
            town.execute_query(_RENAME, uuid=uuid, name=row["name"], key=row["key"])


_NAMED = "MATCH (u:Unit {uuid: $uuid}) RETURN u.name AS name, u.sort_key AS key"
_RENAME = "MATCH (u:Unit {uuid: $uuid}) SET u.name = $name, u.sort_key = $key"


def test_nothing_is_written(town: neo4j.Driver) -> None:
    version = deploy(town)
    count = "MATCH (n) RETURN count(n) AS all, COUNT { ()-[]->() } AS links"
    before = town.execute_query(count)[0][0].data()
    simulated(town, version, "job")
    assert town.execute_query(count)[0][0].data() == before
