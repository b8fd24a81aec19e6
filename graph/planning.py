"""What Neo4j plans questions on: statistics of the graph, which it looks up anew when it has time for it.

A question that is asked soon after a run has written much, or that was planned before it, is planned on the graph as
it was. After a first import that graph was empty, every index on a period seems to hold nothing, and a walk of
milliseconds takes seconds.
"""

import neo4j
from neo4j.exceptions import DriverError, Neo4jError
from structlog.stdlib import get_logger

from graph.change_log import LOG

MANY = 1000
"""What writes fewer things leaves the plans as good as they were: so small a graph is walked fast in any order."""
SHARE = 0.1
"""Of all changes that the log holds: as much as Neo4j's own threshold for the statistics of an index, twice."""

log = get_logger(__name__)


def replan(driver: neo4j.Driver, written: int, *, of: int | None = None) -> bool:
    """Look up the statistics and forget the plans, if ``written`` things are much for this graph; whether it did.

    ``of``: how many things there are to compare with; by default, how many changes the log holds. Raises nothing: a
    user of Neo4j without the right to do so is no reason to fail a run that has written what it should.
    """
    if written < MANY:
        return False
    try:
        if of is None:
            rows, _, _ = driver.execute_query("MATCH (log:ChangeLog {name: $log}) RETURN log.number AS number", log=LOG)
            of = rows[0]["number"] if rows else 0
        if written < SHARE * of:
            return False
        driver.execute_query("CALL db.prepareForReplanning()")
    except (Neo4jError, DriverError) as failure:
        log.warning("questions may be slow for a while: their plans could not be renewed", failure=str(failure))
        return False
    return True
