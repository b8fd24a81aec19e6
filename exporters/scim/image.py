"""The image's answers as typed things. Only this module knows the form of image.graphql's answers."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from exporters.errors import ImageError
from exporters.held_roles import held_for
from exporters.target import Image
from exporters.titles import PayrollNames, payroll_names, shown_title
from graph.time import NO_BEGINNING, Period, union

Node = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Unit:
    """A unit on the day. ``parent``: uuid of the unit above, which may be outside the image."""

    uuid: str
    name: str
    number: str
    parent: str | None
    street: str
    postal_code: str
    city: str
    cost_center: str


@dataclass(frozen=True, slots=True)
class Account:
    """A login. ``system``: key of its IT system."""

    system: str
    login: str
    principal_name: str
    primary: bool


@dataclass(frozen=True, slots=True)
class Person:
    """``work_email``, ``work_phone``, ``mobile``: from a directory; never private ones. ``stopped``: on the day."""

    uuid: str
    name: str
    given_name: str
    surname: str
    protected: bool
    stopped: bool
    work_email: str
    work_phone: str
    mobile: str
    accounts: tuple[Account, ...]


@dataclass(frozen=True, slots=True)
class Tie:
    """An employment, or (``employed`` false) an affiliation, in force on the day or soon after.

    ``has_begun``: it is in force on the day. ``title``: the person's own, else the position's. ``hidden``: address and
    number must not be shown outside.
    """

    uuid: str
    person: Person
    unit: str | None
    employed: bool
    type: str
    number: str
    title: str
    position: str
    position_title: str
    on_leave: bool
    fraction: float
    email: str
    phone: str
    hidden: tuple[str, ...]
    start: date
    has_begun: bool


@dataclass(frozen=True, slots=True)
class Holder:
    """The holder of a role. ``held_for``: its open units; empty: it is for none, and None: for ended ones."""

    role: str
    key: str
    title: str
    person: str
    held_for: tuple[str, ...] | None


@dataclass(frozen=True, slots=True)
class Organisation:
    """``managers``: employment → uuids of its nearest managers, the primary one first; ``stopped``: everyone who is
    stopped, also without a tie."""

    units: Mapping[str, Unit]
    ties: tuple[Tie, ...]
    managers: Mapping[str, tuple[str, ...]]
    holders: tuple[Holder, ...]
    stopped: frozenset[str]


def organisation(image: Image, at: date) -> Organisation:
    """The image on the day. Raises ImageError if an answer does not match image.graphql."""
    try:
        both = [
            *((each, True) for each in image["Employments"]),
            *((each, False) for each in image["Affiliations"]),
        ]
        names = payroll_names(image["Positions"])
        ties = (_tie(each, employed, at, names) for each, employed in both)
        units = {each["uuid"]: _unit(each) for each in image["Units"]}
        return Organisation(
            units=units,
            ties=tuple(each for each in ties if each is not None),
            managers=dict(_managers(image["Managers"])),
            holders=tuple(holder for each in image["Roles"] for holder in _holders(each, units)),
            stopped=frozenset(each["uuid"] for each in image["Stopped"]),
        )
    except (LookupError, TypeError, ValueError) as error:
        raise ImageError(f"The image lacks what SCIM's shape needs: {error!r}") from error


def _unit(node: Node) -> Unit:
    parent = node["parent"]
    return Unit(
        node["uuid"],
        _text(node, "name"),
        _text(node, "number"),
        None if parent is None else parent["uuid"],
        _text(node, "street"),
        _text(node, "postalCode"),
        _text(node, "city"),
        _text(node, "costCenter"),
    )


def _tie(node: Node, employed: bool, at: date, names: PayrollNames) -> Tie | None:
    """None if it is over, or has no person."""
    stretches = union(_period(each) for each in node["history"])
    due = [each for each in stretches if each.last > at]
    if not due or node["person"] is None:
        return None
    start = due[0].start
    values = _on(node["history"], max(at, start))
    unit, position = node["unit"], node.get("position")
    hidden = [name for name in ("email", "phone") if values.get(f"{name}Hidden")]
    return Tie(
        uuid=node["uuid"],
        person=_person(node["person"], at),
        unit=None if unit is None else unit["uuid"],
        employed=employed,
        type=_text(values, "type"),
        number=_text(values, "number"),
        title=shown_title(values, position, names),
        position=position["uuid"] if position else "",
        position_title=_text(position, "title") if position else "",
        on_leave=bool(values["onLeave"]),
        fraction=float(values.get("fraction") or 0),
        email="" if "email" in hidden else _text(values, "email"),
        phone="" if "phone" in hidden else _text(values, "phone"),
        hidden=tuple(text for name in hidden if (text := _text(values, name))),
        start=start,
        has_begun=start <= at,
    )


def _person(node: Node, at: date) -> Person:
    values = _on(node["history"], at)
    return Person(
        uuid=node["uuid"],
        name=_text(values, "name"),
        given_name=_text(values, "givenName"),
        surname=_text(values, "surname"),
        protected=bool(values["addressProtected"]),
        stopped=bool(values["stopped"]),
        work_email=_text(values, "workEmail"),
        work_phone=_text(values, "workPhone"),
        mobile=_text(values, "mobile"),
        accounts=tuple(
            Account(
                "" if each["system"] is None else _text(each["system"], "key"),
                _text(each, "login"),
                _text(each, "principalName"),
                bool(each["primary"]),
            )
            for each in node["accounts"]
        ),
    )


def _managers(nodes: Sequence[Node]) -> Iterator[tuple[str, tuple[str, ...]]]:
    for node in nodes:
        found = [each["person"]["uuid"] for each in node["holders"] if each["person"]]
        if found and node["employment"]:
            yield node["employment"]["uuid"], tuple(found)


def _holders(node: Node, units: Collection[str]) -> Iterator[Holder]:
    role, holder = node["role"], node["holder"]
    person = holder if holder is None or "person" not in holder else holder["person"]
    if role is not None and person is not None:
        held = held_for(node, units)
        yield Holder(role["uuid"], _text(role, "key"), _text(role, "title"), person["uuid"], held)


def _on(history: Sequence[Node], day: date) -> Node:
    """The values of the day; if there are none, the first after it, otherwise the last before it."""
    ordered = sorted(history, key=lambda each: each["from"] or NO_BEGINNING)
    return next((each for each in ordered if _period(each).last > day), ordered[-1])


def _period(node: Node) -> Period:
    end = node["to"]
    return Period(date.fromisoformat(node["from"] or NO_BEGINNING), None if end is None else date.fromisoformat(end))


def _text(node: Node, name: str) -> str:
    value = node.get(name)
    return "" if value is None else str(value)
