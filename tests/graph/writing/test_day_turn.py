"""What starts or ends on a day takes effect on that day (architecture.md §2)."""

from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import neo4j
import pytest

from graph.change_log import Origin, turned_day
from graph.corrections.person_erasure import erase_person
from graph.cpr.keyring import Keyring
from graph.errors import ChangeRejected
from graph.questions.unmatched import unmatched
from graph.runs import brakes
from graph.runs.brakes import StaleApproval
from graph.statements.statement import Statement
from graph.time import Period, today
from graph.writing.day_turn import TurnWaits, turn
from graph.writing.graph_writer import GraphWriter
from importers.active_directory.graph_lookup import GraphLookup
from importers.pipeline.import_run import run_import
from tests.graph.organisation import START, OneTransaction, Stating, link, small, told
from tests.graph.snapshot import change_numbers, last_write

TODAY = today()
SOON = TODAY + timedelta(days=3)


@pytest.fixture(scope="module", autouse=True)
def of_this_day() -> None:
    """The days as they are when these tests begin: they are collected long before."""
    global TODAY, SOON
    TODAY = today()
    SOON = TODAY + timedelta(days=3)


def test_a_future_move_and_name_are_stored_today_and_take_effect_on_their_day(clean_graph: neo4j.Driver) -> None:
    first, *rest = small()
    statements = [
        replace(
            each,
            exists=(Period(date(2020, 1, 1), SOON),) if each.key == "e2" else each.exists,
            links={**each.links, "unit": (*link("Unit", "north", end=SOON), *link("Unit", "south", SOON))}
            if each.key == "e1"
            else each.links,
            values={**each.values, "name": (*told("South", end=SOON), *told("Coast", SOON))}
            if each.key == "south"
            else each.values,
        )
        for each in (first, *rest)
    ]
    run_import(clean_graph, Stating(*statements), Keyring.generate())
    before = len(change_numbers(clean_graph))

    assert turn(clean_graph, TODAY) == {}
    assert [turn(clean_graph, TODAY + timedelta(days=n)) for n in (1, 2, 3)] == [
        {TODAY + timedelta(days=1): 0},
        {TODAY + timedelta(days=2): 0},
        {SOON: 3},
    ]

    rows, _, _ = clean_graph.execute_query(
        """
        MATCH (c:Change {source: 'day-turn'})-[:CONCERNS]->(n)<-[:TELLS]-(r:SourceRecord)
        RETURN r.key AS key, c.operation AS operation ORDER BY key
        """
    )
    assert [(row["key"], row["operation"]) for row in rows] == [
        ("e1", "takes effect"),
        ("e2", "ends"),
        ("south", "takes effect"),
    ]
    rows, _, _ = clean_graph.execute_query(
        """
        MATCH (:SourceRecord {key: 'e2'})-[:TELLS]->(e), (:SourceRecord {key: 'south'})-[:TELLS]->(u)
        RETURN e.active AS active, u.name AS name
        """
    )
    assert (rows[0]["active"], rows[0]["name"]) == (False, "Coast")
    assert change_numbers(clean_graph) == list(range(1, before + 4))


def test_a_day_turns_once(clean_graph: neo4j.Driver) -> None:
    run_import(clean_graph, Stating(*small()), Keyring.generate())
    turn(clean_graph, TODAY + timedelta(days=1))
    before = last_write(clean_graph)
    assert turn(clean_graph, TODAY + timedelta(days=1)) == {}
    assert last_write(clean_graph) == before


def waits(driver: neo4j.Driver, day: date, approve: str | None = None) -> TurnWaits:
    with pytest.raises(TurnWaits) as waiting:
        turn(driver, day, approve=approve)
    return waiting.value


def ending(driver: neo4j.Driver, ring: Keyring) -> list[Statement]:
    """The small organisation, in which p2 works until ``SOON``."""
    statements = [replace(each, exists=(Period(START, SOON),)) if each.key == "e2" else each for each in small()]
    run_import(driver, Stating(*statements), ring)
    return statements


def shown(driver: neo4j.Driver) -> list[Any]:
    rows, _, _ = driver.execute_query(
        "MATCH (n) WHERE n.active IS NOT NULL RETURN properties(n) AS copy ORDER BY n.uuid"
    )
    return [row["copy"] for row in rows]


