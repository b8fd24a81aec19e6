"""What the evaluation of rights reads of a day: plain values by uuid, and only what holds on that day.

Units are the exception. A closed one stays where it is in the tree, since the way up leads through it; ``active`` says
that it is open. A start of ``None`` means always so far, an end of ``None`` until further notice.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, fields, replace
from datetime import date
from typing import Any, Literal, NamedTuple

from graph.questions.rights.at_kombit import AtKombit
from graph.questions.rights.held import ConstraintType, JobFunctionRole, SystemRole, Thing

Values = Mapping[str, Any]


class Days(NamedTuple):
    """Half-open."""

    since: date | None = None
    until: date | None = None


ALL_DAYS = Days()


@dataclass(frozen=True, slots=True)
class Mark:
    """A KLE number of a unit or an employment, from the day on which it was marked with it."""

    uuid: str
    number: str
    days: Days = ALL_DAYS


@dataclass(frozen=True, slots=True)
class Unit:
    """A unit. ``part``: the days of its place below ``parent``. ``paid``: those of ``paid_out_by``.

    ``level``: as the organisation numbers its levels; without a number it is counted from the top, which is 1.
    ``until``: the day after its last.
    """

    uuid: str
    name: str = ""
    parent: str | None = None
    part: Days = ALL_DAYS
    active: bool = True
    level: int | None = None
    performs: tuple[Mark, ...] = ()
    interested: tuple[Mark, ...] = ()
    responsible: tuple[Mark, ...] = ()
    passes_kle_down: bool = False
    paid_out_by: str | None = None
    paid: Days = ALL_DAYS
    sensitivity: str | None = None
    p_number: str | None = None
    se_number: str | None = None
    values: Values = field(default_factory=dict)
    until: date | None = None


@dataclass(frozen=True, slots=True)
class Person:
    """A living person. ``stopped``: all rights are stopped, whatever grants them."""

    uuid: str
    name: str = ""
    stopped: bool = False


@dataclass(frozen=True, slots=True)
class Tie:
    """An employment or affiliation. ``placed``: the days of ``unit``; ``held``: of ``position``."""

    uuid: str
    kind: str
    person: str
    title: str = ""
    days: Days = ALL_DAYS
    unit: str | None = None
    placed: Days = ALL_DAYS
    position: str | None = None
    held: Days = ALL_DAYS
    kle: tuple[Mark, ...] = ()
    values: Values = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Position:
    """A position. ``categories``: those above it, the nearest first."""

    uuid: str
    title: str = ""
    categories: tuple[Thing, ...] = ()
    values: Values = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Role:
    """A role of the organisation."""

    uuid: str
    key: str
    title: str = ""
    covers_all: bool = False
    sensitivity: str | None = None


@dataclass(frozen=True, slots=True)
class Responsibility:
    """What a role is about. ``key``: its KLE number, or the key of the system, group or function. ``active``: it exists
    on the day. ``until``: the day on which it ends, or the role is no longer about it."""

    kind: str
    uuid: str
    key: str
    title: str = ""
    active: bool = True
    until: date | None = None


@dataclass(frozen=True, slots=True)
class Place:
    """A unit for which a role is held."""

    unit: str
    days: Days = ALL_DAYS


@dataclass(frozen=True, slots=True)
class Assignment:
    """A role that a tie, or a person without one, has for units. ``holder``: the uuid of either. ``is_for_units``: on
    some day, be it another one."""

    uuid: str
    holder: str
    role: str
    places: tuple[Place, ...] = ()
    about: tuple[Responsibility, ...] = ()
    sensitivity: str | None = None
    own_kle_only: bool = False
    days: Days = ALL_DAYS
    is_for_units: bool = False

    @property
    def held_for(self) -> tuple[Place | None, ...]:
        """None: for no unit, as it never was for one. A role whose units have all ended is held for nothing."""
        return self.places or (() if self.is_for_units else (None,))


@dataclass(frozen=True, slots=True)
class StandIn:
    """A substitution in force, and what it is for. ``scope``: only for these units and what lies below; empty: all."""

    uuid: str
    person: str
    role: str
    places: tuple[Place, ...]
    scope: frozenset[str] = frozenset()
    days: Days = ALL_DAYS


@dataclass(frozen=True, slots=True)
class Setting:
    """What a constraint type is limited to. ``of``: a job-function role or a grant. ``system_role``: only within it.

    ``approved_by``: the person who approved that it is unlimited, as ``approved_content`` has it, for ``approved``.
    """

    uuid: str
    of: str
    type: str
    system_role: str | None = None
    fixed: tuple[str, ...] = ()
    derived: str | None = None
    parameter: str | None = None
    unlimited: bool = False
    below: bool = False
    units: tuple[str, ...] = ()
    excluded: tuple[str, ...] = ()
    approved_by: str | None = None
    approved_content: str | None = None
    approved: Days = ALL_DAYS
    days: Days = ALL_DAYS


@dataclass(frozen=True, slots=True)
class Grant:
    """A rule that gives ``gives``. ``given``: since when each grantee has been named.

    ``covered``: for each responsibility that it asks for, the uuids of all that cover it. ``approved_by``: the person
    who approved ``approved_content`` (``graph.approved_content``). ``kind``: an approved request gives as a grant does.
    ``gives_until``: the day on which it gives something else.
    """

    uuid: str
    gives: str
    given_to: tuple[Thing, ...]
    key: str = ""
    title: str = ""
    reason: str = ""
    inherit: bool = False
    condition: str | None = None
    sensitivity: str | None = None
    own_kle_only: bool = False
    exceptions: tuple[Thing, ...] = ()
    about: tuple[Responsibility, ...] = ()
    covered: tuple[frozenset[str], ...] = ()
    within_units: tuple[str, ...] = ()
    for_unit: str | None = None
    days: Days = ALL_DAYS
    given: Mapping[str, Days] = field(default_factory=dict)
    kind: Literal["Grant", "RightsRequest"] = "Grant"
    approved_by: str | None = None
    approved_content: str | None = None
    gives_until: date | None = None

    @property
    def name(self) -> str:
        return self.title or self.key or self.uuid

    @property
    def thing(self) -> Thing:
        return Thing(self.kind, self.uuid, self.name)


@dataclass(frozen=True, slots=True)
class Conflict:
    """Two rights that must not meet. ``scope`` overlap: only where their limits do."""

    uuid: str
    first: str
    second: str
    title: str = ""
    mode: Literal["refuse", "approve"] = "refuse"
    scope: Literal["person", "overlap"] = "person"
    days: Days = ALL_DAYS


@dataclass(frozen=True, slots=True)
class Exempted:
    """An approved exception to a conflict. ``subject``: the person, or the one tie that it is for."""

    uuid: str
    conflict: str
    subject: str
    text: str = ""
    decided_by: str | None = None
    days: Days = ALL_DAYS


@dataclass(frozen=True, slots=True)
class OrganisationOnDay:
    """Everything in force on ``at`` that matters to the people evaluated.

    ``includes``: a job-function role → the rights that it includes; ``include_ends``: those that it will not include
    any more, from when. ``kle``: the numbers of KLE in force, None where no KLE has been imported; ``kle_ends``: those
    that end, and when. ``at_kombit``: the roles that KOMBIT has; None: not asked. ``waiting``: requests that no one has
    decided, as the grants that they would be. ``ended``: what settings that have ended limited (of, system role, type).
    """

    at: date
    units: Mapping[str, Unit] = field(default_factory=dict)
    persons: Mapping[str, Person] = field(default_factory=dict)
    ties: Mapping[str, Tie] = field(default_factory=dict)
    positions: Mapping[str, Position] = field(default_factory=dict)
    roles: Mapping[str, Role] = field(default_factory=dict)
    assignments: Mapping[str, Assignment] = field(default_factory=dict)
    stand_ins: Mapping[str, StandIn] = field(default_factory=dict)
    grants: Mapping[str, Grant] = field(default_factory=dict)
    conflicts: Mapping[str, Conflict] = field(default_factory=dict)
    exempted: Mapping[str, Exempted] = field(default_factory=dict)
    waiting: Mapping[str, Grant] = field(default_factory=dict)
    settings: Mapping[str, Setting] = field(default_factory=dict)
    ended: frozenset[tuple[str | None, str | None, str | None]] = frozenset()
    types: Mapping[str, ConstraintType] = field(default_factory=dict)
    system_roles: Mapping[str, SystemRole] = field(default_factory=dict)
    job_function_roles: Mapping[str, JobFunctionRole] = field(default_factory=dict)
    includes: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    include_ends: Mapping[tuple[str, str], date] = field(default_factory=dict)
    kle: frozenset[str] | None = None
    kle_ends: Mapping[str, date] = field(default_factory=dict)
    at_kombit: AtKombit | None = None


def in_order(organisation: OrganisationOnDay) -> OrganisationOnDay:
    """The same, each mapping in the order of its uuids: equal facts then give equal reasons, however they came."""
    mappings: dict[str, Any] = {}
    for each in fields(organisation):
        value = getattr(organisation, each.name)
        if isinstance(value, Mapping):
            mappings[each.name] = dict(sorted(value.items()))
    return replace(organisation, **mappings)
