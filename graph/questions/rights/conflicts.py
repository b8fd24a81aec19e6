"""Separation of duties: rights that must not meet, in what one person holds on a day.

Neither right of a conflict is held: people decide which of the two a person keeps, and a rule that picked
one would hide the conflict. Where the conflict permits it, an approved request that points at it and has an end lets
both be held until then; the approver must not be the person.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import product

from graph.questions.rights.bundles import bundles_in
from graph.questions.rights.held import HeldRight, IncludedRight, Limit, Omitted, Reason, Thing
from graph.questions.rights.kle import covers
from graph.questions.rights.organisation import Conflict, Days, Exempted, OrganisationOnDay, Person

FIRST, SECOND = 0, 1
Sides = tuple[tuple[Conflict, int], ...]


@dataclass(slots=True)
class Conflicts:
    """Looks conflicts up by the rights that are held. ``rights_of``: the uuids of all that a held right stands for."""

    organisation: OrganisationOnDay
    rights_of: Callable[[HeldRight], frozenset[str]]
    _by_right: dict[str, list[tuple[Conflict, int]]] = field(default_factory=dict)
    _exempted: dict[str, list[Exempted]] = field(default_factory=dict)
    _sides: dict[tuple[str, ...], Sides] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for conflict in self.organisation.conflicts.values():
            self._by_right.setdefault(conflict.first, []).append((conflict, FIRST))
            self._by_right.setdefault(conflict.second, []).append((conflict, SECOND))
        for each in self.organisation.exempted.values():
            self._exempted.setdefault(each.conflict, []).append(each)

    def settled(self, person: Person, held: list[HeldRight]) -> tuple[list[HeldRight], list[Omitted]]:
        """What is still held, and what is left out for a conflict."""
        if not self._by_right:
            return held, []
        found: dict[str, tuple[Conflict, tuple[list[int], list[int]]]] = {}
        for place, each in enumerate(held):
            for conflict, side in self._sides_of(each):
                found.setdefault(conflict.uuid, (conflict, ([], [])))[1][side].append(place)
        out: dict[int, Omitted] = {}
        kept = list(held)
        for _, (conflict, (first, second)) in sorted(found.items()):
            involved = self._involved(conflict, held, first, second)
            if not involved:
                continue
            exempted = self._exemption(conflict, person, [held[place] for place in involved])
            for place in involved:
                if exempted is None:
                    out.setdefault(
                        place, _left_out(conflict, held[place], self._other(conflict, held, place, first, second))
                    )
                else:
                    kept[place] = _until(kept[place], exempted)
        return [each for place, each in enumerate(kept) if place not in out], [out[place] for place in sorted(out)]

    def thing(self, uuid: str) -> Thing:
        """A conflict, as it is called."""
        conflict = self.organisation.conflicts[uuid]
        return Thing("RightsConflict", uuid, conflict.title or uuid)

    def _sides_of(self, held: HeldRight) -> Sides:
        key = (held.grant.uuid, held.right.uuid, *bundles_in(held.why))
        sides = self._sides.get(key)
        if sides is None:
            rights = self.rights_of(held)
            sides = self._sides[key] = tuple(each for right in sorted(rights) for each in self._by_right.get(right, ()))
        return sides

    def _involved(
        self, conflict: Conflict, held: Sequence[HeldRight], first: list[int], second: list[int]
    ) -> list[int]:
        """The places of what meets: of a person all, else only those whose limits overlap."""
        if not first or not second:
            return []
        if conflict.scope == "person":
            return sorted({*first, *second})
        same = conflict.first == conflict.second
        meeting: set[int] = set()
        for one, other in product(first, second):
            if (one != other or not same) and overlap(
                _parts(held[one], conflict.first), _parts(held[other], conflict.second)
            ):
                meeting |= {one, other}
        return sorted(meeting)

    def _exemption(self, conflict: Conflict, person: Person, involved: Sequence[HeldRight]) -> Exempted | None:
        """The exception in force that lasts longest: for the person, or the one tie through which all is held."""
        if conflict.mode == "refuse":
            return None
        subjects = {each.subject.uuid for each in involved}
        fitting = [
            each
            for each in self._exempted.get(conflict.uuid, ())
            if each.days.until is not None
            and each.decided_by not in (None, person.uuid)
            and (each.subject == person.uuid or subjects == {each.subject})
        ]
        return max(fitting, key=lambda each: (each.days.until, each.uuid), default=None)

    @staticmethod
    def _other(
        conflict: Conflict, held: Sequence[HeldRight], place: int, first: list[int], second: list[int]
    ) -> HeldRight:
        others = (second if place in first else first) or first
        return held[next((each for each in others if each != place), place)]


def overlap(one: Sequence[IncludedRight], other: Sequence[IncludedRight]) -> bool:
    """Whether data lies within the limits of both. What is not known, or not limited, overlaps with everything."""
    if not one or not other:
        return True
    return any(_overlap(mine.limits, theirs.limits) for mine, theirs in product(one, other))


def _overlap(mine: Sequence[Limit], theirs: Sequence[Limit]) -> bool:
    by_type = {each.type.uuid: each for each in theirs}
    return all(_share(limit, by_type[limit.type.uuid]) for limit in mine if limit.type.uuid in by_type)


def _share(mine: Limit, theirs: Limit) -> bool:
    """Levels lie within each other, so they keep nothing apart."""
    if mine.unlimited or theirs.unlimited or mine.type.levels:
        return True
    if mine.type.content == "kle":
        return any(covers(one, other) or covers(other, one) for one, other in product(mine.wire, theirs.wire))
    return not set(mine.wire).isdisjoint(theirs.wire)


def _parts(held: HeldRight, side: str) -> list[IncludedRight]:
    """Of a held right that side of a conflict: one of its system roles, or all."""
    return [each for each in held.included if each.system_role.uuid == side] or list(held.included)


def _left_out(conflict: Conflict, held: HeldRight, other: HeldRight) -> Omitted:
    name = conflict.title or conflict.uuid
    met = "it holds both" if other is held else f"{_title(other)} is held as well"
    remedy = (
        "one of the two must go, or an exception with an end be approved"
        if conflict.mode == "approve"
        else "one of the two must go"
    )
    return Omitted(
        right=held.right,
        grant=held.grant,
        subject=held.subject,
        person=held.person,
        reason="conflict",
        text=f"{name} keeps rights apart, and {met}: {remedy}",
        why=(*held.why, *_met(conflict)),
        conflict=Thing("RightsConflict", conflict.uuid, name),
    )


def _met(conflict: Conflict) -> Iterator[Reason]:
    yield Reason("RightsConflict", conflict.uuid, conflict.title or "conflict", *conflict.days)


def _until(held: HeldRight, exempted: Exempted) -> HeldRight:
    days = exempted.days
    since = max((each for each in (held.since, days.since) if each is not None), default=None)
    until = min((each for each in (held.until, days.until) if each is not None), default=None)
    reason = Reason("RightsRequest", exempted.uuid, exempted.text, *Days(*days))
    return held._replace(why=(*held.why, reason), since=since, until=until)


def _title(held: HeldRight) -> str:
    return held.right.title or held.right.key
