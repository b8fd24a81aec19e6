"""An empty graph, as a new installation has it."""

import neo4j

from graph.migrations import migrate

_BATCHES = """
MATCH (n)
WHERE NOT n:Migration
CALL (n) {
  DETACH DELETE n
} IN TRANSACTIONS OF 20000 ROWS
"""


def empty(driver: neo4j.Driver) -> None:
    """Delete everything but the constraints and indexes, which take longer to make than a test takes to run."""
    migrate(driver)
    with driver.session() as session:
        session.run(_BATCHES).consume()
        # What migrations make beside them.
        session.run("MERGE (log:ChangeLog {name: 'changes'}) SET log.number = 0").consume()
        session.run("CREATE (:Clock {name: 'today', today: date(datetime({timezone: 'Europe/Copenhagen'}))})").consume()
