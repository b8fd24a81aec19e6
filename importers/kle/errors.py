"""What may go wrong with a release as a whole. All are SourceError: nothing is changed by them."""

from importers.source import SourceError


class Unreadable(SourceError):
    """It is no release: a web page, cut off, XML that is refused, another document, a table without its columns."""


class Unavailable(SourceError):
    """The place that it is read from does not answer, or has no release."""


class NotThere(Unavailable):
    """The place answers that it has nothing at that address (HTTP 404)."""


class OlderRelease(SourceError):
    """The release is older than the one that is held (formats/kle.md §6.7)."""
