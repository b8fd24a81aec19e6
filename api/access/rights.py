"""REConnect's own rights: each type that can be read, and each mutation, by system role (architecture.md §4).

One table (``READ``, ``WRITE``), so that an auditor can read it; a test walks the whole schema and fails for anything
that is missing.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Literal

from api.access.field_groups import OF_KIND, group_of, role_of, shown_to, whole_roles
from api.access.places import PLACES, WHOLE
from api.access.readers import STORED
from api.access.roles import ANYONE, EVERYBODY, OWNERS, PERSON, ROLES

if TYPE_CHECKING:
    from graphql import GraphQLError

__all__ = ["BY_HAND", "FIELDS", "READ", "ROLES", "WRITE", "Access", "forbidden"]


READ: dict[str, frozenset[str]] = dict(STORED)
"""The system roles that may read a type: of the graph, or of a computed root field (``api.computed.types`` adds
these). The types of an answer's own form (pages, periods) need no right of their own."""

# Fields with a right of their own, on types that may be read: home address and private phone; pay; the CPR number.
FIELDS: Mapping[str, frozenset[str]] = {
    "private": shown_to(frozenset({"hr", "auditor"}), "private"),
    "pay": shown_to(frozenset({"hr", "auditor"}), "pay"),
    "cpr": frozenset({"cpr"}),
}

LIMITED_FIELDS: Mapping[str, frozenset[str]] = {"contact": shown_to(EVERYBODY, "contact")}
"""Field groups of types that may be read which every reader sees, unless the role is limited to others."""

