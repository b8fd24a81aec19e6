"""Errors of a directory. Every error states whether and when to try again.

LdapError
├── ConnectionLost     this controller can't be read, or no longer; another one may work
│   ├── Untrusted      its certificate can't be verified; nothing was sent to it, not even the password
│   └── AnswerLost     it is unknown whether a write took effect
├── LoginRejected      it does not accept the account
├── RequestRejected    it understood the request and refuses it, or answers only a part of it
│   └── WriteRejected  a write, with the controller's code
└── Unreadable         the answer does not match the protocol
"""

import re

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


class AnswerLost(ConnectionLost):
    """The connection ended, or the controller was too busy, while it was asked to write."""

    retry = SOON


class LoginRejected(LdapError):
    """Another try, at another controller too, would count against the account. ``message``: the controller's own."""

    retry = NEVER

    def __init__(self, controller: str, message: str) -> None:
        super().__init__(f"{controller} rejected the login")
        self.controller = controller
        self.message = message


class RequestRejected(LdapError):
    """An unknown base, a filter, a missing right, a limit. ``code``: LDAP's result, if there is one."""

    retry = NEXT

    def __init__(self, text: str, code: int = 0) -> None:
        super().__init__(text)
        self.code = code


class WriteRejected(RequestRejected):
    """``message``: the controller's own text, which begins with Windows' code (0000052D)."""

    retry = NEXT

    def __init__(self, controller: str, code: int, description: str, message: str) -> None:
        super().__init__(f"{controller} answered {description} ({code}){': ' if message else ''}{message[:300]}", code)
        self.message = message


class Unreadable(LdapError):
    """The answer does not match the protocol."""

    retry = NEXT


# active_directory.md §2: AD's codes in the text of a refused login.
_LOGIN = {
    "52e": "user or password is wrong",
    "525": "there is no such user",
    "52f": "a restriction of the account forbids it, such as the group Protected Users, or logins by smart card only",
    "530": "the account may not log in at this hour",
    "531": "the account may not log in from here",
    "532": "its password has expired",
    "533": "the account is disabled",
    "569": "the account lacks the right to log in in this way",
    "701": "the account has expired",
    "773": "its password must be changed",
    "775": "the account is locked",
}
_DATA = re.compile(r"\bdata ([0-9a-f]{3,8})\b")


def login_refusal(message: str) -> tuple[str, Retry]:
    """Why a login was refused, in words, and whether another try is worth it."""
    found = _DATA.search(message)
    why = _LOGIN.get(found[1], f"code {found[1]}") if found else "it gives no reason"
    # At 530 the account is fine; only the hour is wrong.
    return why, NEXT if found and found[1] == "530" else NEVER
