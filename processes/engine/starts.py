"""How a case may start: by whom, and by what without a person."""

from dataclasses import replace

from lxml import etree

from processes.engine import extensions
from processes.engine.diagram import Node
from processes.engine.findings import Findings, there_is
from processes.engine.names import is_name, names_of
from processes.engine.places import check_place
from processes.engine.timers import TimerRejected, read_distance
from protocols.xml import local


def check_starters(findings: Findings, node: Node) -> None:
    """Who may start it; its unit is found with what the start gives."""
    stated = extensions.starters(node.element)
    if stated and local(node.scope.element) != "process":
        findings.add_to(node, "misplaced_extension", "starter stands in the start event of a process")
        return
    form = findings.known.forms.get(extensions.attribute(node.element, "form", "name"), ())
    given = names_of(each for each in (*form, *extensions.data(node.scope.element)) if is_name(each))
    for each in stated:
        if not each.role:
            findings.add_to(node, "no_role", "a starter has a role")
        check_place(findings, node.document, node.id, replace(each, unit=""))
        if each.unit:
            findings.compile(node.document, node.id, each.unit, given)


def check_triggers(findings: Findings, node: Node) -> None:
    """By what it starts without a person, and with what."""
    stated = extensions.ours(node.element, "trigger")
    given = extensions.arguments(node.element)
    if (stated and local(node.scope.element) != "process") or (given and not stated):
        what = "trigger stands in the start event of a process" if stated else "argument stands beside a trigger"
        findings.add_to(node, "misplaced_extension", what)
        return
    for each in stated:
        _check_trigger(findings, node, each)
    if sum(bool(each.get("every")) for each in stated) > 1:
        findings.add_to(node, "trigger", "it starts by one time at most")
    form = extensions.attribute(node.element, "form", "name")
    fields = sorted({*findings.known.forms.get(form, ()), *extensions.data(node.scope.element)})
    for name, text in given.items():
        if name not in fields:
            findings.add_to(node, "unknown_argument", f"the start takes no {name!r}{there_is(fields)}")
        findings.compile_of_trigger(node, text)


def _check_trigger(findings: Findings, node: Node, stated: etree._Element) -> None:
    parts = {name: stated.get(name, "").strip() for name in ("kind", "on", "condition", "every")}
    if parts["every"]:
        if parts["kind"] or parts["on"] or parts["condition"]:
            findings.add_to(node, "trigger", "every stands alone; a change is another trigger")
        try:
            read_distance(parts["every"])
        except TimerRejected as wrong:
            findings.add_to(node, "timer", str(wrong))
        return
    if parts["kind"] not in findings.known.changes:
        text = f"a case does not start by a change of {parts['kind']!r}{there_is(findings.known.changes)}"
        findings.add_to(node, "trigger", text)
        return
    possible = findings.known.changes[parts["kind"]]
    if not parts["on"]:
        findings.add_to(node, "trigger", f"on: what must happen{there_is(possible)}")
    for each in parts["on"].split():
        if each not in possible:
            findings.add_to(node, "trigger", f"on: {each!r} does not happen to it{there_is(possible)}")
    if parts["condition"]:
        findings.compile_of_trigger(node, parts["condition"])
