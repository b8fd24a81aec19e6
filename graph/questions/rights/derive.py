"""Constraint values that follow from the organisation, each with the reasons for it (kombit_access.md §4).

A value is worked out from one holding: the grant at work for one tie or assignment, never from the person across
several of them. Where nothing follows the answer is empty, and the right is lost; a value is never replaced by a wider
one. Among the values of one constraint there is a union, never an intersection.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import pairwise, starmap
from typing import NamedTuple

from graph.model.derived_kinds import OF_RESPONSIBILITY, Derivation
from graph.questions.rights.held import ConstraintType, Reason
from graph.questions.rights.kle import NotKle, parts, wire
from graph.questions.rights.organisation import (
    Assignment,
    Grant,
    Mark,
    OrganisationOnDay,
    Person,
    Place,
    Responsibility,
    Setting,
    StandIn,
    Tie,
    Unit,
)  # fmt: skip
from graph.questions.rights.tree import Tree
from graph.time import first_of

MANAGER = "manager"
Why = tuple[Reason, ...]
Values = dict[str, Why]
"""Wire value → why, from where the right is held to the value."""
Found = Iterator[tuple[str, Why]]


class Holding(NamedTuple):
    """A grant at work. ``unit``: the uuid of the unit that values count from."""

    grant: Grant
    person: Person
    tie: Tie | None = None
    assignment: Assignment | None = None
    unit: str | None = None


@dataclass(slots=True)
class Deriving:
    """Works out values on one day; what only depends on the unit is kept."""

    organisation: OrganisationOnDay
    tree: Tree
    _of_unit: dict[tuple[str, str, bool], Values] = field(default_factory=dict)
    _roles_held: dict[str, list[tuple[str, Unit, Why]]] | None = None
    _ways_down: dict[str, list[tuple[str, Why]]] = field(default_factory=dict)
    _standing_in: dict[str, list[StandIn]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for each in self.organisation.stand_ins.values():
            self._standing_in.setdefault(each.person, []).append(each)

    def values(self, how: Derivation, setting: Setting, type_: ConstraintType, holding: Holding) -> Values:
        """The wire values. Empty: nothing follows."""
        name = how.kind.name
        if name in OF_UNIT:
            own = _own_kle_only(holding)
            key = (f"{name}({how.argument})", holding.unit or "", own)
            found = self._of_unit.get(key)
            if found is None:
                unit = self.tree.open(holding.unit)
                found = {} if unit is None else dict(OF_UNIT[name](self, unit, how, own))
                self._of_unit[key] = found
            if name in _KLE_OF_UNIT and holding.tie is not None and holding.tie.kle:
                found = dict(_collapsed((*found.items(), *self._kle_of_tie(holding.tie))))
        elif name == "sensitivity_of_role":
            return self._levels(type_, holding)
        else:
            found = dict(_OF_HOLDING[name](self, how, setting, holding))
        if how.kind.suits("unit"):
            found = self.without_excluded(found, setting, below=setting.below or how.kind.below)
        return found

    # -- units --------------------------------------------------------------------------------------------------

    def without_excluded(self, units: Values, setting: Setting, *, below: bool) -> Values:
        """``below``: what lies below a unit that is left out is left out, too."""
        out = frozenset(setting.excluded)
        return {uuid: why for uuid, why in units.items() if not self.tree.lies_in(uuid, out, below=below)}

    def _unit(self, unit: Unit, how: Derivation, own: bool) -> Found:
        yield unit.uuid.lower(), (_at(unit),)

    def _below(self, unit: Unit, how: Derivation, own: bool) -> Found:
        yield from self._down(unit, (_at(unit),))

    def _at_level(self, unit: Unit, how: Derivation, own: bool) -> Found:
        top = self.tree.at_level(unit.uuid, how.number)
        if top is None:
            yield from self._unit(unit, how, own)
        else:
            yield from self._down(top, self._up(unit, top))

    def _down(self, top: Unit, why: Why) -> Found:
        ways = self._ways_down.get(top.uuid)
        if ways is None:
            found = ((way[-1], tuple(starmap(_below, pairwise(way)))) for way in self.tree.below(top.uuid))
            ways = self._ways_down[top.uuid] = [(unit.uuid.lower(), _until(steps, unit)) for unit, steps in found]
        return ((uuid, (*why, *steps)) for uuid, steps in ways)

    def _up(self, unit: Unit, to: Unit) -> Why:
        """From a unit to one above it."""
        why = [_at(unit)]
        for below, each in pairwise(self.tree.chain(unit.uuid)):
            if below.uuid == to.uuid:
                break
            text = f"{each.name}, above {below.name}"
            why.append(Reason("Unit", each.uuid, text, *below.part, units=(below.uuid,)))
        return tuple(why)

    def _managed(self, how: Derivation, setting: Setting, holding: Holding) -> Found:
        yield from self._of_roles(MANAGER, how, holding)

    def _held(self, how: Derivation, setting: Setting, holding: Holding) -> Found:
        yield from self._of_roles(how.argument, how, holding)

    def _of_roles(self, key: str, how: Derivation, holding: Holding) -> Found:
        """Units for which the person has a role, and for a manager those for which the person stands in now."""
        for role, unit, why in self._held_by(holding.person.uuid):
            if role == key:
                if how.kind.below:
                    yield from self._down(unit, why)
                else:
                    yield unit.uuid.lower(), why
        if key == MANAGER:
            for stand_in in self._standing_in.get(holding.person.uuid, ()):
                if self._key_of(stand_in.role) == MANAGER:
                    yield from self._stood_in(stand_in, how)

    def _stood_in(self, stand_in: StandIn, how: Derivation) -> Found:
        """Only what lies in the substitution's scope."""
        for place in stand_in.places:
            unit = self.tree.open(place.unit)
            if unit is None:
                continue
            text = f"stands in for the manager of {unit.name}"
            why = (
                Reason("Substitution", stand_in.uuid, text, *stand_in.days, units=(unit.uuid,)),
                _placed(unit, place),
            )
            found = self._down(unit, why) if how.kind.below else iter([(unit.uuid.lower(), why)])
            for uuid, reasons in found:
                if not stand_in.scope or self.tree.lies_in(uuid, stand_in.scope, below=True):
                    yield uuid, reasons

    def _held_by(self, person: str) -> list[tuple[str, Unit, Why]]:
        """Key of the role, open unit and why, of all that a person holds in any tie."""
        if self._roles_held is None:
            self._roles_held = {}
            for each in self.organisation.assignments.values():
                tie = self.organisation.ties.get(each.holder)
                key = self._key_of(each.role)
                for place in each.places:
                    if (unit := self.tree.open(place.unit)) is not None:
                        title = self.organisation.roles[each.role].title or key
                        why = (
                            Reason("Assignment", each.uuid, f"{title} for {unit.name}", *each.days, units=(unit.uuid,)),
                            _placed(unit, place),
                        )
                        owner = each.holder if tie is None else tie.person
                        self._roles_held.setdefault(owner, []).append((key, unit, why))
        return self._roles_held.get(person, [])

    def _key_of(self, role: str) -> str:
        found = self.organisation.roles.get(role)
        return "" if found is None else found.key

    def _selected(self, how: Derivation, setting: Setting, holding: Holding) -> Found:
        for uuid in setting.units:
            unit = self.tree.open(uuid)
            if unit is not None:
                text = f"{unit.name} is selected"
                why = (Reason("ConstraintSetting", setting.uuid, text, units=(unit.uuid,)), _at(unit))
                yield from self._down(unit, why) if setting.below else iter([(unit.uuid.lower(), why)])

    # -- who pays -----------------------------------------------------------------------------------------------

    def _payout(self, unit: Unit, how: Derivation, own: bool) -> Found:
        found = self.tree.payer(unit.uuid)
        if found is not None and (payer := self.tree.open(found[1])) is not None:
            at = found[0]
            until = first_of(at.paid.until, at.until, payer.until)
            text = f"{payer.name} pays out for {at.name}"
            why = Reason("Unit", payer.uuid, text, at.paid.since, until, units=(at.uuid,))
            yield payer.uuid.lower(), (*self._up(unit, at), why)

    def _paid(self, unit: Unit, how: Derivation, own: bool) -> Found:
        for each in self.organisation.units.values():
            found = self.tree.payer(each.uuid) if each.active else None
            if found is not None and found[1] == unit.uuid:
                text = f"{each.name} is paid out for by {unit.name}"
                until = first_of(found[0].paid.until, found[0].until, each.until)
                why = Reason("Unit", each.uuid, text, found[0].paid.since, until, units=(unit.uuid,))
                yield each.uuid.lower(), (_at(unit), why)

    # -- KLE ----------------------------------------------------------------------------------------------------

    def _performs(self, unit: Unit, how: Derivation, own: bool) -> Found:
        yield from self._marked(unit, lambda each: each.performs, "performs", own)

    def _interested(self, unit: Unit, how: Derivation, own: bool) -> Found:
        yield from self._marked(unit, lambda each: each.interested, "is interested in", own)

    def _both(self, unit: Unit, how: Derivation, own: bool) -> Found:
        found = (*self._interested(unit, how, own), *self._performs(unit, how, own))
        yield from _collapsed(found)

    def _responsible(self, unit: Unit, how: Derivation, own: bool) -> Found:
        yield from self._marked(unit, lambda each: each.responsible, "is responsible for", own)

    def _marked(self, unit: Unit, of: Callable[[Unit], tuple[Mark, ...]], verb: str, own: bool) -> Found:
        """A unit's own numbers, and those of each unit above that passes its own down."""
        found: list[tuple[str, Why]] = []
        for each in self.tree.chain(unit.uuid):
            passes = each.uuid == unit.uuid or (each.passes_kle_down and not own)
            if not (passes and each.active):
                continue
            why = self._up(unit, each)
            if each.uuid != unit.uuid:
                why = (*why[:-1], _passing(why[-1]))
            for mark in of(each):
                text = f"{each.name} {verb} {mark.number}"
                until = first_of(mark.days.until, each.until)
                reason = Reason("KleNode", mark.uuid, text, mark.days.since, until, units=(each.uuid,))
                found.append((mark.number, (*why, reason)))
        yield from _collapsed(self.current(found))

    def kle_of(self, tie: Tie) -> tuple[Values, Values]:
        """The KLE numbers where somebody works: those that the unit performs, with those of the employment itself, and
        those that it is interested in. A closed unit has none, also not from above."""
        unit = self.tree.open(tie.unit)
        own = [*self._kle_of_tie(tie)]
        if unit is None:
            return dict(_collapsed(own)), {}
        performed = self._marked(unit, lambda each: each.performs, "performs", own=False)
        interested = self._marked(unit, lambda each: each.interested, "is interested in", own=False)
        return dict(_collapsed((*performed, *own))), dict(interested)

    def current(self, numbers: Iterable[tuple[str, Why]]) -> Found:
        """Numbers of KLE's plan of the day, the nearest first; what has been retired is left out."""
        plan = self.organisation.kle
        for number, why in numbers:
            try:
                plain = ".".join(parts(number)) or "*"
            except NotKle:
                continue
            if plan is None or plain == "*" or plain in plan:
                yield number, why

    def _kle_of_tie(self, tie: Tie) -> Found:
        """KLE on the employment itself, which is added to the unit's."""
        return self.current(
            (mark.number, (Reason("KleNode", mark.uuid, f"the employment itself handles {mark.number}", *mark.days),))
            for mark in tie.kle
        )

    def _person_kle(self, how: Derivation, setting: Setting, holding: Holding) -> Found:
        yield from _collapsed(self._kle_of_tie(holding.tie) if holding.tie is not None else ())

    def _about_kle(self, how: Derivation, setting: Setting, holding: Holding) -> Found:
        found = (
            (each.key, (Reason("KleNode", each.uuid, f"{_what(holding)} is about {each.key}", None, each.until),))
            for each in _about(holding)
            if each.kind == "KleNode" and each.active
        )
        own = self._kle_of_tie(holding.tie) if holding.tie is not None else ()
        yield from _collapsed((*self.current(found), *own))

    # -- the rest -----------------------------------------------------------------------------------------------

    def _about_systems(self, how: Derivation, setting: Setting, holding: Holding) -> Found:
        for each in _about(holding):
            if each.kind == "ItSystem" and each.active:
                text = f"{_what(holding)} is about {each.title or each.key}"
                yield each.uuid.lower(), (Reason("ItSystem", each.uuid, text, None, each.until),)

    def _p_number(self, unit: Unit, how: Derivation, own: bool) -> Found:
        yield from self._nearest(unit, lambda each: each.p_number, "P number")

    def _se_number(self, unit: Unit, how: Derivation, own: bool) -> Found:
        yield from self._nearest(unit, lambda each: each.se_number, "SE number")

    def _nearest(self, unit: Unit, of: Callable[[Unit], str | None], what: str) -> Found:
        for each in self.tree.chain(unit.uuid):
            number = of(each) if each.active else None
            if number:
                text = f"{each.name} has the {what} {number}"
                yield number, (*self._up(unit, each), Reason("Unit", each.uuid, text, None, each.until))
                return

    def _levels(self, type_: ConstraintType, holding: Holding) -> Values:
        """The lowest of the levels set on role, assignment, unit and grant; one that the type does not know is none.
        Without a unit's own level, once it has closed, nothing is the lowest."""
        levels: list[tuple[str, Reason]] = []
        assignment, grant = holding.assignment, holding.grant
        unit = self.tree.open(holding.unit)
        if holding.unit is not None and unit is None:
            return {}
        role = None if assignment is None else self.organisation.roles.get(assignment.role)
        if role is not None and role.sensitivity:
            levels.append(
                (role.sensitivity, Reason("Role", role.uuid, f"{role.title or role.key}: {role.sensitivity}"))
            )
        if assignment is not None and assignment.sensitivity:
            text = f"the assignment: {assignment.sensitivity}"
            levels.append((assignment.sensitivity, Reason("Assignment", assignment.uuid, text)))
        if unit is not None and unit.sensitivity:
            levels.append((unit.sensitivity, Reason("Unit", unit.uuid, f"{unit.name}: {unit.sensitivity}")))
        if grant.sensitivity:
            levels.append((grant.sensitivity, Reason("Grant", grant.uuid, f"{grant.name}: {grant.sensitivity}")))
        places = [place_of(type_, label) for label, _ in levels]
        known = [each for each in places if each is not None]
        if not levels or len(known) < len(levels):
            return {}
        lowest = min(known)
        why = tuple(reason for place, (_, reason) in zip(places, levels, strict=True) if place == lowest)
        return dict.fromkeys(up_to(type_, lowest), why)


