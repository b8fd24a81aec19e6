"""The ways on which a grant reaches a person: the grant, whom it names, and how the person is that.

A grant reaches the person, an employment or affiliation, its position and the categories above, its unit and (with
``inherit``) the units above, and the roles held in it. Each way is a route of its own: two grants, two employments or
two units of one role are never joined here.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from operator import attrgetter
from typing import NamedTuple

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
    Unit,
)  # fmt: skip
from graph.questions.rights.tree import Tree
from graph.time import first_of


@dataclass(frozen=True, slots=True)
class Hindrance:
    """Why a grant that reaches a person gives nothing: a condition of its own. ``text``: with what would help."""

    check: str
    text: str


class Route(NamedTuple):
    """A way from a grant to a holding. ``place``: the unit where the person works or has the role.

    ``key`` orders routes, whatever order the facts come in; of two with the same, their reasons do.
    """

    key: tuple[str, ...]
    holding: Holding
    subject: Thing
    person: Thing
    place: str | None
    why: tuple[Reason, ...]
    hindrance: Hindrance | None = None


class _Through(NamedTuple):
    """Who is reached, and through which tie, if any. ``named``: the person; ``why``: the tie, and where it is."""

    person: Person
    tie: Tie | None
    named: Thing
    subject: Thing
    why: tuple[Reason, ...] = ()


def in_order_of_keys(routes: Iterable[Route]) -> list[Route]:
    """The routes, the same ones always in the same order."""
    found = list(routes)
    if len({each.key for each in found}) == len(found):
        return sorted(found, key=attrgetter("key"))
    return sorted(found, key=lambda each: (each.key, [step.uuid for step in each.why]))


@dataclass(slots=True)
class Routes:
    """Finds routes on one day."""

    organisation: OrganisationOnDay
    tree: Tree
    _by_grantee: dict[str, list[Grant]] = field(default_factory=dict)
    _ties: dict[str, list[Tie]] = field(default_factory=dict)
    _assignments: dict[str, list[Assignment]] = field(default_factory=dict)
    _of_unit: dict[str, tuple[tuple[Grant, tuple[Reason, ...]], ...]] = field(default_factory=dict)
    _grants: dict[str, Thing] = field(default_factory=dict)
    _asking: set[str] = field(default_factory=set)
    """Grants that ask for something besides."""
    _given: dict[tuple[str, str], Reason] = field(default_factory=dict)
    _in_units: dict[tuple[str, Days], tuple[Reason, ...]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for grant in self.organisation.grants.values():
            if grant.exceptions or grant.within_units or grant.covered or grant.condition:
                self._asking.add(grant.uuid)
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

    def grant(self, grant: Grant) -> Thing:
        kept = self._grants.get(grant.uuid)
        if kept is None:
            kept = self._grants[grant.uuid] = grant.thing
        return kept

    def of(self, person: Person) -> Iterator[Route]:
        """All routes, also those of which a condition of the grant fails. Without a tie or role there is none."""
        if not self.is_here(person.uuid):
            return
        named = Thing("Person", person.uuid, person.name)
        alone = _Through(person, None, named, named)
        ties = [(tie, self._through(person, named, tie)) for tie in self.ties(person.uuid)]
        for tie, through in ties:
            yield from self._of_tie(tie, through)
        for assignment in self.assignments(person.uuid):
            yield from self._of_assignment(alone, assignment)
        for grant in self._by_grantee.get(person.uuid, ()):
            why = (self._gives(grant, person.uuid), Reason("Person", person.uuid, "given to the person"))
            if grant.for_unit is not None or not ties:
                yield self._route(grant, alone, None, None, why)
            else:
                for tie, through in ties:
                    yield self._route(grant, through, None, tie.unit, (*why, *through.why))

    def _of_tie(self, tie: Tie, through: _Through) -> Iterator[Route]:
        for grant in self._by_grantee.get(tie.uuid, ()):
            yield self._route(grant, through, None, tie.unit, (self._gives(grant, tie.uuid), *through.why))
        for uuid, why in self._positions(tie):
            for grant in self._by_grantee.get(uuid, ()):
                yield self._route(grant, through, None, tie.unit, (self._gives(grant, uuid), *why, *through.why))
        if tie.unit is not None:
            for grant, steps in self._granted_to_unit(tie.unit):
                yield self._route(grant, through, None, tie.unit, (*steps, *through.why))
        for assignment in self.assignments(tie.uuid):
            yield from self._of_assignment(through, assignment)

    def _positions(self, tie: Tie) -> Iterator[tuple[str, tuple[Reason, ...]]]:
        """The position and the categories above it, with why."""
        position = self.organisation.positions.get(tie.position) if tie.position is not None else None
        if position is None:
            return
        at = (Reason("Position", position.uuid, f"employed as {position.title}", *tie.held),)
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
                    text = f"{below.name}, below {unit.name}"
                    steps = (Reason("Unit", below.uuid, text, *below.part, units=(unit.uuid,)), *steps)
                for grant in self._by_grantee.get(unit.uuid, ()) if unit.active else ():
                    if not place or grant.inherit:
                        at = Reason("Unit", unit.uuid, f"given to {unit.name}", None, unit.until)
                        found.append((grant, (self._gives(grant, unit.uuid), at, *steps)))
            kept = self._of_unit[uuid] = tuple(found)
        return kept

    def _of_assignment(self, through: _Through, assignment: Assignment) -> Iterator[Route]:
        grants = self._by_grantee.get(assignment.role)
        if not grants:
            return
        role = self.organisation.roles[assignment.role]
        title = role.title or role.key
        held = Reason("Role", role.uuid, f"given to everyone with the role {title}")
        for place in assignment.held_for:
            unit = None if place is None else self.tree.open(place.unit)
            if place is not None and unit is None:
                continue
            text = f"{title} for {unit.name}" if unit is not None else title
            days = _both(assignment.days, place.days if place is not None else ALL_DAYS)
            if unit is not None:
                days = _both(days, Days(None, unit.until))
            units = () if unit is None else (unit.uuid,)
            steps = (held, Reason("Assignment", assignment.uuid, text, *days, units=units), *through.why[:1])
            for grant in grants:
                why = (self._gives(grant, role.uuid), *steps)
                yield self._route(grant, through, assignment, None if unit is None else unit.uuid, why)

    def _through(self, person: Person, named: Thing, tie: Tie) -> _Through:
        why = (Reason(tie.kind, tie.uuid, tie.title or tie.kind, *tie.days), *self._placed(tie))
        return _Through(person, tie, named, Thing(tie.kind, tie.uuid, tie.title), why)

    def _placed(self, tie: Tie) -> tuple[Reason, ...]:
        if tie.unit is None:
            return ()
        key = (tie.unit, tie.placed)
        kept = self._in_units.get(key)
        if kept is None:
            unit = self.organisation.units.get(tie.unit)
            kept = () if unit is None else (Reason("Unit", unit.uuid, f"in {unit.name}", *tie.placed),)
            self._in_units[key] = kept
        return kept

    def _gives(self, grant: Grant, grantee: str) -> Reason:
        kept = self._given.get((grant.uuid, grantee))
        if kept is None:
            days = _both(_both(grant.days, Days(None, grant.gives_until)), grant.given.get(grantee, ALL_DAYS))
            kept = self._given[grant.uuid, grantee] = Reason("Grant", grant.uuid, grant.name, *days)
        return kept

    def _route(
        self, grant: Grant, through: _Through, assignment: Assignment | None, place: str | None,
        why: tuple[Reason, ...],
    ) -> Route:  # fmt: skip
        if grant.for_unit is not None and (counted := self.organisation.units.get(grant.for_unit)) is not None:
            why = (*why, Reason("Unit", counted.uuid, f"counted from {counted.name}"))
        if grant.within_units and (end := self._end_within(grant, place)) is not None:
            why = (*why, end)
        unit = grant.for_unit or place
        holding = Holding(grant, through.person, through.tie, assignment, unit)
        hindrance = self._hindrance(holding, place) if grant.uuid in self._asking else None
        key = (grant.uuid, through.subject.uuid, "" if assignment is None else assignment.uuid, unit or "")
        return Route(key, holding, through.subject, through.named, place, why, hindrance)

    def _end_within(self, grant: Grant, place: str | None) -> Reason | None:
        """Where and until when the place lies in a unit that the grant only holds in: the last of several. None
        without an end, and where it lies in none."""
        if place is None:
            return None
        ends: list[tuple[date, Unit]] = []
        end: date | None = None
        for unit in self.tree.chain(place):
            if unit.uuid in grant.within_units and unit.active:
                last = first_of(end, unit.until)
                if last is None:
                    return None
                ends.append((last, unit))
            if not grant.inherit:
                break
            end = first_of(end, unit.part.until)
        if not ends:
            return None
        until, unit = max(ends, key=lambda each: each[0])
        return Reason("Unit", unit.uuid, f"only in {unit.name}", None, until)

    # -- what a grant asks for besides --------------------------------------------------------------------------

    def _hindrance(self, holding: Holding, place: str | None) -> Hindrance | None:
        grant = holding.grant
        if grant.exceptions and (excepted := self._excepted(holding, place)) is not None:
            return Hindrance("exception", f"the grant leaves out {excepted}")
        if grant.within_units:
            # A closed one counts for nothing, as a grant to a closed unit gives nothing.
            within = frozenset(each for each in grant.within_units if self.tree.open(each) is not None)
            if not self.tree.lies_in(place, within, below=grant.inherit):
                units = ", ".join(
                    sorted(self._name(each) + ("" if each in within else " (closed)") for each in grant.within_units)
                )
                return Hindrance("within", f"the grant only holds in {units}{' and below' if grant.inherit else ''}")
        if grant.covered and holding.assignment is not None and not self._is_responsible(holding.assignment, grant):
            about = ", ".join(sorted(each.title or each.key for each in grant.about))
            return Hindrance("responsibility", f"the role must be held for {about}")
        if grant.condition:
            return self._condition(grant.condition, holding, place)
        return None

    def _excepted(self, holding: Holding, place: str | None) -> str | None:
        """The exception that fits, by its title: also one by the unit where the person works, whatever unit it is
        for. What goes through no tie is the person's, with all ties."""
        tie, grant = holding.tie, holding.grant
        person = holding.person.uuid
        ties = self.ties(person) if tie is None else [tie]
        places = [place, *(each.unit for each in ties)]
        mine = {person}
        for one in ties:
            mine |= {one.uuid, *(uuid for uuid, _ in self._positions(one))}
        mine |= {each.role for holder in (person, *(one.uuid for one in ties)) for each in self.assignments(holder)}
        for each in grant.exceptions:
            if each.kind == "Unit":
                out = frozenset({each.uuid})
                if any(self.tree.lies_in(one, out, below=grant.inherit) for one in places):
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


def _both(one: Days, other: Days) -> Days:
    """The days that both cover."""
    since = max((each for each in (one.since, other.since) if each is not None), default=None)
    until = min((each for each in (one.until, other.until) if each is not None), default=None)
    return Days(since, until)
