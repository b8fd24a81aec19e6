"""A natural key that is used again stands for what is in force (kle.md §6.1, §6.2)."""

from datetime import date

import neo4j
import pytest

from graph.change_log import Origin
from graph.cpr.keyring import Keyring
from graph.identity.lookup import find
from graph.statements.statement import DatedLink, DatedValue, Ref, Statement
from graph.time import Period
from graph.writing.graph_writer import GraphWriter

RING = Keyring.generate()
ORIGIN = Origin("test")
END = date(2020, 1, 1)


def node(key: str, number: str, life: Period, **links: tuple[DatedLink, ...]) -> Statement:
    values = {"number": (DatedValue(Period(), number),), "title": (DatedValue(Period(), key),)}
    return Statement("KleNode", key, exists=(life,), values=values, links=links)


def state(driver: neo4j.Driver, source: str, *statements: Statement) -> list[str]:
    return [each.uuid for each in GraphWriter(driver, RING).state(source, statements, ORIGIN)]


def called(driver: neo4j.Driver, number: str) -> str:
    with driver.session() as session:
        return find(session, "KleNode", number).uuid


@pytest.mark.parametrize("order", [1, -1])
def test_one_source_may_tell_of_two_holders_of_a_number(clean_graph: neo4j.Driver, order: int) -> None:
    told = [node("old", "27.12", Period(end=END)), node("new", "27.12", Period(END))][::order]
    made = state(clean_graph, "kle", *told)
    assert len(set(made)) == 2
    new = made[told.index(next(each for each in told if each.key == "new"))]
    assert called(clean_graph, "27.12") == new
    unit = Statement("Unit", "u", links={"performs": (DatedLink(Period(), Ref("KleNode", "27.12", "natural")),)})
    state(clean_graph, "facts", unit)
    rows, _, _ = clean_graph.execute_query("MATCH (:Unit)-[:PERFORMS]->(n) RETURN n.uuid AS uuid")
    assert [row["uuid"] for row in rows] == [new]


def test_what_another_source_has_made_is_found_by_its_number(clean_graph: neo4j.Driver) -> None:
    (made,) = state(clean_graph, "facts", node("27.12", "27.12", Period()))
    current, ended = state(clean_graph, "kle", node("b", "27.12", Period(END)), node("a", "27.12", Period(end=END)))
    assert current == made
    assert ended != made


def test_it_is_not_found_for_other_days(clean_graph: neo4j.Driver) -> None:
    (made,) = state(clean_graph, "facts", node("27.12", "27.12", Period(end=END)))
    assert state(clean_graph, "kle", node("b", "27.12", Period(END))) != [made]


def test_where_none_is_in_force_the_last_one_is_meant(clean_graph: neo4j.Driver) -> None:
    _, last = state(
        clean_graph, "kle", node("a", "27.12", Period(end=END)), node("b", "27.12", Period(END, date(2021, 1, 1)))
    )
    assert called(clean_graph, "27.12") == last


def test_a_sources_own_name_counts_less_than_the_number(clean_graph: neo4j.Driver) -> None:
    """A facts file calls its entry by the number; when the number is used again, the number means the new one."""
    state(clean_graph, "facts", node("27.12", "27.12", Period(end=END)))
    (new,) = state(clean_graph, "kle", node("b", "27.12", Period(END)))
    assert called(clean_graph, "27.12") == new