def up_to(type_: ConstraintType, place: int) -> tuple[str, ...]:
    """The values that stand for a level: all up to it where levels are cumulative and several fit, else its own."""
    levels = type_.levels[: place + 1] if type_.cumulative and type_.takes_several else (type_.levels[place],)
    return tuple(each.value for each in levels)


def place_of(type_: ConstraintType, level: str) -> int | None:
    """Which level a label, or a level's own value, names; None where the type does not know it."""
    return next((n for n, each in enumerate(type_.levels) if level in (each.label, each.value)), None)


def _collapsed(found: Iterable[tuple[str, Why]]) -> Found:
    """The widest numbers in their wire form; of one that comes twice, the first reason."""
    first: dict[tuple[str, ...], Why] = {}
    for number, why in found:
        first.setdefault(parts(number), why)
    for split, why in first.items():
        if not any(split[:length] in first for length in range(len(split))):
            yield wire(".".join(split) or "*"), why


def collapsed(found: Iterable[tuple[str, Why]]) -> Values:
    """KLE numbers in either form → the widest of them in their wire form. Raises NotKle."""
    return dict(_collapsed(found))


def of_unit(how: Derivation, holding: Holding) -> tuple[object, ...] | None:
    """What values depend on that follow from the unit alone, as a key; None where they depend on more."""
    name, tie = how.kind.name, holding.tie
    if name not in OF_UNIT or (name in _KLE_OF_UNIT and tie is not None and tie.kle):
        return None
    return holding.unit, _own_kle_only(holding)


