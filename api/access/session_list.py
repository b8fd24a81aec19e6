"""Sessions as they are listed and ended by people: their own, or another's.

An ended session is gone from the graph, so it ends in every process as soon as it is looked up again.
"""

from dataclasses import dataclass
from datetime import UTC, datetime

import neo4j

from idp import audit
from idp.sessions import IDLE

_OPEN = """
MATCH (s:LoginSession)
WHERE s.ends > $now AND s.used > $idle AND ($id IS NULL OR s.index = $id)
CALL (s) {
    OPTIONAL MATCH (:PlannedAccount {uuid: s.account})-[of:OF_PERSON]->(p:Person)
    RETURN p.uuid AS owner
    ORDER BY of.from DESC
    LIMIT 1
}
WITH s, coalesce(s.person, owner) AS person
WHERE $person IS NULL OR person = $person
"""


@dataclass(frozen=True, slots=True)
class OpenSession:
    """``way``: own, saml or break_glass. ``person``: uuid; None for the break-glass account."""

    id: str
    person: str | None
    way: str
    started: datetime
    used: datetime
    ends: datetime
    two_factors: bool


def open_sessions(driver: neo4j.Driver, person: str | None = None) -> list[OpenSession]:
    """The sessions that are open now, of everybody or of one person; the latest first."""
    now = datetime.now(UTC)
    rows, _, _ = driver.execute_query(
        f"""
        {_OPEN}
        RETURN s.index AS id, person, coalesce(s.way, 'own') AS way, s.started AS started, s.used AS used,
            s.ends AS ends, coalesce(s.two_factors, false) AS two_factors
        ORDER BY s.started DESC, id
        """,
        now=now,
        idle=now - IDLE,
        person=person,
        id=None,
        routing_=neo4j.RoutingControl.READ,
    )
    return [
        OpenSession(**{**row.data(), **{name: row[name].to_native() for name in ("started", "used", "ends")}})
        for row in rows
    ]


def end(driver: neo4j.Driver, by: str, *, id: str | None = None, person: str | None = None) -> int:
    """End one session (``id``), or all of a ``person``; of both, only if it is that person's. How many have ended.

    ``by``: who ends them, for the log of logins.
    """
    if id is None and person is None:
        raise ValueError("give id or person")
    now = datetime.now(UTC)

    def ended(tx: neo4j.ManagedTransaction) -> int:
        rows = tx.run(
            f"""
            {_OPEN}
            WITH s, s.account AS account
            DETACH DELETE s
            RETURN account
            """,
            now=now,
            idle=now - IDLE,
            person=person,
            id=id,
        ).data()
        for row in rows:
            audit.note(tx, "logout", now, account=row["account"], by=by)
        return len(rows)

    with driver.session() as session:
        return session.execute_write(ended)
