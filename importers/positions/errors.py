"""What may go wrong with the list as a whole. Each ends the run, and nothing is changed by it."""

from graph.retry import NEVER, NEXT, SOON
from importers.source import SourceError


class Unreadable(SourceError):
    """The file is no position list: another form or encoding, broken, a column missing or twice."""

    retry = NEXT


class TooLarge(SourceError):
    """More bytes or rows than the settings allow."""

    retry = NEXT


class Unavailable(SourceError):
    """There is no file, or the address does not answer, is broken or stopped in the middle."""

    retry = SOON


class ListRejected(SourceError):
    """The address wants other credentials (401, 403)."""

    retry = NEVER
