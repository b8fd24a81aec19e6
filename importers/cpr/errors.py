"""Errors of Serviceplatformen (cpr.md §3 "Errors") and of the files of changes. No text contains a CPR
number. Every error states whether and when to try again.

SourceError
├── Misconfigured         ends the run: certificate, agreement or access is wrong for every call
│   └── AccessFault       a fault says so; about one person, another one's answer refutes it
├── LogUnwritable         ends the run: the call's log entry can't be written
├── CallError             one call; the run goes on, the next run calls again
│   ├── NoAnswer          no answer that can be read
│   ├── UnknownNumber     CPR has no such number
│   ├── ServiceFault      any other fault
│   └── UnreadableAnswer  does not match the description
├── Unreachable           the directory of the files of changes; its files wait for the next run
│   ├── LoginRejected     the server rejects the login, or has another host key
│   └── UnreadableFile    one file can't be read to its end
└── BadFile               the content of one file is rejected as a whole
"""

from graph.cpr import keyring
from graph.retry import NEVER, NEXT, SOON, Retry
from importers.source import SourceError


def without_numbers(text: str) -> str:
    """The service's own text, shortened, and without anything that looks like a CPR number or its first half."""
    return keyring.without_numbers(" ".join(text.split()))[:300]


class Misconfigured(SourceError):
    """Certificate, agreement or access is wrong for every call, so the run ends with one message."""

    retry = NEVER


class AccessFault(Misconfigured):
    """A fault whose words are about certificate or agreement. The codes are not public, so one person's fault may have
    such words by chance: if another person is answered with the same certificate, it was about that person."""

    retry = NEVER
    code = "Misconfigured"


class LogUnwritable(SourceError):
    """The log entry that must precede a call can't be written, so the call is not made (§8.2), or its result can't."""

    retry = SOON


class CallError(SourceError):
    """Root of the errors of one call. ``code``: for the log of calls."""

    retry: Retry = NEXT
    code: str


class NoAnswer(CallError):
    """No answer that can be read: time-out, HTTP 5xx, a gateway's page. It may pass; the person is looked up next time.

    ``code`` is kept in the log of calls.
    """

    retry = NEXT

    def __init__(self, code: str, text: str) -> None:
        super().__init__(without_numbers(text))
        self.code = code


class UnknownNumber(CallError):
    """CPR has no such number (``PNRNotFound``, ``PNR not found``)."""

    retry = NEXT
    code = "PNRNotFound"


class ServiceFault(CallError):
    """Any other fault: an error of that one person. ``code`` and text are the service's own."""

    retry = NEXT

    def __init__(self, code: str, text: str) -> None:
        self.code = without_numbers(code) or "fault"
        super().__init__(f"{self.code}: {without_numbers(text)}")


class UnreadableAnswer(CallError):
    """An answer that does not match the description; it is not used. ``field`` says where."""

    retry = NEXT
    code = "unreadable"

    def __init__(self, field: str, text: str) -> None:
        super().__init__(text)
        self.field = field


class Unreachable(SourceError):
    """The directory can't be read or written; its files wait for the next run."""

    retry = NEXT
    rule = "unreachable"


class LoginRejected(Unreachable):
    """The server rejects the key, or is not the one in the settings. Every further try counts against the login."""

    retry = NEVER
    rule = "login_refused"


class UnreadableFile(Unreachable):
    """This file can't be read to its end; others can."""

    retry = NEXT
    rule = "unreadable_file"


class BadFile(SourceError):
    """The whole file is rejected; nothing of it is imported."""

    retry = NEXT

    def __init__(self, rule: str, text: str) -> None:
        super().__init__(text)
        self.rule = rule
