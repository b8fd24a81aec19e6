"""Who approves: what they may do on the day on which something happens, and whether there is anybody who could."""

from collections.abc import Callable, Iterable

import neo4j

from api.access.caller_names import PERSON
from api.access.held import held_by, held_by_each
from api.access.own_system import SYSTEM
from api.access.rights import Access
from api.access.tokens import accesses_of


def access_today(driver: neo4j.Driver, name: str) -> Access:
    """What a caller of this name in the change log may do today: by all its tokens, and by the rights of the person.

    It has no role if that is nothing: the token is over, or the person has left, is stopped or holds nothing.
    """
    found = accesses_of(driver, name)
    person = name.removeprefix(PERSON) if name.startswith(PERSON) else None
    if person is not None:
        held = held_by(driver, person, name)
        found += [] if held is None else [held]
    return _together(name, person, found)


_MOST = 2_000
"""People who are looked at."""
_CANDIDATES = f"""
MATCH (:ItSystem {{key: $system}})<-[:AT]-(role:SystemRole)
MATCH (gives)-[:INCLUDES*0..10]->(role)
MATCH (g:Grant|RightsRequest {{active: true}})-[:GIVES]->(gives)
MATCH (g)-[:GIVEN_TO]->(to)
WITH DISTINCT to
CALL (to) {{
    WITH to WHERE to:Person
    RETURN to AS person
    UNION
    MATCH (person:Person)-[:HAS]->(to)
    RETURN person
    UNION
    MATCH (person:Person)-[:HAS]->{{0,1}}()-[:HOLDS]->(:Assignment {{active: true}})-[:OF]->(to)
    RETURN person
    UNION
    MATCH (person:Person)-[:HAS]->({{active: true}})-[:AS]->(:Position)-[:WITHIN*0..10]->(to)
    RETURN person
    UNION
    MATCH (to:Unit)<-[:PART_OF*0..20]-(:Unit)<-[:IN]-({{active: true}})<-[:HAS]-(person:Person)
    RETURN person
}}
RETURN DISTINCT person.uuid AS uuid
ORDER BY uuid
LIMIT {_MOST + 1}
"""
"""Whom a grant of REConnect's own rights may reach: all whom it does, and some of whom it asks for more."""


def can_anyone(driver: neo4j.Driver, may: Callable[[Access], bool]) -> bool | None:
    """Whether there is a person who may do something, by the rights in REConnect that they hold today. None: more
    people than are looked at may have these."""
    rows, _, _ = driver.execute_query(_CANDIDATES, system=SYSTEM, routing_=neo4j.RoutingControl.READ)
    people = [row["uuid"] for row in rows]
    if people and any(may(held) for held in held_by_each(driver, people[:_MOST])):
        return True
    return None if len(people) > _MOST else False


def _together(name: str, person: str | None, several: Iterable[Access]) -> Access:
    """A role holds where any of them holds it."""
    everywhere: frozenset[str] = frozenset()
    within: dict[str, frozenset[str]] = {}
    for each in several:
        everywhere |= each.everywhere
        for role, units in each.within.items():
            within[role] = within.get(role, frozenset()) | units
    limited = {role: units for role, units in within.items() if role not in everywhere}
    return Access(name, everywhere | frozenset(limited), person, limited)
