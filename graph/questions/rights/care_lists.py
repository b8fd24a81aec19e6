"""Requests and steps by hand as lists for a terminal: names of protected people are left out of them."""

from typing import Any

import neo4j

from graph.model.rights import STEP_OPEN, WAITING

_NAME = """CASE WHEN NOT EXISTS { MATCH (%s)-[:STATE]->(:PersonState {address_protected: true}) } THEN %s.name END"""


def _name(person: str) -> str:
    return _NAME % (person, person)


def requests(session: neo4j.Session, *, everything: bool = False) -> list[dict[str, Any]]:
    """Those that wait, or all that are not over; the oldest wish first."""
    rows = session.run(
        f"""
        MATCH (q:RightsRequest)-[asked:GIVEN_TO]->(whom)
        WHERE q.active AND ($everything OR q.state = $waiting)
        OPTIONAL MATCH (owner:Person)-[:HAS]->(whom)
        WITH q, asked, coalesce(owner, whom) AS person
        OPTIONAL MATCH (q)-[:GIVES]->(right)
        OPTIONAL MATCH (q)-[:EXCEPTED_FROM]->(conflict)
        OPTIONAL MATCH (q)-[:REQUESTED_BY]->(by:Person)
        RETURN q.uuid AS uuid, q.state AS state, coalesce(right.title, right.key) AS gives,
            coalesce(conflict.title, conflict.key) AS exception_to,
            {_name("person")} AS for, {_name("by")} AS requested_by,
            coalesce(q.wanted_from, toString(asked.from)) AS wanted_from, toString(q.to) AS to, q.reason AS reason
        ORDER BY wanted_from, uuid
        """,
        everything=everything,
        waiting=WAITING,
    )
    return [row.data() for row in rows]


def manual_steps(
    session: neo4j.Session, system: str | None = None, person: str | None = None, *, everything: bool = False
) -> list[dict[str, Any]]:
    """Those that are open, or all. ``system``, ``person``: uuids."""
    rows = session.run(
        f"""
        MATCH (s:ManualStep)-[:OF_PERSON]->(p:Person)
        WHERE ($everything OR s.state = $open) AND ($person IS NULL OR p.uuid = $person)
        MATCH (s)-[:AT]->(system:ItSystem)
        WHERE $system IS NULL OR system.uuid = $system
        MATCH (s)-[:STEP_FOR]->(role:SystemRole)
        RETURN s.uuid AS uuid, s.state AS state, s.action AS action, {_name("p")} AS person, s.limits AS limits,
            coalesce(role.title, role.key) AS system_role, coalesce(system.title, system.key) AS system,
            s.done_on AS done_on
        ORDER BY system, system_role, p.uuid, s.step
        """,
        everything=everything,
        open=STEP_OPEN,
        system=system,
        person=person,
    )
    return [row.data() for row in rows]
