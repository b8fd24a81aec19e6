"""Who starts, leaves, comes, goes and is away: by day, of units and those below them."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import date, timedelta

import neo4j
import pytest

from graph.cpr.keyring import Keyring
from graph.questions.people_changes import PeopleChange, people_changes
from graph.statements.statement import DatedLink, Ref, Statement
from graph.time import Period
from importers.pipeline.import_run import run_import
from tests.emptied import empty
from tests.graph.organisation import START, Stating, employment, link, person, told, unit

DAY = date(2026, 3, 2)
END = DAY + timedelta(days=15)


def after(days: int) -> date:
    return DAY + timedelta(days=days)


def employed(key: str, of: str, at: str, start: date = START, end: date | None = None) -> Statement:
    return replace(
        employment(key, of, at), exists=(Period(start, end),), links={
            "person": (DatedLink(Period(), Ref("Person", of)),), "unit": link("Unit", at, start, end),
        },
    )  # fmt: skip


def with_leave(statement: Statement, start: date, end: date | None) -> Statement:
    return replace(statement, values={**statement.values, "on_leave": told(True, start, end)})


def moving(key: str, of: str, one: str, other: str, on: date) -> Statement:
    made = employment(key, of, one)
    return replace(made, links={**made.links, "unit": (*link("Unit", one, START, on), *link("Unit", other, on))})


def handed_over(key: str, one: str, other: str, at: str, on: date) -> Statement:
    made = employment(key, one, at)
    persons = (DatedLink(Period(START, on), Ref("Person", one)), DatedLink(Period(on), Ref("Person", other)))
    return replace(made, links={**made.links, "person": persons})


@pytest.fixture(scope="module")
def graph(driver: neo4j.Driver) -> Iterator[neo4j.Driver]:
    empty(driver)
    names = ("old", "new", "gone", "leave", "back", "away", "mover", "inner", "ill")
    ill = person("ill", "Ill")
    people = [person(each, each.title()) for each in names if each != "ill"]
    statements = [
        unit("root"), unit("school", "root"), unit("kitchen", "school"), unit("office", "root"),
        unit("desk"), person("first", "First"), person("second", "Second"),
        handed_over("e_desk", "first", "second", "desk", after(2)),
        *people,
        replace(ill, values={**ill.values, "absent": told(True, after(-3), after(4))}),
        employed("e_old", "old", "school"),
        employed("e_new", "new", "school", after(3)),
        employed("e_gone", "gone", "kitchen", START, after(0)),
        with_leave(employed("e_leave", "leave", "school"), after(14), None),
        with_leave(employed("e_back", "back", "school"), after(-20), after(5)),
        with_leave(employed("e_away", "away", "school"), after(-40), after(40)),
        moving("e_mover", "mover", "office", "kitchen", after(7)),
        moving("e_inner", "inner", "school", "kitchen", after(7)),
        employed("e_ill", "ill", "school"),
    ]  # fmt: skip
    assert run_import(driver, Stating(*statements, day=DAY), Keyring.generate()).problems == []
    yield driver


def uuid(graph: neo4j.Driver, key: str) -> str:
    rows, _, _ = graph.execute_query(
        "MATCH (r:SourceRecord {source: 'sd', key: $key})-[:TELLS]->(n) RETURN n.uuid AS uuid", key=key
    )
    return str(rows[0]["uuid"])


def shown(graph: neo4j.Driver, changes: list[PeopleChange]) -> list[tuple[int, str, str, str]]:
    """(days from today, what, whose, where)."""
    rows, _, _ = graph.execute_query("MATCH (r:SourceRecord)-[:TELLS]->(n) RETURN n.uuid AS uuid, r.key AS key")
    names = {row["uuid"]: row["key"] for row in rows}
    return [((each.day - DAY).days, each.what, names[each.person], names[each.unit]) for each in changes]


IN_SCHOOL = [
    (-40, "away", "away", "school"),
    (-20, "away", "back", "school"),
    (-3, "away", "ill", "school"),
    (0, "leaves", "gone", "kitchen"),
    (3, "starts", "new", "school"),
    (4, "returns", "ill", "school"),
    (5, "returns", "back", "school"),
    (7, "arrives", "mover", "kitchen"),
    (14, "away", "leave", "school"),
]


def test_what_happens_in_a_unit_and_below_it(graph: neo4j.Driver) -> None:
    assert shown(graph, people_changes(graph, [uuid(graph, "school")], DAY, END)) == IN_SCHOOL


def test_where_somebody_goes_they_depart(graph: neo4j.Driver) -> None:
    assert shown(graph, people_changes(graph, [uuid(graph, "office")], DAY, END)) == [(7, "departs", "mover", "office")]


def test_everywhere_a_move_is_no_arrival(graph: neo4j.Driver) -> None:
    found = shown(graph, people_changes(graph, None, DAY, END))
    assert [each for each in found if each[3] != "desk"] == [each for each in IN_SCHOOL if each[1] != "arrives"]


def test_days_end_before_the_end(graph: neo4j.Driver) -> None:
    tops = [uuid(graph, "school"), uuid(graph, "kitchen")]
    assert shown(graph, people_changes(graph, tops, DAY, after(14))) == IN_SCHOOL[:-1]


def test_what_is_handed_over_ends_for_one_and_begins_for_the_other(graph: neo4j.Driver) -> None:
    assert shown(graph, people_changes(graph, [uuid(graph, "desk")], DAY, END)) == [
        (2, "starts", "second", "desk"),
        (2, "leaves", "first", "desk"),
    ]


def test_no_units_have_no_people(graph: neo4j.Driver) -> None:
    assert people_changes(graph, [], DAY, END) == []
