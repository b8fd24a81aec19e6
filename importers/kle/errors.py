"""What may go wrong with a release as a whole. All are SourceError: nothing is changed by them."""

from graph.retry import NEVER, NEXT, SOON
from importers.source import SourceError


class Unreadable(SourceError):
    """It is no release: a web page, cut off, XML that is refused, another document, a table without its columns."""

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
