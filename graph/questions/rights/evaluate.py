"""From grants to held rights: what each person may do on a day, limited to what, and why; and what was left out.

Pure: the same organisation gives the same answer, in whatever order its facts come. A job-function role is held with
all its system roles and their limits, or not at all: when one limit comes to nothing, the whole role is left out and
says so. Nothing is ever held without a limit that it should have.
"""

from collections.abc import Collection, Iterator
from dataclasses import InitVar, dataclass, field
from datetime import date
from typing import NamedTuple

from graph.model.derived_kinds import OF_RESPONSIBILITY
from graph.questions.rights.approvals import Approvals
from graph.questions.rights.bundles import Bundles, Part, Right, bundles_in, is_delegated
from graph.questions.rights.conflicts import Conflicts
from graph.questions.rights.derive import Deriving, Holding
from graph.questions.rights.held import (
    ConstraintType,
    HeldRight,
    IncludedRight,
    Limit,
    Omitted,
    OmittedBecause,
    Reason,
    Rights,
    SystemRole,
    Thing,
)  # fmt: skip
from graph.questions.rights.limits import Derived, Failure, Limits
from graph.questions.rights.organisation import Days, Grant, OrganisationOnDay, Person, Setting, in_order
from graph.questions.rights.routes import Route, Routes, in_order_of_keys
from graph.questions.rights.tree import Tree
from graph.time import first_of


class Lost(NamedTuple):
    """Why a right has no content, and the first constraint that it lacks."""

    reason: OmittedBecause
    text: str
    constraint: ConstraintType | None = None
    lacking: str = ""


class Worked(NamedTuple):
    """What a right amounts to in one holding. ``until``: the day on which it comes to nothing."""

    included: tuple[IncludedRight, ...]
    until: date | None = None


Content = Worked | Lost
Plan = tuple[tuple[SystemRole, tuple[Limit | Failure | Derived, ...]], ...] | Lost
"""The content of a right for anyone who holds it, or why no one does: for each system role its limits, and how those
that are not the same for everyone follow from the holding."""


class Offer(NamedTuple):
    """A right that a grant gives: what is the same for everyone whom the grant reaches.

    ``lost``: why no one has it, for a bundle on the way to it. ``asks``: why only holders of a role have it.
    ``needs_approval``: it may lack one. ``is_of_unit``: its content only depends on the unit, and on the KLE of the
    employment itself.
    """

    part: Part
    lost: Lost | None
    asks: Lost | None
    needs_approval: bool
    is_of_unit: bool


