"""Passkeys (WebAuthn level 2): what browsers are asked, how their answers are checked, and how keys are kept.

A passkey is a discoverable credential, and its device has recognised the person: it is two factors by itself, or the
second one after a password. A challenge is bound to the browser and to what it is for, by a keyed hash, so that nothing
is written before an answer is right; it counts once. Attestation is not asked for: which makes of device people own is
not for an employer to know.
"""

import hashlib
import hmac
import json
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

import neo4j
from cryptography.exceptions import UnsupportedAlgorithm
from webauthn import (
    generate_authentication_options,
    generate_registration_options,
    options_to_json,
    verify_authentication_response,
    verify_registration_response,
)
from webauthn.helpers import base64url_to_bytes, bytes_to_base64url
from webauthn.helpers.cose import COSEAlgorithmIdentifier as Algorithm
from webauthn.helpers.exceptions import WebAuthnException
from webauthn.helpers.structs import (
    AuthenticatorSelectionCriteria,
    PublicKeyCredentialDescriptor,
    ResidentKeyRequirement,
    UserVerificationRequirement,
)

from idp.sealing import Seal

MOST = 10
"""Passkeys of one account."""
LONGEST_NAME = 60
CHALLENGE_LIFE = timedelta(minutes=15)
_LARGEST = 60_000  # characters of an answer
_NONCE, _INSTANT = 16, 8  # bytes
_ALGORITHMS = [Algorithm.ECDSA_SHA_256, Algorithm.RSASSA_PKCS1_v1_5_SHA_256, Algorithm.EDDSA]
_MALFORMED = (WebAuthnException, ValueError, TypeError, KeyError, IndexError, AttributeError, UnsupportedAlgorithm)


class BadPasskey(Exception):
    """An answer of a browser that is not a valid one. The text quotes nothing of it."""


@dataclass(frozen=True, slots=True)
class RelyingParty:
    """Who asks: the host of the login pages, what people call it, and the pages' origin."""

    id: str
    name: str
    origin: str


@dataclass(frozen=True, slots=True)
class Passkey:
    """A passkey as it is kept. ``id``, ``handle`` and ``public_key`` in Base64url. ``handle``: what the device calls
    the account."""

    id: str
    account: str
    handle: str
    name: str
    public_key: str
    sign_count: int
    created: datetime
    used: datetime | None


@dataclass(frozen=True, slots=True)
class NewPasskey:
    """A passkey that a device has just made."""

    id: str
    handle: str
    public_key: str
    sign_count: int
    challenge: bytes


