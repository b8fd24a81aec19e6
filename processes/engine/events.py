"""What events wait for, throw and end with."""

from lxml import etree

from graph.expressions import ExpressionRejected
from processes.engine import extensions
from processes.engine.diagram import Node, children, text_of
from processes.engine.elements import instead_of
from processes.engine.findings import Findings, there_is
from processes.engine.timers import Place, TimerRejected, read_timer
from protocols.xml import local

_TIMER_PLACES: tuple[Place, ...] = ("timeDuration", "timeDate", "timeCycle")
SUPPORTED = {
    "startEvent": frozenset[str](),
    "endEvent": frozenset({"message", "error", "terminate"}),
    "intermediateCatchEvent": frozenset({"message", "timer"}),
    "intermediateThrowEvent": frozenset({"message"}),
    "boundaryEvent": frozenset({"message", "timer", "error"}),
}
_STARTS_BY_EVENT = frozenset({"message"})
_AT_THE_START = "; a case is started by a person, a webhook or a trigger (our extension): draw a plain start event"


def check_event(findings: Findings, node: Node) -> None:
    found = [each for each in children(node.element) if local(each).endswith("EventDefinition")]
    if len(found) > 1:
        findings.add_to(node, "unsupported", "it waits for several things; draw an event-based gateway")
    allowed = SUPPORTED[node.type]
    if node.type == "startEvent" and node.scope.by_event:
        allowed = _STARTS_BY_EVENT
        if not found:
            findings.add_to(node, "unsupported", "an event sub-process starts with a message")
        around = node.scope.outer
        if around is None or around.outer is not None or around.id != findings.process:  # no message would start it
            text = f"an event sub-process lies in the process that cases run, {findings.process}, itself"
            findings.add_to(node, "unsupported", text)
        if node.element.get("isInterrupting") not in ("false", "0"):  # SpiffWorkflow would let the rest go on
            text = "an event sub-process can't interrupt; draw a sub-process with a message at its edge"
            findings.add_to(node, "unsupported", text)
    if node.type in ("intermediateCatchEvent", "boundaryEvent") and not found:
        findings.add_to(node, "unsupported", "it does not say what it waits for")
    for each in found:
        kind = local(each).removesuffix("EventDefinition")
        if kind not in allowed:
            instead = "" if node.type in ("endEvent", "intermediateThrowEvent") else instead_of(kind)
            options = f"; supported: {', '.join(sorted(allowed))}{instead}" if allowed else _AT_THE_START
            findings.add_to(node, "unsupported", f"{kind} is not supported in this {node.type}{options}")
        elif kind == "timer":
            _check_timer(findings, node, each)
        elif kind == "message":
            check_message_of(findings, node, each)
        elif kind == "error":
            _check_error(findings, node, each)
    if extensions.ours(node.element, "escalation") and [local(e) for e in found] != ["timerEventDefinition"]:
        findings.add_to(node, "misplaced_extension", "escalation stands in a timer")


def check_message_of(findings: Findings, node: Node, element: etree._Element) -> None:
    if element.get("messageRef", "") not in findings.messages:
        findings.add_to(node, "missing_message", f"messageRef names no message{there_is(findings.messages)}")


def _check_error(findings: Findings, node: Node, definition: etree._Element) -> None:
    """An end names its error; an event at an edge that names none catches all."""
    named = definition.get("errorRef", "")
    if named not in findings.errors and (named or node.type == "endEvent"):
        findings.add_to(node, "missing_error", f"errorRef {named!r} names no error{there_is(findings.errors)}")
    if node.element.get("cancelActivity") in ("false", "0"):
        findings.add_to(node, "unsupported", "an error ends what it is caught at; cancelActivity can't be false")


def _check_timer(findings: Findings, node: Node, definition: etree._Element) -> None:
    stated = [each for each in children(definition) if local(each) in _TIMER_PLACES]
    if len(stated) != 1:
        findings.add_to(node, "timer", f"a timer has one of: {', '.join(_TIMER_PLACES)}")
        return
    where = next(each for each in _TIMER_PLACES if each == local(stated[0]))
    repeats = node.type == "boundaryEvent" and node.element.get("cancelActivity") in ("false", "0")
    if where == "timeCycle" and not repeats:
        findings.add_to(node, "timer", "only a boundary timer that does not interrupt can repeat")
    try:
        text = text_of(stated[0])
        findings.checked.timers[where, text] = read_timer(text, where, findings.checked.names)
    except (TimerRejected, ExpressionRejected) as wrong:
        findings.add_to(node, "timer", str(wrong))
