"""What we add to BPMN, in a namespace of our own: place, owner, starter, trigger, form, service,
argument, decision, data, escalation.

``reconnect.moddle.json`` describes it, for bpmn-js and for the check. docs/formats/processes.md §3 has the meaning.
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

from lxml import etree

BPMN = "http://www.omg.org/spec/BPMN/20100524/MODEL"
DESCRIPTOR = "reconnect.moddle.json"


@dataclass(frozen=True, slots=True)
class Place:
    """Where a task belongs: as the diagram has it. ``unit``, ``exclude`` and ``fallback_unit`` are expressions.

    ``exclude_who_did``: ids of tasks; whoever has completed one of them in the same case may not have this one.
    """

    role: str = ""
    responsibility: str = ""
    unit: str = ""
    exclude: tuple[str, ...] = ()
    exclude_who_did: tuple[str, ...] = ()
    fallback_role: str = ""
    fallback_unit: str = ""

    def within(self, outer: "Place") -> "Place":
        """What is missing here is taken from around it: the lane, then the call activity, then its lane."""
        whom = self if self.role else outer
        return Place(
            role=whom.role,
            responsibility=whom.responsibility,
            unit=self.unit or outer.unit,
            exclude=tuple(dict.fromkeys((*self.exclude, *outer.exclude))),
            exclude_who_did=tuple(dict.fromkeys((*self.exclude_who_did, *outer.exclude_who_did))),
            fallback_role=self.fallback_role or outer.fallback_role,
            fallback_unit=self.fallback_unit or outer.fallback_unit,
        )


@cache
def namespace() -> str:
    return str(_descriptor()["uri"])


@cache
def attributes() -> dict[str, frozenset[str]]:
    """The attributes of each element of ours."""
    return {name: frozenset(each["name"] for each in type["properties"]) for name, type in _types()}


@cache
def homes() -> dict[str, frozenset[str]]:
    """The BPMN elements in which each element of ours may be: ``userTask``."""
    return {
        name: frozenset(home.removeprefix("bpmn:")[:1].lower() + home.removeprefix("bpmn:")[1:] for home in allowed)
        for name, type in _types()
        for allowed in (type["meta"]["allowedIn"],)
    }


def of(element: etree._Element) -> Iterator[etree._Element]:
    """All extension elements of a BPMN element, ours and others'."""
    for holder in element.findall(f"{{{BPMN}}}extensionElements"):
        yield from (each for each in holder if isinstance(each.tag, str))


def ours(element: etree._Element, name: str) -> list[etree._Element]:
    """Of the extension elements of a BPMN element, ours with this name."""
    return [each for each in of(element) if each.tag == f"{{{namespace()}}}{name}"]


def attribute(element: etree._Element, name: str, key: str) -> str:
    """An attribute of our extension of this name; empty if it is missing."""
    found = ours(element, name)
    return found[0].get(key, "").strip() if found else ""


def place(element: etree._Element | None) -> Place:
    """The place that an element states itself."""
    if element is None or not ours(element, "place"):
        return Place()
    return _place(ours(element, "place")[0])


def starters(element: etree._Element) -> tuple[Place, ...]:
    """Who may start a case, as the start event states it; one of them must fit, none = anybody."""
    return tuple(map(_place, ours(element, "starter")))


def owner(process: etree._Element) -> Place | None:
    """Who looks after the cases of a process, and so has their incidents; None = it states nobody."""
    stated = ours(process, "owner")
    return _place(stated[0]) if stated else None


def _place(stated: etree._Element) -> Place:
    return Place(
        role=stated.get("role", "").strip(),
        responsibility=stated.get("responsibility", "").strip(),
        unit=stated.get("unit", "").strip(),
        exclude=tuple(stated.get("exclude", "").split()),
        exclude_who_did=tuple(stated.get("excludeWhoDid", "").split()),
        fallback_role=stated.get("fallbackRole", "").strip(),
        fallback_unit=stated.get("fallbackUnit", "").strip(),
    )


def data(element: etree._Element) -> tuple[str, ...]:
    """The variables that an element declares: ``person.name`` is a member."""
    return tuple(each.get("name", "").strip() for each in ours(element, "data"))


def arguments(element: etree._Element) -> dict[str, str]:
    """The arguments of a service, or what a case is started with that starts by itself: name → expression."""
    return {each.get("name", "").strip(): each.get("value", "").strip() for each in ours(element, "argument")}


@cache
def _descriptor() -> dict[str, Any]:
    found: dict[str, Any] = json.loads(files(__package__).joinpath(DESCRIPTOR).read_text(encoding="utf-8"))
    return found


def _types() -> Iterator[tuple[str, dict[str, Any]]]:
    for each in _descriptor()["types"]:
        yield each["name"].lower(), each
