"""What belongs to a login: password, second factor and codes, one record for each local account."""

from dataclasses import dataclass
from datetime import datetime, timedelta

import neo4j

FORGOTTEN_A_DAY = 5
"""Codes for a forgotten password that are sent to one owner in a day."""


@dataclass(frozen=True, slots=True)
class Credential:
    """``totp``: the sealed secret of one-time passwords, once it is confirmed. ``passkeys``: how many there are."""

    password: str | None
    totp: str | None
    passkeys: int = 0

    @property
    def has_second_factor(self) -> bool:
        return self.totp is not None or self.passkeys > 0


def credential_of(tx: neo4j.ManagedTransaction, account: str) -> Credential | None:
    """What the account has to log in with; None before an invitation is accepted."""
    row = tx.run(
        """
        MATCH (c:LocalCredential {account: $account})
        RETURN c.password AS password, c.totp AS totp, COUNT { MATCH (:Passkey {account: $account}) } AS passkeys
        """,
        account=account,
    ).single()
    return None if row is None else Credential(row["password"], row["totp"], row["passkeys"])


def has_what_was_proven(tx: neo4j.ManagedTransaction, account: str, proven: datetime, now: datetime) -> bool:
    """False if the account was reset, or got another password, after the password was ``proven``. Others wait for this
    transaction with that."""
    row = tx.run(
        """
        MATCH (c:LocalCredential {account: $account})
        SET c.touched = $now
        WITH c
        WHERE c.password IS NOT NULL AND c.password_set <= $proven
        RETURN 1 AS found
        """,
        account=account,
        proven=proven,
        now=now,
    ).single()
    return row is not None


def has_passkey(tx: neo4j.ManagedTransaction, account: str, identity: str, now: datetime) -> bool:
    """The same of a passkey: False if it was taken away, or the account was reset."""
    row = tx.run(
        """
        MATCH (k:Passkey {id: $id, account: $account})
        SET k.touched = $now
        RETURN 1 AS found
        """,
        account=account,
        id=identity,
        now=now,
    ).single()
    return row is not None


def keep_password(tx: neo4j.ManagedTransaction, account: str, password: str, now: datetime) -> None:
    """Keep a password (its hash). Codes that were handed out end."""
    tx.run(
        """
        MERGE (c:LocalCredential {account: $account})
        SET c.password = $password, c.password_set = $now, c.invitation = null, c.invitation_until = null,
            c.forgotten = null, c.forgotten_until = null
        """,
        account=account,
        password=password,
        now=now,
    )


def keep_rehashed(tx: neo4j.ManagedTransaction, account: str, before: str, after: str) -> None:
    """The same password, hashed with today's costs; unless it was changed meanwhile."""
    tx.run(
        "MATCH (c:LocalCredential {account: $account, password: $before}) SET c.password = $after",
        account=account,
        before=before,
        after=after,
    )


def keep_invitation(tx: neo4j.ManagedTransaction, account: str, code_hash: str, until: datetime) -> None:
    """A code with which the owner chooses a password. An earlier one ends."""
    tx.run(
        """
        MERGE (c:LocalCredential {account: $account})
        SET c.invitation = $hash, c.invitation_until = $until
        """,
        account=account,
        hash=code_hash,
        until=until,
    )


def keep_forgotten(tx: neo4j.ManagedTransaction, account: str, code_hash: str, now: datetime, life: timedelta) -> bool:
    """A code for an owner who has forgotten the password. False if the one before has more than half its life left, so
    that strangers neither end it nor fill a mailbox; after some in a day; and for an account that nothing was ever
    chosen for, which takes an invitation."""
    row = tx.run(
        """
        MATCH (c:LocalCredential {account: $account})
        SET c.touched = $now
        WITH c
        WHERE (c.password IS NOT NULL OR EXISTS { MATCH (:Passkey {account: $account}) })
            AND (c.forgotten_until IS NULL OR c.forgotten_until <= $half)
        WITH c, [each IN coalesce(c.forgotten_asked, []) WHERE each > $yesterday] AS asked
        WHERE size(asked) < $most
        SET c.forgotten = $hash, c.forgotten_until = $until, c.forgotten_asked = asked + $now
        RETURN 1 AS kept
        """,
        account=account,
        hash=code_hash,
        until=now + life,
        half=now + life / 2,
        yesterday=now - timedelta(days=1),
        most=FORGOTTEN_A_DAY,
        now=now,
    ).single()
    return row is not None


def use_invitation(tx: neo4j.ManagedTransaction, account: str, code_hash: str, now: datetime) -> bool:
    """Use the account's code up: an invitation, or one for a forgotten password. False if it isn't a valid one, or was
    used: of two at the same time, one counts."""
    row = tx.run(
        """
        MATCH (c:LocalCredential {account: $account})
        WHERE c.invitation = $hash OR c.forgotten = $hash
        SET c.touched = $now
        WITH c, (c.invitation = $hash AND c.invitation_until > $now)
            OR (c.forgotten = $hash AND c.forgotten_until > $now) AS is_valid
        FOREACH (_ IN CASE WHEN is_valid THEN [1] ELSE [] END |
            REMOVE c.invitation, c.invitation_until, c.forgotten, c.forgotten_until
        )
        RETURN coalesce(is_valid, false) AS is_valid
        """,
        account=account,
        hash=code_hash,
        now=now,
    ).single()
    return row is not None and bool(row["is_valid"])


def remove_factors(tx: neo4j.ManagedTransaction, account: str) -> None:
    """Take password and second factor away: the account is reset, and its owner gets a new invitation."""
    tx.run(
        """
        MATCH (c:LocalCredential {account: $account})
        REMOVE c.password, c.totp, c.totp_pending, c.totp_step, c.recovery_codes, c.invitation, c.invitation_until,
            c.forgotten, c.forgotten_until
        """,
        account=account,
    )
