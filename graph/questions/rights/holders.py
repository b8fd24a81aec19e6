"""Who holds a right on a day, in a unit and below."""

from collections.abc import Collection, Iterator

from graph.questions.rights.evaluate import Evaluation
from graph.questions.rights.held import HeldRight


def holders(work: Evaluation, right: str, unit: str | None = None) -> Iterator[HeldRight]:
    """All that hold it, by person. ``right``: a job-function role or system role, however it is included.

    ``unit``: only who works in it or below it, or holds the right for it or for a unit below. ``work``: of everybody.
    """
    wanted = None if unit is None else frozenset({unit})
    for _, rights in work.everybody():
        for each in rights.held:
            if right in work.bundles.rights_of(each) and (wanted is None or is_in(work, each, wanted)):
                yield each


def members(work: Evaluation, rights: Collection[str]) -> dict[str, set[str]]:
    """Of each of these rights (uuids of job-function roles and system roles): the employments, affiliations and persons
    through which it is held. What a job-function role includes counts where it is left. ``work``: of everybody.
    """
    found: dict[str, set[str]] = {right: set() for right in rights}
    for _, person in work.everybody():
        for held in person.held:
            for right in work.bundles.rights_of(held) & found.keys():
                found[right].add(held.subject.uuid)
    return found


def is_in(work: Evaluation, held: HeldRight, units: frozenset[str]) -> bool:
    """Whether a right is held in or for one of the units, or below. What goes through no tie is held where the person
    works."""
    tie = work.organisation.ties.get(held.subject.uuid)
    ties = work.routes.ties(held.person.uuid) if tie is None else [tie]
    places = (held.unit.uuid if held.unit is not None else None, *(each.unit for each in ties))
    return any(work.routes.tree.lies_in(each, units, below=True) for each in places)
