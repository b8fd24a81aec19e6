"""The rights that a person holds on a day: what the evaluator answers, and what everything after it reads.

A held right is one grant at work for one tie (employment, affiliation or the person) and, where the grant goes through
a role, one assignment. Two employments with the same right are two held rights; nothing is united across them before
a document is made (kombit_access.md §3 rule 11). All values are wire values: what the system itself compares with.
"""

from dataclasses import dataclass, field
from datetime import date
from typing import Literal, NamedTuple

Content = Literal["kle", "unit", "sensitivity", "itsystem", "payout", "text", "other"]
Form = Literal["single", "multi", "text"]
OmittedBecause = Literal[
    "empty",  # a required or configured constraint came to nothing
    "mandatory_not_configured",  # a required type is not set on the role
    "invalid_value",  # a value is outside the type's list or pattern, or cannot be written
    "system_blocked",
    "unknown_at_kombit",  # the last read of FK-adm did not contain the role
    "differs_at_kombit",  # at KOMBIT it gives more than here, or waits for values that are not sent
    "stopped",  # the person is stopped
    "conflict",  # separation of duties: it is held together with a right that it must not meet
    "not_approved",  # a sensitive right, or a type left open, that another person has not approved as it is
    "condition",  # the grant's condition could not be evaluated
    "not_deliverable",  # the receiver's form cannot carry it: no URI, no parameter name, no CVR
]
_COMMA_SEPARATED: tuple[Content, ...] = ("kle", "unit", "itsystem", "payout")


class Thing(NamedTuple):
    """A thing that takes part in a right: its kind in the model, its uuid, and what people call it."""

    kind: str
    uuid: str
    title: str = ""


class Reason(NamedTuple):
    """One step of a chain that a layman reads. Half-open period; None = not limited on that side.

    ``units``: UUIDs of the units, besides itself, that the text names.
    """

    kind: str
    uuid: str
    text: str
    since: date | None = None
    until: date | None = None
    units: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Level:
    """A level of an ordered constraint type: what people call it, and the value on the wire."""

    label: str
    value: str


@dataclass(frozen=True, slots=True)
class ConstraintType:
    """A dimension that can limit a right (dataafgrænsningstype).

    ``values``: the permitted (value, title) pairs; empty = any that fits ``pattern``. ``levels``: lowest first.
    ``cumulative``: a level stands for all below it, which are sent with it where the type takes several values.
    ``common``: KOMBIT's own type, shared by all systems. ``until``: the day after its last.
    """

    uuid: str
    key: str
    title: str
    uri: str
    content: Content = "other"
    form: Form = "multi"
    pattern: str | None = None
    values: tuple[tuple[str, str], ...] = ()
    levels: tuple[Level, ...] = ()
    cumulative: bool = False
    common: bool = False
    until: date | None = None

    @property
    def takes_several(self) -> bool:
        """Whether one constraint may carry several values, separated by commas.

        KOMBIT describes KLE and organisation unit as text with a pattern, and separates their values all the same.
        """
        return self.form == "multi" or (self.form == "text" and self.content in _COMMA_SEPARATED)


@dataclass(frozen=True, slots=True)
class ItSystem:
    """The system that a right is in. ``environment``: test and production are systems of their own. ``until``: the day
    after its last."""

    uuid: str
    key: str
    title: str
    uri: str = ""
    environment: str = ""
    blocked: bool = False
    manual: bool = False
    until: date | None = None


@dataclass(frozen=True, slots=True)
class SystemRole:
    """One right in one system (brugersystemrolle), with the constraint types that it takes.

    ``until``: the day after its last.
    """

    uuid: str
    key: str
    title: str
    uri: str
    system: ItSystem
    description: str = ""
    sensitive: bool = False
    required: tuple[ConstraintType, ...] = ()
    optional: tuple[ConstraintType, ...] = ()
    until: date | None = None


