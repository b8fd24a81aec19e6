"""What migration 0090 fills in of things that were written before it."""

import neo4j

from graph.as_of import in_force
from graph.collation import SORT_KEY, caption, sort_key
from graph.model import KINDS

_AT_ONCE = 5000
# The same text for each kind, so that Neo4j plans it once.
_WITHOUT_KEY = f"""
MATCH (n:$($kind))
WHERE n.{SORT_KEY} IS NULL
RETURN elementId(n) AS id, n[$name] AS name
LIMIT $limit
"""
_SET_KEYS = f"""
UNWIND $rows AS row
MATCH (n)
WHERE elementId(n) = row.id
SET n.{SORT_KEY} = row.key
"""


def fill(driver: neo4j.Driver) -> None:
    """The key of each name, and which units are tops; on the day that the copies show. May be repeated."""
    for kind in KINDS:
        name = caption(kind)
        while rows := driver.execute_query(_WITHOUT_KEY, kind=kind, name=name, limit=_AT_ONCE).records:
            keys = [{"id": row["id"], "key": sort_key(row["name"] or "")} for row in rows]
            driver.execute_query(_SET_KEYS, rows=keys)
    driver.execute_query(
        f"""
        MATCH (c:Clock)
        MATCH (n:Unit)
        WHERE n.active AND NOT EXISTS {{ MATCH (n)-[up:PART_OF]->(:Unit) WHERE {in_force("up", "c.today")} }}
        SET n.top = true
        """
    )
