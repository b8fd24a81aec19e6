"""Roles by category and level of the position list, where the municipality writes such rules (positions.md §1, §6)."""

from collections.abc import Callable
from datetime import date
from pathlib import Path

import neo4j
import pytest
from pydantic import ValidationError

from rules.roles import RoleRule
from tests.graph.organisation import START
from tests.graph.snapshot import last_write
from tests.importers.positions.town import Town, employed, job, row

CHIEFS = RoleRule(
    name="chiefs", role="manager", position_categories=frozenset({"LED"}), position_levels=frozenset({1, 2})
)
CARERS = RoleRule(name="carers", role="case_worker", position_categories=frozenset({"PAED"}), about=("function:care",))
CHANGED = date(2025, 1, 1)
Held = list[tuple[str, str, str, str | None]]


@pytest.fixture
def holders(clean_graph: neo4j.Driver) -> Callable[[], Held]:
    """(role, number of the employment, from, to) of all assignments."""

    def found() -> Held:
        rows, _, _ = clean_graph.execute_query(
            """
            MATCH (role:Role)<-[:OF]-(a:Assignment)<-[:HOLDS]-(e:Employment)
            MATCH (a)-[for:FOR]->(:Unit)
            RETURN role.key AS role, e.number AS number, toString(for.from) AS from, toString(for.to) AS to
            ORDER BY role, number, from
            """
        )
        return [(each["role"], each["number"], each["from"], each["to"]) for each in rows]

    return found


@pytest.fixture
def town(clean_graph: neo4j.Driver, tmp_path: Path) -> Town:
    made = Town(clean_graph, tmp_path, (CHIEFS, CARERS))
    made.categories("ALLE;Alle;", "LED;Ledelse;ALLE", "TOP;Topledelse;LED", "PAED;Pædagogik;ALLE")
    return made


def test_category_with_what_lies_below_and_level_over_time(town: Town, holders: Callable[[], Held]) -> None:
    town.payroll(
        employed("e1", job("10", "Chef", START, CHANGED), job("20", "Pædagog", CHANGED)),
        employed("e2", job("30", "Teamleder"), who="p2"),
    )
    town.lists(
        row("P1", "Chef", "TOP", level="1", payroll="sd:XY:10"),
        row("P2", "Pædagog", payroll="sd:XY:20"),
        row("P3", "Teamleder", "TOP", level="5", payroll="sd:XY:30"),
    )
    assert holders() == [
        ("case_worker", "e1", CHANGED.isoformat(), None),
        ("manager", "e1", START.isoformat(), CHANGED.isoformat()),
    ]


def test_nobody_is_a_manager_by_title_alone(town: Town, holders: Callable[[], Held]) -> None:
    """Pitfall 11: found by title, neither the level nor the hint of the list makes a manager; other roles follow."""
    town.payroll(employed("e1", job("10", "Chef")), employed("e2", job("20", "Pædagog"), who="p2"))
    town.lists(row("P1", "Chef", "LED", level="1", leader="yes"), row("P2", "Pædagog"))
    assert town.has("e1")[0][1] == "title"
    assert [(role, number) for role, number, _, _ in holders()] == [("case_worker", "e2")]


def test_who_comes_later_and_a_list_that_changes(town: Town, holders: Callable[[], Held]) -> None:
    town.payroll(employed("e1", job("10")))
    town.lists(row("P1", "Chef", "LED", level="2", payroll="sd:XY:10"))
    town.payroll(employed("e1", job("10")), employed("e2", job("10"), who="p2"))
    town.read()
    assert [(role, number) for role, number, _, _ in holders()] == [("manager", "e1"), ("manager", "e2")]
    town.lists(row("P1", "Chef", "LED", level="4", payroll="sd:XY:10"))
    assert holders() == []


def test_the_same_again_writes_nothing_and_a_rule_that_is_gone_takes_its_own_back(
    town: Town, holders: Callable[[], Held]
) -> None:
    town.payroll(employed("e1", job("10")))
    town.lists(row("P1", "Chef", "LED", level="2", payroll="sd:XY:10"))
    before = last_write(town.driver)
    town.payroll(employed("e1", job("10")))
    town.read()
    assert last_write(town.driver) == before
    town.rules = (CARERS,)
    town.read()
    assert holders() == []


def test_payrolls_conditions_and_the_lists_are_not_mixed() -> None:
    with pytest.raises(ValidationError, match="don't go together"):
        RoleRule(name="x", role="manager", manager_flag=True, position_levels=frozenset({1}))