@dataclass(frozen=True, slots=True)
class JobFunctionRole:
    """The municipality's bundle of system roles (jobfunktionsrolle). ``uri`` never follows a changed title.

    ``delegated_from_cvr``: another authority lets our staff hold its role; the role keeps that authority's URI and CVR.
    ``number``: for callers that know roles by number only. ``until``: the day after its last.
    """

    uuid: str
    key: str
    title: str
    uri: str
    number: int | None = None
    description: str = ""
    sensitive: bool = False
    delegated_from_cvr: str | None = None
    delegated_to_cvr: str | None = None
    until: date | None = None


class LimitValue(NamedTuple):
    """A value of a limit, and the chain from the grant to it."""

    value: str
    why: tuple[Reason, ...] = ()


@dataclass(frozen=True, slots=True)
class Limit:
    """What one constraint type limits a right to.

    ``values``: sorted by code point, KLE collapsed, never empty unless ``unlimited``.
    ``dynamic``: derived from the organisation or given with the grant; KOMBIT is sent these under ``parameter``, has no
    place for them without one, and holds the others itself. ``unlimited``: an optional type left open on purpose; no
    values then. ``approved_by``: the person (uuid) who approved that. ``until``: the day on which its setting, its type
    or that approval ends. ``stated``: fixed values as they are set, also of closed units and retired numbers.
    """

    type: ConstraintType
    values: tuple[LimitValue, ...] = ()
    dynamic: bool = False
    parameter: str | None = None
    unlimited: bool = False
    approved_by: str | None = None
    until: date | None = field(default=None, compare=False)
    stated: tuple[str, ...] = field(default=(), compare=False)
    wire: tuple[str, ...] = field(init=False, compare=False, repr=False)
    """The values alone. Kept, since all who hold the right in a unit share the limit."""

    def __post_init__(self) -> None:
        object.__setattr__(self, "wire", tuple(each.value for each in self.values))


class IncludedRight(NamedTuple):
    """A system role that a held right amounts to, with its limits, in the order of their types' URIs."""

    system_role: SystemRole
    limits: tuple[Limit, ...] = ()

    @property
    def system(self) -> ItSystem:
        return self.system_role.system

    @property
    def unset_types(self) -> tuple[ConstraintType, ...]:
        """Optional types for which nothing is set: they limit nothing, though no one has said that they should not."""
        limited = {limit.type.uuid for limit in self.limits}
        return tuple(each for each in self.system_role.optional if each.uuid not in limited)


class HeldRight(NamedTuple):
    """A right at work on a day. Everybody's are made in one go, so it is a tuple: no dataclass is made as fast.

    ``subject``: the employment, affiliation or person through which it is held. ``assignment``: the role held, where
    the grant goes through one. ``unit``: the unit that derived values count from. ``included``: all system roles of a
    job-function role and its bundles; of a system role granted directly, that one. ``why``: from the grant down.
    """

    right: JobFunctionRole | SystemRole
    grant: Thing
    subject: Thing
    person: Thing
    assignment: Thing | None = None
    unit: Thing | None = None
    included: tuple[IncludedRight, ...] = ()
    why: tuple[Reason, ...] = ()
    since: date | None = None
    until: date | None = None


class Omitted(NamedTuple):
    """A right that would be held if it were not for ``reason``. ``text`` says it to people, with what would help.

    ``conflict``: the one for which it is left out, if it is. ``lacking``: what a limit that comes to nothing needs.
    """

    right: JobFunctionRole | SystemRole
    grant: Thing
    subject: Thing
    person: Thing
    reason: OmittedBecause
    constraint: ConstraintType | None = None
    text: str = ""
    why: tuple[Reason, ...] = ()
    conflict: Thing | None = None
    lacking: str = ""


@dataclass(frozen=True, slots=True)
class Rights:
    """The answer for one person or all: what is held, and what was left out."""

    held: tuple[HeldRight, ...] = ()
    omitted: tuple[Omitted, ...] = ()

    def grants(self) -> frozenset[str]:
        """uuids of the grants and requests that reach the person, also of those through which nothing is held."""
        return frozenset((*(each.grant.uuid for each in self.held), *(each.grant.uuid for each in self.omitted)))
