"""Who has a task or looks after a case, as lanes, tasks and processes state it."""

from lxml import etree

from processes.engine import extensions
from processes.engine.diagram import Scope
from processes.engine.extensions import Place
from processes.engine.findings import Findings, there_is


def check_place(findings: Findings, document: str, id: str, place: Place) -> None:
    for role in filter(None, (place.role, place.fallback_role)):
        if role not in findings.known.roles:
            findings.add(document, id, "unknown_role", f"there is no role {role!r}{there_is(findings.known.roles)}")
    if place.responsibility and place.responsibility not in findings.known.responsibilities:
        text = f"there is no responsibility {place.responsibility!r}"
        findings.add(document, id, "unknown_responsibility", f"{text}{there_is(findings.known.responsibilities)}")
    if bool(place.fallback_role) != bool(place.fallback_unit):
        findings.add(document, id, "no_role", "a fall-back has a role and a unit")
    for text in filter(None, (place.unit, place.fallback_unit, *place.exclude)):
        findings.compile(document, id, text)
    if place.exclude_who_did:
        tasks = {each.id for each in findings.diagrams.nodes() if each.type in ("userTask", "manualTask")}
        for task in (each for each in place.exclude_who_did if each not in tasks):
            text = f"excludeWhoDid: there is no user or manual task {task!r}{there_is(tasks)}"
            findings.add(document, id, "unknown_task", text)


def check_lane(findings: Findings, document: str, lane: etree._Element) -> None:
    place = extensions.place(lane)
    if not place.role:
        findings.add(document, lane.get("id", ""), "no_role", f"the lane {lane.get('name', '')!r} has no role")
    check_place(findings, document, lane.get("id", ""), place)


def check_owner(findings: Findings, scope: Scope) -> None:
    """Who has the incidents of its cases."""
    owner = extensions.owner(scope.element)
    if owner is None:
        return
    if scope.id != findings.process:
        text = f"owner stands in the process that cases run, {findings.process}"
        findings.add(scope.document, scope.id, "misplaced_extension", text)
    for rule, missing in (("no_role", owner.role), ("no_unit", owner.unit)):
        if not missing:
            findings.add(scope.document, scope.id, rule, f"the owner has no {rule.removeprefix('no_')}")
    check_place(findings, scope.document, scope.id, owner)
