"""The check of a definition before it is deployed: every fault at once, each with its element.

What passes can run: nothing is evaluated later that was not compiled here (``Checked``).
"""

from collections.abc import Iterator, Mapping
from contextlib import suppress

from lxml import etree

from graph.expressions import ExpressionRejected
from processes.engine import decision_elements, extensions, others, paths
from processes.engine.calls import check_calls
from processes.engine.decisions import outputs_of, read_decision, tables
from processes.engine.diagram import (
    ACTIVITIES,
    DRAWN_ONLY,
    MULTIPLE,
    NODES,
    Diagrams,
    Node,
    Scope,
    child,
    children,
    data_drawn,
    is_executable,
    text_of,
)
from processes.engine.elements import check_elements, instead_of
from processes.engine.errors import Fault
from processes.engine.events import SUPPORTED, check_event, check_message_of
from processes.engine.extensions import BPMN
from processes.engine.findings import Checked, Findings
from processes.engine.known import Known
from processes.engine.multiple import check_multiple
from processes.engine.names import is_name, names_of
from processes.engine.places import check_lane, check_owner, check_place
from processes.engine.scripts import ScriptRejected, assigned_names, read_script
from processes.engine.service_tasks import check_service
from processes.engine.starts import check_starters, check_triggers
from protocols.xml import local

SCRIPT_FORMAT = "cel"
_OF_EVERY_NODE = frozenset({"documentation", "extensionElements", "categoryValueRef", "incoming", "outgoing"})

Tables = Mapping[str, tuple[str, etree._Element]]
"""Decision tables by id, each with its document."""


def check(
    diagrams: Diagrams, decisions: Mapping[str, etree._Element], process: str, known: Known, faults: list[Fault]
) -> Checked:
    """Check diagrams and decision tables (by document); what is wrong is added to ``faults``."""
    found = {each.get("id", ""): (document, each) for document, root in decisions.items() for each in tables(root)}
    findings = Findings(diagrams, process, known, faults, Checked(names_of(_variables(diagrams, known, found))))
    check_elements(findings, [(document, id) for id, (document, _) in found.items()])
    for document, root in decisions.items():
        faults += decision_elements.faults(document, root)
    for id, (document, decision) in found.items():
        findings.checked.decisions[id] = read_decision(document, decision, findings.checked.names, faults)
    if process not in diagrams.processes:
        there = ", ".join(sorted(diagrams.processes)) or "none"
        findings.add("", process, "missing_process", f"there is no process with this id; there is: {there}")
    for document, root in diagrams.roots.items():
        faults += others.faults(document, root, diagrams.drawn_only)
    for scope in diagrams.scopes:
        _check_scope(findings, scope, found)
        for rule, id, text in paths.faults(scope):
            findings.add(scope.document, id, rule, text)
    check_calls(findings)
    return findings.checked


def _variables(diagrams: Diagrams, known: Known, decisions: Tables) -> Iterator[str]:
    """All variables of the definition: a called process has those of its caller."""
    declared: list[str] = []
    for root in diagrams.roots.values():
        for element in root.iter(f"{{{BPMN}}}process", f"{{{BPMN}}}message", f"{{{BPMN}}}serviceTask"):
            declared += extensions.data(element)
    for node in diagrams.nodes():
        declared += known.forms.get(extensions.attribute(node.element, "form", "name"), ())
        declared += _set_by(node, decisions)
    return (each for each in declared if is_name(each))


def _set_by(node: Node, decisions: Tables) -> Iterator[str]:
    if node.type == "serviceTask":
        yield extensions.attribute(node.element, "service", "result")
    if node.type == "scriptTask":
        with suppress(ScriptRejected):  # becomes a fault where the script is checked
            yield from assigned_names(text_of(child(node.element, "script")))
    if node.type == "businessRuleTask":
        _, decision = decisions.get(extensions.attribute(node.element, "decision", "name"), ("", None))
        yield from outputs_of(decision) if decision is not None else ()
    multiple = child(node.element, MULTIPLE)
    if multiple is not None:
        yield from (each.get("id", "") for each in children(multiple) if local(each).endswith("DataItem"))
        yield text_of(child(multiple, "loopDataOutputRef"))


def _check_scope(findings: Findings, scope: Scope, decisions: Tables) -> None:
    kind = local(scope.element)
    if kind == "process" and not is_executable(scope.element):
        text = 'the process is not marked as executable (isExecutable="true")'
        findings.add(scope.document, scope.id, "unsupported", text)
    own = _OF_EVERY_NODE | DRAWN_ONLY | NODES | {"sequenceFlow", MULTIPLE}
    if kind == "process":
        own |= {"property"}  # to which a modeller ties loopDataInputRef; else it would drop that on saving
        check_owner(findings, scope)
    for each in children(scope.element):
        if local(each) not in own:
            id = each.get("id") or scope.id
            findings.add(scope.document, id, "unsupported", f"{local(each)} is not supported{instead_of(local(each))}")
    for lane in scope.element.iter(f"{{{BPMN}}}lane"):
        if lane.find(f"{{{BPMN}}}flowNodeRef") is not None or child(lane, "childLaneSet") is None:
            check_lane(findings, scope.document, lane)
    for flow in scope.flows:
        if flow.condition is not None:
            findings.compile(scope.document, flow.id, text_of(flow.condition))
    for node in scope.nodes.values():
        _check_node(findings, node, decisions)


def _check_node(findings: Findings, node: Node, decisions: Tables) -> None:
    allowed = _OF_EVERY_NODE
    if node.type in ACTIVITIES:
        allowed |= {MULTIPLE}
    if node.type == "scriptTask":
        allowed |= {"script"}
    if drawn := data_drawn(node.element):
        allowed |= drawn
    for each in children(node.element):
        kind = local(each)
        if node.type != "subProcess" and kind not in allowed and not kind.endswith("EventDefinition"):
            findings.add_to(node, "unsupported", f"{kind} in a {node.type} is not supported{instead_of(kind)}")
    check_place(findings, node.document, node.id, extensions.place(node.element))
    check_multiple(findings, node)
    if node.type in SUPPORTED:
        check_event(findings, node)
    if node.type == "startEvent":
        check_starters(findings, node)
        check_triggers(findings, node)
    if node.type in ("sendTask", "receiveTask"):
        check_message_of(findings, node, node.element)
    if node.type == "userTask" or extensions.ours(node.element, "form"):
        findings.check_named(node, "form", findings.known.forms)
    if node.type == "serviceTask":
        check_service(findings, node)
    if node.type == "businessRuleTask":
        findings.check_named(node, "decision", decisions)
    if node.type == "scriptTask":
        _check_script(findings, node)


def _check_script(findings: Findings, node: Node) -> None:
    language = node.element.get("scriptFormat", SCRIPT_FORMAT).lower()
    if language != SCRIPT_FORMAT:
        findings.add_to(node, "script", f"the script is in {language}; only CEL is evaluated (scriptFormat cel)")
        return
    text = text_of(child(node.element, "script"))
    try:
        findings.checked.scripts[text] = read_script(text, findings.checked.names)
    except (ScriptRejected, ExpressionRejected) as wrong:
        findings.add_to(node, "script", str(wrong))
