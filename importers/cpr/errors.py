"""What may go wrong with Serviceplatformen (cpr.md §3 "Errors"). No text here holds a CPR number."""

from graph.cpr import keyring
from graph.retry import NEVER, SOON
from importers.source import SourceError


def without_numbers(text: str) -> str:
    """Words of the service, short and without anything that looks like a CPR number or its first half."""
    return keyring.without_numbers(" ".join(text.split()))[:300]


class Misconfigured(SourceError):
    """Certificate, agreement or access is wrong: it would be for everybody, so the run ends with one message."""

    retry = NEVER


class LogUnwritable(SourceError):
    """The entry that has to be kept before a call can't be written; then the call is not made (§8.2)."""

    retry = SOON


class NoAnswer(Exception):
    """No answer that can be read: time-out, HTTP 5xx, a gateway's page. It may pass; that person is asked next time.

    ``code`` is what the log of calls keeps.
    """

    def __init__(self, code: str, text: str) -> None:
        super().__init__(without_numbers(text))
        self.code = code


class UnknownNumber(Exception):
    """CPR has no such number (``PNRNotFound``, ``PNR not found``)."""

    code = "PNRNotFound"


class ServiceFault(Exception):
    """Any other fault: an error of that one person. ``code`` and text are the service's own."""

    def __init__(self, code: str, text: str) -> None:
        self.code = without_numbers(code) or "fault"
        super().__init__(f"{self.code}: {without_numbers(text)}")


class UnreadableAnswer(Exception):
    """An answer that is not what the page describes; nothing of it is taken. ``field`` says where."""

    code = "unreadable"

    def __init__(self, field: str, text: str) -> None:
        super().__init__(text)
        self.field = field
