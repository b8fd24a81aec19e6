"""Secrets at rest: sealed with AES-256-GCM under a key of the instance that is never in Neo4j.

Each is sealed for one use (such as ``totp:ACCOUNT``): copied to another place in the graph, it does not open.
"""

import base64
import hashlib
import hmac
import os

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from graph.retry import NEXT

SHORTEST_SECRET = 32
"""Characters of the secret that a seal is made with: 16 bytes, written as hexadecimal digits."""
_NONCE = 12  # bytes


class WrongSeal(Exception):
    """A secret that this key does not open: the instance's key was replaced, or the secret was tampered with."""

    retry = NEXT


class Seal:
    """Seals and opens secrets. ``secret``: the instance's own, random, of at least SHORTEST_SECRET characters."""

    def __init__(self, secret: str) -> None:
        self._key = hashlib.blake2b(secret.encode(), digest_size=32, person=b"reconnect idp").digest()

    def seal(self, content: bytes, use: str) -> str:
        """As Base64."""
        nonce = os.urandom(_NONCE)
        return base64.b64encode(nonce + AESGCM(self._key).encrypt(nonce, content, use.encode())).decode()

    def open(self, sealed: str, use: str) -> bytes:
        """Raises WrongSeal."""
        raw = base64.b64decode(sealed)
        try:
            return AESGCM(self._key).decrypt(raw[:_NONCE], raw[_NONCE:], use.encode())
        except InvalidTag as wrong:
            raise WrongSeal(
                "A secret of the identity provider can't be opened with the key of this instance (secret idp_key)."
            ) from wrong

    def fingerprint(self, text: str) -> str:
        """Keyed hash, for codes that are too short to hash alone."""
        return hmac.digest(self._key, text.encode(), "sha256").hex()


def hash_of(secret: str) -> str:
    """Of a random secret of 32 bytes: there is nothing to guess, so a plain hash will do."""
    return hashlib.sha256(secret.encode()).hexdigest()
