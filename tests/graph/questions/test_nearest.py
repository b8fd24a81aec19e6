"""Every case of nearest.yaml, asked of the graph; on another day than today, and with today's copies."""

from collections.abc import Iterator
from datetime import date
from typing import Any

import neo4j
import pytest

from graph.cpr.keyring import Keyring
from graph.errors import Unknown
from graph.model import KINDS
from graph.questions.nearest import as_expected, nearest, nearest_manager, nearest_managers_of_all
from graph.time import today
from graph.writing.difference import copied
from graph.writing.loading import load
from importers.facts.settings import FactsSettings
from importers.facts.source import Facts
from importers.pipeline.import_run import run_import
from tests.acceptance.cases import FILE, HOLDERS, MANAGERS, expected_manager, named
from tests.emptied import empty

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def graph(driver: neo4j.Driver) -> Iterator[neo4j.Driver]:
    empty(driver)
    report = run_import(driver, Facts(FactsSettings(path=FILE)), Keyring.generate())
    assert report.problems == []
    yield driver


def copies_of(driver: neo4j.Driver, day: date) -> None:
    """Make the identity nodes show a day, whatever day they show now."""
    driver.execute_query("MATCH (c:Clock) SET c.today = $day", day=day)
    for kind in KINDS:
        rows, _, _ = driver.execute_query(f"MATCH (n:{kind}) RETURN n.uuid AS uuid")
        shown = [
            {"uuid": uuid, "node": copied(kind, loaded.thing, day)}
            for uuid, loaded in load(driver, kind, [row["uuid"] for row in rows]).items()
        ]
        driver.execute_query(f"UNWIND $shown AS row MATCH (n:{kind} {{uuid: row.uuid}}) SET n += row.node", shown=shown)


def ask_nearest(driver: neo4j.Driver, case: dict[str, Any]) -> object:
    try:
        found, names = nearest(driver, case["role"], case["unit"], case["at"], case.get("responsibility"))
    except Unknown as unknown:
        return {"error": unknown.code}
    return as_expected(found, names)


def ask_manager(driver: neo4j.Driver, case: dict[str, Any]) -> object:
    try:
        answers, names = nearest_manager(driver, case["person"], case["at"])
    except Unknown as unknown:
        return {"error": unknown.code}
    return [
        expected_manager({"employment": names.of(each.employment), **as_expected(each.nearest, names)})
        for each in answers
    ]


@pytest.mark.parametrize("case", HOLDERS, ids=named)
def test_nearest(graph: neo4j.Driver, case: dict[str, Any]) -> None:
    assert ask_nearest(graph, case) == case["expect"]


@pytest.mark.parametrize("case", MANAGERS, ids=named)
def test_nearest_manager(graph: neo4j.Driver, case: dict[str, Any]) -> None:
    assert ask_manager(graph, case) == case["expect"]


def test_with_todays_copies_the_answers_are_the_same(graph: neo4j.Driver) -> None:
    days = sorted({case["at"] for case in (*HOLDERS, *MANAGERS)})
    for day in days:
        copies_of(graph, day)
        for case in HOLDERS:
            if case["at"] == day:
                assert ask_nearest(graph, case) == case["expect"], named(case)
        for case in MANAGERS:
            if case["at"] == day:
                assert ask_manager(graph, case) == case["expect"], named(case)
    copies_of(graph, today())


def test_the_manager_of_all_equals_the_manager_of_each(graph: neo4j.Driver) -> None:
    rows, _, _ = graph.execute_query("MATCH (p:Person) RETURN p.uuid AS uuid")
    for day in (date(2026, 3, 15), date(2026, 4, 5), date(2026, 9, 15), date(2026, 10, 2)):
        of_each = {
            each.employment: each.nearest for row in rows for each in nearest_manager(graph, row["uuid"], day)[0]
        }
        assert len(of_each) > 25
        assert nearest_managers_of_all(graph, day) == of_each
