"""Where errors go: from an end event outward, to the event at the edge of what is around it.

Faults are an error that nothing catches on one of its ways, an event that catches what nothing inside throws, and one
that catches what another at the same edge does.
"""

from collections.abc import Iterator, Mapping

from processes.engine.diagram import Diagrams, Node, Scope
from protocols.xml import local


def faults(diagrams: Diagrams, process: str, calls: Mapping[str, list[Node]]) -> Iterator[tuple[Node, str, str]]:
    """What is wrong: node, rule, text. ``calls``: the call activities of each process."""
    way = _Way(diagrams, process, calls)
    for node in diagrams.nodes():
        code = way.code(node)
        if node.type != "endEvent" or code is None:
            continue
        left = way.out_of(node.scope, code)
        if left and code:  # an error without a code is a fault of its own
            text = f"nothing catches the error {code!r}, which leaves {left}: draw an error event at the edge of"
            yield node, "not_caught", f"{text} a sub-process or call activity around it, or end without an error"
    caught = set[tuple[str, str]]()
    for node in way.catching():
        code = way.code(node) or ""
        what = f"the error {code!r}" if code else "any error"
        if (node.attached_to, code) in caught:
            yield node, "caught_twice", f"another event at the edge of {node.attached_to} catches {what} already"
        elif node.id not in way.reached:
            yield node, "unreachable", f"nothing inside of {node.attached_to} ends with {what}"
        caught.add((node.attached_to, code))


class _Way:
    def __init__(self, diagrams: Diagrams, process: str, calls: Mapping[str, list[Node]]) -> None:
        self._process = process
        self._calls = calls
        self._errors = diagrams.errors()
        self._at_edge: dict[str, list[Node]] = {}
        for node in diagrams.nodes():
            if node.attached_to and self.code(node) is not None:
                self._at_edge.setdefault(node.attached_to, []).append(node)
        self.reached = set[str]()
        """The catching events to which an error can come."""

    def catching(self) -> Iterator[Node]:
        return (node for nodes in self._at_edge.values() for node in nodes)

    def code(self, node: Node) -> str | None:
        """The code of the error of an event; empty if it names none; None if it is no event of an error."""
        event = node.event()
        if event is None or local(event) != "errorEventDefinition":
            return None
        return self._errors.get(event.get("errorRef", ""), "")

    def out_of(self, scope: Scope, code: str) -> str:
        """The process that an error leaves on one of its ways, caught by nothing; empty if there is none.

        ``code``: empty = any.
        """
        waiting, seen, left = [scope], set[str](), ""
        while waiting:
            each = waiting.pop()
            if each.id in seen:  # such as in a circle of calls
                continue
            seen.add(each.id)
            around = self._calls.get(each.id, []) if each.outer is None else [each.outer.nodes[each.id]]
            if each.outer is None and (each.id == self._process or not around):
                left = left or each.id
            for activity in around:
                edge = self._at_edge.get(activity.id, ())
                fitting = [node.id for node in edge if not code or self.code(node) in ("", code)]
                self.reached.update(fitting)
                if not fitting:
                    waiting.append(activity.scope)
        return left
