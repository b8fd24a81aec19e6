"""Which elements a document may have, beside and among the nodes, and what to draw instead of the others."""

from collections.abc import Collection

from lxml import etree

from processes.engine.diagram import DRAWN_ONLY, NODES, children
from processes.engine.extensions import BPMN
from processes.engine.findings import Findings
from processes.engine.names import is_variable
from protocols.xml import local

_UNREAD = {
    "isForCompensation": "false", "instantiate": "false", "parallelMultiple": "false", "eventGatewayType": "Exclusive",
    "startQuantity": "1", "completionQuantity": "1", "behavior": "All",
}  # fmt: skip
"""BPMN's own attributes that SpiffWorkflow does not read, with the one value with which that is no matter."""
_OWN_KEYS = frozenset({
    "answered", "event_fired", "event_value", "seen_events", "merged", "remaining", "key_or_index", "item",
    "iteration", "cardinality", "current", "key",
})  # fmt: skip
"""Names under which the engine keeps what it knows of a task; no message has one."""
_AT_THE_ROOT = frozenset({
    "process", "message", "error", "collaboration", "documentation", "extensionElements", "category", "itemDefinition",
    "dataStore", "signal", "escalation", "resource", "partnerEntity", "partnerRole", "endPoint", "relationship",
}) | {f"{each}EventDefinition" for each in (
    "cancel", "compensate", "conditional", "error", "escalation", "link", "message", "signal", "terminate", "timer",
)}  # fmt: skip
"""What may stand beside the processes; what would use it there and is not supported is a fault itself."""
_IN_A_COLLABORATION = (DRAWN_ONLY - {"dataObject", "dataObjectReference", "dataStoreReference"}) | {
    "participant", "messageFlow",
}  # fmt: skip
_INSTEAD = {
    "task": "say what kind of task it is, such as a user task",
    "adHocSubProcess": "draw a sub-process with the order of its tasks",
    "transaction": "draw a sub-process",
    "complexGateway": "draw an exclusive, inclusive or parallel gateway",
    "standardLoopCharacteristics": "draw the loop with gateways",
    "eventDefinitionRef": "write what it waits for into the event itself",
    **dict.fromkeys(
        ("potentialOwner", "humanPerformer", "performer", "resourceRole"),
        "say who has the task by the role and unit of its place",
    ),
    "signal": "draw a message",
    "conditional": "draw a message or a timer",
    "link": "draw the flow itself",
    "escalation": "draw a timer with our extension escalation",
    "compensate": "draw the steps that undo it",
    "cancel": "draw an error",
}
RESERVED_IDS = frozenset({"Start", "End", "Root", "StartEventSplit", "StartEventJoin"})


def check_elements(findings: Findings, tables: Collection[tuple[str, str]]) -> None:
    """Check the documents. ``tables``: document and id of each decision table."""
    _check_ids(findings, tables)
    drawn_only = set(findings.diagrams.drawn_only)
    waited_for = {
        each.get("messageRef", "")
        for node in findings.diagrams.nodes()
        for each in (node.element, *children(node.element))
    }
    for document, root in findings.diagrams.roots.items():
        _check_root(findings, document, root)
        _check_unread(findings, document, root, drawn_only)
        for message in root.iter(f"{{{BPMN}}}message"):
            if message.get("id", "") in waited_for:  # else only flows between pools name it: it is drawn
                _check_message(findings, document, message)


def instead_of(kind: str) -> str:
    """What to draw, for the text of a fault; empty if there is nothing like it."""
    return f"; {_INSTEAD[kind]}" if kind in _INSTEAD else ""


def _check_ids(findings: Findings, tables: Collection[tuple[str, str]]) -> None:
    seen: dict[str, str] = {}
    for document, root in findings.diagrams.roots.items():
        for element in root.iter(f"{{{BPMN}}}*"):
            id = element.get("id")
            if id is None:
                continue
            if id in seen:
                where = "twice" if seen[id] == document else f"in {seen[id]} as well"
                findings.add(document, id, "duplicate_id", f"the id is used {where}")
            seen[id] = document
            if id in RESERVED_IDS or (local(element) in NODES | {"process"} and "." in id):
                findings.add(document, id, "reserved_id", "the id has a meaning of its own, or a dot; use another one")
    for document, id in tables:
        if not id or id in seen:
            findings.add(document, id, "duplicate_id", f"the id is used in {seen.get(id, 'no document')} as well")


def _check_root(findings: Findings, document: str, root: etree._Element) -> None:
    """What stands beside the processes. Correlations are refused: SpiffWorkflow evaluates them elsewhere."""
    collaborations = root.findall(f"{{{BPMN}}}collaboration")
    for within, allowed in ((root, _AT_THE_ROOT), *((each, _IN_A_COLLABORATION) for each in collaborations)):
        for each in children(within):
            if each.tag.startswith(f"{{{BPMN}}}") and local(each) not in allowed:
                id = each.get("id") or f"line {each.sourceline}"
                if local(each) == "extension" and each.get("mustUnderstand") not in ("true", "1"):
                    continue
                findings.add(document, id, "unsupported", f"{local(each)} is not supported")


def _check_unread(findings: Findings, document: str, root: etree._Element, drawn_only: set[etree._Element]) -> None:
    """What SpiffWorkflow does not read, wherever it stands."""
    for element in root.iter(f"{{{BPMN}}}*"):
        if element in drawn_only:
            continue
        id = element.get("id") or f"line {element.sourceline}"
        for name, value in _UNREAD.items():
            if element.get(name, value) not in (value, "0" if value == "false" else value):
                findings.add(document, id, "unsupported", f"{name}={element.get(name)!r} is not supported")
        if local(element) == "error" and not element.get("errorCode"):
            text = "an error has an errorCode, by which it is caught; a name is not enough"
            findings.add(document, id, "no_code", text)


def _check_message(findings: Findings, document: str, message: etree._Element) -> None:
    name = message.get("name", "")
    if not is_variable(name) or name in _OWN_KEYS:
        text = f"{name!r} does not name a message: by its name it is delivered, so it is one word of a-z, 0-9 and _"
        findings.add(document, message.get("id", ""), "no_name", text)
