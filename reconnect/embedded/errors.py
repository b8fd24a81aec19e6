"""Errors of an embedded server. Each error's text states what to do next."""

from graph.retry import NEXT
from reconnect.errors import ProgramError


class EmbeddedError(ProgramError):
    """An embedded server could not be fetched, started or stopped. The text is for the person at the terminal."""

    retry = NEXT


class DownloadFailed(EmbeddedError):
    """A file of Neo4j or GraphiQL could not be fetched, or its checksum is wrong."""


class DiskFull(EmbeddedError):
    """The disk has too little room for the files, data or logs of an embedded server."""


class PortTaken(EmbeddedError):
    """A port that the settings name is in use by another process."""


class Damaged(EmbeddedError):
    """A file of the home was changed or lost."""


class DidNotStart(EmbeddedError):
    """A server ended, or did not answer in time, after its start."""
