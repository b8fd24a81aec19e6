"""The account for the day on which no other login works: its code is printed once, and lies sealed in a safe.

It works without the identity provider, without ADFS, and whatever has become of the rights in the graph. It closes some
hours after its first use; every use is a loud event.
"""

import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta

import neo4j

from idp import audit, person_sessions
from idp.sealing import hash_of

LIFE_SEALED = timedelta(days=366)
LIFE_OPENED = timedelta(hours=4)
"""From the first use."""


@dataclass(frozen=True, slots=True)
class BreakGlass:
    """``used``: when it was first used."""

    name: str
    made: datetime
    closes: datetime
    used: datetime | None


def make(driver: neo4j.Driver, name: str, now: datetime, by: str) -> str:
    """The code of a new account, shown once. One of the same name ends, with its sessions."""
    code = "-".join(secrets.token_hex(4) for _ in range(5))

    def written(tx: neo4j.ManagedTransaction) -> None:
        _end(tx, name)
        tx.run(
            "CREATE (:BreakGlass {name: $name, hash: $hash, made: $now, closes: $closes})",
            name=name,
            hash=hash_of(_compact(code)),
            now=now,
            closes=now + LIFE_SEALED,
        )
        audit.note(tx, "break_glass_made", now, by=by)

    with driver.session() as session:
        session.execute_write(written)
    return code


def end(driver: neo4j.Driver, name: str) -> bool:
    """End an account and its sessions. False if there is none of this name."""
    with driver.session() as session:
        return session.execute_write(_end, name)


def accounts(driver: neo4j.Driver) -> list[BreakGlass]:
    """All that have not been ended, by name."""
    rows, _, _ = driver.execute_query("MATCH (b:BreakGlass) RETURN b {.*} AS b ORDER BY b.name")
    return [
        BreakGlass(
            row["b"]["name"],
            row["b"]["made"].to_native(),
            row["b"]["closes"].to_native(),
            None if row["b"].get("used") is None else row["b"]["used"].to_native(),
        )
        for row in rows
    ]


def open_(
    driver: neo4j.Driver,
    code: str,
    now: datetime,
    address: str | None,
    replaces: str | None,
    *,
    is_noted: bool = True,
) -> tuple[str, str] | None:
    """(name of the account, secret of a session) for a code; None if it is wrong or the account has closed. What it
    does is in the log of logins; a wrong code only if ``is_noted``."""

    def written(tx: neo4j.ManagedTransaction) -> tuple[str, str] | None:
        row = tx.run(
            """
            MATCH (b:BreakGlass {hash: $hash})
            WHERE b.closes > $now
            SET b.closes = CASE WHEN b.used IS NULL THEN $until ELSE b.closes END, b.used = coalesce(b.used, $now)
            RETURN b.name AS name, b.closes AS closes
            """,
            hash=hash_of(_compact(code)),
            now=now,
            until=now + LIFE_OPENED,
        ).single()
        if row is None:
            if is_noted:
                audit.note(tx, "login_refused", now, why="break_glass", address=address)
            return None
        secret = person_sessions.begin(
            tx,
            "break_glass",
            now,
            break_glass=row["name"],
            replaces=replaces,
            longest=row["closes"].to_native() - now,
        )
        audit.note(tx, "break_glass", now, by=f"break-glass:{row['name']}", address=address)
        return row["name"], secret

    with driver.session() as session:
        return session.execute_write(written)


def _end(tx: neo4j.ManagedTransaction, name: str) -> bool:
    tx.run("MATCH (s:LoginSession {break_glass: $name}) DETACH DELETE s", name=name)
    row = tx.run("MATCH (b:BreakGlass {name: $name}) DETACH DELETE b RETURN count(*) AS ended", name=name).single(
        strict=True
    )
    return bool(row["ended"])


def _compact(code: str) -> str:
    return "".join(each for each in code.lower() if each.isalnum())
