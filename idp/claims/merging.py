"""Groups of a document, and how those of the same privilege are merged without loss (kombit_access.md §3: rule 11).

Two groups that differ in one constraint are one group with the union of it. Two that differ in more stay two: their
union would be a cross product, and give each employment the other's data.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from itertools import groupby

from graph.questions.rights.held import ConstraintType
from graph.questions.rights.kle import collapse


@dataclass(frozen=True, slots=True)
class Constraint:
    """A constraint of a group. ``values``: sorted by code point, not empty. ``type``: says how values are united."""

    name: str
    values: tuple[str, ...]
    type: ConstraintType | None = field(default=None, compare=False)


@dataclass(frozen=True, slots=True)
class Group:
    """One privilege in one scope. ``constraints``: sorted by name, each name once."""

    scope: str
    privilege: str
    constraints: tuple[Constraint, ...] = ()

    @property
    def order(self) -> tuple[str, str, tuple[tuple[str, tuple[str, ...]], ...]]:
        """Groups are in the order of scope, privilege and constraints."""
        return self.scope, self.privilege, tuple((each.name, each.values) for each in self.constraints)


def merged(groups: Iterable[Group]) -> tuple[Group, ...]:
    """The groups in order, each once, with those that differ in at most one constraint merged until none do.

    The first pair in order is merged first, so that the outcome does not depend on the order of the input.
    """
    found: list[Group] = []
    ordered = sorted(set(groups), key=lambda group: group.order)
    for _, alike in groupby(ordered, key=lambda group: (group.scope, group.privilege)):
        found += _merged_alike(list(alike))
    return tuple(found)


def _merged_alike(groups: list[Group]) -> list[Group]:
    while (found := _first_pair(groups)) is not None:
        one, other, union = found
        groups = sorted({*(each for each in groups if each not in (one, other)), union}, key=lambda group: group.order)
    return groups


def _first_pair(groups: list[Group]) -> tuple[Group, Group, Group] | None:
    """The first two that can be merged, and what they become. Only groups that share all constraints but one are
    looked at together, so that hundreds take no longer than a login may."""
    alike: dict[object, list[int]] = {}
    for place, group in enumerate(groups):
        for key in _keys(group):
            alike.setdefault(key, []).append(place)
    for place, group in enumerate(groups):
        for other in sorted({each for key in _keys(group) for each in alike[key] if each > place}):
            union = _union(group, groups[other])
            if union is not None:
                return group, groups[other], union
    return None


def _keys(group: Group) -> Iterator[object]:
    """What two groups share if they differ in one constraint at most."""
    names = tuple(each.name for each in group.constraints)
    for place in range(len(names)):
        yield names, place, group.constraints[:place], group.constraints[place + 1 :]


def _union(one: Group, other: Group) -> Group | None:
    """One group that means both, if there is one."""
    if [each.name for each in one.constraints] != [each.name for each in other.constraints]:
        return None
    pairs = list(zip(one.constraints, other.constraints, strict=True))
    differing = [place for place, (first, second) in enumerate(pairs) if first != second]
    if len(differing) > 1:
        return None
    united = [first for first, _ in pairs]
    for place in differing:
        values = _united_values(*pairs[place])
        if values is None:
            return None
        united[place] = Constraint(united[place].name, values, united[place].type)
    return Group(one.scope, one.privilege, tuple(united))


def _united_values(one: Constraint, other: Constraint) -> tuple[str, ...] | None:
    """All values of both; the higher level of a type that takes one; None where they cannot be united."""
    kind = one.type
    if kind is None:
        return None
    if kind.takes_several:
        return collapse((*one.values, *other.values)) if kind.content == "kle" else _sorted(one, other)
    levels = [each.value for each in kind.levels]
    given = (*one.values, *other.values)
    if kind.form == "text" or not all(each in levels for each in given):
        return None
    return (max(given, key=levels.index),)


def _sorted(one: Constraint, other: Constraint) -> tuple[str, ...]:
    return tuple(sorted({*one.values, *other.values}))