class Passkeys:
    """Questions to browsers, and their answers. ``seal``: binds a challenge to its browser."""

    def __init__(self, party: RelyingParty, seal: Seal) -> None:
        self._party = party
        self._seal = seal

    def to_log_in(self, browser: str, now: datetime) -> str:
        """The question for any passkey of this relying party, as JSON."""
        return options_to_json(
            generate_authentication_options(
                rp_id=self._party.id,
                challenge=self._challenge(browser, "login", now),
                timeout=int(CHALLENGE_LIFE.total_seconds() * 1000),
                user_verification=UserVerificationRequirement.REQUIRED,
            )
        )

    def to_make(self, browser: str, use: str, now: datetime, login: str = "", known: Sequence[str] = ()) -> str:
        """The question to make one, as JSON. ``use``: the account, or what else it is for. ``known``: ids of those
        that the account has."""
        challenge = self._challenge(browser, f"make:{use}", now)
        return options_to_json(
            generate_registration_options(
                rp_id=self._party.id,
                rp_name=self._party.name,
                user_id=self._handle(use, challenge),
                user_name=login or "?",
                challenge=challenge,
                timeout=int(CHALLENGE_LIFE.total_seconds() * 1000),
                authenticator_selection=AuthenticatorSelectionCriteria(
                    resident_key=ResidentKeyRequirement.REQUIRED,
                    user_verification=UserVerificationRequirement.REQUIRED,
                ),
                exclude_credentials=[PublicKeyCredentialDescriptor(id=base64url_to_bytes(each)) for each in known],
                supported_pub_key_algs=_ALGORITHMS,
            )
        )

    def made(self, answer: str, browser: str, use: str, now: datetime) -> NewPasskey:
        """What a device has made for a question of ``to_make``. Raises BadPasskey."""
        given = _read(answer)
        challenge = self._checked(given, browser, f"make:{use}", now)
        try:
            found = verify_registration_response(
                credential=given,
                expected_challenge=challenge,
                expected_rp_id=self._party.id,
                expected_origin=self._party.origin,
                require_user_verification=True,
                supported_pub_key_algs=_ALGORITHMS,
            )
        except _MALFORMED as wrong:
            raise BadPasskey("The answer is not that of a device that has made a passkey.") from wrong
        return NewPasskey(
            bytes_to_base64url(found.credential_id),
            bytes_to_base64url(self._handle(use, challenge)),
            bytes_to_base64url(found.credential_public_key),
            found.sign_count,
            challenge,
        )

    def id_of(self, answer: str) -> str:
        """The id of the passkey that an answer claims to come from. Raises BadPasskey."""
        found = _read(answer).get("id")
        if not isinstance(found, str):
            raise BadPasskey("The answer names no passkey.")
        return found

    def proven(self, answer: str, passkey: Passkey, browser: str, now: datetime) -> tuple[int, bytes]:
        """(the device's counter, the challenge, which is to be used up) of an answer to ``to_log_in``. Raises
        BadPasskey."""
        given = _read(answer)
        challenge = self._checked(given, browser, "login", now)
        try:
            handle = given["response"].get("userHandle")
            found = verify_authentication_response(
                credential=given,
                expected_challenge=challenge,
                expected_rp_id=self._party.id,
                expected_origin=self._party.origin,
                credential_public_key=base64url_to_bytes(passkey.public_key),
                credential_current_sign_count=0,  # ``use`` compares it, so that of two at the same time one counts
                require_user_verification=True,
            )
        except _MALFORMED as wrong:
            raise BadPasskey("The answer is not that of the passkey's device.") from wrong
        if handle is not None and handle != passkey.handle:
            raise BadPasskey("The device knows the passkey as another account's.")
        return found.new_sign_count, challenge

    def _challenge(self, browser: str, use: str, now: datetime) -> bytes:
        begun = secrets.token_bytes(_NONCE) + int((now + CHALLENGE_LIFE).timestamp()).to_bytes(_INSTANT, "big")
        return begun + self._mark(begun, browser, use)

    def _checked(self, given: dict[str, Any], browser: str, use: str, now: datetime) -> bytes:
        """The challenge that an answer is to, if it is one of ours for this browser and use."""
        try:
            client = json.loads(base64url_to_bytes(given["response"]["clientDataJSON"]))
            challenge = base64url_to_bytes(client["challenge"])
            crossed = client.get("crossOrigin", False)
        except _MALFORMED as wrong:
            raise BadPasskey("The answer can't be read.") from wrong
        begun, mark = challenge[: _NONCE + _INSTANT], challenge[_NONCE + _INSTANT :]
        if crossed or len(begun) < _NONCE + _INSTANT or not hmac.compare_digest(mark, self._mark(begun, browser, use)):
            raise BadPasskey("The answer is not to a question of ours to this browser.")
        if datetime.fromtimestamp(int.from_bytes(begun[_NONCE:], "big"), UTC) <= now:
            raise BadPasskey("The answer came too late.")
        return challenge

    def _mark(self, begun: bytes, browser: str, use: str) -> bytes:
        return bytes.fromhex(self._seal.fingerprint(f"passkey:{use}:{browser}:{begun.hex()}"))

    def _handle(self, use: str, challenge: bytes) -> bytes:
        """Not the account's uuid, which service providers know. Where the account is not known yet, a handle of its
        own."""
        whose = challenge.hex() if use == INVITATION else use
        return hashlib.sha256(bytes.fromhex(self._seal.fingerprint(f"passkey handle:{whose}"))).digest()


