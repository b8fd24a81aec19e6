"""Errors of the list. None of them changes anything.

Every error states whether and when to try again.

SourceError
├── Unreadable    not a position list
├── TooLarge      more bytes or rows than the settings allow
├── Unavailable   no file, or no complete answer from the address
└── ListRejected  HTTP 401 or 403
"""

from graph.retry import NEVER, NEXT, SOON
from importers.source import SourceError


class Unreadable(SourceError):
    """The file is not a position list: another form or encoding, broken, a column missing or twice."""

    retry = NEXT


class TooLarge(SourceError):
    """More bytes or rows than the settings allow."""

    retry = NEXT


class Unavailable(SourceError):
    """There is no file, or the address does not answer, fails, or stops in the middle."""

    retry = SOON


class ListRejected(SourceError):
    """The address requires other credentials (401, 403)."""

    retry = NEVER
