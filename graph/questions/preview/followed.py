"""What follows from the organisation by rules of a room above: handed in to a preview, since no arrow points up.

Such rules plan whole periods, and what differs in them need not begin on a day of the change: an account is ready some
days before a first day at work, and stays open for some days after the last.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Literal

from graph.questions.preview.sides import Sides
from graph.questions.preview.standing import OfDay, Standing
from graph.time import Period

Change = Literal["gained", "lost"]


@dataclass(frozen=True, slots=True)
class Difference:
    """A person would gain or lose something on these days, which are today or later."""

    person: str
    change: Change
    standing: Standing
    text: str
    days: Period


@dataclass(frozen=True, slots=True)
class Followed:
    """``persons``: UUIDs of those who were looked at. ``of_day``: what follows from the differences on each day, in
    the graph as it is, and in the graph as it would be. ``days``: by person, those on which something of it begins or
    ends, whether it differs or not."""

    persons: frozenset[str] = frozenset()
    differences: tuple[Difference, ...] = ()
    of_day: tuple[OfDay, OfDay] | None = None
    days: Mapping[str, frozenset[date]] = field(default_factory=dict)


Follow = Callable[[Sides, int, frozenset[str]], Followed]
"""What follows from the changes after this number, for whom they reach by these rules, and for these persons."""