WRITE: Mapping[str, frozenset[str]] = {
    "setValue": frozenset({"hr", "organisation", "rights"}),  # and see BY_HAND
    "releaseValue": frozenset({"hr", "organisation", "rights"}),
    "createUnit": frozenset({"organisation"}),
    "endUnit": frozenset({"organisation"}),
    "placeUnits": frozenset({"organisation"}),
    "tagUnit": frozenset({"organisation"}),
    "setPayingUnit": frozenset({"organisation"}),
    "tagEmployment": frozenset({"organisation", "hr"}),
    "createPerson": frozenset({"hr"}),
    "setAbsence": frozenset({"hr"}),
    "choosePosition": frozenset({"hr"}),
    "createAffiliation": frozenset({"hr"}),
    "changeAffiliation": frozenset({"hr"}),
    "createRole": frozenset({"rights"}),
    "createAssignment": frozenset({"rights", "organisation"}),
    "changeAssignment": frozenset({"rights", "organisation"}),
    "createSubstitution": frozenset({"hr", "organisation", "rights"}),
    "changeSubstitution": frozenset({"hr", "organisation", "rights"}),
    "createConstraintType": frozenset({"rights"}),
    "createSystemRole": frozenset({"rights"}),
    "createJobFunctionRole": frozenset({"rights"}),
    "changeJobFunctionRole": frozenset({"rights"}),
    "createConstraintSetting": frozenset({"rights"}),
    "changeConstraintSetting": frozenset({"rights"}),
    "endConstraintSetting": frozenset({"rights"}),
    "createGrant": frozenset({"rights"}),
    "changeGrant": frozenset({"rights"}),
    "createRightsConflict": frozenset({"rights"}),
    "changeRightsConflict": frozenset({"rights"}),
    "approveGrant": frozenset({"rights"}),
    "approveUnlimited": frozenset({"rights"}),
    "requestRight": frozenset({"hr", "organisation", "rights"}),
    "approveRequest": frozenset({"rights"}),
    "refuseRequest": frozenset({"rights"}),
    "withdrawRequest": frozenset({"hr", "organisation", "rights"}),
    "startAttestation": frozenset({"rights"}),
    "decideAttestation": frozenset({"rights"}),
    "refreshManualSteps": frozenset({"rights", "operations"}),
    "closeManualStep": frozenset({"rights", "operations"}),
    "createNamePolicy": frozenset({"rights"}),
    "createAccountRule": frozenset({"rights"}),
    "copyAccountRule": frozenset({"rights"}),
    "changeAccountRule": frozenset({"rights"}),
    "createAccountException": frozenset({"rights"}),
    "changeAccountException": frozenset({"rights"}),
    "createExtraAccount": frozenset({"rights"}),
    "changeExtraAccount": frozenset({"rights"}),
    "requestExtraAccount": frozenset({"hr", "organisation", "rights"}),
    "decideExtraAccount": frozenset({"rights"}),
    "withdrawExtraAccount": frozenset({"hr", "organisation", "rights"}),
    "adoptAccount": frozenset({"rights", "operations"}),
    "keepAccountApart": frozenset({"rights", "operations"}),
    "acceptDrift": frozenset({"rights", "operations"}),
    "makeAccountAgain": frozenset({"rights", "operations"}),
    "stopPerson": frozenset({"hr", "rights", "operations"}),
    "endStop": frozenset({"hr", "rights"}),
    # And the nearest manager or administrator, who needs no role for it (``api.mutations.login_care``).
    "inviteToLogin": frozenset({"hr", "rights", "operations"}),
    "unlockLogin": frozenset({"hr", "rights", "operations"}),
    "resetLogin": frozenset({"rights", "operations"}),
    # Whoever writes or approves a plan must also be allowed to make each of its changes (``api.mutations.planned``).
    "createPlan": frozenset({"hr", "organisation", "rights"}),
    "changePlan": frozenset({"hr", "organisation", "rights"}),
    "approvePlan": frozenset({"hr", "organisation", "rights"}),
    "applyPlan": frozenset({"hr", "organisation", "rights", "operations"}),
    "withdrawPlan": frozenset({"hr", "organisation", "rights"}),
    "takeBackPlan": frozenset({"hr", "organisation", "rights"}),
    "approveBrake": frozenset({"operations"}),
    "confirmRestore": frozenset({"operations"}),
    "startRun": frozenset({"operations"}),
    "decideMatch": frozenset({"hr", "operations"}),
    "takeBackMatch": frozenset({"hr", "operations"}),
    "joinPersons": frozenset({"hr"}),
    "splitPerson": frozenset({"hr"}),
    "erasePerson": frozenset({"hr"}),
    "markAsDifferentPersons": frozenset({"hr"}),
    "unmarkAsDifferentPersons": frozenset({"hr"}),
    "setOwner": frozenset({"hr"}),
    # And the roles of each mutation that the definition uses (``api.mutations.services``).
    "deployProcess": frozenset({"organisation", "operations"}),
    "moveCases": frozenset({"organisation", "operations"}),
    "saveTemplate": frozenset({"organisation", "operations"}),
    "restoreTemplate": frozenset({"organisation", "operations"}),
    # And the roles of what its cases do before anybody has decided.
    "switchAutomaticStarts": frozenset({"organisation", "operations"}),
    "retryIncident": frozenset({"hr", "organisation", "rights", "operations"}),
    "skipIncident": frozenset({"hr", "organisation", "rights", "operations"}),
    # And the roles of each mutation that the definition uses.
    "repairIncident": frozenset({"hr", "organisation", "rights", "operations"}),
    "endCase": frozenset({"hr", "organisation", "rights", "operations"}),
    "deliverMessage": frozenset({"hr", "organisation", "rights", "operations"}),
    # Of one's own: who has a task may do it (``processes.routing``). A machine names the person (``ON_BEHALF``).
    "startCase": OWNERS,
    "withdrawCase": OWNERS,
    "claimTask": OWNERS,
    "giveBackTask": OWNERS,
    "handTask": OWNERS,
    "askForMore": OWNERS,
    "answerQuestion": OWNERS,
    "completeTask": OWNERS,
    "saveDraft": OWNERS,
    "delegateTasks": OWNERS,
    "endDelegation": OWNERS,
    "endSession": ANYONE,  # of one's own; another's with the roles of endSessionsOf
    "endSessionsOf": frozenset({"rights", "operations"}),
}


