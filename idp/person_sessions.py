"""Sessions that do not come from a local account: another identity provider has said who the person is, or the
break-glass account was used. They open REConnect itself, and nothing at other applications.

They last as long as the others (``idp.sessions``), and end when the person has no employment or affiliation left, or is
stopped.
"""

import secrets
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Literal

import neo4j

from graph.as_of import in_force
from idp.sealing import hash_of
from idp.sessions import IDLE, LONGEST, NOTED

Way = Literal["saml", "break_glass"]


@dataclass(frozen=True, slots=True)
class PersonSession:
    """``person``: uuid; None for the break-glass account, whose name is ``account``."""

    hash: str
    index: str
    way: Way
    person: str | None
    account: str | None
    ends: datetime


def begin(
    tx: neo4j.ManagedTransaction,
    way: Way,
    now: datetime,
    *,
    person: str | None = None,
    break_glass: str | None = None,
    subject: str | None = None,
    replaces: str | None = None,
    longest: timedelta = LONGEST,
) -> str:
    """The secret for the cookie. ``subject``: the name ID at the identity provider. ``replaces``: the secret of the
    browser's session before, which ends."""
    secret = secrets.token_urlsafe(32)
    tx.run(
        """
        OPTIONAL MATCH (old:LoginSession {hash: $replaces})
        DETACH DELETE old
        WITH DISTINCT 1 AS begun
        CREATE (s:LoginSession {
            hash: $hash, index: $index, way: $way, person: $person, break_glass: $break_glass, subject: $subject,
            started: $now, authenticated: $now, used: $now, ends: $ends
        })
        """,
        replaces=None if replaces is None else hash_of(replaces),
        hash=hash_of(secret),
        index=f"_{secrets.token_hex(16)}",
        way=way,
        person=person,
        break_glass=break_glass,
        subject=subject,
        now=now,
        ends=now + longest,
    )
    return secret


def session_of(
    tx: neo4j.ManagedTransaction, secret: str, now: datetime, day: date, *, is_use: bool = True
) -> PersonSession | None:
    """The session of a cookie, if it is open. One whose person has left or is stopped, or whose break-glass account is
    closed, is ended."""
    row = tx.run(
        f"""
        MATCH (s:LoginSession {{hash: $hash}})
        WHERE s.way IS NOT NULL AND s.ends > $now AND s.used > $idle
        FOREACH (_ IN CASE WHEN $is_use AND s.used < $noted THEN [1] ELSE [] END | SET s.used = $now)
        RETURN s {{.hash, .index, .way, .person, .break_glass, .ends}} AS session,
            CASE s.way
                WHEN 'break_glass' THEN EXISTS {{
                    MATCH (b:BreakGlass {{name: s.break_glass}})
                    WHERE b.closes > $now
                }}
                ELSE {IS_ACTIVE}
            END AS is_open
        """,
        hash=hash_of(secret),
        now=now,
        day=day,
        idle=now - IDLE,
        noted=now - NOTED,
        is_use=is_use,
    ).single()
    if row is None:
        return None
    kept = row["session"]
    if not row["is_open"]:
        tx.run("MATCH (s:LoginSession {hash: $hash}) DETACH DELETE s", hash=kept["hash"])
        return None
    return PersonSession(
        kept["hash"], kept["index"], kept["way"], kept["person"], kept["break_glass"], kept["ends"].to_native()
    )


def is_active(tx: neo4j.ManagedTransaction, person: str, day: date) -> bool:
    """Whether a person has an employment or affiliation on a day, and is not stopped."""
    row = tx.run(f"UNWIND [{{person: $person}}] AS s RETURN {IS_ACTIVE} AS is_active", person=person, day=day)
    return bool(row.single(strict=True)["is_active"])


IS_ACTIVE = f"""
    (EXISTS {{
        MATCH (:Person {{uuid: s.person}})-[has:HAS]->()-[state:STATE]->()
        WHERE {in_force("has", "$day")} AND {in_force("state", "$day")}
    }} AND NOT EXISTS {{
        MATCH (:Person {{uuid: s.person}})-[state:STATE]->(values)
        WHERE values.stopped AND {in_force("state", "$day")}
    }})"""
"""Whether the person ``s.person`` has an employment or affiliation on ``$day``, and is not stopped."""
