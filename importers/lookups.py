"""Look-ups of one thing each inside a run, and the consequence of a failure for the run.

A fault of one look-up is listed, the rest goes on, and the source looks that thing up again. The same fault in every
look-up is the source's own, and stops the run.
"""

import re
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Generic, TypeVar

from importers.source import SourceError

T = TypeVar("T")
_ENOUGH = 10
"""After this many look-ups with a fault, and without any answer, there are no more: each may take a minute of
attempts."""

_OWN = re.compile(r"'[^']*'|\d+")
"""Replaces the details of one thing in a fault's text."""


@dataclass(frozen=True)
class Answered(Generic[T]):
    """The result of a look-up: ``answer``, or the ``fault`` that it met."""

    answer: T | None
    fault: SourceError | None = None


@dataclass
class Lookups:
    """The answers and failures of a run, by the kind of look-up. ``faults``: those that may concern one thing only;
    other errors pass."""

    faults: tuple[type[SourceError], ...]
    _answered: Counter[str] = field(default_factory=Counter)
    _failed: dict[str, dict[str, SourceError]] = field(default_factory=dict)

    def ask(self, kind: str, of: str, question: Callable[[], T]) -> Answered[T]:
        """Make a look-up, and note its result. ``of``: the thing; it may be looked up several times.

        Raises the fault if so many have met it that it must affect all.
        """
        try:
            answer = question()
        except self.faults as fault:
            failed = self._failed.setdefault(kind, {})
            failed[of] = fault
            if len(failed) >= _ENOUGH:
                self.require_answers()
            return Answered(None, fault)
        self._answered[kind] += 1
        return Answered(answer)

    def require_answers(self) -> None:
        """Raises the fault if look-ups of a kind met it for several things, and none of that kind was answered."""
        for kind, failed in self._failed.items():
            faults = [*failed.values()]
            alike = {_OWN.sub("", f"{type(each).__name__} {each}") for each in faults}
            if not self._answered[kind] and len(faults) > 1 and len(alike) == 1:
                raise faults[0]
