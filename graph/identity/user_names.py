"""Names of people in the change log, as ``person:UUID``: those who were found to be one person have several."""

import neo4j

PERSON = "person:"
_SAME = """
MATCH (:Person {uuid: $uuid})-[:JOINED_INTO*0..]->(survivor)
WHERE NOT EXISTS { (survivor)-[:JOINED_INTO]->() }
MATCH (other)-[:JOINED_INTO*0..]->(survivor)
RETURN DISTINCT other.uuid AS uuid
"""


def names_of_same(session: neo4j.Session | neo4j.ManagedTransaction, name: str) -> frozenset[str]:
    """The name, and all others of the same person: who was joined into another person is that person."""
    if not name.startswith(PERSON):
        return frozenset({name})
    rows = session.run(_SAME, uuid=name.removeprefix(PERSON))
    return frozenset({name, *(f"{PERSON}{row['uuid']}" for row in rows)})
