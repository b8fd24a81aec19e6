"""Look-ups of one thing each inside a run: what becomes of the run where one of them fails.

A fault that one thing meets is listed, the rest goes on, and the source asks for that thing again. The same fault for
everything that was asked is the source's own, and stops the run.
"""

import re
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Generic, TypeVar

from importers.source import SourceError

T = TypeVar("T")
_ENOUGH = 10
"""Things that met a fault, without any answer, after which no more is asked: each may take a minute of attempts."""

_OWN = re.compile(r"'[^']*'|\d+")
"""What one thing's fault has of that thing."""


@dataclass(frozen=True)
class Answered(Generic[T]):
    """What a question gave: ``answer``, or the ``fault`` that it met."""

    answer: T | None
    fault: SourceError | None = None


@dataclass
class Lookups:
    """What was answered and what failed in a run, by the kind of question. ``faults``: those that may be of one thing
    only; other errors pass."""

    faults: tuple[type[SourceError], ...]
    _answered: Counter[str] = field(default_factory=Counter)
    _failed: dict[str, dict[str, SourceError]] = field(default_factory=dict)

    def ask(self, kind: str, of: str, question: Callable[[], T]) -> Answered[T]:
        """Ask, and note what came of it. ``of``: what it is about; one thing may be asked about several times.

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
        """Raises the fault if questions of a kind met it about several things, and none of that kind was answered."""
        for kind, failed in self._failed.items():
            faults = [*failed.values()]
            alike = {_OWN.sub("", f"{type(each).__name__} {each}") for each in faults}
            if not self._answered[kind] and len(faults) > 1 and len(alike) == 1:
                raise faults[0]
