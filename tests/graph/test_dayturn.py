"""What starts or ends on a day takes effect on that day (DESIGN §2)."""

from dataclasses import replace
from datetime import date, timedelta

import neo4j

from graph.cpr import Keyring
from graph.dayturn import turn
from graph.time import Period, today
from importers.pipeline import run_import
from tests.graph.organisation import Stating, link, small, told
from tests.graph.snapshot import change_numbers, last_write

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
    assert turn(clean_graph, SOON - timedelta(days=1)) == {TODAY + timedelta(days=n): 0 for n in (1, 2)}
    assert turn(clean_graph, SOON) == {SOON: 3}

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
    turn(clean_graph, SOON)
    before = last_write(clean_graph)
    assert turn(clean_graph, SOON) == {}
    assert turn(clean_graph, TODAY) == {}
    assert last_write(clean_graph) == before
