"""Sessions that do not come from a local account: another identity provider has said who the person is, or the
break-glass account was used. They open REConnect itself, and nothing at other applications.

They last as long as the others (``idp.sessions``), and end when the person has no employment or affiliation left, is
stopped, or dies.
"""

import secrets
from collections.abc import Mapping
from dataclasses import dataclass, fields
from datetime import date, datetime, timedelta
from typing import Any, Literal

import neo4j

from graph.as_of import in_force
from idp.sealing import hash_of
from idp.sessions import LONGEST, opened

Way = Literal["saml", "break_glass"]


@dataclass(frozen=True, slots=True)
class Subject:
    """What another identity provider calls a person, and the session there: by this it is told of the logout."""

    name_id: str
    format: str | None = None
    name_qualifier: str | None = None
    sp_name_qualifier: str | None = None
    session_index: str | None = None


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
    subject: Subject | None = None,
    replaces: str | None = None,
    longest: timedelta = LONGEST,
) -> str:
    """The secret for the cookie. ``subject``: the person at the identity provider. ``replaces``: the secret of the
    browser's session before, which ends."""
    secret = secrets.token_urlsafe(32)
    tx.run(
        """
        OPTIONAL MATCH (old:LoginSession {hash: $replaces})
        DETACH DELETE old
        WITH DISTINCT 1 AS begun
        CREATE (s:LoginSession {
            hash: $hash, index: $index, way: $way, person: $person, break_glass: $break_glass,
            started: $now, authenticated: $now, used: $now, ends: $ends
        })
        SET s += $subject
        """,
        replaces=None if replaces is None else hash_of(replaces),
        hash=hash_of(secret),
        index=f"_{secrets.token_hex(16)}",
        way=way,
        person=person,
        break_glass=break_glass,
        subject={} if subject is None else properties_of(subject),
        now=now,
        ends=now + longest,
    )
    return secret


def session_of(
    tx: neo4j.ManagedTransaction, secret: str, now: datetime, day: date, *, is_use: bool = True
) -> PersonSession | None:
    """The session of a cookie, if it is open. One whose person has left or is stopped, or whose break-glass account is
    closed, is ended."""
    kept = opened(tx, secret, now, is_use=is_use)
    if kept is None or kept.get("way") is None:
        return None
    person, account = kept.get("person"), kept.get("break_glass")
    if not (_is_unsealed(tx, account, now) if person is None else is_active(tx, person, day)):
        end(tx, kept["hash"])
        return None
    return PersonSession(kept["hash"], kept["index"], kept["way"], person, account, kept["ends"].to_native())


def _is_unsealed(tx: neo4j.ManagedTransaction, account: str | None, now: datetime) -> bool:
    """Whether a break-glass account is open."""
    row = tx.run(
        "RETURN EXISTS { MATCH (b:BreakGlass {name: $name}) WHERE b.closes > $now } AS is_open", name=account, now=now
    )
    return bool(row.single(strict=True)["is_open"])


def end(tx: neo4j.ManagedTransaction, session_hash: str) -> Subject | None:
    """End a session; the person at the identity provider that it came from."""
    row = tx.run(
        """
        MATCH (s:LoginSession {hash: $hash})
        WITH s, properties(s) AS was
        DETACH DELETE s
        RETURN was
        """,
        hash=session_hash,
    ).single()
    return None if row is None else subject_in(row["was"])


def end_of_subject(tx: neo4j.ManagedTransaction, name_id: str, indexes: tuple[str, ...]) -> int:
    """End the sessions that came from the identity provider for this name ID; without ``indexes``, all of them."""
    row = tx.run(
        """
        MATCH (s:LoginSession {way: 'saml', subject_name_id: $name_id})
        WHERE size($indexes) = 0 OR s.subject_session_index IN $indexes
        DETACH DELETE s
        RETURN count(*) AS ended
        """,
        name_id=name_id,
        indexes=list(indexes),
    ).single(strict=True)
    return int(row["ended"])


def properties_of(subject: Subject) -> dict[str, str | None]:
    """Properties of a node that has the subject."""
    return {f"subject_{each.name}": getattr(subject, each.name) for each in fields(Subject)}


def subject_in(properties: Mapping[str, Any]) -> Subject | None:
    """The subject in a node's properties."""
    if properties.get("subject_name_id") is None:
        return None
    name_id, *others = (properties.get(f"subject_{each.name}") for each in fields(Subject))
    return Subject(str(name_id), *others)


def is_active(tx: neo4j.ManagedTransaction, person: str, day: date) -> bool:
    """Whether a person has an employment or affiliation on a day, and is neither stopped nor dead."""
    row = tx.run(f"UNWIND [{{person: $person}}] AS s RETURN {IS_ACTIVE} AS is_active", person=person, day=day)
    return bool(row.single(strict=True)["is_active"])


IS_ACTIVE = f"""
    (EXISTS {{
        MATCH (:Person {{uuid: s.person}})-[has:HAS]->()-[state:STATE]->()
        WHERE {in_force("has", "$day")} AND {in_force("state", "$day")}
    }} AND NOT EXISTS {{
        MATCH (:Person {{uuid: s.person}})-[state:STATE]->(values)
        WHERE (values.stopped OR values.dead) AND {in_force("state", "$day")}
    }})"""
"""Whether the person ``s.person`` has an employment or affiliation on ``$day``, and is neither stopped nor dead."""
