"""Changes by hand, their versions and refusals, and the change log."""

import threading
from dataclasses import replace
from datetime import date

import neo4j
import pytest

from graph.change_log import Origin
from graph.cpr.keyring import Keyring
from graph.errors import ChangeRejected, Conflict, Unknown
from graph.statements.statement import DatedLink, DatedValue, Ref, Statement
from graph.time import Period
from graph.writing.amending import Amendment
from graph.writing.graph_writer import GraphWriter
from importers.pipeline.import_run import run_import
from tests.graph.organisation import Stating, small
from tests.graph.snapshot import change_numbers, last_write, snapshot

BY_HAND = Origin("manual", user="hanne", reason="the board decided so")
DAY = date(2026, 6, 1)


@pytest.fixture
def ring() -> Keyring:
    return Keyring.generate()


@pytest.fixture
def graph(clean_graph: neo4j.Driver, ring: Keyring) -> neo4j.Driver:
    run_import(clean_graph, Stating(*small()), ring)
    return clean_graph


def uuid(driver: neo4j.Driver, key: str) -> str:
    rows, _, _ = driver.execute_query("MATCH (:SourceRecord {key: $key})-[:TELLS]->(n) RETURN n.uuid AS uuid", key=key)
    found: str = rows[0]["uuid"]
    return found


def under(parent: str, since: date = DAY, until: date | None = None):  # type: ignore[no-untyped-def]
    def edit(kept: Statement) -> Statement:
        return replace(kept, links={"parent": (DatedLink(Period(since, until), Ref("Unit", parent, "uuid")),)})

    return edit


def named(name: str):  # type: ignore[no-untyped-def]
    return lambda kept: replace(kept, values={"name": (DatedValue(Period(), name),)})


def test_a_manual_value_holds_until_it_is_released(graph: neo4j.Driver, ring: Keyring) -> None:
    graph_writer, north = GraphWriter(graph, ring), uuid(graph, "north")
    written = graph_writer.amend("Unit", north, named("Nord og Vest"), BY_HAND)
    assert written.change is not None
    run_import(graph, Stating(*small()), ring)
    rows, _, _ = graph.execute_query("MATCH (u:Unit {uuid: $uuid}) RETURN u.name AS name", uuid=north)
    assert rows[0]["name"] == "Nord og Vest"
    graph_writer.amend("Unit", north, lambda kept: replace(kept, values={}), BY_HAND, written.version)
    rows, _, _ = graph.execute_query("MATCH (u:Unit {uuid: $uuid}) RETURN u.name AS name", uuid=north)
    assert rows[0]["name"] == "North"


def test_an_expected_version_that_is_past_is_a_conflict_that_says_who_changed_what(
    graph: neo4j.Driver, ring: Keyring
) -> None:
    graph_writer, north = GraphWriter(graph, ring), uuid(graph, "north")
    first = graph_writer.amend("Unit", north, named("A"), BY_HAND, expected_version=1)
    with pytest.raises(Conflict) as conflict:
        graph_writer.amend("Unit", north, named("B"), BY_HAND, expected_version=1)
    assert (conflict.value.by, conflict.value.found) == ("hanne", first.version)


def test_nothing_is_written_where_nothing_changes(graph: neo4j.Driver, ring: Keyring) -> None:
    graph_writer, north = GraphWriter(graph, ring), uuid(graph, "north")
    once = graph_writer.amend("Unit", north, named("A"), BY_HAND)
    before = last_write(graph)
    again = graph_writer.amend("Unit", north, named("A"), BY_HAND)
    assert (again.change, again.version) == (None, once.version)
    assert last_write(graph) == before


def test_refusals_leave_the_graph_as_it_was(graph: neo4j.Driver, ring: Keyring) -> None:
    graph_writer = GraphWriter(graph, ring)
    root, north, south = (uuid(graph, key) for key in ("root", "north", "south"))
    before, numbers = snapshot(graph), change_numbers(graph)
    with pytest.raises(ChangeRejected) as cycle:
        graph_writer.amend("Unit", root, under(north), BY_HAND)
    assert (cycle.value.code, cycle.value.start) == ("cycle", DAY)
    assert cycle.value.units == tuple(sorted((root, north)))
    with pytest.raises(ChangeRejected) as both:
        graph_writer.amend_all(
            [Amendment("Unit", north, under(south, DAY, date(2026, 8, 1))), Amendment("Unit", south, under(north))],
            BY_HAND,
        )
    assert (both.value.code, both.value.end) == ("cycle", date(2026, 8, 1))
    with pytest.raises(ChangeRejected) as empty:
        graph_writer.amend("Unit", north, under(root, DAY, DAY), BY_HAND)
    assert empty.value.code == "empty_period"
    with pytest.raises(ChangeRejected) as nowhere:
        graph_writer.amend("Unit", north, under("00000000-0000-4000-8000-000000000000"), BY_HAND)
    assert nowhere.value.code == "unknown_reference"
    with pytest.raises(Unknown):
        graph_writer.amend("Unit", "no-such-unit", named("A"), BY_HAND)
    assert snapshot(graph) == before
    assert change_numbers(graph) == numbers


def test_a_change_tells_what_it_replaced_who_and_why(graph: neo4j.Driver, ring: Keyring) -> None:
    written = GraphWriter(graph, ring).amend("Unit", uuid(graph, "north"), named("A"), BY_HAND)
    rows, _, _ = graph.execute_query("MATCH (c:Change {number: $number}) RETURN c", number=written.change)
    change = rows[0]["c"]
    assert (change["user"], change["reason"], change["source"]) == ("hanne", "the board decided so", "manual")
    assert '"name":"North"' in change["before"] and '"name":"A"' in change["after"]


def test_numbers_have_no_gaps_when_many_write_at_the_same_time(graph: neo4j.Driver, ring: Keyring) -> None:
    """Six writers on the same three units, some of whose transactions are refused."""
    units = [uuid(graph, key) for key in ("root", "north", "south")]
    errors: list[BaseException] = []

    def write(writer: int) -> None:
        try:
            for turn in range(5):
                target = units[(writer + turn) % 3]
                GraphWriter(graph, ring).amend("Unit", target, named(f"{writer}-{turn}"), BY_HAND)
                with pytest.raises(ChangeRejected):
                    GraphWriter(graph, ring).amend("Unit", target, under(target), BY_HAND)
        except BaseException as error:
            errors.append(error)

    threads = [threading.Thread(target=write, args=(n,)) for n in range(6)]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    assert not errors
    numbers = change_numbers(graph)
    assert numbers == list(range(1, len(numbers) + 1))
    rows, _, _ = graph.execute_query("MATCH (c:Change {user: 'hanne'}) RETURN count(c) AS count")
    assert rows[0]["count"] == 30  # every one of them is in the log
