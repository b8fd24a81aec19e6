"""The paths of a process: every element can be reached, and from every element there is a way to an end."""

from collections.abc import Iterable, Iterator

from processes.engine.diagram import ACTIVITIES, GATEWAYS, Node, Scope, children
from protocols.xml import local

MOST_NODES = 150  # of a process or sub-process: SpiffWorkflow goes along the flows by recursion
_CATCHING = frozenset({"intermediateCatchEvent", "receiveTask"})


def faults(scope: Scope) -> Iterator[tuple[str, str, str]]:
    """What is wrong with the paths: rule, id, text."""
    if len(scope.nodes) > MOST_NODES:
        text = f"it has {len(scope.nodes)} elements; {MOST_NODES} are allowed: draw sub-processes"
        yield "too_large", scope.id, text
        return
    others = _others(scope)  # each is a fault of its own, and what follows from that is none
    yield from _flows(scope, others)
    yield from _nodes(scope)
    starts = [node.id for node in scope.nodes.values() if node.type == "startEvent"]
    if len(starts) != 1:
        yield "no_start", scope.id, f"it has {len(starts)} start events, not one"
    if others:
        return
    onward, back = _steps(scope)
    events = [node.id for node in scope.nodes.values() if node.type == "subProcess" and _by_event(node)]
    reached = _reach([*starts, *events], onward)
    for id in scope.nodes:
        if starts and id not in reached:
            yield "unreachable", id, "no path leads here"
    ends = [node.id for node in scope.nodes.values() if node.type == "endEvent"]
    left = {flow.source for flow in scope.flows}  # a boundary event is no way on for what it is attached to
    dead = [
        id for id, node in scope.nodes.items() if id not in left and node.type != "endEvent" and not _by_event(node)
    ]
    for id in dead:
        yield "no_end", id, "the path ends here without an end event"
    ending = _reach([*ends, *dead, *events], back)
    for id in scope.nodes:
        if id not in ending:
            yield "no_end", id, "from here the path goes round and never comes to an end"


def _others(scope: Scope) -> frozenset[str]:
    """The elements of kinds that are not known here, as far as flows lead to or from them."""
    ends = {end for flow in scope.flows for end in (flow.source, flow.target)} - scope.nodes.keys()
    return frozenset(ends & {each.get("id", "") for each in children(scope.element)})


def _flows(scope: Scope, others: frozenset[str]) -> Iterator[tuple[str, str, str]]:
    for flow in scope.flows:
        if others & {flow.source, flow.target}:
            continue
        source, target = scope.nodes.get(flow.source), scope.nodes.get(flow.target)
        if source is None or target is None:
            yield "crosses", flow.id, "the flow leaves its process or sub-process; use a message"
            continue
        if target.type in ("startEvent", "boundaryEvent"):
            yield "crosses", flow.id, f"no flow leads to a {target.type}"
        if _by_event(source) or _by_event(target):
            yield "crosses", flow.id, "no flow leads to or from an event sub-process"
        if source.type == "endEvent":
            yield "crosses", flow.id, "no flow leaves an end event"
        if source.type == "eventBasedGateway" and target.type not in _CATCHING:
            yield "unsupported", flow.id, "after an event-based gateway come events that wait"
        chooses = source.type in ("exclusiveGateway", "inclusiveGateway")
        if flow.condition is not None and not chooses:
            yield "unsupported", flow.id, f"a condition stands behind a gateway, not behind a {source.type}"
        several = sum(each.source == flow.source for each in scope.flows) > 1
        if chooses and several and flow.condition is None and source.element.get("default") != flow.id:
            yield "no_condition", flow.id, "it has neither a condition nor is it the gateway's default"
        if flow.condition is not None and source.element.get("default") == flow.id:
            yield "no_condition", flow.id, "the gateway's default has no condition"


def _nodes(scope: Scope) -> Iterator[tuple[str, str, str]]:
    for node in scope.nodes.values():
        leaving = sum(each.source == node.id for each in scope.flows)
        if leaving > 1 and node.type not in GATEWAYS:
            yield "unsupported", node.id, f"{leaving} flows leave a {node.type}; draw a gateway"
        if node.type == "boundaryEvent":
            host = scope.nodes.get(node.attached_to)
            if host is None and node.attached_to in {each.get("id") for each in children(scope.element)}:
                continue  # of a kind that is a fault of its own
            if host is None or host.type not in ACTIVITIES or _by_event(host):
                yield "crosses", node.id, "it is not attached to an activity of its own process"
            elif _kind(node) == "error" and host.type not in ("subProcess", "callActivity"):
                yield "unsupported", node.id, "an error comes from a sub-process or a call activity"


def _kind(node: Node) -> str:
    event = node.event()
    return local(event).removesuffix("EventDefinition") if event is not None else ""


def _by_event(node: Node) -> bool:
    return node.type == "subProcess" and node.element.get("triggeredByEvent") in ("true", "1")


def _steps(scope: Scope) -> tuple[dict[str, list[str]], dict[str, list[str]]]:
    """From each node the next ones, and the ones before."""
    onward: dict[str, list[str]] = {id: [] for id in scope.nodes}
    back: dict[str, list[str]] = {id: [] for id in scope.nodes}
    pairs = [(flow.source, flow.target) for flow in scope.flows]
    pairs += [(node.attached_to, node.id) for node in scope.nodes.values() if node.attached_to]
    for source, target in pairs:
        if source in onward and target in back:
            onward[source].append(target)
            back[target].append(source)
    return onward, back


def _reach(starts: Iterable[str], steps: dict[str, list[str]]) -> set[str]:
    reached = set(starts)
    waiting = list(reached)
    while waiting:
        for each in steps.get(waiting.pop(), ()):
            if each not in reached:
                reached.add(each)
                waiting.append(each)
    return reached
