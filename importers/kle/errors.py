"""Errors of a release. None of them changes anything.

Every error states whether and when to try again.

SourceError
├── Unreadable        not a release
├── Unavailable       the address does not answer, or has no release
│   └── NotThere      HTTP 404
├── ReleaseRejected   HTTP 401 or 403
└── OlderRelease      older than the current release
"""

from graph.retry import NEVER, NEXT, SOON
from importers.source import SourceError


class Unreadable(SourceError):
    """The content is not a release: a web page, cut off, rejected XML, another document, a table without its
    columns."""

    retry = NEXT


class Unavailable(SourceError):
    """The address does not answer, or has no release."""

    retry = SOON


class NotThere(Unavailable):
    """There is nothing at the address (HTTP 404)."""

    retry = NEXT


class ReleaseRejected(SourceError):
    """The server requires a login, or another one (HTTP 401, 403)."""

    retry = NEVER


class OlderRelease(SourceError):
    """The release is older than the current one (kle.md §6.7)."""

    retry = NEXT
