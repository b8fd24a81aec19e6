"""Reading in several steps what others may change meanwhile.

Each step sees what is committed by then. A limit of before a change and a grant of after it would be together a right
that nobody was ever given.
"""

from collections.abc import Callable
from typing import TypeVar

import neo4j

from graph.change_log import LOG

TRIES = 5
T = TypeVar("T")
Newest = Callable[[neo4j.Session], int | None]


def newest_change(session: neo4j.Session) -> int | None:
    """The number of the newest change."""
    row = session.run("MATCH (log:ChangeLog {name: $log}) RETURN log.number AS number", log=LOG).single()
    return None if row is None else row["number"]


def steadily(session: neo4j.Session, read: Callable[[], tuple[T, int | None]], newest: Newest = newest_change) -> T:
    """What is read while nothing was changed. Where the graph is changed all the time, as by a large import, the last
    of a few readings counts: no answer at all would keep everybody out meanwhile.

    ``read``: what it finds, and the number of the newest change when it began. ``newest``: for callers that read
    something else in the same statement.
    """
    for _ in range(TRIES):
        found, before = read()
        if newest(session) == before:
            break
    return found
