"""Logouts that are under way: which applications were told, and what they have answered."""

import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

import neo4j

from idp.sealing import hash_of

LIFE = timedelta(minutes=10)
State = Literal["told", "ended", "failed", "unreachable"]


@dataclass(frozen=True, slots=True)
class Told:
    """An application that knows the session. ``message``: the ID of our request; empty where there was none."""

    entity_id: str
    message: str
    state: State


@dataclass(frozen=True, slots=True)
class Asked:
    """The application that asked for the logout, and what its answer needs."""

    entity_id: str
    message: str
    relay_state: str | None


@dataclass(frozen=True, slots=True)
class Logout:
    """``asked``: None if the person logged out here."""

    asked: Asked | None
    told: tuple[Told, ...]


def begin(tx: neo4j.ManagedTransaction, asked: Asked | None, told: Sequence[Told], now: datetime) -> str:
    """The name of a new logout."""
    name = secrets.token_urlsafe(32)
    tx.run(
        """
        CREATE (:LoginLogout {hash: $hash, by: $by, message: $message, relay_state: $relay_state, until: $until})
        WITH 1 AS one
        UNWIND $told AS each
        CREATE (:ToldLogout {
            key: each.key, logout: $hash, entity_id: each.entity_id, message: each.message, state: each.state,
            until: $until
        })
        """,
        hash=hash_of(name),
        by=asked and asked.entity_id,
        message=asked and asked.message,
        relay_state=asked and asked.relay_state,
        told=[
            {
                "key": each.message or secrets.token_hex(16),
                "entity_id": each.entity_id,
                "message": each.message,
                "state": each.state,
            }
            for each in told
        ],
        until=now + LIFE,
    )
    return name


def note_answer(tx: neo4j.ManagedTransaction, message: str, entity_id: str, succeeded: bool, now: datetime) -> bool:
    """The application has answered our request ``message``. False if it was not asked, or has answered before."""
    row = tx.run(
        """
        MATCH (t:ToldLogout {key: $message, entity_id: $entity_id})
        SET t.touched = $now
        WITH t
        WHERE t.state = 'told' AND t.until > $now
        SET t.state = $state
        RETURN t.key AS key
        """,
        message=message,
        entity_id=entity_id,
        state="ended" if succeeded else "failed",
        now=now,
    ).single()
    return row is not None


def logout_of(tx: neo4j.ManagedTransaction, name: str, now: datetime) -> Logout | None:
    """The logout, while it is under way."""
    row = tx.run(
        """
        MATCH (l:LoginLogout {hash: $hash})
        WHERE l.until > $now
        RETURN l.by AS by, l.message AS message, l.relay_state AS relay_state,
            COLLECT { MATCH (t:ToldLogout {logout: l.hash}) RETURN [t.entity_id, t.message, t.state] } AS told
        """,
        hash=hash_of(name),
        now=now,
    ).single()
    if row is None:
        return None
    asked = None if row["by"] is None else Asked(row["by"], row["message"], row["relay_state"])
    return Logout(asked, tuple(sorted((Told(*each) for each in row["told"]), key=lambda each: each.entity_id)))


def end(tx: neo4j.ManagedTransaction, name: str) -> bool:
    """End it: it is answered once. False if it was ended already."""
    row = tx.run(
        """
        MATCH (l:LoginLogout {hash: $hash})
        WITH l, l.hash AS hash
        DELETE l
        WITH hash
        OPTIONAL MATCH (t:ToldLogout {logout: hash})
        DELETE t
        RETURN count(*) AS ended
        """,
        hash=hash_of(name),
    ).single(strict=True)
    return bool(row["ended"])
