"""The source's queries of the graph, and what it remembers there between runs."""

from collections.abc import Collection, Mapping, Sequence
from datetime import date, datetime
from typing import Protocol


class Lookup(Protocol):
    """The graph as it is today. Persons, units and employments are uuids."""

    def units(self) -> Mapping[str, Sequence[str]]:
        """Institution number → the open units with that number."""

    def employed(self, unit: str) -> Mapping[str, Sequence[str]]:
        """Person → today's employments in the unit or below it, sorted."""

    def managers(self, unit: str) -> frozenset[str]:
        """Persons who manage the unit."""

    def holders(self, hashes: Collection[str]) -> Mapping[str, str]:
        """Hash of a CPR number (today's or former) → the person; unknown ones are omitted."""

    def own_persons(self, keys: Collection[str] | None) -> Mapping[str, str]:
        """The source's own keys of persons → the person; for these keys, or all."""

    def decided(self) -> Mapping[str, str]:
        """The source's own keys of persons → the person that a user has decided on; empty for a new person."""

    def alike(self, names: Collection[str], hashes: Collection[str]) -> Mapping[str, Sequence[str]]:
        """Whole name in lower case, or hash → today's persons who have it, sorted."""


class Memory(Protocol):
    """Counts calls. The cursor can't, because a call counts even if its answer is never applied."""

    def calls(self, institution: str, day: date) -> int:
        """How many exports of the institution have been requested on the day."""

    def note_call(self, institution: str, day: date) -> None:
        """Count a request that is about to be made."""

    def read_at(self, institution: str) -> datetime | None:
        """When the institution's last doubtful export with nothing to write was read; its cursor is not stored."""

    def note_read(self, institution: str, moment: datetime) -> None:
        """Such an export has been read. ``moment``: with an offset."""

    def held_since(self, institution: str) -> date | None:
        """Since when its exports have waited at the brake without a break.

        The next export ends things on that day, so that the stopped difference stays the same until a user approves it.
        """

    def stopped_so_far(self) -> int:
        """How many institutions the brake has stopped in the current run. A dry run stops nothing."""

    def hold(self, institution: str, day: date) -> None:
        """Its export of the day waits at the brake. No effect if one waits already."""

    def release(self, institution: str) -> None:
        """Its export has been applied."""
