"""The statistics of the graph by which Neo4j plans queries; it renews them in its own time.

A query soon after a run that has written much, or planned before that run, uses the statistics from before. Before a
first import the graph was empty: every index on a period seems empty, and a walk of milliseconds takes seconds.
"""

import neo4j
from neo4j.exceptions import DriverError, Neo4jError
from structlog.stdlib import get_logger

from graph.change_log import LOG
from graph.rehearsal import Rehearsal

MANY = 1000
"""Fewer written things leave the plans as good as they were: any order is fast in so small a graph."""
SHARE = 0.1
"""Of all changes in the log: twice Neo4j's own threshold for the statistics of an index."""

log = get_logger(__name__)


def replan(driver: neo4j.Driver, written: int, *, of: int | None = None) -> bool:
    """Look up the statistics and forget the plans, if ``written`` things are much for this graph; whether it did.

    ``of``: how many things there are to compare with; by default, the number of changes in the log. Raises nothing: a
    user of Neo4j without the right to do so is no reason to fail a run that has written what it should.
    """
    if written < MANY or isinstance(driver, Rehearsal):  # a rehearsal leaves nothing behind, no forgotten plan either
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
