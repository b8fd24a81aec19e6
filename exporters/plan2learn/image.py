"""The image's answers as typed things. The one place that knows the form of image.graphql's answers."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from exporters.errors import ImageError
from exporters.target import Image
from graph.time import Period

Node = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Unit:
    """A unit on the day. ``parent``: uuid of the unit above, which may lie outside of the image."""

    uuid: str
    name: str
    number: str
    level: str
    parent: str | None
    street: str
    postal_code: str
    city: str


@dataclass(frozen=True, slots=True)
class Person:
    uuid: str
    name: str
    cpr: str | None
    protected: bool
    email: str
    phone: str


@dataclass(frozen=True, slots=True)
class Position:
    uuid: str
    title: str


@dataclass(frozen=True, slots=True)
class Employment:
    """An employment that holds on the day or later. ``period``: the stretch that holds on the day, else the next one.
    ``first_start``: of its first stretch ever. Values, unit and position are those of the first day that is told.
    ``is_ahead``: it begins after the day."""

    uuid: str
    number: str
    person: Person
    unit: str | None
    type: str
    type_name: str
    title: str
    position: Position | None
    on_leave: bool
    fraction: float
    email: str
    phone: str
    period: Period
    first_start: date
    is_ahead: bool


@dataclass(frozen=True, slots=True)
class Leader:
    """An assignment of the manager role to somebody, for a unit."""

    uuid: str
    person: str
    unit: str
    responsibilities: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Organisation:
    units: Mapping[str, Unit]
    employments: tuple[Employment, ...]
    leaders: tuple[Leader, ...]


def organisation(image: Image, at: date) -> Organisation:
    """The image on the day. Raises ImageError where an answer is not as image.graphql asks for it."""
    try:
        return Organisation(
            units={each["uuid"]: _unit(each) for each in image["Units"]},
            employments=tuple(told for each in image["Employments"] if (told := _employment(each, at)) is not None),
            leaders=tuple(leader for each in image["Leaders"] for leader in _leaders(each)),
        )
    except (KeyError, TypeError, ValueError) as error:
        raise ImageError(f"The image is not as Plan2Learn's shape needs it: {error!r}") from error


def _unit(node: Node) -> Unit:
    parent = node["parent"]
    return Unit(
        uuid=node["uuid"],
        name=_text(node, "name"),
        number=_text(node, "number"),
        level=_text(node, "level"),
        parent=None if parent is None else parent["uuid"],
        street=_text(node, "street"),
        postal_code=_text(node, "postalCode"),
        city=_text(node, "city"),
    )


def _employment(node: Node, at: date) -> Employment | None:
    """None where it is over."""
    stretches = sorted(_period(each) for each in node["periods"])
    due = [each for each in stretches if each.last > at]
    if not due or node["person"] is None:
        return None
    position, unit, person = node["position"], node["unit"], node["person"]
    return Employment(
        uuid=node["uuid"],
        number=_text(node, "number"),
        person=Person(
            uuid=person["uuid"],
            name=_text(person, "name"),
            cpr=person["cpr"],
            protected=bool(person["addressProtected"]),
            email=_text(person, "privateEmail"),
            phone=_text(person, "privatePhone"),
        ),
        unit=None if unit is None else unit["uuid"],
        type=_text(node, "type"),
        type_name=_text(node, "typeName"),
        title=_text(node, "title"),
        position=None if position is None else Position(position["uuid"], _text(position, "title")),
        on_leave=bool(node["onLeave"]),
        fraction=float(node["fraction"] or 0),
        email="" if node["emailHidden"] else _text(node, "email"),
        phone="" if node["phoneHidden"] else _text(node, "phone"),
        period=due[0],
        first_start=stretches[0].start,
        is_ahead=due[0].start > at,
    )


def _leaders(node: Node) -> Iterator[Leader]:
    holder = node["holder"]
    person = holder if holder is None or "person" not in holder else holder["person"]
    if person is None:
        return
    titles = tuple(sorted({_text(each, "title") for each in node["responsibilities"]} - {""}))
    for unit in node["units"]:
        yield Leader(node["uuid"], person["uuid"], unit["uuid"], titles)


def _period(node: Node) -> Period:
    end = node["to"]
    return Period(date.fromisoformat(node["from"]), None if end is None else date.fromisoformat(end))


def _text(node: Node, name: str) -> str:
    value = node[name]
    return "" if value is None else str(value)
