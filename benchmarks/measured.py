"""The result of a benchmark: two figures of the same run, and the ratio to which the goal applies."""

from dataclasses import asdict, dataclass, field
from typing import Literal


@dataclass(frozen=True, slots=True)
class Measured:
    """``ours`` and ``theirs`` in ``unit``; ``ratio``: as in the goal; ``at_most``: the goal is an upper bound.

    ``notes``: figures that explain the ratio (counts, phases).
    """

    what: str
    against: str
    size: str
    unit: Literal["s", "per s", "writes", "MB"]
    ours: float
    theirs: float
    ratio: float
    goal: float
    at_most: bool
    notes: dict[str, float | int | str] = field(default_factory=dict)

    @property
    def met(self) -> bool:
        return self.ratio <= self.goal if self.at_most else self.ratio >= self.goal

    def as_dict(self) -> dict[str, object]:
        return {**asdict(self), "met": self.met}
