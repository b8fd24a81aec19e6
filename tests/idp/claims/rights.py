"""Held rights made by hand, and a second, independent parser of OIO-BPP."""

import xml.etree.ElementTree as ElementTree
from collections.abc import Iterable
from typing import Any

import yaml

from graph.questions.rights.held import (
    ConstraintType,
    Content,
    HeldRight,
    IncludedRight,
    ItSystem,
    JobFunctionRole,
    Level,
    Limit,
    LimitValue,
    Rights,
    SystemRole,
    Thing,
)
from idp.claims.oio_bpp import Privileges, Profile, Receiver, privileges
from tests.docs.pages import ROOT

CVR = "12345678"
ACCEPTANCE: dict[str, Any] = yaml.safe_load(
    (ROOT / "tests" / "acceptance" / "oio_bpp.yaml").read_text(encoding="utf-8")
)
_CONTENTS: dict[str, Content] = {"kle": "kle", "unit": "unit", "sensitivity": "sensitivity", "text": "text"}
TYPES = {
    each["id"]: ConstraintType(
        uuid=each["id"],
        key=each["id"],
        title=each["id"],
        uri=each["name"],
        content=_CONTENTS.get(each["id"], "other"),
        form=each["form"],
        levels=tuple(Level(level["label"], level["value"]) for level in each.get("levels", ())),
        cumulative=each.get("cumulative", False),
    )
    for each in ACCEPTANCE["organisation"]["constraint_types"]
}
LEVELS = tuple(level.value for level in TYPES["sensitivity"].levels)
OVERVIEW = ItSystem("overview", "overview", "Overview")
LETTERS = ItSystem("letters", "letters", "Letters")
PERSON = Thing("Person", "p1", "Anna Berg")


def limit(kind: str, values: Iterable[str], parameter: str | None = None, **more: Any) -> Limit:
    """Dynamic with a parameter, else fixed."""
    made = tuple(LimitValue(each) for each in values)
    return Limit(TYPES[kind], made, dynamic=parameter is not None, parameter=parameter, **more)


def right(
    name: str, *limits: Limit, employment: str = "e1", system: ItSystem = OVERVIEW, required: str = "", **more: Any
) -> HeldRight:
    """A job-function role with one system role of the same name."""
    role = JobFunctionRole(name, name, name, f"http://solbjerg.example/roles/jobrole/{name}/1", **more)
    uri = f"http://overview.example/roles/usersystemrole/{name}/1"
    needed = tuple(TYPES[each] for each in required.split())
    included = IncludedRight(SystemRole(name, name, name, uri, system, required=needed), limits)
    return HeldRight(role, Thing("Grant", "g"), Thing("Employment", employment), PERSON, included=(included,))


def document(*held: HeldRight, profile: Profile = "kombit", **receiver: Any) -> Privileges:
    if profile != "kombit":
        receiver.setdefault("system", OVERVIEW.uuid)
    return privileges(Rights(held), Receiver(profile, CVR, **receiver))


def parsed(xml: str) -> list[tuple[str, list[str], list[tuple[str, str]]]]:
    """Scope, privileges and constraints of each group, by another parser than ours."""
    root = ElementTree.fromstring(xml.encode("utf-8"))
    return [
        (
            group.attrib["Scope"],
            [each.text or "" for each in group.findall("Privilege")],
            [(each.attrib["Name"], each.text or "") for each in group.findall("Constraint")],
        )
        for group in root
    ]
