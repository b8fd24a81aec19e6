"""The source's queries of the graph, and since when its readings have waited at the brake."""

from collections.abc import Collection, Mapping
from datetime import date
from typing import Protocol


class Lookup(Protocol):
    """The graph as it is today. Persons, employments and units are uuids; accounts and groups the source's own keys
    (objectGUID)."""

    def holders(self, hashes: Collection[str]) -> Mapping[str, str]:
        """Hash of a CPR number (today's or former) → the person; unknown ones are omitted."""

    def employed(self, numbers: Collection[str]) -> Mapping[str, tuple[str, str]]:
        """``<institution>:<number>`` (institution may be empty) → (person, employment), if exactly one fits."""

    def persons(self, uuids: Collection[str]) -> frozenset[str]:
        """Those of these uuids that belong to persons."""

    def by_email(self, addresses: Collection[str]) -> Mapping[str, Collection[str]]:
        """Work e-mail in lower case → persons who have it, themselves or through one of today's employments."""

    def by_login(self, system: str, logins: Collection[str]) -> Mapping[str, Collection[str]]:
        """Login, in exactly this spelling → persons who have it today at the ItSystem with this key."""

    def primary_by_hand(self) -> frozenset[str]:
        """Accounts that users have marked as primary."""

    def siblings(self, persons: Collection[str], accounts: Collection[str]) -> frozenset[str]:
        """Today's accounts of these persons, and of the persons who own these accounts today."""

    def members(self, groups: Collection[str]) -> Mapping[str, frozenset[str]]:
        """Group → accounts and groups that are in it today."""

    def told_of(self, accounts: Collection[str]) -> frozenset[str]:
        """Keys of all statements of the source about persons who own, or owned, these accounts."""

    def employments(self) -> str:
        """The number of employments, as text: it differs if people have come since."""

    def held_since(self) -> date | None:
        """Since when its readings have waited at the brake without a break.

        The next reading ends things on that day, so that the stopped difference stays the same until a user approves
        it.
        """

    def is_holding(self) -> bool:
        """Whether the brake has stopped the current run."""

    def hold(self, day: date) -> None:
        """The reading of the day waits at the brake. No effect if one waits already."""

    def release(self) -> None:
        """The reading was applied, or no longer ends anything. Writes nothing if none waited."""
