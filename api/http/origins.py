"""Which pages may ask: those of the service itself, and those of the origins that the settings name.

A browser sends its page's origin with every request that a page of another origin makes, and with every websocket.
What is no browser sends none.
"""

from collections.abc import Mapping, Sequence
from urllib.parse import urlsplit

_USUAL = {"http": 80, "https": 443}


def origin(text: str) -> str:
    """An origin as browsers write it: scheme, host, and the port where it is not the scheme's own.

    Raises ValueError for anything else: a path, a ``*``, no scheme.
    """
    wrong = f"{text!r} is not an origin. Write https://host or https://host:port, without a path."
    try:
        parts = urlsplit(text.strip().lower())
        port = parts.port
    except ValueError as error:
        raise ValueError(wrong) from error
    named = parts.hostname and "*" not in parts.netloc and "@" not in parts.netloc
    if parts.scheme not in _USUAL or not named or parts.path.strip("/") or parts.query or parts.fragment:
        raise ValueError(wrong)
    host = f"[{parts.hostname}]" if ":" in (parts.hostname or "") else parts.hostname
    return f"{parts.scheme}://{host}" + ("" if port in (None, _USUAL[parts.scheme]) else f":{port}")


def may_ask(headers: Mapping[str, str], allowed: Sequence[str]) -> bool:
    """Whether a websocket may be opened: by what is no page, by a page of our own host, or by one that is allowed."""
    told = headers.get("origin")
    if told is None:
        return True
    try:
        asking = origin(told)
        own = {origin(f"{scheme}://{headers.get('host', '')}") for scheme in _USUAL}
    except ValueError:
        return False
    return asking in own or asking in allowed
