"""Activities that run for each of a list, or so many times."""

from processes.engine.diagram import MULTIPLE, Node, child, children, text_of
from processes.engine.findings import Findings
from processes.engine.names import is_variable
from protocols.xml import local


def check_multiple(findings: Findings, node: Node) -> None:
    multiple = child(node.element, MULTIPLE)
    if multiple is None:
        return
    parts = {local(each): each for each in children(multiple)}
    if ("loopCardinality" in parts) == ("loopDataInputRef" in parts):
        findings.add_to(node, "unsupported", "state the number of instances, or the list that they are for")
    for name in ("loopCardinality", "completionCondition"):
        if name in parts:
            findings.compile(node.document, node.id, text_of(parts[name]))
    for name in ("loopDataInputRef", "loopDataOutputRef"):
        if name in parts and not is_variable(text_of(parts[name])):
            findings.add_to(node, "no_name", f"{name} does not name a variable")
    if "loopDataInputRef" in parts:
        findings.compile(node.document, node.id, text_of(parts["loopDataInputRef"]))
    for name in ("inputDataItem", "outputDataItem"):
        if name in parts and not is_variable(parts[name].get("id", "")):
            findings.add_to(node, "no_name", f"the id of {name} does not name a variable")
    if ("loopDataOutputRef" in parts) != ("outputDataItem" in parts):
        findings.add_to(node, "unsupported", "loopDataOutputRef and outputDataItem go together")
    for name in set(parts) - {
        "loopCardinality", "completionCondition", "loopDataInputRef", "loopDataOutputRef", "inputDataItem",
        "outputDataItem",
    }:  # fmt: skip
        findings.add_to(node, "unsupported", f"{name} is not supported")
