"""Sensitive rights: their grants count only once another person has approved them, exactly as they are.

What was approved stands with the grant (``graph.approved_content``); where the grant now gives more, or something else,
the approval has lapsed. A grant never gives its approver what that person approved. An approved request is a grant that
another person has approved.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field

from graph.approved_content import Content, content, exceeds
from graph.questions.rights.held import JobFunctionRole, Reason, SystemRole
from graph.questions.rights.organisation import Grant, OrganisationOnDay, Person, Setting

Right = JobFunctionRole | SystemRole


@dataclass(slots=True)
class Approvals:
    """``amounts_to``: the uuids of a right and of all that it includes."""

    organisation: OrganisationOnDay
    amounts_to: Callable[[str], frozenset[str]]
    _lacking: dict[str, str | None] = field(default_factory=dict)
    _settings: dict[str, list[Setting]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for each in self.organisation.settings.values():
            self._settings.setdefault(each.of, []).append(each)

    def concerns(self, grant: Grant, right: Right, why: Iterable[Reason]) -> bool:
        """Whether it hangs on an approval that the grant gives the right; the same for everyone. As ``lacking``."""
        return grant.kind == "RightsRequest" or self.is_sensitive(right.uuid, *(each.uuid for each in why))

    def lacking(self, grant: Grant, right: Right, why: Iterable[Reason], person: Person) -> str | None:
        """Why a grant's right does not count for want of an approval, with what would help; None where it counts.

        ``why``: from the granted right to this one. A request needs its approval whatever it gives.
        """
        if grant.kind == "RightsRequest":
            if grant.approved_by is None:
                return "who approved the request is not known any more: ask for it again"
            if grant.approved_by == person.uuid:
                return "people can't approve a request for themselves: another person must decide it"
        if not self.is_sensitive(right.uuid, *(each.uuid for each in why)):
            return None
        if (wrong := self.wrong(grant)) is not None:
            return wrong
        if grant.approved_by == person.uuid:
            return "people can't approve a sensitive right of their own: another person must approve the grant"
        return None

    def is_sensitive(self, *rights: str) -> bool:
        """Whether one of these rights, or a system role that it includes itself, is."""
        return any(self._is_sensitive(each) for right in rights for each in self._with_included(right))

    def wrong(self, grant: Grant) -> str | None:
        """What an approval of a grant lacks; None where it is approved as it is."""
        if grant.uuid not in self._lacking:
            self._lacking[grant.uuid] = self._wrong(grant)
        return self._lacking[grant.uuid]

    def _wrong(self, grant: Grant) -> str | None:
        is_request = grant.kind == "RightsRequest"
        if grant.approved_by is None or not grant.approved_content:
            remedy = "ask for it again" if is_request else "another person than its author must approve it"
            return f"it is sensitive, and its {'request' if is_request else 'grant'} is not approved: {remedy}"
        more = exceeds(self.content(grant), grant.approved_content)
        if more is None:
            return None
        if is_request:
            return f"it is sensitive, and more than the approved request asked for: {more}; ask for it again"
        return f"it is sensitive, and its grant was changed since its approval: {more}"

    def content(self, grant: Grant) -> Content:
        """What the grant gives on the day."""
        rights = self.amounts_to(grant.gives)
        return content(
            rights,
            [each.uuid for each in grant.given_to],
            [each.uuid for each in grant.exceptions],
            grant.days.until,
            {
                "inherit": grant.inherit,
                "condition": grant.condition,
                "sensitivity": grant.sensitivity,
                "own_kle_only": grant.own_kle_only,
                "responsibilities": [each.uuid for each in grant.about],
                "within_units": list(grant.within_units),
                "for_unit": grant.for_unit,
            },
            [_limit(each) for of in (grant.uuid, *rights) for each in self._settings.get(of, ())],
        )

    def _with_included(self, right: str) -> Iterator[str]:
        yield right
        yield from self.organisation.includes.get(right, ())

    def _is_sensitive(self, uuid: str) -> bool:
        found = self.organisation.system_roles.get(uuid) or self.organisation.job_function_roles.get(uuid)
        return found is not None and found.sensitive


def _limit(setting: Setting) -> dict[str, object]:
    return {
        "of": setting.of,
        "type": setting.type,
        "system_role": setting.system_role,
        "fixed": list(setting.fixed),
        "derived": setting.derived,
        "unlimited": setting.unlimited,
        "below": setting.below,
        "units": list(setting.units),
        "excluded_units": list(setting.excluded),
    }