OF_ONESELF = frozenset({
    "endSession", "startCase", "withdrawCase", "claimTask", "giveBackTask", "handTask", "askForMore", "answerQuestion",
    "completeTask", "saveDraft", "delegateTasks", "endDelegation",
})  # fmt: skip
"""Mutations of what is one's own, for which it doesn't matter where a role holds."""

ON_BEHALF = frozenset({"hr", "organisation", "rights"})
"""The system roles with which a machine does a person's tasks in their name, if they hold everywhere."""

# Where a mutation's roles must hold: where all that it names and writes lies, or in the whole organisation, since it is
# about no place, may reach anywhere, or can't be undone.
THINGS: Literal["things"] = "things"
EVERYWHERE: Literal["everywhere"] = "everywhere"
OWN: Literal["own"] = "own"
WHERE: Mapping[str, Literal["things", "everywhere", "own"]] = {
    **dict.fromkeys(
        (
            "setValue", "releaseValue", "createUnit", "endUnit", "placeUnits", "tagUnit", "setPayingUnit",
            "tagEmployment", "setAbsence", "choosePosition", "createAffiliation", "changeAffiliation",
            "createAssignment", "changeAssignment", "createSubstitution", "changeSubstitution", "requestRight",
            "refuseRequest", "withdrawRequest", "decideAttestation", "createAccountException",
            "changeAccountException", "createExtraAccount", "changeExtraAccount", "requestExtraAccount",
            "decideExtraAccount", "withdrawExtraAccount", "stopPerson", "endStop", "setOwner",
            "createPlan", "changePlan", "approvePlan", "withdrawPlan",
        ),
        THINGS,
    ),
    **dict.fromkeys(
        (
            "createPerson", "createRole", "createConstraintType", "createSystemRole", "createJobFunctionRole",
            "changeJobFunctionRole", "createConstraintSetting", "changeConstraintSetting", "endConstraintSetting",
            "createGrant", "changeGrant", "createRightsConflict", "changeRightsConflict", "approveGrant",
            "approveUnlimited", "startAttestation", "refreshManualSteps", "closeManualStep", "createNamePolicy",
            "createAccountRule", "copyAccountRule", "inviteToLogin", "unlockLogin", "resetLogin", "approveRequest",
            "endSessionsOf", "adoptAccount", "keepAccountApart", "acceptDrift", "makeAccountAgain",
            "changeAccountRule", "applyPlan", "takeBackPlan",
            "approveBrake", "confirmRestore", "startRun",
            "decideMatch", "takeBackMatch", "joinPersons", "splitPerson", "erasePerson",
            "markAsDifferentPersons", "unmarkAsDifferentPersons", "deployProcess", "moveCases",
            "saveTemplate", "restoreTemplate",
            "retryIncident", "skipIncident", "repairIncident", "endCase", "deliverMessage",
            "switchAutomaticStarts",
        ),
        EVERYWHERE,
    ),
    **dict.fromkeys(OF_ONESELF, OWN),
}  # fmt: skip


# The roles that may set values by hand (setValue, releaseValue). Whether a role covers all, or a holder is primary,
# decides who answers: that is a right, not a detail.
BY_HAND: Mapping[str, frozenset[str]] = {
    "Unit": frozenset({"organisation"}),
    "Person": frozenset({"hr"}),
    "Employment": frozenset({"hr"}),
    "Affiliation": frozenset({"hr"}),
    "Position": frozenset({"hr", "organisation"}),
    "Assignment": frozenset({"rights", "organisation"}),
    "Role": frozenset({"rights"}),
    "KleNode": frozenset({"organisation"}),
    "ItSystem": frozenset({"organisation", "rights"}),
    "ConstraintType": frozenset({"rights"}),
    "SystemRole": frozenset({"rights"}),
    "JobFunctionRole": frozenset({"rights"}),
    "Grant": frozenset({"rights"}),
    "ConstraintSetting": frozenset({"rights"}),
    "RightsConflict": frozenset({"rights"}),
    "NamePolicy": frozenset({"rights"}),
    "AccountRule": frozenset({"rights"}),
}