@dataclass(slots=True)
class Evaluation:
    """Evaluates one day; keep it for many people. ``ordered``: each mapping is in the order of its uuids already.
    ``tree``: the organisation's, where it was walked before."""

    organisation: OrganisationOnDay
    ordered: InitVar[bool] = False
    tree: InitVar[Tree | None] = None
    bundles: Bundles = field(init=False)
    routes: Routes = field(init=False)
    limits: Limits = field(init=False)
    conflicts: Conflicts = field(init=False)
    approvals: Approvals = field(init=False)
    _settings: dict[str, dict[tuple[str | None, str], Setting]] = field(default_factory=dict)
    _twice: dict[str, str] = field(default_factory=dict)
    _amiss: dict[str, Lost | None] = field(default_factory=dict)
    _included: dict[str, tuple[SystemRole, ...]] = field(default_factory=dict)
    _offers: dict[str, tuple[Offer, ...]] = field(default_factory=dict)
    _contents: dict[tuple[str, str, bool], Content] = field(default_factory=dict)
    _plans: dict[tuple[str, str], Plan] = field(default_factory=dict)
    _units: dict[str, Thing] = field(default_factory=dict)
    _ends: dict[str, date | None] = field(default_factory=dict)

    def __post_init__(self, ordered: bool, tree: Tree | None) -> None:
        if not ordered:
            self.organisation = in_order(self.organisation)
        tree = tree or Tree(self.organisation.units)
        for each in self.organisation.settings.values():
            of = self._settings.setdefault(each.of, {})
            if of.setdefault((each.system_role, each.type), each) is not each:
                self._twice.setdefault(each.of, each.type)
        self.bundles = Bundles(self.organisation)
        self.routes = Routes(self.organisation, tree)
        given = {uuid: each for uuid, each in self._settings.items() if uuid in self.organisation.grants}
        self.approvals = Approvals(self.organisation, self.bundles.amounts_to)
        self.limits = Limits(Deriving(self.organisation, tree), given, self.approvals)
        self.conflicts = Conflicts(self.organisation, self.bundles.rights_of)

    def of(self, person: str) -> Rights:
        """What one person holds. A person who is unknown, dead or without a tie holds nothing."""
        known = self.organisation.persons.get(person)
        if known is None:
            return Rights()
        self.limits.begin()
        held: list[HeldRight] = []
        omitted: list[Omitted] = []
        for route in in_order_of_keys(self.routes.of(known)):
            for found in self._of_route(route, known):
                (held if isinstance(found, HeldRight) else omitted).append(found)  # type: ignore[arg-type]
        held, conflicting = self.conflicts.settled(known, held)
        return Rights(tuple(held), (*omitted, *conflicting))

    def everybody(self) -> Iterator[tuple[str, Rights]]:
        """Each person with what they hold, in the order of their uuids; without those who hold nothing."""
        for person in sorted(self.organisation.persons):
            rights = self.of(person)
            if rights.held or rights.omitted:
                yield person, rights

    def _of_route(self, route: Route, person: Person) -> Iterator[HeldRight | Omitted]:
        if route.hindrance is not None:
            if route.hindrance.check == "condition_failed":
                for part in self.bundles.parts(route.holding.grant.gives):
                    yield self._omitted(route, part, "condition", route.hindrance.text)
            return
        grant = route.holding.grant
        for offer in self._offers.get(grant.uuid) or self._offered(grant):
            part = offer.part
            if person.stopped:
                yield self._omitted(route, part, "stopped", "all rights of the person are stopped")
            elif (
                offer.needs_approval
                and (wrong := self.approvals.lacking(grant, part.right, part.why, person)) is not None
            ):
                yield self._omitted(route, part, "not_approved", wrong)
            else:
                yield self._at_work(route, offer)

    def _offered(self, grant: Grant) -> tuple[Offer, ...]:
        made = []
        for part in self.bundles.parts(grant.gives):
            settings = self._settings.get(part.right.uuid, {}).values()
            is_of_unit = grant.uuid not in self.limits.given and all(map(self.limits.is_of_unit, settings))
            lost = next(filter(None, map(self.amiss_with, self._bundles(part))), None)
            asks = self._asks_for_role(grant, (*settings, *self._settings.get(grant.uuid, {}).values()))
            needs_approval = self.approvals.concerns(grant, part.right, part.why)
            made.append(Offer(part, lost, asks, needs_approval, is_of_unit))
        self._offers[grant.uuid] = found = tuple(made)
        return found

    @staticmethod
    def _asks_for_role(grant: Grant, settings: Collection[Setting]) -> Lost | None:
        """What a grant is about narrows holders of a role, and limits that follow from responsibilities; nobody."""
        if not grant.about or any((each.derived or "") in OF_RESPONSIBILITY for each in settings):
            return None
        about = ", ".join(each.title or each.key for each in grant.about)
        return Lost("invalid_value", f"the grant is about {about}, which only a role can be: give it to a role")

    def _bundles(self, part: Part) -> Iterator[Right]:
        """The job-function roles through which a right is given, without itself."""
        known = self.organisation.job_function_roles
        return (known[each] for each in bundles_in(part.why) if each in known and each != part.right.uuid)

    def _at_work(self, route: Route, offer: Offer) -> HeldRight | Omitted:
        """A right on a route: held with all its limits, or left out."""
        part = offer.part
        asks = offer.asks if route.holding.assignment is None else None
        content = offer.lost or asks or self._content(offer, route.holding)
        if isinstance(content, Lost):
            return self._omitted(route, part, content.reason, content.text, content.constraint, content.lacking)
        person = route.person.uuid
        if person in self.approvals.approvers and (own := _opened_by(content.included, person)) is not None:
            text = "people can't approve that a right of their own is not limited: another person must"
            return self._omitted(route, part, "not_approved", f"{own.title or own.key}: {text}", own)
        why = (*route.why, *part.why)
        since, until = _in_all(why)
        if content.until is not None:
            until = first_of(until, content.until)
        holding = route.holding
        return HeldRight(
            right=part.right,
            grant=self.routes.grant(holding.grant),
            subject=route.subject,
            person=route.person,
            assignment=self._assignment(holding),
            unit=self._unit(holding),
            included=content.included,
            why=why,
            since=since,
            until=until,
        )

    def included(self, right: Right) -> tuple[SystemRole, ...]:
        """The system roles that a right itself includes, in the order of their URIs."""
        kept = self._included.get(right.uuid)
        if kept is None:
            uuids = (right.uuid,) if isinstance(right, SystemRole) else self.organisation.includes.get(right.uuid, ())
            found = (self.organisation.system_roles.get(each) for each in uuids)
            kept = tuple(sorted((each for each in found if each is not None), key=lambda each: (each.uri, each.uuid)))
            self._included[right.uuid] = kept
        return kept

    def setting(self, of: str, system_role: str, type_: str) -> Setting | None:
        """What a job-function role or grant sets for a type in one of its system roles."""
        settings = self._settings.get(of, {})
        return settings.get((system_role, type_)) or settings.get((None, type_))

    def _content(self, offer: Offer, holding: Holding) -> Content:
        """The system roles with their limits; what only depends on the unit is worked out once for all there."""
        right = offer.part.right
        grant, _, tie, assignment, unit = holding
        if not offer.is_of_unit or (tie is not None and tie.kle):
            return self._worked_out(right, holding)
        own = grant.own_kle_only or (assignment is not None and assignment.own_kle_only)
        key = (right.uuid, unit or "", own)
        kept = self._contents.get(key)
        if kept is None:
            kept = self._contents[key] = self._worked_out(right, holding)
        return kept

    def _worked_out(self, right: Right, holding: Holding) -> Content:
        plan = self._plan(right, holding.grant)
        if isinstance(plan, Lost):
            return plan
        made: list[IncludedRight] = []
        failures: list[Failure] = []
        for system_role, planned in plan:
            limits: list[Limit] = []
            for each in planned:
                found = self.limits.derived(each, holding) if isinstance(each, Derived) else each
                if isinstance(found, Failure):
                    failures.append(found)
                else:
                    limits.append(found)
            made.append(IncludedRight(system_role, tuple(limits)))
        if len(failures) == 1:  # by far the commonest
            (only,) = failures
            return Lost(only.reason, only.text, only.type, only.lacking)
        if failures:
            first = min(failures, key=lambda one: (one.reason != "mandatory_not_configured", one.type.uri, one.text))
            texts = dict.fromkeys(each.text for each in (first, *failures))
            lacking = dict.fromkeys(each.lacking for each in (first, *failures) if each.lacking)
            return Lost(first.reason, "; ".join(texts), first.type, " and ".join(lacking))
        return Worked(tuple(made), self._until(right, made))

    def _until(self, right: Right, included: Collection[IncludedRight]) -> date | None:
        """The day on which a limit comes to nothing, a system ends, or the last of what it includes does."""
        if not included:
            return None
        if right.uuid not in self._ends:
            self._ends[right.uuid] = self._end_of(right)
        until = self._ends[right.uuid]
        for each in included:
            for limit in each.limits:
                if (end := _end(limit)) is not None and (until is None or end < until):
                    until = end
        return until

    def _end_of(self, right: Right) -> date | None:
        """The day on which a system ends, or the last of what it includes does."""
        ends, included = self.organisation.include_ends, self.included(right)
        last = [first_of(each.until, ends.get((right.uuid, each.uuid))) for each in included]
        of_all = (each.system.until for each in included)
        return first_of(*of_all, None if None in last else max(filter(None, last), default=None))

    def amiss_with(self, of: Right | Grant) -> Lost | None:
        """Why what is set for a right, or with a grant, can't be kept to."""
        if of.uuid not in self._amiss:
            included: Collection[SystemRole] = ()
            if not isinstance(of, Grant):
                included = self.included(of)
            elif of.uuid in self.limits.given:
                roles = self.organisation.system_roles
                included = [roles[each] for each in self.bundles.amounts_to(of.gives) if each in roles]
            self._amiss[of.uuid] = None if is_delegated(of) else self._found_amiss(of.uuid, included)
        return self._amiss[of.uuid]

    def _found_amiss(self, of: str, included: Collection[SystemRole]) -> Lost | None:
        """A limit that is meant but would limit nothing takes the right away: its system roles or its type have ended,
        no system role takes it, or it is set twice."""
        includes = self.organisation.includes.get(of, ())
        if includes and not included and not any(each in self.organisation.job_function_roles for each in includes):
            return Lost("system_blocked", "the rights that it includes have ended")
        if of in self._twice:
            type_ = self.organisation.types.get(self._twice[of])
            name = "a constraint type" if type_ is None else type_.title or type_.key
            return Lost("invalid_value", f"{name} is set twice; end one of the two", type_)
        uuids = {None, *(each.uuid for each in included)}
        taken = {each.uuid for role in included for each in (*role.required, *role.optional)}
        for (system_role, type_uuid), setting in self._settings.get(of, {}).items():
            if setting.unlimited or (system_role not in uuids and system_role not in self.bundles.amounts_to(of)):
                continue
            type_ = self.organisation.types.get(type_uuid)
            if type_ is None:
                return Lost("invalid_value", "a constraint type that limits it has ended; set another limit")
            if system_role not in uuids or (system_role is None and type_uuid not in taken):
                text = f"it is limited by {type_.title or type_.key}, which none of its own system roles takes"
                return Lost("invalid_value", text, type_)
        return None

    def _plan(self, right: Right, grant: Grant) -> Plan:
        key = (right.uuid, grant.uuid if grant.uuid in self._settings else "")
        kept = self._plans.get(key)
        if kept is None:
            kept = self._plans[key] = self._planned(right, grant)
        return kept

    def _planned(self, right: Right, grant: Grant) -> Plan:
        included = self.included(right)
        for each in included:
            if each.system.blocked:
                return Lost("system_blocked", f"{each.system.title or each.system.key} is blocked")
        if (amiss := self.amiss_with(right) or self.amiss_with(grant)) is not None:
            return amiss
        if is_delegated(right):
            return ()
        return tuple((each, tuple(self._limited(right, each, grant))) for each in included)

    def _limited(self, right: Right, included: SystemRole, grant: Grant) -> Iterator[Limit | Failure | Derived]:
        """By the type's URI: all types that the system role takes, and what else is set for it."""
        settings = {**self._settings.get(right.uuid, {}), **self._settings.get(grant.uuid, {})}
        types: dict[str, ConstraintType] = {each.uuid: each for each in (*included.required, *included.optional)}
        for (system_role, type_), _ in settings.items():
            if system_role == included.uuid and type_ in self.organisation.types:
                types[type_] = self.organisation.types[type_]
        required = {each.uuid for each in included.required}
        for each in sorted(types.values(), key=lambda one: (one.uri, one.uuid)):
            setting = self.setting(right.uuid, included.uuid, each.uuid)
            found = self.limits.limit(each, setting, grant, included.uuid, required=each.uuid in required)
            if found is None and self._has_ended(right, grant, included, each):
                title = each.title or each.key
                text = f"its limit of {title} has ended: set another, or leave {title} open on purpose (unlimited)"
                found = Failure(each, "mandatory_not_configured", text)
            if found is not None:
                yield found

    def _has_ended(self, right: Right, grant: Grant, included: SystemRole, type_: ConstraintType) -> bool:
        """Whether an optional type was limited before: that the limit ends gives nobody more."""
        ended = self.organisation.ended
        return any(
            (of, within, type_.uuid) in ended for of in (right.uuid, grant.uuid) for within in (included.uuid, None)
        )

    def _omitted(
        self, route: Route, part: Part, reason: OmittedBecause, text: str, constraint: ConstraintType | None = None,
        lacking: str = "",
    ) -> Omitted:  # fmt: skip
        holding = route.holding
        return Omitted(
            right=part.right,
            grant=self.routes.grant(holding.grant),
            subject=route.subject,
            person=route.person,
            reason=reason,
            constraint=constraint,
            text=text,
            why=(*route.why, *part.why),
            lacking=lacking,
        )

    def _assignment(self, holding: Holding) -> Thing | None:
        if holding.assignment is None:
            return None
        role = self.organisation.roles[holding.assignment.role]
        return Thing("Assignment", holding.assignment.uuid, role.title or role.key)

    def _unit(self, holding: Holding) -> Thing | None:
        if holding.unit is None:
            return None
        kept = self._units.get(holding.unit)
        if kept is None:
            unit = self.organisation.units.get(holding.unit)
            kept = self._units[holding.unit] = Thing("Unit", holding.unit, "" if unit is None else unit.name)
        return kept


def _end(limit: Limit) -> date | None:
    """The day from which a limit comes to nothing: when the last of its values ends, or it does itself."""
    last = date.min
    for each in limit.values:
        end = None
        for step in each.why:
            if (until := step.until) is not None and (end is None or until < end):
                end = until
        if end is None:
            return limit.until
        last = max(last, end)
    return first_of(limit.until, last) if limit.values else limit.until


def _opened_by(content: tuple[IncludedRight, ...], person: str) -> ConstraintType | None:
    """A type that the person has approved to leave open."""
    limits = (limit for included in content for limit in included.limits)
    return next((each.type for each in limits if each.approved_by == person), None)


def evaluate(organisation: OrganisationOnDay, person: str) -> Rights:
    """What one person holds on the organisation's day."""
    return Evaluation(organisation).of(person)


def _in_all(why: tuple[Reason, ...]) -> Days:
    """The days on which the whole chain holds."""
    since = until = None
    for each in why:
        if each.since is not None and (since is None or each.since > since):
            since = each.since
        if each.until is not None and (until is None or each.until < until):
            until = each.until
    return Days(since, until)
