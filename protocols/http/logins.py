"""A client's login: the header that goes with each request."""

import base64
import math
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Protocol

EARLY = 60.0
"""Seconds before a token's end at which a new one is fetched."""
_USUAL = 3600.0


class Login(Protocol):
    """``header`` goes with every request; ``renewed`` returns whether it is worth another try after the server refused
    the header ``refused``."""

    def header(self) -> str: ...

    def renewed(self, refused: str) -> bool: ...


@dataclass(frozen=True)
class Fixed:
    """A fixed header."""

    value: str

    @classmethod
    def bearer(cls, token: str) -> "Fixed":
        return cls(f"Bearer {token}")

    @classmethod
    def basic(cls, user: str, password: str) -> "Fixed":
        return cls("Basic " + base64.b64encode(f"{user}:{password}".encode()).decode())

    def header(self) -> str:
        return self.value

    def renewed(self, refused: str) -> bool:
        return False


class Tokens:
    """Bearer tokens that expire (OAuth 2.0 client credentials). One is fetched for all threads that need it.

    ``fetch`` gets a token's answer (RFC 6749 §5.1: ``access_token``, ``expires_in``) and raises HttpError.
    """

    def __init__(self, fetch: Callable[[], Mapping[str, Any]]) -> None:
        self._fetch = fetch
        self._lock = threading.Lock()
        self._header = ""
        self._until = 0.0  # on the monotonic clock

    def header(self) -> str:
        with self._lock:
            if time.monotonic() >= self._until:
                self._renew()
            return self._header

    def renewed(self, refused: str) -> bool:
        """Fetches a token, unless another thread has done so since ``refused`` was sent."""
        with self._lock:
            if refused == self._header:
                self._renew()
            return True

    def _renew(self) -> None:
        begun = time.monotonic()
        told = self._fetch()
        self._header = f"Bearer {told['access_token']}"
        life = _life(told.get("expires_in"))
        self._until = begun + max(life - EARLY, life / 2)


def _life(told: Any) -> float:
    """Seconds of ``expires_in``; an hour where the server leaves it open, or says nothing that can be one."""
    try:
        life = float(told)
    except (TypeError, ValueError, OverflowError):
        return _USUAL
    return life if 0 < life < math.inf else _USUAL
