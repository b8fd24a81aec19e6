"""One-time links: a text behind an address, which can be opened once, within a time.

The text is kept encrypted with a key that only the address has (AES-GCM; 256 random bits): who has the store, or its
copy, can't read it. Redis removes it when it is opened, or when its time is over.
"""

import base64
import hashlib
import os
import secrets
from dataclasses import dataclass

import redis
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

PATH = "/secret"
"""Of the page, below the address of REConnect; the code follows."""
_PLACE = "reconnect:link:"
_NONCE = 12
_PATIENCE = 10


@dataclass(frozen=True, slots=True)
class OneTimeLinks:
    """The links that are kept in the Redis at ``redis_url``."""

    redis_url: str

    def make(self, address: str, text: str, hours: float) -> str:
        """The address of a text, below REConnect's own. Raises OSError if it can't be kept."""
        code = secrets.token_urlsafe(32)
        nonce = os.urandom(_NONCE)
        sealed = nonce + AESGCM(_key(code)).encrypt(nonce, text.encode(), None)
        try:
            with self._store() as store:
                store.set(_place(code), base64.b64encode(sealed), ex=max(1, round(hours * 3600)))
        except redis.RedisError as failed:
            raise OSError(f"the link could not be kept: {type(failed).__name__}") from None
        return f"{address.rstrip('/')}{PATH}/{code}"

    def is_there(self, code: str) -> bool:
        """Whether it can still be opened. Raises RedisError."""
        with self._store() as store:
            return bool(store.exists(_place(code)))

    def open(self, code: str) -> str | None:
        """The text, for the first who asks; None for everyone else, and when its time is over. Raises RedisError."""
        with self._store() as store:
            kept = store.getdel(_place(code))
        if not isinstance(kept, bytes):
            return None
        sealed = base64.b64decode(kept)
        try:
            return AESGCM(_key(code)).decrypt(sealed[:_NONCE], sealed[_NONCE:], None).decode()
        except InvalidTag:
            return None

    def _store(self) -> redis.Redis:
        return redis.Redis.from_url(self.redis_url, socket_timeout=_PATIENCE, socket_connect_timeout=_PATIENCE)


def _place(code: str) -> str:
    """Where it is kept: says nothing of the key."""
    return _PLACE + hashlib.sha256(b"place " + code.encode()).hexdigest()


def _key(code: str) -> bytes:
    return hashlib.sha256(b"key " + code.encode()).digest()