def of_person(how: Derivation, setting: Setting, holding: Holding) -> tuple[object, ...]:
    """What other values of one person depend on, as a key."""
    name = how.kind.name
    if name in _OF_ROLES_HELD:
        return ()
    tie, assignment, grant = holding.tie, holding.assignment, holding.grant
    if name in OF_RESPONSIBILITY:
        return tie and tie.uuid, grant.uuid if assignment is None else assignment.uuid
    return setting.uuid, tie and tie.uuid, assignment and assignment.uuid, grant.uuid, holding.unit


def _own_kle_only(holding: Holding) -> bool:
    return holding.grant.own_kle_only or (holding.assignment is not None and holding.assignment.own_kle_only)


def _about(holding: Holding) -> tuple[Responsibility, ...]:
    """What the role is held for; of a grant that goes through none, what the grant itself is about."""
    return holding.grant.about if holding.assignment is None else holding.assignment.about


def _what(holding: Holding) -> str:
    return "the grant" if holding.assignment is None else "the role"


def _at(unit: Unit) -> Reason:
    return Reason("Unit", unit.uuid, unit.name, None, unit.until)


def _placed(unit: Unit, place: Place) -> Reason:
    return Reason("Unit", unit.uuid, unit.name, place.days.since, first_of(place.days.until, unit.until))


