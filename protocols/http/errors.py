"""Errors of a server that speaks HTTP. Every error states whether and when to try again.

HttpError
├── NotReached      nothing was sent: no such name, no connection, an address that is not allowed
│   └── NotTrusted  the server's certificate can't be trusted
├── AnswerLost      sent, but no complete answer came: what the server did is unknown
├── TooLarge        the answer is larger than is allowed
├── Diverted        the server redirects to another host; nothing was sent there
├── LoginRefused    401, also with a new token
└── Busy            429 or 503, for longer than a run may wait
"""

from graph.retry import NEVER, SOON, Retry


class HttpError(Exception):
    """Root. ``retry``: whether and when another try is worth it."""

    retry: Retry = SOON

    def __init__(self, text: str, retry: Retry | None = None) -> None:
        super().__init__(text)
        if retry is not None:
            self.retry = retry


class NotReached(HttpError):
    """Nothing was sent."""


class NotTrusted(NotReached):
    """The server's certificate can't be trusted: nothing was sent, not even the token."""

    retry = NEVER


class AnswerLost(HttpError):
    """The request was sent, but no complete answer came: what the server did is unknown."""


class TooLarge(HttpError):
    """The answer is larger than is allowed."""

    retry = NEVER


class Diverted(HttpError):
    """The server redirects to another host, or in circles. Nothing was sent there, not even the token."""

    retry = NEVER


class LoginRefused(HttpError):
    """The server does not accept our login; the text contains its own."""

    retry = NEVER


class Busy(HttpError):
    """The server asks for a longer pause than a run may wait. ``retry``: its end."""
