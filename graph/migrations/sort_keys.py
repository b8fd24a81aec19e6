"""What migration 0090 fills in of things that were written before it."""

import neo4j

from graph.collation import SORT_KEY, caption, in_cypher
from graph.model import KINDS
from graph.reading import in_force

_AT_ONCE = 5000


def fill(driver: neo4j.Driver) -> None:
    """The key of each name, and which units are tops; on the day that the copies show. May be repeated."""
    for kind in KINDS:
        name = caption(kind)
        key = in_cypher(f"n.{name}") if name else "''"
        while True:
            rows, _, _ = driver.execute_query(
                f"""
                MATCH (n:{kind})
                WHERE n.{SORT_KEY} IS NULL
                WITH n LIMIT {_AT_ONCE}
                SET n.{SORT_KEY} = {key}
                RETURN count(n) AS filled
                """
            )
            if rows[0]["filled"] < _AT_ONCE:
                break
    driver.execute_query(
        f"""
        MATCH (c:Clock)
        MATCH (n:Unit)
        WHERE n.active AND NOT EXISTS {{ MATCH (n)-[up:PART_OF]->(:Unit) WHERE {in_force("up", "c.today")} }}
        SET n.top = true
        """
    )
