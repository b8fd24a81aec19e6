"""The brake of a target that takes objects: stops a run that would remove more than a set share or count.

Nothing is sent until a person has approved exactly that. If a run ends early, the rest of an approved difference needs
no new approval: it is a part of what was approved.

Closings and removed links count over a window of hours, not only in one run (``graph.runs.limits``). Closings are kept
with the object: one that comes back counts no more, nor does what a STOP closed.
"""

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from graph.runs.limits import exceeds, in_words


class Bound(BaseModel):
    """The limits of what one run does to objects of a kind without closing them: ``share`` or ``count``, whichever is
    less; never ``at_least`` or fewer."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    share: float = Field(default=0.2, ge=0, le=1, description="of the objects that are there")
    count: int = Field(default=200, ge=0)
    at_least: int = Field(default=20, ge=0, description="so many never stop a run, however few there are")

    @property
    def hours(self) -> float:
        """Each run by itself."""
        return 0


class KindBrake(BaseModel):
    """The limits of a kind of object: ``share`` or ``count``, whichever is less; never ``at_least`` or fewer. They are
    of closings and removed links; what else a run may do at most has bounds of its own."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    share: float = Field(default=0.05, ge=0, le=1, description="of the objects that are there, or of their links")
    count: int = Field(default=50, ge=0)
    at_least: int = Field(default=5, ge=0, description="so many never stop a run, however few there are")
    hours: float = Field(
        default=24, ge=0, description="what was taken within so many hours before counts too; 0: only the run's own"
    )
    created: Bound = Field(
        default=Bound(share=1, count=1000, at_least=200), description="new objects, where there are some already"
    )
    moved: Bound = Field(default=Bound(), description="objects that are moved to another place, such as an OU")
    cleared: Bound = Field(default=Bound(), description="objects that lose the same value, such as their title")
    gone: Bound = Field(
        default=Bound(share=0.05, count=50, at_least=5),
        description="objects that a full comparison does not find, and that would be made again",
    )

    def bound(self, what: Literal["created", "moved", "cleared", "gone"]) -> Bound:
        found: Bound = getattr(self, what)
        return found

    def since(self, moment: datetime) -> datetime:
        """The beginning of the window at this moment."""
        return moment - timedelta(hours=self.hours)


class ObjectBrake(KindBrake):
    """The rule for every kind, and the kinds with a rule of their own."""

    kinds: Mapping[str, KindBrake] = Field(default_factory=dict, description="kind → its own rule")

    def of(self, kind: str) -> KindBrake:
        return self.kinds.get(kind, self)


@dataclass(slots=True)
class Taking:
    """What a run would remove of one kind.

    ``total``: objects in use at the target now, without ``closed``; ``links``: of all in use. ``closing``: keys of
    objects that would be disabled or deleted; ``closed``: keys of those that were, within the window; ``unlinked``:
    links that would be removed between objects that stay; ``redefined``: keys and new hashes of objects that another
    definition would change; ``ending``: key → the day from which the target itself would let nobody use an object, if
    that is set, or moved to an earlier one. ``lines`` identify each of these.
    """

    kind: str
    total: int
    links: int
    closing: list[str] = field(default_factory=list)
    closed: frozenset[str] = frozenset()
    unlinked: list[str] = field(default_factory=list)
    redefined: list[str] = field(default_factory=list)
    ending: dict[str, str] = field(default_factory=dict)

    @property
    def before(self) -> list[str]:
        """Keys of those that were closed within the window, and that this run does not close (again)."""
        return sorted(self.closed - {*self.closing, *self.ending}) if self.closing or self.ending else []

    @property
    def lines(self) -> set[str]:
        changes = [("close", each) for each in self.closing]
        changes += [("end", f"{key} {day}") for key, day in self.ending.items()]
        changes += [("unlink", each) for each in self.unlinked]
        changes += [("redefine", each) for each in self.redefined]
        return {hashlib.sha256(f"{self.kind}|{what}|{key}".encode()).hexdigest()[:20] for what, key in changes}


def ends_of(kind: str) -> str:
    """Under this name a run notes how many ends of objects it has set, or moved earlier."""
    return f"{kind} ends"


def too_much(
    takings: Iterable[Taking], brake: ObjectBrake, earlier: Mapping[str, int] | None = None
) -> list[str]:  # fmt: skip
    """Why the brake stops the run, one line per reason; empty = it does not. ``earlier``: what runs have
    taken within the window: by kind, removed links; by ``ends_of`` a kind, ends that were set or moved earlier."""
    reasons = []
    for each in takings:
        rule = brake.of(each.kind)
        before = each.before
        total = each.total + len(each.closed)
        taken, ended = len(each.closing) + len(each.ending), len(before) + (earlier or {}).get(ends_of(each.kind), 0)
        if taken and exceeds(rule, taken + ended, total):
            lately, how = (
                in_words(ended, rule),
                "disabled, deleted, or expire" if each.ending else "disabled or deleted",
            )
            reasons.append(f"{each.kind}: {taken} of {total} would be {how}{lately}")
        unlinked = (earlier or {}).get(each.kind, 0)
        if each.unlinked and exceeds(rule, len(each.unlinked) + unlinked, each.links + unlinked):
            lately, links = in_words(unlinked, rule), each.links + unlinked
            reasons.append(f"{each.kind}: {len(each.unlinked)} of {links} links would be removed{lately}")
        if exceeds(rule, len(each.redefined), each.total):
            reasons.append(f"{each.kind}: definition changed: {len(each.redefined)} of {each.total} would be changed")
    return reasons


def digest(lines: Iterable[str]) -> str:
    """A digest of exactly these lines."""
    return hashlib.sha256("\n".join(sorted(lines)).encode()).hexdigest()


def summary(
    reasons: Iterable[str], takings: Iterable[Taking], more_shown: Iterable[str] = (), limit: int = 200
) -> list[str]:
    """The consequences, for the user who decides. ``more_shown``: further lines."""
    takings = list(takings)
    shown = [f"{each.kind} {key} disabled or deleted" for each in takings for key in each.closing]
    shown += [f"{each.kind} {key} expires on {day}" for each in takings for key, day in sorted(each.ending.items())]
    shown += [f"{each.kind} {key} was disabled or deleted before" for each in takings for key in each.before]
    shown += more_shown
    more = len(shown) - limit
    return [*reasons, *shown[:limit], *([f"… and {more} more"] if more > 0 else [])]
