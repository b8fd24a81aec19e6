"""Errors of a directory. Every error states whether and when to try again.

LdapError
├── ConnectionLost     this controller can't be read, or no longer; another one may work
│   └── Untrusted      its certificate can't be verified; nothing was sent to it, not even the password
├── LoginRejected      it does not accept the account
├── RequestRejected    it understood the request and refuses it, or answers only a part of it
└── Unreadable         the answer does not match the protocol
"""

from graph.retry import NEVER, NEXT, SOON, Retry


class LdapError(Exception):
    """Root. ``retry``: whether and when another try is worth it."""

    retry: Retry = SOON


class ConnectionLost(LdapError):
    """Another controller may answer."""

    retry = SOON


class Untrusted(ConnectionLost):
    """The controller's certificate can't be verified."""

    retry = NEXT


class LoginRejected(LdapError):
    """Another try, at another controller too, would count against the account. ``message``: the controller's own."""

    retry = NEVER

    def __init__(self, controller: str, message: str) -> None:
        super().__init__(f"{controller} rejected the login")
        self.controller = controller
        self.message = message


class RequestRejected(LdapError):
    """An unknown base, a filter, a missing right, a limit."""

    retry = NEXT


class Unreadable(LdapError):
    """The answer does not match the protocol."""

    retry = NEXT
