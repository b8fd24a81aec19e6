"""What may go wrong with FK-adm (kombit_access.md §1.2). Every error says whether and when to try again.

SourceError            ends the run
├── AccessRefused      certificate or agreement is wrong for every call
├── Unavailable        no answer; it may pass
└── Unreadable         an answer that is not what the page describes, where nothing can be read without it
NotRead                one system or role; the run goes on, and what is known of it stays
"""

from graph.retry import NEVER, NEXT, SOON
from importers.source import SourceError


class AccessRefused(SourceError):
    """Certificate or agreement is wrong: that holds for every call."""

    retry = NEVER


class Unavailable(SourceError):
    """FK-adm does not answer, or says that it can't."""

    retry = SOON


class Unreadable(SourceError):
    """The list of systems or roles is not what the page describes."""

    retry = NEXT


class NotRead(Exception):
    """One system's roles, or one role. ``rule``: what code branches on."""

    def __init__(self, rule: str, text: str) -> None:
        super().__init__(text)
        self.rule = rule
