"""Where things lie whose links have changed."""

from datetime import date, timedelta

import neo4j
import pytest

from api.access.rights import Access
from api.access.sight import seen
from graph.time import today

NORTH, SOUTH = "north", "south"
YESTERDAY = today() - timedelta(days=1)


@pytest.mark.parametrize(
    ("used_until", "account_until", "lies_in"),
    [
        (None, None, SOUTH),
        (YESTERDAY, None, NORTH),  # its number was taken away: it is its owner's
        (YESTERDAY, YESTERDAY, SOUTH),  # it ended with the employment
        (YESTERDAY - timedelta(days=9), YESTERDAY, NORTH),
    ],
)
def test_an_account_lies_with_its_employment_or_else_its_owner(
    clean_graph: neo4j.Driver, used_until: date | None, account_until: date | None, lies_in: str
) -> None:
    clean_graph.execute_query(
        """
        CREATE (p:Person {uuid: 'p'}), (a:Account {uuid: 'a', from: $start, to: $account_until}),
            (p)-[:OWNS {from: $start, to: $account_until}]->(a)
        WITH p, a
        UNWIND ['north', 'south'] AS name
        CREATE (u:Unit {uuid: name}), (e:Employment {uuid: 'e_' + name, from: $start}),
            (p)-[:HAS {from: $start, to: CASE name WHEN 'north' THEN null ELSE $used_until END}]->(e),
            (e)-[:IN {from: $start}]->(u)
        WITH a, e WHERE e.uuid = 'e_south'
        CREATE (a)-[:USED_FOR {from: $start, to: $used_until}]->(e)
        """,
        start=date(2020, 1, 1),
        used_until=used_until,
        account_until=account_until,
    )
    for unit in (NORTH, SOUTH):
        access = Access("part", frozenset({"reader"}), None, {"reader": frozenset({unit})})
        assert seen(clean_graph, access, [("Account", "a")]) == ({"a"} if unit == lies_in else set())
