"""Keeps CPR numbers, tokens, passwords and keys out of every log line."""

import re
from collections.abc import Mapping, MutableMapping
from functools import lru_cache
from typing import Any

from graph.cpr.keyring import PERHAPS_A_NUMBER

HIDDEN = "•••"

_SECRET_NAMES = re.compile(
    r"(^|_|-)(password|passwd|passphrase|pwd|secret|token|authorization|cookie|credentials?|api_?key|private_?key|"
    r"hash_?key|cpr|cpr_?number|cipher|redis_?url)(s)?($|_|-)",
    re.IGNORECASE,
)
_BEARER = re.compile(r"(?i)\b(bearer|basic)\s+[A-Za-z0-9._~+/=-]{8,}")
_ADDRESS_LOGIN = re.compile(r"(?P<scheme>[a-z][a-z0-9+.-]*://)[^/\s:@]*:[^/\s@]+@", re.IGNORECASE)
_NAMED = re.compile(
    r"(?i)(?P<name>[\"']?\b(?:password|passphrase|secret|token|api_?key)\b[\"']?\s*[=:]\s*[\"']?)[^\s\"',;&)}]+"
)
_TOKEN = re.compile(r"\brc_[A-Za-z0-9_-]{8,}")
_PERHAPS = re.compile("[0-9=:]|rc_|[bB](?:[eE][aA][rR]|[aA][sS\u017f])")
"""Matches a part of everything that the patterns find: most texts lack it, and need no further search."""


def redact(value: object) -> Any:
    """``value`` with everything secret replaced, within texts, mappings and sequences.

    Numbers that could be CPR numbers are replaced as well: a log line must not contain a ten-digit number that may
    identify a person.
    """
    if isinstance(value, str):
        return redact_text(value)
    if isinstance(value, bytes):
        return redact_text(value.decode(errors="replace"))
    if isinstance(value, bool) or value is None:
        return value
    if isinstance(value, int):
        return HIDDEN if PERHAPS_A_NUMBER.fullmatch(str(value).rjust(10, "0")) else value
    if isinstance(value, float):
        return value
    if isinstance(value, Mapping):
        return {redact(name): HIDDEN if is_secret_name(str(name)) else redact(inner) for name, inner in value.items()}
    if isinstance(value, (list, tuple, set, frozenset)):
        return [redact(inner) for inner in value]
    return redact_text(str(value))


def redact_text(text: str) -> str:
    """``text`` without CPR numbers, bearer tokens, logins in addresses, and values after ``password=`` and the like."""
    if _PERHAPS.search(text) is None:
        return text
    text = _BEARER.sub(rf"\1 {HIDDEN}", text)
    text = _ADDRESS_LOGIN.sub(rf"\g<scheme>{HIDDEN}@", text)
    text = _NAMED.sub(rf"\g<name>{HIDDEN}", text)
    text = _TOKEN.sub(HIDDEN, text)
    return PERHAPS_A_NUMBER.sub(HIDDEN, text)


@lru_cache(maxsize=1024)
def is_secret_name(name: str) -> bool:
    """Whether the value with this name is never shown."""
    return _SECRET_NAMES.search(name) is not None


def processor(_logger: object, _method: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """The structlog step; placed last before rendering, after tracebacks have become text."""
    for name in list(event):
        if name in ("timestamp", "level"):
            continue
        event[name] = HIDDEN if is_secret_name(name) else redact(event[name])
    return event
