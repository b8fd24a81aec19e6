"""What a caller brings: a token in the Authorization header, or the cookie of a session."""

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Credential:
    """``is_session``: it came in a cookie, which a browser sends with requests of any page."""

    secret: str = field(repr=False)
    is_session: bool = False


def bearer(header: str | None) -> Credential | None:
    """Of an Authorization header; None without one. A header of another scheme counts as an invalid token."""
    if not header:
        return None
    scheme, _, secret = header.partition(" ")
    return Credential(secret.strip() if scheme.lower() == "bearer" else "")


def credential_of(header: str | None, cookies: Mapping[str, str], cookie: str | None) -> Credential | None:
    """The header's; without one, the cookie's of this name. None: the caller brings neither."""
    found = bearer(header)
    if found is None and cookie is not None and cookies.get(cookie):
        return Credential(cookies[cookie], is_session=True)
    return found
