"""Errors of an SFTP server. Every error states whether and when to try again.

SftpError
├── UnusableKey     a private key can't be read; nothing was sent
│   └── UnusableHostKey  the pinned host key can't be read
├── OtherHostKey    the server is not the pinned one; nothing was sent, not even the user name
├── LoginRejected   the server does not accept key or password
├── ConnectionLost  the server can't be reached, or the connection broke off
└── FileError       the server refuses this request, such as for a file that is not there; others may go on
"""

from graph.retry import NEVER, NEXT, SOON, Retry


class SftpError(Exception):
    """Root. ``reason``: the server's or the library's text; ``kind``: the library's name of the error."""

    retry: Retry = SOON

    def __init__(self, reason: str, kind: str = "") -> None:
        super().__init__(f"{kind}: {reason}" if kind else reason)
        self.reason = reason
        self.kind = kind


class UnusableKey(SftpError):
    """A person has to put another key in its place."""

    retry = NEXT


class UnusableHostKey(UnusableKey):
    """The pinned value is neither a fingerprint nor a public key."""

    retry = NEXT


class OtherHostKey(SftpError):
    """``shown``: the fingerprint of the server's key; ``pinned``: the one that it should have."""

    retry = NEVER

    def __init__(self, shown: str, pinned: str) -> None:
        super().__init__(f"the server shows the host key {shown}, and {pinned} is pinned")
        self.shown = shown
        self.pinned = pinned


class LoginRejected(SftpError):
    """Each further try counts against the account."""

    retry = NEVER


class ConnectionLost(SftpError):
    """Not reached, or broken off."""

    retry = SOON


class FileError(SftpError):
    """One request is refused; the connection stays open."""

    retry = SOON
