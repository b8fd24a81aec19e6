"""Units that limits come to in random organisations, and a second reading of kombit_access.md §4: of kinds that the
towns of ``random_town`` do not have, and of units that are chosen, left out, closed or counted from another."""

import random
from collections.abc import Iterator
from datetime import date

import pytest

from graph.questions.rights.evaluate import Evaluation
from graph.questions.rights.held import ConstraintType, ItSystem, JobFunctionRole, SystemRole, Thing
from graph.questions.rights.organisation import (
    Assignment,
    Grant,
    OrganisationOnDay,
    Person,
    Place,
    Role,
    Setting,
    StandIn,
    Tie,
    Unit,
)  # fmt: skip

UNITS = tuple(f"u{n}" for n in range(8))
KINDS = (
    "unit", "unit_and_below", "unit_at_level(1)", "unit_at_level(3)", "managed_units", "managed_units_and_below",
    "held_units(rep)", "held_units_and_below(rep)", "selected_units", "payout_unit", "units_paid_out_by",
)  # fmt: skip
TYPE = ConstraintType("type", "unit", "Unit", uri="urn:unit", content="unit", form="multi")
RIGHT = SystemRole("read", "read", "Read", "urn:read", ItSystem("sys", "sys", "System"), required=(TYPE,))


def _some(dice: random.Random, most: int) -> tuple[str, ...]:
    return tuple(sorted(dice.sample(UNITS, dice.randrange(most + 1))))


def _organisation(dice: random.Random, kind: str) -> OrganisationOnDay:
    """Two people, of whom one may stand in for a manager; the workers are granted the right."""
    units = {
        name: Unit(
            name, name, dice.choice(UNITS[:n]) if n and dice.random() < 0.9 else None, active=dice.random() < 0.8,
            level=dice.choice((None, None, 1, 2, 3)), paid_out_by=dice.choice((None, *UNITS)),
        )
        for n, name in enumerate(UNITS)
    }  # fmt: skip
    ties = {f"e{n}": Tie(f"e{n}", "Employment", dice.choice(("p0", "p1")), unit=dice.choice(UNITS)) for n in range(3)}
    assignments = {}
    for n in range(5):
        places = tuple(map(Place, _some(dice, 2)))
        role = "worker" if n < 2 else dice.choice(("manager", "rep"))
        held = Assignment(f"a{n}", dice.choice((*ties, "p0")), role, places, is_for_units=bool(places))
        assignments[held.uuid] = held
    stands_in = StandIn(
        "s", dice.choice(("p0", "p1")), dice.choice(("manager", "rep")), tuple(map(Place, _some(dice, 2))),
        frozenset(_some(dice, 1)),
    )  # fmt: skip
    setting = Setting(
        "c", "job", "type", derived=kind, below=dice.random() < 0.5, units=_some(dice, 2), excluded=_some(dice, 2)
    )
    grant = Grant("g", "job", (Thing("Role", "worker", "worker"),), for_unit=dice.choice((None, *UNITS)))
    return OrganisationOnDay(
        date(2026, 6, 15),
        units=units,
        persons={each: Person(each, each) for each in ("p0", "p1")},
        ties=ties,
        roles={each: Role(each, each) for each in ("worker", "manager", "rep")},
        assignments=assignments,
        stand_ins={"s": stands_in},
        grants={"g": grant},
        settings={"c": setting},
        types={"type": TYPE},
        system_roles={"read": RIGHT},
        job_function_roles={"job": JobFunctionRole("job", "job", "Job", "urn:job")},
        includes={"job": ("read",)},
    )


class _Reading:
    """The second one: each question is answered by looking at everything."""

    def __init__(self, organisation: OrganisationOnDay) -> None:
        self.day = organisation
        self.setting, self.grant = organisation.settings["c"], organisation.grants["g"]
        self.kind = str(self.setting.derived)
        self.takes_below = "_and_below" in self.kind or "level" in self.kind

    def chain(self, unit: str | None) -> list[str]:
        found = []
        while unit is not None:
            found.append(unit)
            unit = self.day.units[unit].parent
        return found

    def is_open(self, unit: str | None) -> bool:
        return unit is not None and self.day.units[unit].active

    def below(self, top: str, *, all_of_it: bool) -> set[str]:
        return {
            each for each in UNITS if self.is_open(each) and (each == top or (all_of_it and top in self.chain(each)))
        }

    def person(self, holder: str) -> str:
        return self.day.ties[holder].person if holder in self.day.ties else holder

    def payer(self, unit: str) -> str | None:
        paid = (self.day.units[each].paid_out_by for each in self.chain(unit) if self.is_open(each))
        return next((each for each in paid if each is not None), None)

    def values(self, person: str, unit: str | None) -> set[str]:
        """Without what is left out."""
        if self.kind == "selected_units":
            return {u for top in self.setting.units if self.is_open(top)
                    for u in self.below(top, all_of_it=self.setting.below)}  # fmt: skip
        if self.kind.startswith(("managed", "held")):
            return set(self._of_roles("manager" if self.kind.startswith("managed") else "rep", person))
        if unit is None or not self.is_open(unit):
            return set()
        if self.kind == "units_paid_out_by":
            return {each for each in UNITS if self.is_open(each) and self.payer(each) == unit}
        if self.kind == "payout_unit":
            payer = self.payer(unit)
            return {payer} if payer is not None and self.is_open(payer) else set()
        if "level" not in self.kind:
            return self.below(unit, all_of_it=self.takes_below)
        for each in self.chain(unit):
            level = self.day.units[each].level or len(self.chain(each))
            if self.is_open(each) and level <= int(self.kind[-2]):
                return self.below(each, all_of_it=True)
        return {unit}

    def _of_roles(self, role: str, person: str) -> Iterator[str]:
        for held in self.day.assignments.values():
            if held.role == role and self.person(held.holder) == person:
                for place in filter(self.is_open, (each.unit for each in held.places)):
                    yield from self.below(place, all_of_it=self.takes_below)
        stands_in = self.day.stand_ins["s"]
        if role == stands_in.role == "manager" and stands_in.person == person:
            for place in filter(self.is_open, (each.unit for each in stands_in.places)):
                for each in self.below(place, all_of_it=self.takes_below):
                    if not stands_in.scope or stands_in.scope & {*self.chain(each)}:
                        yield each

    def is_left_out(self, unit: str) -> bool:
        with_below = self.setting.below or self.takes_below
        return any(each in self.setting.excluded for each in (self.chain(unit) if with_below else [unit]))

    def held(self) -> set[tuple[str, str | None, frozenset[str]]]:
        found = set()
        for each in self.day.assignments.values():
            if each.role != "worker":
                continue
            places = [place.unit for place in each.places if self.is_open(place.unit)] if each.places else [None]
            for place in places:
                unit = self.grant.for_unit or place
                values = {one for one in self.values(self.person(each.holder), unit) if not self.is_left_out(one)}
                if values:  # what comes to nothing takes the right away
                    found.add((self.person(each.holder), unit, frozenset(values)))
        return found


@pytest.mark.parametrize("kind", KINDS)
def test_limits_are_what_a_second_reading_gives(kind: str) -> None:
    some = 0
    for seed in range(60):
        organisation = _organisation(random.Random(seed), kind)
        work = Evaluation(organisation)
        found = {
            (person, held.unit.uuid if held.unit else None, frozenset(held.included[0].limits[0].wire))
            for person in organisation.persons
            for held in work.of(person).held
        }
        expected = _Reading(organisation).held()
        assert found == expected, seed
        some += bool(expected)
    assert some > 10, "most organisations have somebody with the right"
