"""Sensitive rights and limits left open: they count only once another person has approved them, exactly as they are.

What was approved stands with the grant, or with the setting that leaves a type open (``graph.approved_content``); where
it now gives more, or something else, the approval has lapsed. Nothing gives its approver what that person approved. An
approved request is a grant that another person has approved.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field

from graph.approved_content import Content, content, exceeds
from graph.questions.rights.held import JobFunctionRole, Reason, SystemRole
from graph.questions.rights.organisation import Grant, OrganisationOnDay, Person, Setting
from graph.time import first_of

Right = JobFunctionRole | SystemRole


@dataclass(slots=True)
class Approvals:
    """``amounts_to``: the uuids of a right and of all that it includes."""

    organisation: OrganisationOnDay
    amounts_to: Callable[[str], frozenset[str]]
    approvers: frozenset[str] = field(init=False)
    """Persons (uuids) who have approved that a limit is left open."""
    _lacking: dict[str, str | None] = field(default_factory=dict)
    _settings: dict[str, list[Setting]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for each in self.organisation.settings.values():
            self._settings.setdefault(each.of, []).append(each)
        opened = (each for each in self.organisation.settings.values() if each.unlimited)
        self.approvers = frozenset(each.approved_by for each in opened if each.approved_by is not None)

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
        if is_request and not grant.approved_content:
            return "it is sensitive, and it is not known what its approval was of: ask for it again"
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
            _others(grant),
            [_limit(each) for of in (grant.uuid, *rights) for each in self._settings.get(of, ())],
        )

    # -- limits that are left open --------------------------------------------------------------------------------

    def lacking_of_open(self, setting: Setting) -> str | None:
        """What the approval lacks of a setting that leaves a type open; None where it is approved as it is."""
        if setting.uuid not in self._lacking:
            self._lacking[setting.uuid] = self._lacking_of_open(setting)
        return self._lacking[setting.uuid]

    def _lacking_of_open(self, setting: Setting) -> str | None:
        if setting.approved_by is None or not setting.approved_content:
            return "it is left open, and another person than its author has not approved that yet (approveUnlimited)"
        more = exceeds(self.content_of_open(setting), setting.approved_content)
        return None if more is None else f"it is left open, and was changed since its approval: {more}"

    def content_of_open(self, setting: Setting) -> Content:
        """What a setting leaves open on the day: of a job-function role for all its holders, else for the grant's."""
        grant = self.organisation.grants.get(setting.of)
        rights = self.amounts_to(grant.gives) if grant else self.organisation.includes.get(setting.of, ())
        opened = [each for each in rights if each in self.organisation.system_roles]
        if setting.system_role is not None:
            opened = [setting.system_role]
        if grant is None:
            return content(opened, [], [], setting.days.until, {}, [_limit(setting)])
        given_to, exceptions = ([each.uuid for each in named] for named in (grant.given_to, grant.exceptions))
        until = first_of(grant.days.until, setting.days.until)
        return content(opened, given_to, exceptions, until, _others(grant), [_limit(setting)])

    def _with_included(self, right: str) -> Iterator[str]:
        yield right
        yield from self.organisation.includes.get(right, ())

    def _is_sensitive(self, uuid: str) -> bool:
        found = self.organisation.system_roles.get(uuid) or self.organisation.job_function_roles.get(uuid)
        return found is not None and found.sensitive


def _others(grant: Grant) -> dict[str, object]:
    return {
        "inherit": grant.inherit,
        "condition": grant.condition,
        "sensitivity": grant.sensitivity,
        "own_kle_only": grant.own_kle_only,
        "responsibilities": [each.uuid for each in grant.about],
        "within_units": list(grant.within_units),
        "for_unit": grant.for_unit,
    }


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
