"""An empty graph, as a new installation has it."""

import neo4j

from graph.migrations import migrate, pending

_BATCHES = """
MATCH (n)
WHERE NOT n:Migration
CALL (n) {
  DETACH DELETE n
} IN TRANSACTIONS OF 20000 ROWS
"""
_BESIDE = """
MERGE (log:ChangeLog {name: 'changes'})
SET log.number = 0
CREATE (:Clock {name: 'today', today: date(datetime({timezone: 'Europe/Copenhagen'}))})
"""
"""What migrations make beside constraints and indexes."""


def empty(driver: neo4j.Driver) -> None:
    """Delete everything but the constraints and indexes, which take longer to make than a test takes to run.

    Thousands of tests begin with it, so it asks no more than it has to.
    """
    if pending(driver):
        migrate(driver)
    with driver.session() as session:
        session.run(_BATCHES).consume()
        session.run(_BESIDE).consume()