SMALL = 30
"""Units. Of 30,000 people in 1,000 units a page of 50 took 1.3 s by the index and 0.02 s from the unit where the part
is one unit, 250 and 50 ms where it is ten; by about forty both take as long."""


@dataclass(frozen=True, slots=True)
class Scope:
    """Which roles a caller has: those that hold everywhere, and those that hold within units. Callers of one scope read
    by the same statements; the units are parameters. ``is_small``: there are so few units that all in them are read
    sooner than others are passed over."""

    everywhere: frozenset[str]
    within: frozenset[str]
    is_small: bool = False

    def limited(self, roles: frozenset[str]) -> tuple[str, ...] | None:
        """Those of ``roles`` whose units count together; None where one of them holds everywhere."""
        return None if roles & self.everywhere else tuple(sorted(roles & self.within))


@dataclass(frozen=True, slots=True)
class Access:
    """What a caller may do: a machine with a token, or a person who is logged in.

    ``name``: as it is in the change log. ``person``: UUID of the person; None for a token. ``within``: for each role
    that is limited, the UUIDs of the units in which it holds; a role that isn't in it holds everywhere.
    """

    name: str
    roles: frozenset[str]
    person: str | None = None
    within: Mapping[str, frozenset[str]] = field(default_factory=dict, hash=False)
    plan_author: str | None = None
    """While a plan is carried out: UUID of the person who has written it, "" where a token has; None = no plan is."""
    processes: frozenset[str] | None = None
    """The processes of which a machine may start cases by webhook, and deliver messages to them, with ``for_webhooks``;
    it may do nothing else. None = it isn't limited so."""
    for_webhooks: frozenset[str] = frozenset()

    def by_webhook(self, process: str) -> Access:
        """What it may do by a webhook of a process. Raises GraphQLError (forbidden)."""
        if self.processes is None:
            return self
        if process not in self.processes:
            self.require_questions()
        return replace(self, roles=self.for_webhooks, processes=None)

    def require_questions(self) -> None:
        """Raises GraphQLError (forbidden) for a machine that may do nothing but call webhooks."""
        if self.processes is not None:
            from graphql import GraphQLError

            text = f"{self.name} may call the webhooks of {', '.join(sorted(self.processes))} only"
            raise GraphQLError(text, extensions={"code": "forbidden"})

    @property
    def decides(self) -> str | None:
        """UUID of the person who decides. None for a token: its requests say who decides."""
        return self.person if self.plan_author is None else self.plan_author or None

    @property
    def everywhere(self) -> frozenset[str]:
        """The roles that hold everywhere. A check that knows nothing of units counts these alone."""
        return self.roles - frozenset(self.within)

    @property
    def is_limited(self) -> bool:
        """A role holds in units only, or for field groups only."""
        return bool(self.within) or any(map(group_of, self.roles))

    @property
    def scope(self) -> Scope | None:
        """The shape of what may be read; None where no role is limited."""
        if not self.is_limited:
            return None
        return Scope(self.everywhere, frozenset(self.within), all(len(each) <= SMALL for each in self.within.values()))

    def covers(self, other: Access) -> bool:
        """Whether it allows all that ``other`` does, but for reading what every reader may."""
        return all(self._covers(role, other.within.get(role)) for role in other.roles if role_of(role) != "reader")

    def _covers(self, role: str, units: frozenset[str] | None) -> bool:
        held = (role, role_of(role))
        return any(
            each in self.everywhere or (units is not None and units <= self.within.get(each, frozenset()))
            for each in held
        )

    @property
    def _limited_to_groups(self) -> frozenset[str]:
        """The system roles that are held for some field groups only."""
        return frozenset(role_of(each) for each in self.roles if group_of(each) is not None)

    def units(self, roles: Iterable[str]) -> frozenset[str]:
        """The units in which one of these roles, all of them limited, holds."""
        return frozenset().union(*(self.within.get(each, ()) for each in roles))

    @property
    def own(self) -> frozenset[str]:
        """What stands for the caller in the tables besides the system roles."""
        return frozenset() if self.person is None else frozenset({PERSON})

    def may_read(self, type_: str) -> bool:
        """Whether things of the type may be read, wherever they lie (``api.access.places``)."""
        readers = READ.get(type_, frozenset())
        return bool(readers & ((self.everywhere if PLACES.get(type_) == WHOLE else self.roles) | self.own))

    def may_write(self, mutation: str) -> bool:
        """Whether the mutation may be made, somewhere at least (``WHERE``)."""
        counted = self.everywhere if WHERE.get(mutation, EVERYWHERE) == EVERYWHERE else self.roles
        return bool(WRITE.get(mutation, frozenset()) & (counted | self.own))

    def fields(self) -> frozenset[str]:
        """The rights to fields that have one of their own, of any thing: private, pay, cpr."""
        return frozenset(name for name, roles in FIELDS.items() if roles & self.everywhere)

    def require(self, type_: str) -> None:
        """Raises GraphQLError (forbidden) if the type may not be read."""
        if not self.may_read(type_):
            readers = READ.get(type_, frozenset())
            if readers & self._limited_to_groups and not readers & self.roles:
                raise outside_groups(type_, OF_KIND.get(type_), readers)
            raise forbidden(f"{type_} may be read with", readers)

    def require_write(self, mutation: str) -> None:
        if not self.may_write(mutation):
            if WRITE.get(mutation, frozenset()) & self.roles:
                raise whole(f"{mutation} reaches the whole organisation: it", WRITE[mutation])
            if WRITE.get(mutation, frozenset()) & self._limited_to_groups:
                raise outside_groups(mutation, None, WRITE[mutation])
            raise forbidden(f"{mutation} needs", WRITE.get(mutation, frozenset()))

    def require_cpr(self) -> None:
        """Raises GraphQLError (forbidden) unless CPR numbers may be read: a search by a number reads it."""
        if "cpr" not in self.fields():
            raise forbidden("a CPR number may be given with", FIELDS["cpr"])

    def require_by_hand(self, kind: str) -> None:
        """Raises GraphQLError: unknown_kind, forbidden."""
        if kind not in BY_HAND:
            from graphql import GraphQLError

            text = f"kind: values of {kind} are not set by hand; it must be one of {', '.join(BY_HAND)}"
            extensions = {"code": "unknown_kind", "argument": "kind", "value": kind, "allowed": list(BY_HAND)}
            raise GraphQLError(text, extensions=extensions)
        if not BY_HAND[kind] & self.roles:
            raise forbidden(f"values of {kind} are set by hand with", BY_HAND[kind])


def lacks_field(what: str, right: str) -> GraphQLError:
    """The refusal of a field with a right of its own (``FIELDS``)."""
    return forbidden(f"{what} needs the right {right!r}, which comes with", FIELDS[right])


def outside_groups(what: str, group: str | None, roles: frozenset[str]) -> GraphQLError:
    """The refusal of what the caller's role would show or do, if it were not limited to other field groups."""
    if group is None:
        return forbidden(f"{what} needs a role that is not limited to field groups, as yours is:", roles)
    return forbidden(f"{what} is in the field group {group!r}, to which your role does not extend. It needs", roles)


def whole(what: str, roles: frozenset[str]) -> GraphQLError:
    """The refusal of a role that holds in a part of the organisation only."""
    from graphql import GraphQLError

    return GraphQLError(
        f"{what} needs one of the system roles {', '.join(whole_roles(roles))}, held for the whole organisation",
        extensions={"code": "forbidden", "roles": whole_roles(roles)},
    )


def forbidden(what: str, roles: frozenset[str]) -> GraphQLError:
    from graphql import GraphQLError

    named = whole_roles(roles - {PERSON})
    return GraphQLError(
        f"{what} one of the system roles {', '.join(named)}", extensions={"code": "forbidden", "roles": named}
    )
