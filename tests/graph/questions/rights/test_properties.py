"""What holds for every organisation: nothing widens, every reason is needed, and no order matters."""

import random
from dataclasses import fields, replace
from datetime import date
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from graph.questions.rights.differing import may_differ
from graph.questions.rights.evaluate import Evaluation
from graph.questions.rights.held import ConstraintType, HeldRight, ItSystem, JobFunctionRole, Reason, SystemRole, Thing
from graph.questions.rights.kle import covers
from graph.questions.rights.organisation import (
    Assignment,
    Grant,
    Mark,
    OrganisationOnDay,
    Person,
    Place,
    Role,
    Setting,
    Tie,
    Unit,
)  # fmt: skip

UNITS = [f"u{n}" for n in range(6)]
PERSONS = ["p0", "p1"]
TIES = ["t0", "t1", "t2"]
NUMBERS = ["15", "15.20", "27", "27.24", "27.24.03", "32"]
KLE = ConstraintType("kle", "kle", "KLE", "urn:kle", "kle", "multi")
UNIT = ConstraintType("unit", "unit", "Unit", "urn:unit", "unit", "multi")
PAYS = ConstraintType("pays", "pays", "Paid", "urn:pays", "payout", "multi")
TYPES = {each.uuid: each for each in (KLE, UNIT, PAYS)}
DERIVED = {
    "kle": ["kle_performs", "kle_interested", "kle_performs_or_interested", "person_kle"],
    "unit": [
        "unit",
        "unit_and_below",
        "unit_at_level(2)",
        "managed_units",
        "managed_units_and_below",
        "selected_units",
    ],
    "pays": ["payout_unit", "units_paid_out_by"],
}
SYSTEM = ItSystem("sys", "sys", "System")
MANAGER = Role("manager", "manager", "Leder")
WORKER = Role("worker", "worker", "Sagsbehandler")

_marks = st.lists(st.sampled_from(NUMBERS), max_size=3, unique=True).map(
    lambda numbers: tuple(Mark(f"k{each}", each) for each in sorted(numbers))
)


@st.composite
def organisations(draw: st.DrawFn) -> OrganisationOnDay:
    units = {}
    for n, uuid in enumerate(UNITS):
        units[uuid] = Unit(
            uuid,
            uuid,
            parent=draw(st.sampled_from([None, *UNITS[:n]])),
            active=draw(st.integers(0, 5)) > 0,
            performs=draw(_marks),
            interested=draw(_marks),
            passes_kle_down=draw(st.booleans()),
            paid_out_by=draw(st.sampled_from([None, None, *UNITS])),
        )
    ties = {
        uuid: Tie(
            uuid,
            "Employment",
            draw(st.sampled_from(PERSONS)),
            uuid,
            unit=draw(st.sampled_from(UNITS)),
            kle=draw(_marks),
        )
        for uuid in TIES
    }
    assignments = {
        f"a{n}": Assignment(
            f"a{n}",
            draw(st.sampled_from([*TIES, *PERSONS])),
            draw(st.sampled_from([MANAGER.uuid, WORKER.uuid])),
            tuple(Place(each) for each in draw(st.lists(st.sampled_from(UNITS), min_size=1, max_size=2, unique=True))),
        )
        for n in range(draw(st.integers(0, 4)))
    }
    kinds = {name: draw(st.sampled_from(how)) for name, how in DERIVED.items()}
    taken = draw(st.lists(st.sampled_from(sorted(TYPES)), unique=True))
    settings_ = {
        f"s_{name}": Setting(
            f"s_{name}", "job", name, "role", derived=kinds[name], parameter=f"urn:{name}",
            units=tuple(draw(st.lists(st.sampled_from(UNITS), max_size=2, unique=True))), below=draw(st.booleans()),
        )
        for name in taken
    }  # fmt: skip
    grantees = [
        *(Thing("Unit", each) for each in UNITS), *(Thing("Employment", each) for each in TIES),
        *(Thing("Person", each) for each in PERSONS), Thing("Role", MANAGER.uuid), Thing("Role", WORKER.uuid),
    ]  # fmt: skip
    grants = {
        f"g{n}": Grant(
            f"g{n}",
            draw(st.sampled_from(["job", "bundle"])),
            tuple(draw(st.lists(st.sampled_from(grantees), min_size=1, max_size=3, unique=True))),
            inherit=draw(st.booleans()),
            for_unit=draw(st.sampled_from([None, None, None, *UNITS])),
            own_kle_only=draw(st.booleans()),
            exceptions=tuple(draw(st.lists(st.sampled_from(grantees), max_size=1))),
        )
        for n in range(draw(st.integers(1, 3)))
    }
    role = SystemRole("role", "role", "Role", "urn:role", SYSTEM, required=tuple(TYPES[each] for each in sorted(taken)))
    return OrganisationOnDay(
        date(2026, 6, 15),
        units=units,
        persons={each: Person(each, each) for each in PERSONS},
        ties=ties,
        roles={each.uuid: each for each in (MANAGER, WORKER)},
        assignments=assignments,
        grants=grants,
        settings=settings_,
        types=TYPES,
        system_roles={"role": role},
        job_function_roles={each: JobFunctionRole(each, each, each, f"urn:{each}") for each in ("job", "bundle")},
        includes={"job": ("role",), "bundle": ("job",)},
    )


def held(organisation: OrganisationOnDay) -> list[HeldRight]:
    return [each for _, rights in Evaluation(organisation).everybody() for each in rights.held]


def same(held: HeldRight) -> tuple[object, ...]:
    return held.right.uuid, held.grant.uuid, held.subject.uuid, held.assignment, held.unit, tuple(
        (each.kind, each.uuid) for each in held.why
    )  # fmt: skip


