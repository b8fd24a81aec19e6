"""The contract of this folder's modules: a ``FIELD``, and the types of its answers.

A rule's answer is a map, passed to the statement as a parameter. It contains plain values, and the uuids of things in
the graph; the read adds the selected fields of these.
"""

from collections.abc import Callable, Collection, Container, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import Enum
from functools import partial
from typing import Any

import neo4j
from graphql import GraphQLError

from api.access.places import FREE, PLACES, Place
from api.access.plans import readable
from api.access.rights import READ, Access, Scope
from api.access.sight import Sight, condition, each_found_seen, found_seen, inside_of, seen, seen_wholly
from api.computed.managers_of_all import Everybody
from api.model.known_names import OF_THINGS, Targets, known
from api.runs import Runs
from exporters.objects.deciding import Decisions
from graph.cpr.keyring import Keyring
from graph.errors import GraphError
from graph.identity.lookup import find, fitting, found
from graph.plans.plan import Plan
from graph.questions.readable import Inside, Readable
from graph.retry import SOON
from graph.statements.precedence import SourceOrder
from idp.claims.person_claims import Receiving
from rules.accounts.staff import Memberships

Answer = Mapping[str, Any]
Key = tuple[str | float, ...]
"""What sorts an answer in its list, the least first."""
States = Callable[[], Sequence[Answer]]
"""The state of the sources: maps in the form of ``SourceHealth``. The program knows schedules and runs.

Raises NotAnswering."""

USUAL = 100  # answers in a list without first
LARGEST = 10_000
EVERY = 2**31 - 1
"""As many as GraphQL can count."""


class NotAnswering(GraphError):
    """The queue, which knows the state of the sources, does not answer. Try again later."""

    code = "unavailable"
    retry = SOON


# -- types of answers -------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Plain:
    """A plain value, under ``name`` in the answer."""

    name: str
    type: str
    doc: str = ""


@dataclass(frozen=True, slots=True)
class Thing:
    """A thing of the graph whose uuid (``many``: uuids) is in the answer. Several ``kinds`` are those of an
    interface."""

    name: str
    kinds: tuple[str, ...]
    doc: str = ""
    many: bool = False
    interface: str = ""


@dataclass(frozen=True, slots=True)
class Part:
    """An answer within the answer (``many``: a list of them), of the type ``to``. ``always``: there is one."""

    name: str
    to: str
    doc: str = ""
    many: bool = False
    always: bool = False


@dataclass(frozen=True, slots=True)
class AnswerType:
    """A type of answers."""

    name: str
    doc: str
    fields: dict[str, Plain | Thing | Part]


def answer_type(name: str, doc: str, *fields: Plain | Thing | Part) -> AnswerType:
    return AnswerType(name, doc, {each.name: each for each in fields})


def newest_first(moment: str) -> float:
    """The part of a ``Key`` that puts the latest first. ``moment``: ISO 8601, with its zone."""
    return -datetime.fromisoformat(moment).timestamp()


# -- the field --------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Argument:
    """``type``: as GraphQL writes it; one that ends in ``!`` is required."""

    type: str
    doc: str


AT = Argument("Date", "The day to read; by default today")
AS_KNOWN_ON = Argument(
    "Date",
    "As it was known at the end of this day, not as it is known now. A key leads to the thing that has it now",
)
FIRST = Argument(
    "Int",
    f"At most this many, 1 to {LARGEST}; by default {USUAL}. To see whether there are more, ask for one more",
)


@dataclass(frozen=True, slots=True)
class Caller:
    """The caller. ``roles``: system roles that hold everywhere. ``rights``: to fields that have a right of their own,
    of whatever thing. ``access``: all that the caller may do, if a role is limited to units."""

    name: str
    roles: frozenset[str]
    rights: frozenset[str]
    access: Access | None = None

    @property
    def scope(self) -> Scope | None:
        return None if self.access is None else self.access.scope

    @property
    def within(self) -> Mapping[str, frozenset[str]]:
        """The units of each limited role."""
        return {} if self.access is None else self.access.within


@dataclass(frozen=True, slots=True)
class Statement:
    """Where the accessibility statement of the pages is, and who answers for it; None = not stated."""

    statement: str | None = None
    email: str | None = None
    phone: str | None = None


@dataclass(frozen=True, slots=True)
class Operated:
    """What the operator has set. ``login_system``: key of the IT system whose accounts log in here; None where no one
    does. ``settings``: each with its value as text, secrets masked, and where it comes from. ``cvr``: our own number,
    without which no claims are told. ``receivers``: how they get rights. ``accessibility``: of the pages. ``runs``: of
    sources and targets, made by a worker."""

    login_system: str | None = None
    settings: Callable[[], Iterable[tuple[str, str, str]]] = tuple
    cvr: str | None = None
    receivers: Mapping[str, Receiving] = field(default_factory=dict)
    accessibility: Statement = Statement()
    runs: Runs | None = None


