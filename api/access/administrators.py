"""Who can give a right that is missing: the nearest holders of the role ``administrator``."""

from collections.abc import Sequence

import neo4j

from api.access.rights import Access
from graph.as_of import in_force
from graph.errors import GraphError
from graph.questions.nearest import nearest
from graph.time import today

ADMINISTRATOR = "administrator"
"""The role of the organisation whose nearest holder is named as the person who can give a right."""


def nearest_administrators(driver: neo4j.Driver, unit: str) -> list[str]:
    """Names of the administrators nearest to a unit (UUID); none where the organisation has no such role."""
    try:
        answer, _ = nearest(driver, ADMINISTRATOR, unit, today())
    except GraphError:
        return []
    rows, _, _ = driver.execute_query(
        "UNWIND $people AS uuid MATCH (p:Person {uuid: uuid}) RETURN coalesce(p.name, uuid) AS name",
        people=[each.person for each in answer.holders],
        routing_=neo4j.RoutingControl.READ,
    )
    return [row["name"] for row in rows]


def administrators_of(driver: neo4j.Driver, access: Access) -> list[str]:
    """Names of the administrators nearest to a caller: from where the person works, or where the roles hold; of a token
    whose roles hold everywhere, from the top."""
    within = sorted(frozenset().union(*access.within.values()))
    rows, _, _ = driver.execute_query(
        _WHERE, person=access.person, within=within, at=today(), routing_=neo4j.RoutingControl.READ
    )
    return nearest_administrators(driver, rows[0]["unit"]) if rows else []


_WHERE = f"""
CALL () {{
    MATCH (:Person {{uuid: $person}})-[has:HAS]->()-[in:IN]->(u:Unit)
    WHERE {in_force("has")} AND {in_force("in")}
    RETURN u, 0 AS turn
    UNION
    UNWIND $within AS uuid
    MATCH (u:Unit {{uuid: uuid}})
    WHERE u.active AND NOT EXISTS {{
        MATCH (u)-[part:PART_OF]->(above:Unit)
        WHERE {in_force("part")} AND above.uuid IN $within
    }}
    RETURN u, 1 AS turn
    UNION
    MATCH (u:Unit)
    WHERE u.active AND NOT EXISTS {{
        MATCH (u)-[part:PART_OF]->(:Unit)
        WHERE {in_force("part")}
    }}
    RETURN u, 2 AS turn
}}
RETURN u.uuid AS unit
ORDER BY turn, unit
LIMIT 1
"""


def who_can_give(names: Sequence[str]) -> str:
    """How a refusal ends. It is empty where no administrator is known."""
    return f"; {', '.join(names)} can give it" if names else ""
