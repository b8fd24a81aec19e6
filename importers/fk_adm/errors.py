"""Errors of FK-adm (kombit_access.md §1.2). Every error states whether and when to try again.

SourceError            ends the run
├── AccessRefused      certificate or agreement is wrong for every call
├── Unavailable        no answer; it may pass
└── Unreadable         an answer that does not match the description, without which nothing can be read
NotRead                one system or role; the run goes on, and what is known of it stays
"""

from graph.retry import NEVER, NEXT, SOON
from importers.source import SourceError


class AccessRefused(SourceError):
    """Certificate or agreement is wrong for every call."""

    retry = NEVER


class Unavailable(SourceError):
    """FK-adm does not answer, or reports a failure."""

    retry = SOON


class Unreadable(SourceError):
    """The list of systems or roles does not match the description."""

    retry = NEXT


class NotRead(Exception):
    """One system's roles, or one role, could not be read. ``rule`` is for code."""

    def __init__(self, rule: str, text: str) -> None:
        super().__init__(text)
        self.rule = rule