@dataclass(frozen=True, slots=True)
class Resources:
    """The resources of all fields; one for the whole program."""

    driver: neo4j.Driver
    keyring: Keyring
    order: SourceOrder
    states: States
    role_rules: Mapping[str, Sequence[str]]
    """Name → responsibilities in it, of the role rules in the settings."""
    targets: Targets
    memberships: Sequence[Memberships]
    """Of the targets that keep groups, for previews."""
    everybody: Everybody
    sight: Sight
    decisions: Decisions | None = None
    """How people decide about accounts at targets."""
    operated: Operated = field(default_factory=Operated)


@dataclass(frozen=True, slots=True)
class Request:
    """One request of a field. ``day``: the day to read; by default today."""

    arguments: Mapping[str, Any]
    day: date
    caller: Caller
    resources: Resources
    last_known: int | None = None
    """Number of the last change that counts, if the request asks what was known on a day (``graph.as_of.as_known``)."""
    roles: frozenset[str] | None = None
    """The system roles that may ask the field: what it answers is seen with one of these."""
    most: int | None = None
    """At most this many answers, whatever ``first`` a page of the list has; None = ``first`` decides."""
    after: Key | None = None
    """The list is to begin after this one (``Pages.count``)."""

    def get(self, name: str) -> Any:
        return self.arguments.get(name)

    @property
    def driver(self) -> neo4j.Driver:
        return self.resources.driver

    def known(self, what: str, name: str) -> str:
        """``api.model.known_names.known``, of what the caller may read. Raises Unknown."""
        look_up = partial(known, self.driver, self.resources.order, self.resources.targets, what, name)
        return found_in_sight(self.driver, self.caller, what, name, look_up, self.roles)

    def find(self, kind: str, name: str) -> str:
        """UUID of the thing of this kind with this name, as it was known then. Raises Unknown, Ambiguous."""

        def look_up() -> str:
            with self.driver.session(default_access_mode=neo4j.READ_ACCESS) as session:
                return find(session, kind, name, self.last_known).uuid

        return found_in_sight(self.driver, self.caller, kind, name, look_up, self.roles)

    def find_each(self, kind: str, names: Collection[str]) -> list[str]:
        """As ``find``, of several names at once; each thing once."""
        with self.driver.session(default_access_mode=neo4j.READ_ACCESS) as session:
            fits = fitting(session, kind, names, self.last_known)
        access = self.caller.access
        if access is None:
            return [*dict.fromkeys(found(kind, name, rows).uuid for name, rows in fits.items())]
        return [*dict.fromkeys(each_found_seen(self.driver, access, kind, fits, self.roles))]

    def placed(self, kind: str, name: str) -> str:
        """The name, of a thing that the caller may read if it is known at all; ``find`` where a UUID is needed."""
        return name if self.caller.scope is None else self.find(kind, name)

    def seen(self, things: Iterable[tuple[str, str]]) -> Container[str]:
        """The UUIDs of those of the things (kind, UUID) that the caller may read."""
        if self.caller.scope is None:
            return _Every()
        assert self.caller.access is not None
        return seen(self.driver, self.caller.access, things, self.roles)

    def seen_wholly(self, persons: Iterable[str]) -> Container[str]:
        """The UUIDs of those persons of whom the caller may read every employment, affiliation and assignment. What is
        worked out from all of these would tell, of anybody else, what is hidden."""
        if self.caller.scope is None:
            return _Every()
        access = self.caller.access
        return _Every() if access is None else seen_wholly(self.driver, access, persons, self.roles)

    def readable_plans(self, plans: Sequence[Plan]) -> list[Plan]:
        """Those of the plans that the caller may read (``api.access.plans``)."""
        if self.caller.scope is None:
            return [*plans]
        assert self.caller.access is not None and self.roles is not None
        return readable(self.driver, self.caller.access, plans, self.roles)

    def inside(self, kind: str, n: str) -> tuple[str, Mapping[str, object]]:
        """(the condition in Cypher that the caller may read a thing of this kind, its parameters)."""
        if self.caller.scope is None:
            return "true", {}
        assert self.caller.access is not None
        return condition(self.caller.access, kind, n, READ[kind] if self.roles is None else READ[kind] & self.roles)

    def inside_of(self, *kinds: str) -> Inside | None:
        """What the caller may read, of these kinds or of the change log ("Change"); None = everything."""
        if self.caller.scope is None:
            return None
        assert self.caller.access is not None and self.roles is not None
        return inside_of(self.caller.access, kinds, self.roles)

    def readable(self) -> Readable | None:
        """All that the caller may read; None = everything."""
        if self.caller.scope is None:
            return None
        assert self.caller.access is not None
        roles = None if self.roles is None else sorted(self.roles)
        return Readable(self.resources.sight.of(self.driver, self.caller.access, roles), FREE)

    def sees(self, kind: str, uuid: str) -> bool:
        """The caller may read the thing of this kind, as far as it is a matter of where it lies."""
        return not isinstance(PLACES.get(kind), Place) or uuid in self.seen([(kind, uuid)])

    @property
    def first(self) -> int:
        """At most this many answers. Raises GraphQLError (over_limit)."""
        if self.most is not None:
            return self.most
        first = self.arguments.get("first")
        if first is None:
            return USUAL
        if not 0 < first <= LARGEST:
            raise GraphQLError(f"first: give 1 to {LARGEST}", extensions={"code": "over_limit"})
        return int(first)


