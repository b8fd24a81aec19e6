"""What belongs to a login: password, second factor, attempts and codes, one record for each local account.

Attempts are counted before the password is checked, in one statement that locks the record: however many come at the
same time, in however many processes, no more than ``ATTEMPTS`` are checked. A lock lasts longer with each further
attempt, and never for ever. Attempts from a device on which the owner has logged in before are counted apart, so that
strangers can't lock an owner out.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

import neo4j

from idp.sealing import hash_of

ATTEMPTS = 5
"""Wrong passwords before an account is locked for strangers, or a device for its owner."""
FIRST_LOCK = timedelta(seconds=30)
LONGEST_LOCK = timedelta(minutes=15)
DEVICE_LIFE = timedelta(days=180)


@dataclass(frozen=True, slots=True)
class Credential:
    """``totp``: the sealed secret of the second factor, once it is confirmed."""

    password: str | None
    totp: str | None


def credential_of(tx: neo4j.ManagedTransaction, account: str) -> Credential | None:
    """What the account has to log in with; None before an invitation is accepted."""
    row = tx.run(
        """
        MATCH (c:LocalCredential {account: $account})
        RETURN c.password AS password, c.totp AS totp
        """,
        account=account,
    ).single()
    return None if row is None else Credential(row["password"], row["totp"])


def begin_attempt(tx: neo4j.ManagedTransaction, account: str, device: str | None, now: datetime) -> bool:
    """Count an attempt at a password or code. False while the account (or the known device) is locked."""
    row = tx.run(
        """
        OPTIONAL MATCH (d:KnownDevice {hash: $device, account: $account})
        WHERE d.until > $now
        CALL (d) {
            WITH d WHERE d IS NULL
            MERGE (c:LocalCredential {account: $account})
            RETURN c AS counted
            UNION
            WITH d WHERE d IS NOT NULL
            RETURN d AS counted
        }
        SET counted.touched = $now
        WITH counted, coalesce(counted.attempts, 0) AS before
        WITH counted, before, counted.locked_until IS NULL OR counted.locked_until <= $now AS is_allowed
        FOREACH (_ IN CASE WHEN is_allowed THEN [1] ELSE [] END |
            SET counted.attempts = before + 1,
                counted.locked_until = CASE
                    WHEN before + 1 < $most THEN null
                    ELSE $now + duration({seconds: $first * 2 ^ CASE WHEN before + 1 - $most > 9 THEN 9
                        ELSE before + 1 - $most END})
                END
        )
        FOREACH (_ IN CASE WHEN is_allowed AND counted.locked_until > $latest THEN [1] ELSE [] END |
            SET counted.locked_until = $latest
        )
        RETURN is_allowed
        """,
        account=account,
        device=None if device is None else _device_hash(device, account),
        now=now,
        most=ATTEMPTS,
        first=FIRST_LOCK.total_seconds(),
        latest=now + LONGEST_LOCK,
    ).single(strict=True)
    return bool(row["is_allowed"])


def end_attempt(
    tx: neo4j.ManagedTransaction, account: str, device: str | None, proven: datetime, now: datetime
) -> bool:
    """The attempt succeeded: the counters start again. False if the account was reset, or got another password, after
    the password was ``proven``."""
    row = tx.run(
        """
        MATCH (c:LocalCredential {account: $account})
        SET c.touched = $now
        WITH c
        WHERE c.password IS NOT NULL AND c.password_set <= $proven
        OPTIONAL MATCH (d:KnownDevice {hash: $device, account: $account})
        FOREACH (each IN [n IN [c, d] WHERE n IS NOT NULL] | SET each.attempts = 0, each.locked_until = null)
        RETURN 1 AS found
        """,
        account=account,
        device=None if device is None else _device_hash(device, account),
        proven=proven,
        now=now,
    ).single()
    return row is not None


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


def _device_hash(device: str, account: str) -> str:
    """One device may be several people's, each with a counter of attempts of their own."""
    return hash_of(f"{device}:{account}")


def keep_password(tx: neo4j.ManagedTransaction, account: str, password: str, now: datetime) -> None:
    """Keep a password (its hash). Codes that were handed out end, and so does every lock."""
    tx.run(
        """
        MERGE (c:LocalCredential {account: $account})
        SET c.password = $password, c.password_set = $now, c.attempts = 0, c.locked_until = null,
            c.invitation = null, c.invitation_until = null
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


def use_invitation(tx: neo4j.ManagedTransaction, account: str, code_hash: str, now: datetime) -> bool:
    """Use the account's code up. False if it isn't the valid one, or was used: of two at the same time, one counts."""
    row = tx.run(
        """
        MATCH (c:LocalCredential {account: $account, invitation: $hash})
        SET c.touched = $now
        WITH c, c.invitation = $hash AND c.invitation_until > $now AS is_valid
        FOREACH (_ IN CASE WHEN is_valid THEN [1] ELSE [] END | REMOVE c.invitation, c.invitation_until)
        RETURN is_valid
        """,
        account=account,
        hash=code_hash,
        now=now,
    ).single()
    return row is not None and bool(row["is_valid"])


def remove_factors(tx: neo4j.ManagedTransaction, account: str) -> None:
    """Take password and second factor away: the account is reset, and its owner gets a new invitation. Its devices may
    be another person's."""
    tx.run(
        """
        MATCH (c:LocalCredential {account: $account})
        REMOVE c.password, c.totp, c.totp_pending, c.totp_step, c.recovery_codes, c.invitation, c.invitation_until
        """,
        account=account,
    )
    tx.run("MATCH (d:KnownDevice {account: $account}) DETACH DELETE d", account=account)
