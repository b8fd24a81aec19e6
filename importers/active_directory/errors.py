"""Errors of a directory. None of them changes anything.

Every error states whether and when to try again.

SourceError
├── ConnectionLost   no controller could be read to the end
│   └── Untrusted    a controller's certificate can't be verified
├── LoginRejected    the service account is refused
├── RequestRejected  a base, a filter, a right, a limit
└── Unreadable       the answer does not match the protocol
"""

from graph.retry import NEVER, NEXT, SOON
from importers.source import SourceError
from protocols.ldap.errors import login_refusal


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
        why, again = login_refusal(message)
        super().__init__(f"{controller} refused the service account: {why}. Check user and password", retry=again)


class RequestRejected(SourceError):
    """The directory rejects the request: an unknown base, a filter, a missing right."""

    retry = NEXT


class Unreadable(SourceError):
    """The answer does not match the protocol."""

    retry = NEXT