def origin_of(address: str) -> str:
    """The origin of the pages at an address, as browsers write it: without the port that the scheme has anyway."""
    parts = urlsplit(address)
    usual = {"https": 443, "http": 80}.get(parts.scheme)
    host = f"[{parts.hostname}]" if ":" in (parts.hostname or "") else parts.hostname
    return f"{parts.scheme}://{host}" + (f":{parts.port}" if parts.port not in (None, usual) else "")


INVITATION = "invitation"
"""The use of a passkey that is made with an invitation, before it is known for which account."""


def passkey_of(tx: neo4j.ManagedTransaction, identity: str) -> Passkey | None:
    """The passkey with this id."""
    row = tx.run("MATCH (k:Passkey {id: $id}) RETURN k {.*} AS kept", id=identity).single()
    return None if row is None else _kept(row["kept"])


def passkeys_of(tx: neo4j.ManagedTransaction, account: str) -> list[Passkey]:
    """Those of an account, the oldest first."""
    rows = tx.run(
        """
        MATCH (k:Passkey {account: $account})
        RETURN k {.*} AS kept
        ORDER BY k.created, k.id
        """,
        account=account,
    )
    return [_kept(row["kept"]) for row in rows]


def keep(tx: neo4j.ManagedTransaction, account: str, made: NewPasskey, name: str, now: datetime) -> bool:
    """False if the account has as many as it may. Raises ConstraintError: the id is another passkey's."""
    row = tx.run(
        """
        MERGE (c:LocalCredential {account: $account})
        SET c.touched = $now
        WITH c
        WHERE COUNT { MATCH (:Passkey {account: $account}) } < $most
        CREATE (:Passkey {
            id: $id, account: $account, handle: $handle, name: $name, public_key: $public_key,
            sign_count: $sign_count, created: $now
        })
        RETURN 1 AS kept
        """,
        account=account,
        most=MOST,
        id=made.id,
        handle=made.handle,
        name=name[:LONGEST_NAME],
        public_key=made.public_key,
        sign_count=made.sign_count,
        now=now,
    ).single()
    return row is not None


def use(tx: neo4j.ManagedTransaction, identity: str, sign_count: int, now: datetime) -> bool:
    """Note a login. False if the device's counter did not grow: there is a copy of it. Devices without a counter say 0
    each time. False also if the passkey is gone."""
    row = tx.run(
        """
        MATCH (k:Passkey {id: $id})
        SET k.touched = $now
        WITH k, $count > k.sign_count OR ($count = 0 AND k.sign_count = 0) AS is_next
        FOREACH (_ IN CASE WHEN is_next THEN [1] ELSE [] END | SET k.sign_count = $count, k.used = $now)
        RETURN is_next
        """,
        id=identity,
        count=sign_count,
        now=now,
    ).single()
    return row is not None and bool(row["is_next"])


def remove(tx: neo4j.ManagedTransaction, account: str, identity: str) -> bool:
    """Take one away. False if it is not the account's."""
    row = tx.run(
        "MATCH (k:Passkey {id: $id, account: $account}) DELETE k RETURN count(*) AS removed",
        id=identity,
        account=account,
    ).single(strict=True)
    return bool(row["removed"])


def remove_all(tx: neo4j.ManagedTransaction, account: str) -> None:
    """Take all of an account away."""
    tx.run("MATCH (k:Passkey {account: $account}) DELETE k", account=account)


def _read(answer: str) -> dict[str, Any]:
    if len(answer) > _LARGEST:
        raise BadPasskey("The answer is too long.")
    try:
        given = json.loads(answer)
    except (ValueError, RecursionError) as wrong:
        raise BadPasskey("The answer is not JSON.") from wrong
    if not isinstance(given, dict) or not isinstance(given.get("response"), dict):
        raise BadPasskey("The answer is not that of a device.")
    return given


def _kept(kept: dict[str, Any]) -> Passkey:
    used = kept.get("used")
    return Passkey(
        kept["id"],
        kept["account"],
        kept["handle"],
        kept["name"],
        kept["public_key"],
        kept["sign_count"],
        kept["created"].to_native(),
        used and used.to_native(),
    )
