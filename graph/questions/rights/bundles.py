"""What a granted right amounts to: a job-function role may include others, whose rights it then gives as well."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import NamedTuple

from graph.questions.rights.held import HeldRight, JobFunctionRole, Omitted, Reason, SystemRole
from graph.questions.rights.organisation import Grant, OrganisationOnDay
from graph.time import first_of

Right = JobFunctionRole | SystemRole


class Part(NamedTuple):
    """A right that a granted one amounts to: itself, or one that a bundle includes. ``why``: from the granted one."""

    right: Right
    why: tuple[Reason, ...]


@dataclass(slots=True)
class Bundles:
    """Keeps what it has found. Evaluations share it with their parts, which must not refer back to them: Python frees
    what refers to itself only now and then, all at once, while an answer waits."""

    organisation: OrganisationOnDay
    _parts: dict[str, tuple[Part, ...]] = field(default_factory=dict)
    _amounts: dict[str, frozenset[str]] = field(default_factory=dict)

    def amounts_to(self, right: str) -> frozenset[str]:
        """uuids of the right itself and of all rights that it includes."""
        kept = self._amounts.get(right)
        if kept is None:
            found = {right}
            for part in self.parts(right):
                found |= {part.right.uuid, *(each.uuid for each in part.why)}
                found |= {*self.organisation.includes.get(part.right.uuid, ())}
            kept = self._amounts[right] = frozenset(found)
        return kept

    def rights_of(self, held: HeldRight) -> frozenset[str]:
        """All that a held right stands for: itself, the system roles that are left of it, and the bundles through which
        it is granted. Of another authority's role all that it includes counts: only that authority knows what is left.
        """
        left = frozenset((held.right.uuid, *(each.system_role.uuid for each in held.included), *bundles_in(held.why)))
        return left | self.amounts_to(held.right.uuid) if is_delegated(held.right) else left

    def is_in(self, right: str, omitted: Omitted) -> bool:
        """Whether a right would be held by what was left out."""
        return right in self.amounts_to(omitted.right.uuid) or right in bundles_in(omitted.why)

    def parts(self, right: str) -> tuple[Part, ...]:
        """The rights that a granted one amounts to. A bundle that includes itself is gone through once."""
        kept = self._parts.get(right)
        if kept is None:
            kept = self._parts[right] = tuple(self._found_parts(right, (), frozenset()))
        return kept

    def _found_parts(self, uuid: str, why: tuple[Reason, ...], above: frozenset[str]) -> Iterator[Part]:
        right = self.organisation.job_function_roles.get(uuid) or self.organisation.system_roles.get(uuid)
        if right is None or uuid in above:
            return
        kind = "JobFunctionRole" if isinstance(right, JobFunctionRole) else "SystemRole"
        until = first_of(right.until, self.organisation.include_ends.get((why[-1].uuid, uuid)) if why else None)
        reason = Reason(kind, uuid, f"{'includes' if why else 'gives'} {right.title or right.key}", None, until)
        included = self.organisation.includes.get(uuid, ())
        bundled = [each for each in included if each in self.organisation.job_function_roles]
        if len(bundled) < len(included) or not bundled or is_delegated(right):
            yield Part(right, (*why, reason))
        if not is_delegated(right):
            for each in sorted(bundled):
                yield from self._found_parts(each, (*why, reason), above | {uuid})


def bundles_in(why: Iterable[Reason]) -> tuple[str, ...]:
    """uuids of the job-function roles on the way to a right."""
    return tuple(each.uuid for each in why if each.kind == "JobFunctionRole")


def is_delegated(right: Right | Grant) -> bool:
    """What another authority's role contains is that authority's."""
    return isinstance(right, JobFunctionRole) and right.delegated_from_cvr is not None
