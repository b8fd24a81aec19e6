"""The second factor: time-based one-time passwords (RFC 6238) and recovery codes.

A code is good for one login: the step that it belongs to is remembered, and no earlier one is taken any more. A code of
the step before is taken too, because people type slowly and telephones are behind.
"""

import hmac
import secrets
from datetime import datetime

import neo4j
import pyotp

from idp.sealing import Seal

SECONDS = 30
DIGITS = 6
_BEHIND = 1  # steps
RECOVERY_CODES = 8
_ALPHABET = "abcdefghjkmnpqrstuvwxyz23456789"  # without letters and digits that are taken for each other


def new_secret() -> str:
    """In Base32, as authenticator apps take it."""
    return pyotp.random_base32()


def address(secret: str, login: str, issuer: str) -> str:
    """The otpauth:// address that a QR code shows."""
    return pyotp.TOTP(secret, digits=DIGITS, interval=SECONDS).provisioning_uri(name=login, issuer_name=issuer)


def step_of(secret: str, code: str, now: datetime) -> int | None:
    """The step that a code belongs to; None if it is not a code of now."""
    current = int(now.timestamp()) // SECONDS
    typed = "".join(code.split())
    found = None
    for step in range(current - _BEHIND, current + 1):
        if hmac.compare_digest(pyotp.HOTP(secret, digits=DIGITS).at(step).encode(), typed.encode()):
            found = step
    return found


def use_step(tx: neo4j.ManagedTransaction, account: str, step: int) -> bool:
    """Use a step up. False if it, or a later one, was used: another person has read the code."""
    row = tx.run(
        """
        MATCH (c:LocalCredential {account: $account})
        SET c.touched = timestamp()
        WITH c, coalesce(c.totp_step, -1) < $step AS is_new
        FOREACH (_ IN CASE WHEN is_new THEN [1] ELSE [] END | SET c.totp_step = $step)
        RETURN is_new
        """,
        account=account,
        step=step,
    ).single()
    return row is not None and bool(row["is_new"])


def keep_pending(tx: neo4j.ManagedTransaction, account: str, secret: str, seal: Seal) -> None:
    """A secret that the owner has yet to confirm with a code."""
    tx.run(
        "MATCH (c:LocalCredential {account: $account}) SET c.totp_pending = $sealed",
        account=account,
        sealed=seal.seal(secret.encode(), f"totp:{account}"),
    )


def pending(tx: neo4j.ManagedTransaction, account: str, seal: Seal) -> str | None:
    """The secret that is to be confirmed."""
    row = tx.run(
        "MATCH (c:LocalCredential {account: $account}) RETURN c.totp_pending AS sealed", account=account
    ).single()
    return None if row is None or row["sealed"] is None else opened(row["sealed"], account, seal)


def opened(sealed: str, account: str, seal: Seal) -> str:
    """The secret. Raises WrongSeal."""
    return seal.open(sealed, f"totp:{account}").decode()


def confirm(tx: neo4j.ManagedTransaction, account: str, step: int, code_hashes: list[str]) -> None:
    """The pending secret becomes the second factor, with new recovery codes."""
    tx.run(
        """
        MATCH (c:LocalCredential {account: $account})
        WHERE c.totp_pending IS NOT NULL
        SET c.totp = c.totp_pending, c.totp_pending = null, c.totp_step = $step, c.recovery_codes = $codes
        """,
        account=account,
        step=step,
        codes=code_hashes,
    )


def new_recovery_codes() -> list[str]:
    """Each of 50 random bits: shown once."""
    return [
        "-".join("".join(secrets.choice(_ALPHABET) for _ in range(5)) for _ in range(2)) for _ in range(RECOVERY_CODES)
    ]


def keep_recovery_codes(tx: neo4j.ManagedTransaction, account: str, code_hashes: list[str]) -> None:
    """New ones, instead of those before."""
    tx.run(
        "MATCH (c:LocalCredential {account: $account}) SET c.recovery_codes = $codes",
        account=account,
        codes=code_hashes,
    )


def use_recovery_code(tx: neo4j.ManagedTransaction, account: str, code_hash: str) -> bool:
    """Use one up. False if it is not one of the account's unused codes."""
    row = tx.run(
        """
        MATCH (c:LocalCredential {account: $account})
        SET c.touched = timestamp()
        WITH c, $hash IN coalesce(c.recovery_codes, []) AS is_one
        FOREACH (_ IN CASE WHEN is_one THEN [1] ELSE [] END |
            SET c.recovery_codes = [each IN c.recovery_codes WHERE each <> $hash]
        )
        RETURN is_one
        """,
        account=account,
        hash=code_hash,
    ).single()
    return row is not None and bool(row["is_one"])


def recovery_code_hash(code: str, account: str, seal: Seal) -> str:
    """Keyed, as the code is short; written in any way."""
    compact = "".join(each for each in code.lower() if each.isalnum())
    return seal.fingerprint(f"recovery:{account}:{compact}")
