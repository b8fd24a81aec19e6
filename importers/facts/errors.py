"""Errors of a facts file. None of them changes anything.

SourceError       next    there is no file, or it can't be read
└── FileRejected  next    the file as a whole is unreadable
"""

from graph.retry import NEXT
from importers.source import SourceError


class FileRejected(SourceError):
    """The file as a whole is rejected, whatever it means."""

    retry = NEXT
