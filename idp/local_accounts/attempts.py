"""Attempts at passwords and codes: how many are checked, and when an account is locked for whom.

A lock must not become a weapon against the account's owner, so three counters bound what can be guessed:

- A device on which the owner has logged in has its own. Ten attempts are checked, then one every two minutes at least:
  a colleague at a shared machine can hold the owner up, and no longer than that.
- Other devices are counted by the network that they are in: five attempts, then locks of 30 seconds to a quarter of an
  hour. Strangers elsewhere do not lock the owner's new telephone.
- All other devices together have a hundred attempts, and one more every quarter of an hour: what many networks can
  guess in a year is bounded too. The owner's own devices, passkeys and a new code from the manager still open the
  account.

A counter without an attempt for a day begins again, and a login ends the counters of the device and its network. No
lock is for ever. Attempts are counted before the password is checked, under a lock of the account's record: however
many come at the same time, in however many processes, no more are checked.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import neo4j

from idp.sealing import hash_of
from protocols.networks import network_of

FORGOTTEN = timedelta(days=1)
"""A counter without an attempt for this long begins again."""
DEVICE_LIFE = timedelta(days=180)
STRANGERS = 100
"""Attempts at an account from all unknown devices together."""
ANOTHER = timedelta(minutes=15)
"""Until there is one more."""


@dataclass(frozen=True, slots=True)
class Limit:
    """``attempts``: wrong ones before the lock; each further one doubles it, from ``first`` to ``longest``."""

    attempts: int
    first: timedelta
    longest: timedelta

    def counted(self, before: int, last: datetime | None, locked: datetime | None, now: datetime) -> "Count | None":
        """The counter after one more attempt; None while it is locked. ``last``: the attempt before."""
        if locked is not None and locked > now:
            return None
        attempts = 1 if last is None or last + FORGOTTEN <= now else before + 1
        over = attempts - self.attempts
        until = None if over < 0 else now + min(self.longest, self.first * 2 ** min(over, 20))
        return Count(attempts, until)


@dataclass(frozen=True, slots=True)
class Count:
    """A counter: the attempts so far, and until when there is no further one."""

    attempts: int
    locked_until: datetime | None


STRANGER = Limit(5, timedelta(seconds=30), timedelta(minutes=15))
OWN_DEVICE = Limit(10, timedelta(seconds=30), timedelta(minutes=2))


def begin_attempt(
    tx: neo4j.ManagedTransaction, account: str, device: str | None, address: str | None, now: datetime
) -> bool:
    """Count an attempt at a password or code. False while the device, or the network of ``address``, is locked."""
    known = tx.run(
        """
        MATCH (d:KnownDevice {hash: $hash, account: $account})
        WHERE d.until > $now
        SET d.touched = $now
        RETURN d.attempts AS attempts, d.attempted AS last, d.locked_until AS locked
        """,
        hash=None if device is None else _device_hash(device, account),
        account=account,
        now=now,
    ).single()
    if known is not None:
        counted = _next(OWN_DEVICE, known, now)
        if counted is not None:
            tx.run(
                """
                MATCH (d:KnownDevice {hash: $hash})
                SET d.attempts = $attempts, d.attempted = $now, d.locked_until = $until
                """,
                hash=_device_hash(device or "", account),
                attempts=counted.attempts,
                until=counted.locked_until,
                now=now,
            )
        return counted is not None
    return _from_a_stranger(tx, account, address, now)


def _from_a_stranger(tx: neo4j.ManagedTransaction, account: str, address: str | None, now: datetime) -> bool:
    # Touched first: attempts at one account wait for each other.
    kept = tx.run(
        """
        MERGE (c:LocalCredential {account: $account})
        SET c.touched = $now
        RETURN c.strangers_left AS left, c.strangers_at AS at
        """,
        account=account,
        now=now,
    ).single(strict=True)
    left = float(STRANGERS)
    if kept["at"] is not None:
        left = min(left, kept["left"] + max(0.0, (now - kept["at"].to_native()) / ANOTHER))
    if left < 1:
        return False
    network = tx.run(
        """
        MERGE (a:LoginAttempts {key: $key})
        SET a.account = $account
        RETURN a.attempts AS attempts, a.attempted AS last, a.locked_until AS locked
        """,
        key=_network_key(account, address),
        account=account,
    ).single(strict=True)
    counted = _next(STRANGER, network, now)
    if counted is None:
        return False
    tx.run(
        """
        MATCH (c:LocalCredential {account: $account})
        SET c.strangers_left = $left, c.strangers_at = $now
        WITH c
        MATCH (a:LoginAttempts {key: $key})
        SET a.attempts = $attempts, a.attempted = $now, a.locked_until = $until, a.until = $forgotten
        """,
        account=account,
        key=_network_key(account, address),
        left=left - 1,
        attempts=counted.attempts,
        until=counted.locked_until,
        forgotten=now + FORGOTTEN,
        now=now,
    )
    return True


def end_attempts(
    tx: neo4j.ManagedTransaction, account: str, device: str | None, address: str | None, now: datetime
) -> None:
    """The owner has logged in: the counters of the device, its network and the account begin again."""
    tx.run(
        """
        MATCH (c:LocalCredential {account: $account})
        REMOVE c.strangers_left, c.strangers_at
        WITH c
        OPTIONAL MATCH (d:KnownDevice {hash: $hash, account: $account})
        REMOVE d.attempts, d.attempted, d.locked_until
        WITH c
        OPTIONAL MATCH (a:LoginAttempts {key: $key})
        DELETE a
        """,
        account=account,
        hash=None if device is None else _device_hash(device, account),
        key=_network_key(account, address),
        now=now,
    )


def unlock(tx: neo4j.ManagedTransaction, account: str) -> bool:
    """End every lock of an account. False if there was none to end."""
    row = tx.run(
        """
        OPTIONAL MATCH (c:LocalCredential {account: $account})
        WITH c, c.strangers_left IS NOT NULL AS counted
        REMOVE c.strangers_left, c.strangers_at
        WITH counted, COLLECT { MATCH (a:LoginAttempts {account: $account}) RETURN a } AS networks,
            COLLECT { MATCH (d:KnownDevice {account: $account}) WHERE d.attempts IS NOT NULL RETURN d } AS devices
        FOREACH (each IN networks | DELETE each)
        FOREACH (each IN devices | REMOVE each.attempts, each.attempted, each.locked_until)
        RETURN counted OR size(networks) + size(devices) > 0 AS ended
        """,
        account=account,
    ).single(strict=True)
    return bool(row["ended"])


def remember_device(tx: neo4j.ManagedTransaction, account: str, device: str, now: datetime) -> None:
    """A device on which the owner has logged in or chosen a password: its attempts are counted apart from those of
    strangers."""
    tx.run(
        """
        MERGE (d:KnownDevice {hash: $hash})
        SET d.account = $account, d.until = $until
        """,
        hash=_device_hash(device, account),
        account=account,
        until=now + DEVICE_LIFE,
    )


def forget_devices(tx: neo4j.ManagedTransaction, account: str) -> None:
    """They may be another person's."""
    tx.run("MATCH (d:KnownDevice {account: $account}) DETACH DELETE d", account=account)


def _next(limit: Limit, kept: neo4j.Record, now: datetime) -> Count | None:
    return limit.counted(kept["attempts"] or 0, _instant(kept["last"]), _instant(kept["locked"]), now)


def _instant(kept: Any) -> datetime | None:
    return None if kept is None else kept.to_native()


def _network_key(account: str, address: str | None) -> str:
    """Not the address: nothing but the log of logins keeps those."""
    return hash_of(f"{account}\n{network_of(address)}")


def _device_hash(device: str, account: str) -> str:
    """One device may be several people's, each with a counter of attempts of their own."""
    return hash_of(f"{device}:{account}")
