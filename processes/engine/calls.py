"""Which process calls which, and whether a task that one does for another has a place."""

from collections.abc import Iterator, Mapping

from processes.engine import errors_caught
from processes.engine.diagram import Diagrams, Node, Scope
from processes.engine.extensions import Place
from processes.engine.findings import Findings


def check_calls(findings: Findings) -> None:
    calls: dict[str, list[Node]] = {}
    for node in findings.diagrams.nodes():
        if node.type == "callActivity":
            called = node.element.get("calledElement", "")
            calls.setdefault(called, []).append(node)
            if called not in findings.diagrams.processes:
                findings.add_to(node, "missing_process", f"there is no process {called!r} to call")
    for circle in _circles(findings.diagrams, calls):
        findings.add_to(circle, "calls_itself", "the process that it calls comes back here")
    for node in findings.diagrams.nodes():
        if node.type in ("userTask", "manualTask"):
            _check_has_place(findings, node, calls)
    for node, rule, text in errors_caught.faults(findings.diagrams, findings.process, calls):
        findings.add_to(node, rule, text)


def _check_has_place(findings: Findings, node: Node, calls: Mapping[str, list[Node]]) -> None:
    process = _process_of(node.scope)
    callers = calls.get(process, [])
    around = [] if process == findings.process or not callers else [each.place for each in callers]
    for outer in around or [Place()]:
        place = node.place.within(outer)
        for rule, missing in (("no_role", place.role), ("no_unit", place.unit)):
            if not missing:
                what = rule.removeprefix("no_")
                findings.add_to(node, rule, f"neither the task nor its lane has a {what}")


def _circles(diagrams: Diagrams, calls: Mapping[str, list[Node]]) -> Iterator[Node]:
    """The call activities that, over any number of calls, lead back to their own process."""
    leads: dict[str, set[str]] = {}
    for called, nodes in calls.items():
        for node in nodes:
            leads.setdefault(_process_of(node.scope), set()).add(called)
    for called, nodes in calls.items():
        reached, waiting = {called}, [called]
        while waiting:
            new = leads.get(waiting.pop(), set()) - reached
            reached |= new
            waiting += new
        yield from (node for node in nodes if _process_of(node.scope) in reached)


def _process_of(scope: Scope) -> str:
    while scope.outer is not None:
        scope = scope.outer
    return scope.id