def _until(steps: Why, unit: Unit) -> Why:
    """The last step ends with the unit to which it leads; a unit on the way may close."""
    if unit.until is None or not steps:
        return steps
    return (*steps[:-1], steps[-1]._replace(until=first_of(steps[-1].until, unit.until)))


def _passing(reason: Reason) -> Reason:
    return reason._replace(text=f"{reason.text}, which passes its KLE down")


def _below(above: Unit, unit: Unit) -> Reason:
    return Reason("Unit", unit.uuid, f"{unit.name}, below {above.name}", *unit.part, units=(above.uuid,))


OF_UNIT: Mapping[str, Callable[[Deriving, Unit, Derivation, bool], Found]] = {
    "unit": Deriving._unit,
    "unit_and_below": Deriving._below,
    "unit_at_level": Deriving._at_level,
    "payout_unit": Deriving._payout,
    "units_paid_out_by": Deriving._paid,
    "kle_performs": Deriving._performs,
    "kle_interested": Deriving._interested,
    "kle_performs_or_interested": Deriving._both,
    "kle_responsible": Deriving._responsible,
    "p_number": Deriving._p_number,
    "se_number": Deriving._se_number,
}
_KLE_OF_UNIT = frozenset({"kle_performs", "kle_interested", "kle_performs_or_interested", "kle_responsible"})
_OF_ROLES_HELD = frozenset({"managed_units", "managed_units_and_below", "held_units", "held_units_and_below"})
_OF_HOLDING: Mapping[str, Callable[[Deriving, Derivation, Setting, Holding], Found]] = {
    "managed_units": Deriving._managed,
    "managed_units_and_below": Deriving._managed,
    "held_units": Deriving._held,
    "held_units_and_below": Deriving._held,
    "selected_units": Deriving._selected,
    "kle_of_responsibility": Deriving._about_kle,
    "person_kle": Deriving._person_kle,
    "itsystem_of_responsibility": Deriving._about_systems,
}
