"""The image's answers as typed things. The one place that knows the form of image.graphql's answers."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from exporters.errors import ImageError
from exporters.target import Image
from exporters.titles import PayrollNames, own_title, payroll_names
from graph.time import NO_BEGINNING, Period, union

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
    """``work_email``, ``work_phone``, ``mobile``: as a directory has them. ``email``, ``phone``: private."""

    uuid: str
    name: str
    cpr: str | None
    protected: bool
    email: str
    phone: str
    work_email: str = ""
    work_phone: str = ""
    mobile: str = ""


@dataclass(frozen=True, slots=True)
class Position:
    uuid: str
    title: str


@dataclass(frozen=True, slots=True)
class Employment:
    """An employment that holds on the day or later. ``period``: the stretch that holds on the day, else the next one.
    ``first_start``: of its first stretch ever. Values, unit and position are those of the first known day.
    ``title``: the person's own, so none that is just payroll's name of the position: the position list's outranks that
    (positions.md §6). ``is_ahead``: it begins after the day. ``hidden``: address and number that are not to be shown
    outside."""

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
    hidden: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Leader:
    """An assignment of the manager role to a person, for a unit."""

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
        names = payroll_names(image["Positions"])
        employments = (_employment(each, at, names) for each in image["Employments"])
        return Organisation(
            units={_uuid(each): _unit(each) for each in image["Units"]},
            employments=tuple(each for each in employments if each is not None),
            leaders=tuple(leader for each in image["Leaders"] for leader in _leaders(each)),
        )
    except (LookupError, TypeError, ValueError) as error:
        raise ImageError(f"The image lacks what Plan2Learn's shape needs: {error!r}") from error


def _unit(node: Node) -> Unit:
    parent = node["parent"]
    return Unit(
        uuid=_uuid(node),
        name=_text(node, "name"),
        number=_text(node, "number"),
        level=_text(node, "level"),
        parent=None if parent is None else _uuid(parent),
        street=_text(node, "street"),
        postal_code=_text(node, "postalCode"),
        city=_text(node, "city"),
    )


def _employment(node: Node, at: date, names: PayrollNames) -> Employment | None:
    """None if it is over, or has no person."""
    stretches = union(_period(each) for each in node["history"])
    due = [each for each in stretches if each.last > at]
    if not due or node["person"] is None:
        return None
    day = max(at, due[0].start)
    values = _on(node["history"], day)
    position, unit = node["position"], node["unit"]
    return Employment(
        uuid=_uuid(node),
        number=_text(values, "number"),
        person=_person(node["person"], at),
        unit=None if unit is None else _uuid(unit),
        type=_text(values, "type"),
        type_name=_text(values, "typeName"),
        title=own_title(values, names),
        position=None if position is None else Position(_uuid(position), _text(position, "title")),
        on_leave=bool(values["onLeave"]),
        fraction=float(values["fraction"] or 0),
        email="" if values["emailHidden"] else _text(values, "email"),
        phone="" if values["phoneHidden"] else _text(values, "phone"),
        period=due[0],
        first_start=stretches[0].start,
        is_ahead=day > at,
        hidden=tuple(
            value for name in ("email", "phone") if values[f"{name}Hidden"] and (value := _text(values, name))
        ),
    )


def _person(node: Node, at: date) -> Person:
    values = _on(node["history"], at)
    return Person(
        uuid=_uuid(node),
        name=_text(values, "name"),
        cpr=_text(node, "cpr") or None,
        protected=bool(values["addressProtected"]),
        # Asked for only where the settings name them.
        email=_text(values, "privateEmail") if "privateEmail" in values else "",
        phone=_text(values, "privatePhone") if "privatePhone" in values else "",
        work_email=_text(values, "workEmail"),
        work_phone=_text(values, "workPhone"),
        mobile=_text(values, "mobile"),
    )


def _on(history: Sequence[Node], day: date) -> Node:
    """The values on the day, otherwise the first after it, otherwise the last before it."""
    ordered = sorted(history, key=lambda each: each["from"] or NO_BEGINNING)
    return next((each for each in ordered if _period(each).last > day), ordered[-1])


def _leaders(node: Node) -> Iterator[Leader]:
    holder = node["holder"]
    person = holder if holder is None or "person" not in holder else holder["person"]
    if person is None:
        return
    titles = tuple(sorted({_text(each, "title") for each in node["responsibilities"]} - {""}))
    for unit in node["unit"]:
        yield Leader(_uuid(node), _uuid(person), _uuid(unit), titles)


def _period(node: Node) -> Period:
    end = node["to"]
    return Period(date.fromisoformat(node["from"] or NO_BEGINNING), None if end is None else date.fromisoformat(end))


def _uuid(node: Node) -> str:
    """The key and order of rows. Raises ValueError if it is not a text."""
    value = node["uuid"]
    if not isinstance(value, str) or not value:
        raise ValueError(f"{value!r} is not a uuid")
    return value


def _text(node: Node, name: str) -> str:
    value = node[name]
    return "" if value is None else str(value)