@given(organisations())
def test_no_limit_gives_more_than_the_organisation(organisation: OrganisationOnDay) -> None:
    units = organisation.units
    for each in held(organisation):
        for limit in each.included[0].limits:
            assert limit.values, "a limit without values would not limit"
            if limit.type is KLE:
                told = [mark.number for unit in units.values() for mark in (*unit.performs, *unit.interested)]
                told += [mark.number for tie in organisation.ties.values() for mark in tie.kle]
                assert all(any(covers(one, value) for one in told) for value in limit.wire)
            else:
                assert all(units[value].active for value in limit.wire)
        assert {limit.type for limit in each.included[0].limits} == set(each.included[0].system_role.required)


@given(organisations())
def test_kle_counts_only_from_the_unit_and_what_passes_it_down(organisation: OrganisationOnDay) -> None:
    for each in held(organisation):
        grant = organisation.grants[each.grant.uuid]
        tie = organisation.ties.get(each.subject.uuid)
        allowed = [mark.number for mark in tie.kle] if tie is not None else []
        at = organisation.units.get(each.unit.uuid) if each.unit is not None else None
        first = True
        while at is not None:
            if at.active and (first or (at.passes_kle_down and not grant.own_kle_only)):
                allowed += [mark.number for mark in (*at.performs, *at.interested)]
            at, first = organisation.units.get(at.parent or ""), False
        values = [value for limit in each.included[0].limits if limit.type is KLE for value in limit.wire]
        assert all(any(covers(one, value) for one in allowed) for value in values)


@settings(max_examples=60)
@given(organisations(), st.randoms(use_true_random=False))
def test_without_one_reason_the_right_is_gone(organisation: OrganisationOnDay, dice: random.Random) -> None:
    rights = held(organisation)
    if not rights:
        return
    one = dice.choice(rights)
    place = dice.randrange(len(one.why))
    left = held(without(organisation, one, place))
    assert same(one) not in [same(each) for each in left]


def without(organisation: OrganisationOnDay, held: HeldRight, place: int) -> OrganisationOnDay:
    """The organisation without the edge that a reason stands for."""
    reason = held.why[place]
    before = held.why[place - 1] if place else None

    def less(name: str, uuid: str) -> OrganisationOnDay:
        return replace(organisation, **{name: {k: v for k, v in getattr(organisation, name).items() if k != uuid}})

    match reason.kind:
        case "Grant":
            return less("grants", reason.uuid)
        case "Assignment":
            return less("assignments", reason.uuid)
        case "Employment":
            return less("ties", reason.uuid)
        case "JobFunctionRole":
            if before is not None and before.kind == "JobFunctionRole":
                return replace(organisation, includes={**organisation.includes, before.uuid: ()})
            return less("grants", held.grant.uuid)
        case "Role" | "Person":
            return _not_given(organisation, held, reason)
        case "Unit":
            return _without_unit(organisation, held, reason, before)
    raise AssertionError(reason)


def _not_given(organisation: OrganisationOnDay, held: HeldRight, reason: Reason) -> OrganisationOnDay:
    grant = organisation.grants[held.grant.uuid]
    given_to = tuple(each for each in grant.given_to if each.uuid != reason.uuid)
    return replace(organisation, grants={**organisation.grants, grant.uuid: replace(grant, given_to=given_to)})


def _without_unit(
    organisation: OrganisationOnDay, held: HeldRight, reason: Reason, before: Reason | None
) -> OrganisationOnDay:
    if reason.text.startswith("given to"):
        return _not_given(organisation, held, reason)
    if reason.text.startswith("counted from"):
        grant = replace(organisation.grants[held.grant.uuid], for_unit=None)
        return replace(organisation, grants={**organisation.grants, grant.uuid: grant})
    if ", below " in reason.text:
        unit = replace(organisation.units[reason.uuid], parent=None)
        return replace(organisation, units={**organisation.units, unit.uuid: unit})
    tie = replace(organisation.ties[held.subject.uuid], unit=None)
    return replace(organisation, ties={**organisation.ties, tie.uuid: tie})


@given(organisations(), st.randoms(use_true_random=False))
def test_no_order_matters(organisation: OrganisationOnDay, dice: random.Random) -> None:
    def shuffled(mapping: Any) -> Any:
        if not isinstance(mapping, dict):
            return mapping
        entries = list(mapping.items())
        dice.shuffle(entries)
        return dict(entries)

    other = OrganisationOnDay(
        **{each.name: shuffled(getattr(organisation, each.name)) for each in fields(organisation)}
    )
    assert list(Evaluation(other).everybody()) == list(Evaluation(organisation).everybody())


@given(organisations())
def test_a_further_grant_takes_nothing_away(organisation: OrganisationOnDay) -> None:
    fewer = replace(organisation, grants={uuid: each for uuid, each in organisation.grants.items() if uuid != "g0"})
    assert {*map(same, held(fewer))} <= {*map(same, held(organisation))}


@given(organisations(), st.data())
def test_whose_rights_can_not_differ_has_the_same(organisation: OrganisationOnDay, data: st.DataObject) -> None:
    """What the review leaves out on its later day."""
    name = data.draw(st.sampled_from(["ties", "assignments", "grants", "units", "settings", "persons"]))
    things = getattr(organisation, name)
    gone = data.draw(st.sampled_from(sorted(things))) if things else None
    later = replace(organisation, **{name: {uuid: each for uuid, each in things.items() if uuid != gone}})
    differing = may_differ(organisation, later)
    shared = name in ("grants", "units", "settings") and gone is not None
    assert (differing is None) == shared
    for person in {*PERSONS} - (frozenset(PERSONS) if differing is None else differing):
        assert Evaluation(organisation).of(person) == Evaluation(later).of(person)