class _Every(Container[str]):
    def __contains__(self, uuid: object) -> bool:
        return True


def found_in_sight(
    driver: neo4j.Driver,
    caller: Caller,
    kind: str,
    name: str,
    look_up: Callable[[], str],
    roles: frozenset[str] | None = None,
) -> str:
    """``api.access.sight.found_seen``; a caller without access has none that is limited. Raises Unknown, Ambiguous.

    Whoever may read a part only learns from no refusal which names things have outside of it (``OF_THINGS``).
    """
    if caller.access is None:
        return look_up()
    if kind in OF_THINGS and caller.scope is not None:
        return name
    return found_seen(driver, caller.access, kind, name, look_up, roles)


@dataclass(frozen=True, slots=True)
class Pages:
    """How a list is also a connection (``api.computed.pages``).

    ``order``: sorts the answers on all pages. It has what identifies an answer, so that the next page begins after it
    even if it is gone by then. ``count``: of a list that may be too long to be worked out as a whole: how many it has
    without ``first``, None = more than ``LARGEST``. Its ``answer`` heeds ``Request.after``, and is in this order.
    """

    order: Callable[[Answer], Key]
    count: Callable[[Request], int | None] | None = None


@dataclass(frozen=True, slots=True)
class ComputedField:
    """A root field.

    ``types``: those that its module defines; the first is the type of an answer, and ``many`` says that there are
    several of them. ``roles``: the system roles that may read them. ``answer`` raises GraphError and GraphQLError.
    ``looks_at``: kinds of which the rule examines every thing, and ``one_each``: it has an answer for each of them.
    ``costs``: its cost in fields besides its answers. ``enums``: those of its arguments and answers.
    """

    name: str
    doc: str
    types: tuple[AnswerType, ...]
    roles: frozenset[str]
    answer: Callable[[Request], Sequence[Answer]]
    many: bool = True
    arguments: Mapping[str, Argument] = field(default_factory=dict)
    looks_at: tuple[str, ...] = ()
    one_each: bool = False
    costs: int = 0
    enums: tuple[type[Enum], ...] = ()
    may_be_none: bool = False
    """The type of a field with one answer. If there is no answer, the field is null; that is not an error."""
    answers: str = ""
    """The name of the type of an answer, if another module defines it."""
    only_now: str = ""
    """Why it can't be answered as it was known on another day, so that it has no ``asKnownOn``; empty if it can."""
    in_part: bool = False
    """A caller whose roles hold in a part of the organisation may ask it: its answers keep to the part."""
    whole: str = ""
    """Why such a caller may not: what it does that is about no part."""
    pages: Pages | None = None
    """It is also a connection."""
    is_page: bool = False
    """It is that connection."""

    def __post_init__(self) -> None:
        """Every field with ``at`` also has ``asKnownOn``, unless it says why it can't answer that.

        Raises ValueError for a field that says neither that it keeps to a part nor why it does not.
        """
        if self.in_part == bool(self.whole):
            raise ValueError(f"{self.name}: give either in_part or whole")
        if "at" in self.arguments:
            also = {"at": Argument(AT.type, f"{AT.doc}. There is no asKnownOn: {self.only_now}")}
            if not self.only_now:
                also = {"asKnownOn": AS_KNOWN_ON}
            object.__setattr__(self, "arguments", {**self.arguments, **also})

    @property
    def type(self) -> str:
        return self.answers or self.types[0].name
