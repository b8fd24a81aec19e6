"""Errors of a directory. None of them changes anything.

Every error states whether and when to try again.

SourceError
├── ConnectionLost   no controller could be read to the end
│   └── Untrusted    a controller's certificate can't be verified
├── LoginRejected    the service account is refused
├── RequestRejected  a base, a filter, a right, a limit
└── Unreadable       the answer does not match the protocol
"""

import re

from graph.retry import NEVER, NEXT, SOON
from importers.source import SourceError

# active_directory.md §2: AD's codes in the text of a refused login.
_LOGIN = {
    "52e": "user or password is wrong",
    "525": "there is no such user",
    "530": "the account may not log in at this hour",
    "531": "the account may not log in from here",
    "532": "its password has expired",
    "533": "the account is disabled",
    "701": "the account has expired",
    "773": "its password must be changed",
    "775": "the account is locked",
}
_DATA = re.compile(r"\bdata ([0-9a-f]{3})\b")


class ConnectionLost(SourceError):
    """This controller can't be read, or not to the end; another one may work."""

    retry = SOON


class Untrusted(ConnectionLost):
    """The controller's certificate can't be verified. Nothing was sent to it, not even the password."""

    retry = NEXT


class LoginRejected(SourceError):
    """The directory refused the service account. It is tried once, at one controller: further tries would lock it."""

    retry = NEVER

    def __init__(self, controller: str, message: str) -> None:
        found = _DATA.search(message)
        why = _LOGIN.get(found[1], f"code {found[1]}") if found else "it gives no reason"
        hour = NEXT if found and found[1] == "530" else None  # the account is fine; only the hour is wrong
        super().__init__(f"{controller} refused the service account: {why}. Check user and password", retry=hour)


class RequestRejected(SourceError):
    """The directory rejects the request: an unknown base, a filter, a missing right."""

    retry = NEXT


class Unreadable(SourceError):
    """The answer does not match the protocol."""

    retry = NEXT
