"""Vacancies: what nobody is found for, today and on days soon; a manager further up fills it."""

from collections.abc import Collection, Iterator
from dataclasses import replace
from datetime import date, timedelta

import neo4j
import pytest

from graph.cpr.keyring import Keyring
from graph.questions.vacancies import vacancies
from graph.statements.statement import DatedLink, Ref, Statement
from graph.time import Period
from importers.pipeline.import_run import run_import
from tests.emptied import empty
from tests.graph.organisation import START, Stating, employment, link, person, told, unit

DAY = date(2026, 3, 2)


def after(days: int) -> date:
    return DAY + timedelta(days=days)


def role(key: str) -> Statement:
    return Statement("Role", key, exists=(Period(),), values={"key": told(key)})


def assignment(key: str, of: str, holder: str, at: str, end: date | None = None, about: str | None = None) -> Statement:
    """From always to ``end``. ``about``: an IT system."""
    links = {"role": link("Role", of), "holder": link("Employment", holder), "unit": link("Unit", at, START, end)}
    if about:
        links["responsibilities"] = link("ItSystem", about)
    return Statement("Assignment", key, exists=(Period(START, end),), links=links)


def moved(made: Statement, to: str, on: date) -> Statement:
    before = DatedLink(Period(START, on), made.links["parent"][0].to)
    return replace(made, links={"parent": (before, DatedLink(Period(on), Ref("Unit", to)))})


@pytest.fixture(scope="module")
def graph(driver: neo4j.Driver) -> Iterator[neo4j.Driver]:
    """North has a manager for ten days; a room goes from there to the south, which has none until later."""
    empty(driver)
    statements = [
        unit("root"), unit("north", "root"), unit("team", "north"), unit("south", "root"),
        moved(unit("room", "north"), "south", after(5)),
        role("manager"), role("administrator"),
        Statement("ItSystem", "mail", exists=(Period(),), values={"key": told("mail")}),
        Statement("ItSystem", "pay", exists=(Period(),), values={"key": told("pay")}),
        person("p1", "Alma"), person("p2", "Birk"),
        *(employment(f"e_{at}", "p1", at) for at in ("team", "room")),
        employment("e_boss", "p2", "root"),
        assignment("north", "manager", "e_boss", "north", after(10)),
        replace(
            assignment("south", "manager", "e_boss", "south"), exists=(Period(after(20)),),
            links={**assignment("south", "manager", "e_boss", "south").links,
                   "unit": link("Unit", "south", after(20))},
        ),
        assignment("mail", "administrator", "e_boss", "root", None, "mail"),
        assignment("pay", "administrator", "e_boss", "root", after(-3), "pay"),
    ]  # fmt: skip
    kinds = Stating(*statements, day=DAY, whole=False)
    assert run_import(driver, kinds, Keyring.generate()).problems == []
    yield driver


def found(graph: neo4j.Driver, days: int = 60, seen: Collection[str] | None = None) -> list[tuple[object, ...]]:
    """(role, unit, responsibility, days until it begins, and until it ends)."""
    rows, _, _ = graph.execute_query("MATCH (r:SourceRecord)-[:TELLS]->(n) RETURN n.uuid AS uuid, r.key AS key")
    keys = {row["uuid"]: row["key"] for row in rows}
    visible = None if seen is None else frozenset(uuid for uuid, key in keys.items() if key in seen)
    return [
        (
            keys[each.role], keys[each.unit], keys.get(each.responsibility or ""), (each.since - DAY).days,
            None if each.until is None else (each.until - DAY).days,
        )
        for each in vacancies(graph, DAY, days, None if visible is None else lambda units: visible & {*units})
    ]  # fmt: skip


def test_what_nobody_answers_for_today_and_soon(graph: neo4j.Driver) -> None:
    assert set(found(graph)) == {
        ("administrator", "root", "pay", 0, None),
        ("manager", "root", None, 0, None),
        ("manager", "room", None, 5, 20),
        ("manager", "south", None, 0, 20),
        ("manager", "north", None, 10, None),
        ("manager", "team", None, 10, None),
    }
    assert ("manager", "team", None, 10, None) not in found(graph, 9)


def test_who_reads_a_part_learns_what_is_vacant_there(graph: neo4j.Driver) -> None:
    """A manager outside of it is not found from it."""
    assert found(graph, 1, {"team"}) == [("manager", "team", None, 0, None)]
