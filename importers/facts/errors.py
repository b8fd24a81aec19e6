"""What may go wrong with a facts file. Nothing is changed by any of them.

SourceError       next    there is no file, or it can't be read
└── FileRejected  next    what makes the file as a whole unreadable
"""

from graph.retry import NEXT
from importers.source import SourceError


class FileRejected(SourceError):
    """The file as a whole is rejected, whatever it means."""

    retry = NEXT
