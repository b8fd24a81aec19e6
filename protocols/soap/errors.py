"""Errors of a SOAP call. Every error states whether and when to try again.

SoapError
├── InvalidMessage  our request does not follow the service's description; it was not sent
├── NotTrusted      no TLS connection: one of the two certificates is not accepted, or a file can't be used
├── NoAnswer        no complete answer: the service can't be reached, or it broke off
│   └── TimedOut    ... within the time that is allowed
├── TooLarge        the answer has more bytes than are allowed
└── NotSoap         the answer is not a SOAP message with one element in its body

A fault is an answer, not an error: only the caller knows its meaning (``protocols.soap.message.Fault``).
"""

from graph.retry import NEVER, NEXT, SOON, Retry


class SoapError(Exception):
    """Root. ``retry``: whether and when another try is worth it."""

    retry: Retry = SOON


class InvalidMessage(SoapError):
    """Not sent. ``element`` and ``rule`` describe the mistake; the value is not repeated."""

    retry = NEVER

    def __init__(self, element: str, rule: str) -> None:
        super().__init__(f"{element} is not valid ({rule})")
        self.element = element
        self.rule = rule


class NotTrusted(SoapError):
    """No TLS connection. Nothing was sent."""

    retry = NEVER


class NoAnswer(SoapError):
    """No complete answer."""

    retry = SOON


class TimedOut(NoAnswer):
    """No answer in time."""

    retry = SOON


class TooLarge(SoapError):
    """The answer has more than ``allowed`` bytes; the rest was not read."""

    retry = NEXT

    def __init__(self, allowed: int) -> None:
        super().__init__(f"the answer has more than {allowed} bytes")


class NotSoap(SoapError):
    """The answer is not a SOAP message with one element in its body."""

    retry = NEXT
