"""What may go wrong with a release. Nothing is changed by any of them.

Every error states whether and when to try again.

SourceError
├── Unreadable        not a release
├── Unavailable       the place does not answer, or has no release
│   └── NotThere      HTTP 404
├── ReleaseRejected   HTTP 401 or 403
└── OlderRelease      older than the current release
"""

from graph.retry import NEVER, NEXT, SOON
from importers.source import SourceError


class Unreadable(SourceError):
    """It is not a release: a web page, cut off, XML that is refused, another document, a table without its columns."""

    retry = NEXT


class Unavailable(SourceError):
    """The place that it is read from does not answer, or has no release."""

    retry = SOON


class NotThere(Unavailable):
    """The place answers that it has nothing at that address (HTTP 404)."""

    retry = NEXT


class ReleaseRejected(SourceError):
    """The place wants a login, or another one (HTTP 401, 403)."""

    retry = NEVER


class OlderRelease(SourceError):
    """The release is older than the one that is held (kle.md §6.7)."""

    retry = NEXT
