"""Cursors as clients get them: sealed, so that none of what sorts a list, such as names of people, is in a log or an
address that has one.

The same place in a list has the same cursor, in every process with these CPR keys. What was not sealed here is refused.
"""

import base64
import binascii
import hashlib
import os
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESSIV
from graphql import GraphQLError

from graph.cpr.keyring import Keyring


@dataclass(frozen=True)
class CursorSeal:
    """Seals cursors with AES-SIV (RFC 5297), which needs no nonce."""

    _cipher: AESSIV

    @classmethod
    def of(cls, keyring: Keyring) -> "CursorSeal":
        """With a key that follows from the key of hashes, which is not rotated."""
        return cls(AESSIV(hashlib.blake2b(key=keyring.hash_key, person=b"cursors", digest_size=64).digest()))

    @classmethod
    def generate(cls) -> "CursorSeal":
        """With a new random key."""
        return cls(AESSIV(os.urandom(64)))

    def sealed(self, cursor: str | None) -> str | None:
        """``cursor``: the place in the list, as ``api.model.cursors`` has it; None where a page is empty."""
        if cursor is None:
            return None
        return base64.urlsafe_b64encode(self._cipher.encrypt(cursor.encode(), None)).decode().rstrip("=")

    def opening(self, form: Callable[[str], Any]) -> Callable[[str], Any]:
        """``form``, of a sealed cursor. It raises GraphQLError (bad_cursor)."""

        def opened(sealed: str) -> Any:
            try:
                raw = base64.b64decode(sealed + "=" * (-len(sealed) % 4), altchars=b"-_", validate=True)
                return form(self._cipher.decrypt(raw, None).decode())
            except (binascii.Error, ValueError, InvalidTag) as error:
                raise bad_cursor() from error

        return opened


def bad_cursor() -> GraphQLError:
    """The error for a value that is not a cursor of a list."""
    text = "after: give a cursor that this API has returned for this list, in the same order"
    return GraphQLError(text, extensions={"code": "bad_cursor"})
