"""What a person decides about objects at a target: to adopt one that others made, or keep it apart; to accept a
difference; to let one be made again that others have deleted.

Nothing is written at the target. The ledger notes the decision, and the next export carries it out. Meanwhile no export
of the target may run: it would overwrite what is noted.
"""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from datetime import date

import neo4j

from exporters.errors import ExportError
from exporters.objects import adoption, drift
from exporters.objects.adoption import Candidate, NotAdoptable
from exporters.objects.drift import NotAccepted
from exporters.objects.target import Found, ObjectTarget, Ref
from exporters.target import ImageReader
from graph.retry import NEXT, SOON
from graph.time import today

At = Callable[[str], AbstractContextManager[tuple[ObjectTarget, ImageReader]]]
"""The target with this name, and the reader of its image, while no export of it runs. Raises NoSuchTarget, and
TargetBusy while an export runs."""


class NoSuchTarget(ExportError):
    """No target of this name has accounts."""

    retry = NEXT


class TargetBusy(ExportError):
    """An export of the target runs. Decide when it has ended."""

    retry = SOON


class NotDecided(ValueError):
    """There is nothing to decide, or not so; the text states why."""


@dataclass(frozen=True, slots=True)
class Decisions:
    """Each decision raises NotDecided, NoSuchTarget, TargetBusy; those that look at the target also DeliveryError,
    ObjectError, ImageError. ``driver``: the graph in which it is noted, which may be a rehearsal's."""

    at: At

    def candidates(self, driver: neo4j.Driver, target: str, only: Ref | None = None) -> list[Candidate]:
        """Objects that others made, and that fit what the target should have."""
        with self.at(target) as (made, read):
            return adoption.candidates(driver, made, read, today(), only)

    def adopt(self, driver: neo4j.Driver, target: str, ref: Ref, id_: str, why: str) -> None:
        """The object (id) becomes ours. It must be one of the candidates."""
        with self._deciding(target) as (made, read):
            adoption.adopt(driver, made, {ref: self._candidate(driver, made, read, ref, id_)}, why)

    def keep_apart(self, driver: neo4j.Driver, target: str, ref: Ref, id_: str, why: str) -> None:
        """The object (id) is another person's: the next export creates ours beside it."""
        with self._deciding(target) as (made, read):
            found = self._candidate(driver, made, read, ref, id_)
            adoption.keep_apart(driver, made, {ref: frozenset({found.id})}, why)

    def accept(
        self, driver: neo4j.Driver, target: str, ref: Ref, field: str, reason: str, user: str, until: date | None
    ) -> None:
        """The difference of this field stays."""
        with self._deciding(target) as (made, _):
            drift.accept(driver, made, ref, field, reason, user, until)

    def make_again(self, driver: neo4j.Driver, target: str, ref: Ref, why: str) -> None:
        """The next export makes the object again."""
        with self._deciding(target) as (made, _):
            drift.make_again(driver, made, ref, why)

    @contextmanager
    def _deciding(self, target: str) -> Iterator[tuple[ObjectTarget, ImageReader]]:
        """A wrong decision is refused once the target has been left: it is no failure of the target's job."""
        problem = ""
        with self.at(target) as both:
            try:
                yield both
            except (NotAdoptable, NotAccepted, NotDecided) as wrong:
                problem = str(wrong)
        if problem:
            raise NotDecided(problem)

    @staticmethod
    def _candidate(driver: neo4j.Driver, made: ObjectTarget, read: ImageReader, ref: Ref, id_: str) -> Found:
        found = (one for each in adoption.candidates(driver, made, read, today(), ref) for one in each.found)
        one = next((each for each in found if each.id == id_), None)
        if one is None:
            raise NotDecided(f"{ref.kind} {ref.key}: {made.name} has no object {id_} that fits it and is not ours.")
        return one
