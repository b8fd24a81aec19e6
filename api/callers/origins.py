"""The pages that may use the API: those of the service itself, and those of the origins in the settings.

A browser sends its page's origin with every request that a page of another origin makes, with every POST, and with
every websocket. Other clients send none.
"""

from collections.abc import Mapping, Sequence
from urllib.parse import urlsplit

_USUAL = {"http": 80, "https": 443}


def origin(text: str) -> str:
    """An origin as browsers write it: scheme, host, and the port if it is not the scheme's own.

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
    """Whether a websocket may be opened: by a client other than a browser, by a page of our own host, or by an allowed
    one."""
    sent = headers.get("origin")
    if sent is None:
        return True
    try:
        asking = origin(sent)
        own = {origin(f"{scheme}://{headers.get('host', '')}") for scheme in _USUAL}
    except ValueError:
        return False
    return asking in own or asking in allowed


def is_own_page(headers: Mapping[str, str], address: str | None = None) -> bool:
    """Whether a page of this service asks. A browser sends its cookies with requests of any page, and
    states the page's origin.

    ``address``: the public address of this service; None: it is taken from the request. False for a client that says
    nothing: it is no browser, and has no use for a cookie.
    """
    site = headers.get("sec-fetch-site")
    sent = headers.get("origin")
    if site not in (None, "same-origin") or (sent is None and site is None):
        return False
    if sent is None:
        return True
    try:
        asking = origin(sent)
        own = [address] if address else [f"{scheme}://{headers.get('host', '')}" for scheme in _USUAL]
        return asking in map(origin, own)
    except ValueError:
        return False
