"""The exit codes of the ``reconnect`` command, and the errors that lead to them."""

from enum import IntEnum

from graph.retry import NEXT
from reconnect.errors import ProgramError


class Exit(IntEnum):
    """What the shell gets back."""

    OK = 0
    FAILURE = 1
    """The work could not be done; the text on stderr states why, and what to do."""
    USAGE = 2
    """A wrong argument or setting; nothing was done."""
    BRAKE = 3
    """The brake stopped the work; it waits for approval."""
    BAD_RECORDS = 4
    """Done, but some records were bad, and are kept with their reason."""
    INTERRUPTED = 130
    """Ctrl-C or SIGTERM. Running the command again continues where it stopped."""


class CommandFailed(ProgramError):
    """Ends the command with ``code``; the text goes to stderr."""

    retry = NEXT

    def __init__(self, text: str, code: Exit = Exit.FAILURE) -> None:
        super().__init__(text)
        self.code = code
