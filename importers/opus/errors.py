"""Errors of Opus's files. None of them changes anything.

Every error states whether and when to try again. A SourceError without a class of its own means a place that can't be
read; the error itself has the time of the next try.

SourceError
└── IncompleteFile  cut off, damaged or still being written
Unreadable          one text is not a valid value; the record goes on without it, or is rejected
InDoubt             a file can't be cut with certainty; it is read as a whole instead
"""

from graph.retry import SOON
from importers.source import SourceError


class IncompleteFile(SourceError):
    """The file is cut off, damaged or still being written; nothing of it is applied."""

    retry = SOON


class Unreadable(ValueError):
    """A text that is not a valid value of its type. The message never contains the text, which may be private."""


class InDoubt(Exception):
    """The file can't be cut with certainty."""
