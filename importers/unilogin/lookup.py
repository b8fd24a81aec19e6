"""What the source asks of the graph, and what it remembers there between runs."""

from collections.abc import Collection, Mapping, Sequence
from datetime import date, datetime
from typing import Protocol


class Lookup(Protocol):
    """The graph as it is today. Persons, units and employments are uuids."""

    def units(self) -> Mapping[str, Sequence[str]]:
        """Institution number → the open units that bear it."""

    def employed(self, unit: str) -> Mapping[str, Sequence[str]]:
        """Person → employments that hold today in the unit or below it, sorted."""

    def managers(self, unit: str) -> frozenset[str]:
        """Persons who manage the unit."""

    def holders(self, hashes: Collection[str]) -> Mapping[str, str]:
        """Hash of a CPR number (today's or former) → the person; unknown ones are left out."""

    def own_persons(self, keys: Collection[str] | None) -> Mapping[str, str]:
        """The source's own keys of persons → the person; of these keys, or all."""

    def decided(self) -> Mapping[str, str]:
        """The source's own keys of persons whom people have placed → the person; empty for a new person."""

    def alike(self, names: Collection[str], hashes: Collection[str]) -> Mapping[str, Sequence[str]]:
        """Whole name in small letters, or hash → persons of today who bear it, sorted."""


class Memory(Protocol):
    """Calls are counted here and not in the source's cursor: also one whose answer was never applied has been made."""

    def calls(self, institution: str, day: date) -> int:
        """How many exports of the institution have been asked for on the day."""

    def note_call(self, institution: str, day: date) -> None:
        """One is about to be asked for."""

    def read_at(self, institution: str) -> datetime | None:
        """When it last gave a doubtful export with nothing to write, whose cursor is not stored."""

    def note_read(self, institution: str, moment: datetime) -> None:
        """It has given one. ``moment``: with an offset."""

    def held_since(self, institution: str) -> date | None:
        """Since when its exports wait at the brake without a break.

        What the next one ends, it ends on that day: so the difference that waits stays the same one until somebody
        approves it.
        """

    def is_held(self) -> bool:
        """Whether the brake has held something in the run that is under way. A dry run holds nothing."""

    def hold(self, institution: str, day: date) -> None:
        """Its export of the day waits at the brake; where one waits already, nothing changes."""

    def release(self, institution: str) -> None:
        """Its export has been taken."""
