"""What is asked, or begun, for many at once is the same as one by one, in organisations drawn by lot."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from random import Random
from typing import Any

import neo4j
import pytest

from graph.time import today
from processes.cases import by_itself, kept
from processes.routing import Asked, routes
from processes.simulation import simulate, units_open
from tests.emptied import empty
from tests.graph.questions.rights.imported import imported
from tests.processes import test_by_itself, test_simulation

pytestmark = pytest.mark.slow
NOW = datetime.now(UTC)
DAYS = (date(2026, 3, 1), date(2026, 8, 31), date(2027, 1, 1))
UNITS, PERSONS, TASKS = 12, 16, 40
ROLES = ("manager", "case_worker", "administrator")
ABOUT = ("kle:27", "kle:27.12", "function:staff")
Content = dict[str, Any]


def drawn(dice: Random) -> Content:
    """A municipality: some units have closed or move, some people are away, roles overlap or are missing."""

    def day() -> str:
        return (date(2025, 1, 1) + timedelta(days=dice.randrange(900))).isoformat()

    def perhaps(share: float, **named: Any) -> Content:
        return named if dice.random() < share else {}

    def period(share: float) -> Content:
        start = date(2024, 1, 1) + timedelta(days=dice.randrange(600))
        end = start + timedelta(days=dice.randrange(300, 1500))
        return {"from": start.isoformat(), **perhaps(share, to=end.isoformat())}

    units: list[Content] = [{"id": "u0", "name": "Kommunen", "parents": []}]
    for number in range(1, UNITS):
        above = [f"u{dice.randrange(number)}", f"u{dice.randrange(number)}"]
        moves = day()
        parents = [{"unit": above[0], "to": moves}, {"unit": above[1], "from": moves}]
        units.append({
            "id": f"u{number}", "name": f"Enhed {number}", "parents": parents if dice.random() < 0.3 else parents[:1],
            **perhaps(0.25, to=day()),
        })  # fmt: skip
        if len(units[-1]["parents"]) == 1:
            units[-1]["parents"] = [{"unit": above[0]}]
    employments = [
        {"id": f"e{each}", "person": f"p{each}", "title": "Ansat", "units": [{"unit": f"u{dice.randrange(UNITS)}"}],
         **period(0.2), **perhaps(0.7, leave=[{"from": "2026-08-01", "to": "2026-09-15"}])}
        for each in range(PERSONS)
    ]  # fmt: skip
    assignments = [
        {"id": f"a{each}", "role": dice.choice(ROLES), "holder": {"employment": f"e{dice.randrange(PERSONS)}"},
         "for": [{"unit": f"u{dice.randrange(UNITS)}"}], "primary": dice.random() < 0.5, **period(0.3),
         **perhaps(0.4, about=[dice.choice(ABOUT)])}
        for each in range(PERSONS)
    ]  # fmt: skip
    substitutes = [
        {"id": f"s{each}", "assignment": f"a{each}", "person": f"p{dice.randrange(PERSONS)}", "rank": 1, **period(0)}
        for each in range(0, PERSONS, 2)
    ]
    return {
        "roles": {role: {"title": role, "covers_all": role == "manager"} for role in ROLES},
        "kle": {"27": None, "27.12": "27"}, "functions": ["staff"], "units": units,
        "persons": [{"id": f"p{each}", "name": f"Person {each}"} for each in range(PERSONS)],
        "employments": employments, "assignments": assignments, "substitutes": substitutes,
    }  # fmt: skip


def some_tasks(dice: Random, units: list[str], persons: list[str]) -> list[Asked]:
    """Tasks of all kinds, also of units and roles that there are not."""
    found = []
    for _ in range(TASKS):
        fallback = dice.random() < 0.4
        found.append(
            Asked(
                process="main",
                role=dice.choice((*ROLES, "nobody")),
                responsibility=dice.choice(("", "", *ABOUT, "function:none")),
                unit=dice.choice((*units, "none", None)),
                exclude=frozenset(dice.sample(persons, dice.randrange(3))),
                fallback_role="manager" if fallback else "",
                fallback_unit=dice.choice(units) if fallback else None,
                escalations=dice.randrange(3),
                handed=(dice.choice(persons), dice.choice(persons)) if dice.random() < 0.3 else None,
            )
        )
    return found


def uuids(driver: neo4j.Driver, kind: str) -> list[str]:
    rows, _, _ = driver.execute_query(f"MATCH (n:{kind}) RETURN n.uuid AS uuid ORDER BY n.name, uuid")
    return [row["uuid"] for row in rows]


@pytest.fixture(params=[1, 2])
def dice(request: pytest.FixtureRequest) -> Random:
    return Random(request.param)


@pytest.fixture
def town(clean_graph: neo4j.Driver, tmp_path: Path, dice: Random) -> Iterator[neo4j.Driver]:
    empty(clean_graph)
    assert imported(clean_graph, drawn(dice), tmp_path).problems == []
    yield clean_graph


def test_who_has_each_of_many_tasks_is_as_if_it_were_the_only_one(town: neo4j.Driver, dice: Random) -> None:
    persons = uuids(town, "Person")
    town.execute_query(
        """
        UNWIND range(0, 9) AS number
        CREATE (:Delegation {id: 'd' + number, number: number, process: 'main', by: $persons[number],
            to: $persons[number + 3], from: date('2026-01-01'), until: date('2026-12-01'), made: datetime()})
        """,
        persons=persons,
    )
    asked = some_tasks(dice, uuids(town, "Unit"), persons)
    hows = set[str]()
    with town.session() as session:
        for day in DAYS:
            together = routes(session, asked, day)
            assert together == [routes(session, [each], day)[0] for each in asked]
            hows |= {one.how for each in together for one in each.candidates}
            hows |= {each.fault for each in together} | {"closed" for each in together if each.closed_unit}
    assert {"holder", "escalated", "fallback", "delegate", "closed", "no_holder"} <= hows, "it was tried"


def test_a_process_goes_the_same_way_for_all_units_as_for_each(town: neo4j.Driver) -> None:
    version = test_simulation.deploy(town, **{"not": ["one"], "about": "kle:27.12"})
    form = version.forms[version.definition.start_form]
    with town.session() as session:
        for day in DAYS:
            units = units_open(session, day)
            together = list(simulate(session, version.definition, form, units, day))
            alone = [each for unit in units for each in simulate(session, version.definition, form, [unit], day)]
            assert together == alone and len(together) == 2 * len(units)


def begun(driver: neo4j.Driver, process: str) -> list[tuple[Any, ...]]:
    """What the cases of a process are about, who has their tasks, and what they were started with."""
    with driver.session() as session:
        found = [
            (row["case"]["person"], row["case"]["unit"], row["reason"], kept.tasks_of(session, row["case"]["id"]))
            for row in session.run(
                """
                MATCH (e:CaseEntry {action: 'started'})-[:OF_CASE]->(c:Case {process: $process})
                RETURN c AS case, e.reason AS reason
                """,
                process=process,
            )
        ]
    return sorted(
        (reason, person, unit, [(each.element, each.asked.unit, sorted(each.asked.exclude)) for each in some])
        for person, unit, reason, some in found
    )


def test_cases_that_begin_together_are_as_those_that_begin_one_by_one(
    clean_graph: neo4j.Driver, tmp_path: Path, dice: Random, monkeypatch: pytest.MonkeyPatch
) -> None:
    empty(clean_graph)
    content = drawn(dice)
    imported(clean_graph, content, tmp_path)
    ends = 'kind="Employment" on="ended created" condition="employment.last != null &amp;&amp; cases == 0"'
    for process in ("together", "alone"):
        test_by_itself.deploy(clean_graph, ends, id=process)
        by_itself.switch(clean_graph, process, "test", "Prøve", NOW, on=True)
    for each in content["employments"]:
        if "to" not in each and dice.random() < 0.6:
            each["to"] = (today() + timedelta(days=dice.randrange(1, 90))).isoformat()
    content["employments"] += [
        {"id": f"n{each}", "person": f"p{dice.randrange(PERSONS)}", "title": "Vikar", "to": test_by_itself.ENDS,
         "units": [{"unit": f"u{dice.randrange(UNITS)}"}]}
        for each in range(8)
    ]  # fmt: skip
    imported(clean_graph, content, tmp_path)
    for process, window in (("together", by_itself.WINDOW), ("alone", 1)):
        clean_graph.execute_query("MATCH (p:Process) SET p.starts = (p.id = $process)", process=process)
        monkeypatch.setattr(by_itself, "WINDOW", window)
        by_itself.start_due(clean_graph, NOW)
    together = begun(clean_graph, "together")
    assert len(together) > 5 and together == begun(clean_graph, "alone")
