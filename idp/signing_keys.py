"""The identity provider's signing keys in the graph, sealed, with their states.

The first key signs at once. A new one is published beside it, and signs when it has been published for long enough, by
itself or when an administrator says so; the one before stays published a while longer, and is then retired.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

import neo4j
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from idp.saml.keys import PUBLISHED_AHEAD, SigningKey, State, new_key
from idp.sealing import Seal

STAYS = timedelta(days=2)
"""How long a key stays published after another one signs: messages signed with it are still on their way."""


class SigningKeys:
    """The keys of one identity provider. ``entity_id`` is in their certificates."""

    def __init__(self, driver: neo4j.Driver, seal: Seal, entity_id: str) -> None:
        self._driver = driver
        self._seal = seal
        self._entity_id = entity_id
        self._opened: dict[str, SigningKey] = {}

    def published(self, now: datetime) -> list[SigningKey]:
        """Those in the metadata; the first key is made here. What is due is changed first. Raises WrongSeal.

        Each signature asks for them: nothing is written unless something is due.
        """
        with self._driver.session() as session:
            kept = session.execute_read(_kept)
            if _is_due(kept, now):
                session.execute_write(_turn, now)
                kept = session.execute_read(_kept)
            if not any(each["state"] == "active" for each in kept):
                self._add("active", now)
                kept = session.execute_read(_kept)
            return [self._key(each) for each in kept]

    def signing(self, now: datetime) -> SigningKey:
        """The one that signs now."""
        return next(each for each in self.published(now) if each.state == "active")

    def roll_over(self, now: datetime) -> datetime:
        """Publish a new key; the day on which it will sign. One that is published already stays."""
        with self._driver.session() as session:
            kept = session.execute_read(_kept)
        waiting: list[datetime] = [each["since"].to_native() for each in kept if each["state"] == "next"]
        if not waiting:
            self._add("next", now)
            waiting = [now]
        return min(waiting) + PUBLISHED_AHEAD

    def promote(self, now: datetime) -> bool:
        """In an emergency: sign with the next key at once, and retire every one before. False without a next key."""
        with self._driver.session() as session:
            return session.execute_write(_promote_at_once, now)

    def _add(self, state: State, now: datetime) -> None:
        made = new_key(self._entity_id, state, now)
        certificate = made.certificate.public_bytes(Encoding.PEM).decode()
        identity = f"{made.certificate.serial_number:x}"
        # The constraint on the id of the lock makes two processes agree on one key of each state.
        with self._driver.session() as session:
            session.execute_write(
                _add, identity, state, now, certificate, self._seal.seal(made.pem, f"signing key:{identity}")
            )

    def _key(self, kept: dict[str, Any]) -> SigningKey:
        identity, state, since = str(kept["id"]), kept["state"], kept["since"]
        known = self._opened.get(identity)
        if known is not None and known.state == state:
            return known
        pem = self._seal.open(str(kept["sealed"]), f"signing key:{identity}") if known is None else known.pem
        certificate = x509.load_pem_x509_certificate(str(kept["certificate"]).encode())
        self._opened[identity] = SigningKey(pem, certificate, state, since.to_native())
        return self._opened[identity]


def _kept(tx: neo4j.ManagedTransaction) -> Sequence[dict[str, Any]]:
    rows = tx.run(
        """
        MATCH (k:IdpKey)
        WHERE k.state <> 'retired'
        RETURN k {.id, .state, .since, .certificate, .sealed} AS key
        ORDER BY k.since, k.id
        """
    )
    return [row["key"] for row in rows]


def _add(
    tx: neo4j.ManagedTransaction, identity: str, state: State, now: datetime, certificate: str, sealed: str
) -> None:
    """Unless another process was first."""
    tx.run(
        """
        MERGE (lock:IdpKey {id: 'lock'})
        ON CREATE SET lock.state = 'retired'
        SET lock.touched = timestamp()
        WITH lock
        WHERE NOT EXISTS { MATCH (k:IdpKey) WHERE k.state = $state }
        CREATE (:IdpKey {id: $id, state: $state, since: $now, certificate: $certificate, sealed: $sealed})
        """,
        id=identity,
        state=state,
        now=now,
        certificate=certificate,
        sealed=sealed,
    )


def _is_due(kept: Sequence[dict[str, Any]], now: datetime) -> bool:
    waits = {"next": PUBLISHED_AHEAD, "former": STAYS}
    return any(each["state"] in waits and each["since"].to_native() + waits[each["state"]] <= now for each in kept)


def _turn(tx: neo4j.ManagedTransaction, now: datetime) -> None:
    """What is due by the clock."""
    due = tx.run(
        "MATCH (k:IdpKey {state: 'next'}) WHERE k.since <= $ahead RETURN count(k) AS due", ahead=now - PUBLISHED_AHEAD
    ).single(strict=True)
    if due["due"]:
        _promote(tx, now)
    _retire(tx, now - STAYS)


def _promote(tx: neo4j.ManagedTransaction, now: datetime) -> bool:
    row = tx.run(
        """
        MATCH (new:IdpKey {state: 'next'})
        MATCH (old:IdpKey {state: 'active'})
        SET new.state = 'active', new.since = $now, old.state = 'former', old.since = $now
        RETURN count(*) AS promoted
        """,
        now=now,
    ).single(strict=True)
    return bool(row["promoted"])


def _promote_at_once(tx: neo4j.ManagedTransaction, now: datetime) -> bool:
    if not _promote(tx, now):
        return False
    _retire(tx, now)
    return True


def _retire(tx: neo4j.ManagedTransaction, since: datetime) -> None:
    """Those that were followed by then; the secret keys are gone with that."""
    tx.run(
        "MATCH (k:IdpKey {state: 'former'}) WHERE k.since <= $since SET k.state = 'retired', k.sealed = null",
        since=since,
    )