def test_a_turn_ahead_waits_for_a_person_and_is_taken_back(clean_graph: neo4j.Driver) -> None:
    ring = Keyring.generate()
    ending(clean_graph, ring)
    before, numbers, far = shown(clean_graph), change_numbers(clean_graph), SOON + timedelta(days=40)
    stopped = waits(clean_graph, far)
    assert (stopped.turned, shown(clean_graph), change_numbers(clean_graph)) == ({}, before, numbers)
    assert waits(clean_graph, far - timedelta(days=1), approve=None).brake != stopped.brake
    with pytest.raises(StaleApproval):
        turn(clean_graph, far, approve=stopped.brake)  # it has been taken over by the other one
    stopped = waits(clean_graph, far)
    turned = turn(clean_graph, far, approve=stopped.brake, user="hanne")
    assert (len(turned), turned[SOON], turned[far]) == (43, 1, 0)
    assert shown(clean_graph) != before

    back = waits(clean_graph, TODAY)
    assert brakes.approve(clean_graph, back.brake, "hanne", "the clock was wrong")
    assert turn(clean_graph, TODAY)[SOON] == 1
    assert shown(clean_graph) == before
    assert waits(clean_graph, far).brake  # an approval holds once
    rows, _, _ = clean_graph.execute_query(
        "MATCH (c:Change {source: 'day-turn'}) RETURN c.operation AS what, c.reason AS why ORDER BY c.number"
    )
    assert [tuple(row) for row in rows] == [
        ("ends", f"takes effect on {SOON}"),
        ("begins", f"{SOON} is taken back: it had been turned by mistake"),
    ]
    assert change_numbers(clean_graph) == list(range(1, len(numbers) + 3))


def test_what_a_person_has_allowed_is_turned_the_day_after_too(clean_graph: neo4j.Driver) -> None:
    """The job of Monday stops after a weekend; it is approved on Monday, and the job of Tuesday does both."""
    run_import(clean_graph, Stating(*small()), Keyring.generate())
    monday = TODAY + timedelta(days=3)
    assert brakes.approve(clean_graph, waits(clean_graph, monday).brake, "hanne", "a weekend without power")
    assert list(turn(clean_graph, monday + timedelta(days=1))) == [TODAY + timedelta(days=n) for n in (1, 2, 3, 4)]


def test_an_import_goes_on_where_a_turn_waits(clean_graph: neo4j.Driver) -> None:
    ring = Keyring.generate()
    statements = ending(clean_graph, ring)
    clean_graph.execute_query("MATCH (c:Clock) SET c.today = $day", day=TODAY - timedelta(days=9))
    report = run_import(clean_graph, Stating(*statements[:-1]), ring)
    assert report.changes == 1
    with clean_graph.session() as session:
        assert turned_day(session) == TODAY - timedelta(days=9)


def test_what_must_be_today_asks_the_clock(clean_graph: neo4j.Driver) -> None:
    """A turn ahead by mistake: whoever works here until ``SOON`` works here, whatever the copies show."""
    ring = Keyring.generate()
    statements = ending(clean_graph, ring)
    far = SOON + timedelta(days=40)
    turn(clean_graph, far, approve=waits(clean_graph, far).brake)
    (person,) = clean_graph.execute_query(
        "MATCH (:SourceRecord {key: 'p2'})-[:TELLS]->(p) RETURN p.uuid AS uuid"
    ).records
    with pytest.raises(ChangeRejected, match="is in force until"):
        erase_person(clean_graph, person["uuid"], Origin("manual", user="hanne", reason="GDPR"))
    found = GraphLookup(clean_graph, "active_directory").employed([":e2"])
    assert found[":e2"][0] == person["uuid"]
    # An account that nobody has from tomorrow on has an owner today.
    clean_graph.execute_query(
        "MATCH (:Person {uuid: $uuid})-[has:HAS]->(:Employment) SET has.to = $soon",
        uuid=person["uuid"],
        soon=SOON,
    )
    assert list(unmatched(clean_graph, "Employment")) == []
    # A move that takes effect between today and the mistaken day is one that is to come.
    moved = [
        replace(each, links={**each.links, "unit": (*link("Unit", "south", end=SOON), *link("Unit", "north", SOON))})
        if each.key == "e3"
        else each
        for each in statements
    ]
    report = run_import(clean_graph, Stating(*moved), ring)
    assert report.counts[("Employment", "moved")] == 1


def test_the_import_that_turns_the_day_shows_what_begins_and_ends_on_it(clean_graph: neo4j.Driver) -> None:
    def active() -> dict[str, bool]:
        rows, _, _ = clean_graph.execute_query(
            "MATCH (r:SourceRecord {kind: 'Employment'})-[:TELLS]->(e) RETURN r.key AS key, e.active AS active"
        )
        return {row["key"]: row["active"] for row in rows}

    def stated(**periods: Period) -> Stating:
        return Stating(*(replace(each, exists=(periods.get(each.key, Period(START, None)),)) for each in small()))

    clean_graph.execute_query("MATCH (c:Clock) SET c.today = $day", day=TODAY - timedelta(days=1))
    run_import(clean_graph, stated(e1=Period(TODAY, None), e2=Period(START, TODAY)), Keyring.generate())
    assert active() == {"e1": True, "e2": False, "e3": True}

    # What is written after another process has turned the day, too.
    writer = GraphWriter(clean_graph, Keyring.generate())
    tomorrow = TODAY + timedelta(days=1)
    alone: Any = OneTransaction(clean_graph)
    turn(alone, tomorrow)
    ending = next(each for each in stated(e3=Period(START, tomorrow)).statements if each.key == "e3")
    writer.state("sd", [ending], Origin("sd"))
    assert active()["e3"] is False
