"""What the source asks of the graph, and since when its readings wait at the brake."""

from collections.abc import Collection, Mapping
from datetime import date
from typing import Protocol


class Lookup(Protocol):
    """The graph as it is today. Persons, employments and units are uuids; accounts and groups the source's own keys
    (objectGUID)."""

    def holders(self, hashes: Collection[str]) -> Mapping[str, str]:
        """Hash of a CPR number (today's or former) → the person; unknown ones are left out."""

    def employed(self, numbers: Collection[str]) -> Mapping[str, tuple[str, str]]:
        """``<institution>:<number>`` (institution may be empty) → (person, employment), where exactly one fits."""

    def persons(self, uuids: Collection[str]) -> frozenset[str]:
        """Those of these uuids that are persons'."""

    def by_email(self, addresses: Collection[str]) -> Mapping[str, Collection[str]]:
        """Work e-mail in small letters → persons who have it, themselves or with an employment of today."""

    def by_login(self, system: str, logins: Collection[str]) -> Mapping[str, Collection[str]]:
        """Login, exactly so → persons who have it today at the ItSystem with this key."""

    def primary_by_hand(self) -> frozenset[str]:
        """Accounts that people have said are the primary ones."""

    def siblings(self, persons: Collection[str], accounts: Collection[str]) -> frozenset[str]:
        """Accounts of today of these persons, and of those who own these accounts today."""

    def members(self, groups: Collection[str]) -> Mapping[str, frozenset[str]]:
        """Group → accounts and groups that are in it today."""

    def told_of(self, accounts: Collection[str]) -> frozenset[str]:
        """Keys of all that the source has told of the persons who own, or owned, these accounts."""

    def employments(self) -> str:
        """How many there are; another text where people have come since."""

    def held_since(self) -> date | None:
        """Since when its readings wait at the brake without a break.

        What the next one ends, it ends on that day: so the difference that waits stays the same one until somebody
        approves it.
        """

    def is_holding(self) -> bool:
        """Whether the brake has stopped the run that is under way."""

    def hold(self, day: date) -> None:
        """The reading of the day waits at the brake; where one waits already, nothing changes."""

    def release(self) -> None:
        """The reading was taken, or ends nothing any more. Where none waited, nothing is written."""
