"""Login sessions: one for each browser, ended by logout, by time, or by the end of the account.

Nothing about a session is remembered outside the graph, and the account is looked at each time, so a session ends
everywhere at once.
"""

import secrets
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

import neo4j

from idp.local_account import LocalAccount, account_of
from idp.sealing import hash_of

LONGEST = timedelta(hours=10)  # a working day
IDLE = timedelta(hours=1)
NOTED = timedelta(minutes=1)
"""How often the last use is written."""


@dataclass(frozen=True, slots=True)
class Session:
    """``authenticated``: when the password was given last. ``index``: what service providers call the session."""

    hash: str
    account: LocalAccount
    index: str
    authenticated: datetime
    two_factors: bool
    ends: datetime


@dataclass(frozen=True, slots=True)
class Visited:
    """A service provider that has an assertion of a session."""

    entity_id: str
    name_id: str
    name_id_format: str


def begin(
    tx: neo4j.ManagedTransaction, account: LocalAccount, two_factors: bool, now: datetime, replaces: str | None = None
) -> tuple[str, Session]:
    """(the secret for the cookie, the session). ``replaces``: the secret before: what it had visited is kept, and it
    ends, so that a person who planted or read it does not have the new one."""
    secret = secrets.token_urlsafe(32)
    session = Session(hash_of(secret), account, f"_{secrets.token_hex(16)}", now, two_factors, now + LONGEST)
    tx.run(
        """
        OPTIONAL MATCH (old:LoginSession {hash: $replaces})
        SET old.touched = $now
        WITH old
        CREATE (s:LoginSession {
            hash: $hash, account: $account, index: CASE WHEN old.account = $account THEN old.index ELSE $index END,
            visited: CASE WHEN old.account = $account THEN old.visited ELSE [] END,
            started: $now, authenticated: $now, two_factors: $two_factors, used: $now, ends: $ends
        })
        DETACH DELETE old
        """,
        replaces=None if replaces is None else hash_of(replaces),
        hash=session.hash,
        account=account.uuid,
        index=session.index,
        now=now,
        two_factors=two_factors,
        ends=session.ends,
    )
    found = session_of(tx, secret, "", now, day=None, known=account)
    assert found is not None
    return secret, found


def session_of(
    tx: neo4j.ManagedTransaction,
    secret: str,
    system: str,
    now: datetime,
    day: date | None,
    known: LocalAccount | None = None,
    *,
    is_use: bool = True,
) -> Session | None:
    """The session of a cookie, if it and its account are open. One whose account has closed is ended. ``is_use``: it
    counts as used now."""
    kept = opened(tx, secret, now, is_use=is_use)
    if kept is None or kept.get("account") is None:
        return None
    account = known
    if account is None:
        assert day is not None
        account = account_of(tx, system, kept["account"], day)
    if account is None or not account.is_open:
        end(tx, kept["hash"])
        return None
    return Session(
        kept["hash"],
        account,
        kept["index"],
        kept["authenticated"].to_native(),
        kept["two_factors"],
        kept["ends"].to_native(),
    )


def opened(tx: neo4j.ManagedTransaction, secret: str, now: datetime, *, is_use: bool) -> dict[str, Any] | None:
    """What is kept of the session of a cookie, however it began; None if it has ended, or was not used for too long.

    Whether its account or person is still open is the caller's to check.
    """
    row = tx.run(
        """
        MATCH (s:LoginSession {hash: $hash})
        WHERE s.ends > $now AND s.used > $idle
        FOREACH (_ IN CASE WHEN $is_use AND s.used < $noted THEN [1] ELSE [] END | SET s.used = $now)
        RETURN properties(s) AS session
        """,
        hash=hash_of(secret),
        now=now,
        idle=now - IDLE,
        noted=now - NOTED,
        is_use=is_use,
    ).single()
    return None if row is None else dict(row["session"])


def end(tx: neo4j.ManagedTransaction, session_hash: str) -> None:
    """End one session."""
    tx.run("MATCH (s:LoginSession {hash: $hash}) DETACH DELETE s", hash=session_hash)


def end_all(tx: neo4j.ManagedTransaction, account: str) -> int:
    """End every session of an account: after a new password, a reset, a stop."""
    row = tx.run(
        "MATCH (s:LoginSession {account: $account}) DETACH DELETE s RETURN count(*) AS ended", account=account
    ).single(strict=True)
    return int(row["ended"])


def end_everybodys(driver: neo4j.Driver) -> None:
    """End every session, also those of other identity providers (``idp.person_sessions``) and of break-glass."""
    driver.execute_query("MATCH (s:LoginSession) DETACH DELETE s")


def end_others(tx: neo4j.ManagedTransaction, session: Session) -> bool:
    """End the account's other sessions: it gets another factor, or loses one. False if this one has ended meanwhile,
    such as by a reset, which nothing may follow that was begun before."""
    row = tx.run(
        """
        MATCH (own:LoginSession {hash: $hash})
        SET own.touched = timestamp()
        WITH own, COLLECT {
            MATCH (other:LoginSession {account: $account})
            WHERE other.hash <> $hash
            RETURN other
        } AS others
        FOREACH (each IN others | DETACH DELETE each)
        RETURN 1 AS is_there
        """,
        account=session.account.uuid,
        hash=session.hash,
    ).single()
    return row is not None


def note_visit(tx: neo4j.ManagedTransaction, session_hash: str, visited: Visited) -> bool:
    """A service provider gets an assertion of the session; it will be told of the logout. False if the session has
    ended: nobody would tell it."""
    row = tx.run(
        """
        MATCH (s:LoginSession {hash: $hash})
        SET s.touched = timestamp()
        WITH s
        SET s.visited = [each IN coalesce(s.visited, []) WHERE NOT each STARTS WITH $entity] + $entry
        RETURN 1 AS noted
        """,
        hash=session_hash,
        entity=f"{visited.entity_id}\n",
        entry="\n".join((visited.entity_id, visited.name_id, visited.name_id_format)),
    ).single()
    return row is not None


def visits(tx: neo4j.ManagedTransaction, session_hash: str) -> list[Visited]:
    """The service providers that have an assertion of the session."""
    row = tx.run("MATCH (s:LoginSession {hash: $hash}) RETURN s.visited AS visited", hash=session_hash).single()
    return [Visited(*each.split("\n")) for each in (row["visited"] if row else None) or []]


def of_visitor(
    tx: neo4j.ManagedTransaction, entity_id: str, name_id: str, indexes: tuple[str, ...]
) -> list[tuple[str, str]]:
    """(hash, index) of the sessions that a service provider may end: it has an assertion of them. Without ``indexes``
    it means all sessions of the name ID."""
    rows = tx.run(
        """
        MATCH (s:LoginSession)
        WHERE (size($indexes) = 0 OR s.index IN $indexes) AND any(each IN s.visited WHERE each STARTS WITH $visit)
        RETURN s.hash AS hash, s.index AS index
        """,
        indexes=list(indexes),
        visit=f"{entity_id}\n{name_id}\n",
    )
    return [(row["hash"], row["index"]) for row in rows]
