"""The source's query of the graph: the employments, with payroll's data on their positions over time."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Protocol

from graph.time import Period
from importers.positions.matching import PayrollPosition


@dataclass(frozen=True, slots=True)
class Employed:
    """An employment, by uuid; its periods in order, without periods that have neither code nor title."""

    uuid: str
    periods: Sequence[tuple[Period, PayrollPosition]]


class Lookup(Protocol):
    """The graph as it is now."""

    def employments(self) -> Iterator[Employed]:
        """All of them, including past and future ones."""
