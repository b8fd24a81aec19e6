"""The ways on which a grant reaches a person: the grant, whom it names, and how the person is that.

A grant reaches the person, an employment or affiliation, its position and the categories above, its unit and (with
``inherit``) the units above, and the roles held in it. Each way is a route of its own: two grants, two employments or
two units of one role are never joined here.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from graph.conditions import CONDITION_NAMES
from graph.expressions import ExpressionFailed, ExpressionRejected, compile_expression
from graph.questions.rights.derive import Holding
from graph.questions.rights.held import Reason, Thing
from graph.questions.rights.organisation import (
    ALL_DAYS,
    Assignment,
    Days,
    Grant,
    OrganisationOnDay,
    Person,
    Tie,
)  # fmt: skip
from graph.questions.rights.tree import Tree


@dataclass(frozen=True, slots=True)
class Hindrance:
    """Why a grant that reaches somebody gives nothing: a condition of its own. ``text``: with what would help."""

    check: str
    text: str


@dataclass(frozen=True, slots=True)
class Route:
    """A way from a grant to a holding. ``place``: the unit where the person works or has the role."""

    holding: Holding
    subject: Thing
    place: str | None
    why: tuple[Reason, ...]
    hindrance: Hindrance | None = None

    @property
    def key(self) -> tuple[str, ...]:
        """What orders routes, whatever order the facts come in."""
        holding = self.holding
        assignment = "" if holding.assignment is None else holding.assignment.uuid
        return (
            holding.grant.uuid, self.subject.uuid, assignment, holding.unit or "", *(each.uuid for each in self.why),
        )  # fmt: skip


@dataclass(slots=True)
class Routes:
    """Finds routes on one day."""

    organisation: OrganisationOnDay
    tree: Tree
    _by_grantee: dict[str, list[Grant]] = field(default_factory=dict)
    _ties: dict[str, list[Tie]] = field(default_factory=dict)
    _assignments: dict[str, list[Assignment]] = field(default_factory=dict)
    _of_unit: dict[str, tuple[tuple[Grant, tuple[Reason, ...]], ...]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for grant in self.organisation.grants.values():
            for grantee in grant.given_to:
                self._by_grantee.setdefault(grantee.uuid, []).append(grant)
        for tie in self.organisation.ties.values():
            self._ties.setdefault(tie.person, []).append(tie)
        for assignment in self.organisation.assignments.values():
            self._assignments.setdefault(assignment.holder, []).append(assignment)

    def ties(self, person: str) -> list[Tie]:
        return self._ties.get(person, [])

    def is_here(self, person: str) -> bool:
        """The person has a tie, or a role of their own."""
        return bool(self.ties(person) or self.assignments(person))

    def assignments(self, holder: str) -> list[Assignment]:
        return self._assignments.get(holder, [])

    def of(self, person: Person) -> Iterator[Route]:
        """All routes, also those of which a condition of the grant fails. Without a tie or role there is none."""
        if not self.is_here(person.uuid):
            return
        ties = self.ties(person.uuid)
        own = self.assignments(person.uuid)
        for tie in ties:
            yield from self._of_tie(person, tie)
        for assignment in own:
            yield from self._of_assignment(person, None, assignment)
        for grant in self._by_grantee.get(person.uuid, ()):
            why = (_grant(grant, person.uuid), Reason("Person", person.uuid, "given to the person"))
            if grant.for_unit is not None or not ties:
                yield self._route(grant, person, None, None, None, why)
            else:
                for tie in ties:
                    yield self._route(grant, person, tie, None, tie.unit, (*why, _tie(tie), *self._placed(tie)))

    def _of_tie(self, person: Person, tie: Tie) -> Iterator[Route]:
        placed = self._placed(tie)
        for grant in self._by_grantee.get(tie.uuid, ()):
            yield self._route(grant, person, tie, None, tie.unit, (_grant(grant, tie.uuid), _tie(tie), *placed))
        for uuid, why in self._positions(tie):
            for grant in self._by_grantee.get(uuid, ()):
                yield self._route(grant, person, tie, None, tie.unit, (_grant(grant, uuid), *why, *placed))
        if tie.unit is not None:
            for grant, steps in self._granted_to_unit(tie.unit):
                yield self._route(grant, person, tie, None, tie.unit, (*steps, _tie(tie), *placed))
        for assignment in self.assignments(tie.uuid):
            yield from self._of_assignment(person, tie, assignment)

    def _positions(self, tie: Tie) -> Iterator[tuple[str, tuple[Reason, ...]]]:
        """The position and the categories above it, with why."""
        position = self.organisation.positions.get(tie.position) if tie.position is not None else None
        if position is None:
            return
        at = (Reason("Position", position.uuid, f"employed as {position.title}", *tie.held), _tie(tie))
        yield position.uuid, at
        for category in position.categories:
            yield category.uuid, (Reason(category.kind, category.uuid, f"a position within {category.title}"), *at)

    def _granted_to_unit(self, uuid: str) -> tuple[tuple[Grant, tuple[Reason, ...]], ...]:
        """Grants to an open unit, and those to open units above that are inherited, each with the way down."""
        kept = self._of_unit.get(uuid)
        if kept is None:
            found = []
            steps: tuple[Reason, ...] = ()
            chain = self.tree.chain(uuid)
            for place, unit in enumerate(chain):
                if place:
                    below = chain[place - 1]
                    steps = (Reason("Unit", below.uuid, f"{below.name}, below {unit.name}", *below.part), *steps)
                for grant in self._by_grantee.get(unit.uuid, ()) if unit.active else ():
                    if not place or grant.inherit:
                        at = Reason("Unit", unit.uuid, f"given to {unit.name}")
                        found.append((grant, (_grant(grant, unit.uuid), at, *steps)))
            kept = self._of_unit[uuid] = tuple(found)
        return kept

    def _of_assignment(self, person: Person, tie: Tie | None, assignment: Assignment) -> Iterator[Route]:
        grants = self._by_grantee.get(assignment.role)
        if not grants:
            return
        role = self.organisation.roles[assignment.role]
        for place in assignment.places or (None,):
            unit = None if place is None else self.tree.open(place.unit)
            if place is not None and unit is None:
                continue
            text = f"{role.title or role.key} for {unit.name}" if unit is not None else role.title or role.key
            days = _both(assignment.days, place.days if place is not None else ALL_DAYS)
            steps = (
                Reason("Role", role.uuid, f"given to everyone with the role {role.title or role.key}"),
                Reason("Assignment", assignment.uuid, text, *days),
                *(() if tie is None else (_tie(tie),)),
            )
            for grant in grants:
                why = (_grant(grant, role.uuid), *steps)
                yield self._route(grant, person, tie, assignment, None if unit is None else unit.uuid, why)

    def _placed(self, tie: Tie) -> tuple[Reason, ...]:
        unit = self.organisation.units.get(tie.unit) if tie.unit is not None else None
        return () if unit is None else (Reason("Unit", unit.uuid, f"in {unit.name}", *tie.placed),)

    def _route(
        self, grant: Grant, person: Person, tie: Tie | None, assignment: Assignment | None, place: str | None,
        why: tuple[Reason, ...],
    ) -> Route:  # fmt: skip
        subject = Thing("Person", person.uuid, person.name) if tie is None else Thing(tie.kind, tie.uuid, tie.title)
        if grant.for_unit is not None and (unit := self.organisation.units.get(grant.for_unit)) is not None:
            why = (*why, Reason("Unit", unit.uuid, f"counted from {unit.name}"))
        holding = Holding(grant, person, tie, assignment, grant.for_unit or place)
        return Route(holding, subject, place, why, self._hindrance(holding, place))

    # -- what a grant asks for besides --------------------------------------------------------------------------

    def _hindrance(self, holding: Holding, place: str | None) -> Hindrance | None:
        grant = holding.grant
        if grant.exceptions and (excepted := self._excepted(holding, place)) is not None:
            return Hindrance("exception", f"the grant leaves out {excepted}")
        if grant.within_units:
            within = frozenset(grant.within_units)
            if not self.tree.lies_in(place, within, below=grant.inherit):
                units = ", ".join(sorted(self._name(each) for each in within))
                return Hindrance("within", f"the grant only holds in {units}{' and below' if grant.inherit else ''}")
        if grant.covered and holding.assignment is not None and not self._is_responsible(holding.assignment, grant):
            about = ", ".join(sorted(each.title or each.key for each in grant.about))
            return Hindrance("responsibility", f"the role must be held for {about}")
        if grant.condition:
            return self._condition(grant.condition, holding, place)
        return None

    def _excepted(self, holding: Holding, place: str | None) -> str | None:
        """The exception that fits, by its title."""
        tie, grant = holding.tie, holding.grant
        mine = {holding.person.uuid}
        holders = [holding.person.uuid]
        if tie is not None:
            mine |= {tie.uuid, *(uuid for uuid, _ in self._positions(tie))}
            holders.append(tie.uuid)
        mine |= {each.role for holder in holders for each in self.assignments(holder)}
        for each in grant.exceptions:
            if each.kind == "Unit":
                if self.tree.lies_in(place, frozenset({each.uuid}), below=grant.inherit):
                    return each.title or self._name(each.uuid)
            elif each.uuid in mine:
                return each.title or each.kind
        return None

    def _is_responsible(self, assignment: Assignment, grant: Grant) -> bool:
        """As for the nearest holder: what it is about covers one of those asked for; about nothing covers none."""
        if not assignment.about:
            return self.organisation.roles[assignment.role].covers_all
        about = {each.uuid for each in assignment.about}
        return any(about & covering for covering in grant.covered)

    def _condition(self, text: str, holding: Holding, place: str | None) -> Hindrance | None:
        try:
            if compile_expression(text, CONDITION_NAMES).holds(self._values(holding, place)):
                return None
        except (ExpressionFailed, ExpressionRejected) as failed:
            return Hindrance("condition_failed", f"the condition could not be worked out: {failed}")
        return Hindrance("condition", f"the condition does not hold: {text}")

    def _values(self, holding: Holding, place: str | None) -> Mapping[str, Mapping[str, object]]:
        tie, assignment = holding.tie, holding.assignment
        values: dict[str, Mapping[str, object]] = {}
        if tie is not None:
            values["employment"] = {**tie.values, "kind": tie.kind}
            if tie.position is not None and (position := self.organisation.positions.get(tie.position)) is not None:
                values["position"] = position.values
        if place is not None and (unit := self.organisation.units.get(place)) is not None:
            values["unit"] = unit.values
        if assignment is not None:
            role = self.organisation.roles[assignment.role]
            values["role"] = {"key": role.key, "title": role.title}
        return values

    def _name(self, unit: str) -> str:
        found = self.organisation.units.get(unit)
        return unit if found is None else found.name


def _grant(grant: Grant, grantee: str) -> Reason:
    return Reason("Grant", grant.uuid, grant.name, *_both(grant.days, grant.given.get(grantee, ALL_DAYS)))


def _tie(tie: Tie) -> Reason:
    return Reason(tie.kind, tie.uuid, tie.title or tie.kind, *tie.days)


def _both(one: Days, other: Days) -> Days:
    """The days that both cover."""
    since = max((each for each in (one.since, other.since) if each is not None), default=None)
    until = min((each for each in (one.until, other.until) if each is not None), default=None)
    return Days(since, until)
