"""The tasks of people in a definition, each with the place that it has where it is drawn or called."""

from collections.abc import Iterator
from dataclasses import dataclass

from processes.engine.diagram import Diagrams, Node, Scope
from processes.engine.extensions import Place


@dataclass(frozen=True, slots=True)
class DrawnTask:
    """A user or manual task. ``place``: its own, with what it takes from its lane and from the calls around it."""

    element: str
    name: str
    place: Place


def drawn_tasks(diagrams: Diagrams, process: str) -> tuple[DrawnTask, ...]:
    """In the order in which they are drawn; one in a process that is called from several places is there for each
    place that differs."""
    return tuple(dict.fromkeys(_within(diagrams, diagrams.processes[process], Place(), set())))


def _within(diagrams: Diagrams, scope: Scope, around: Place, seen: set[tuple[str, Place]]) -> Iterator[DrawnTask]:
    """``seen``: what was looked through, so that processes that call each other many times are done once."""
    if (scope.id, around) in seen:
        return
    seen.add((scope.id, around))
    for node in scope.nodes.values():
        place = node.place.within(around)
        if node.type in ("userTask", "manualTask"):
            yield DrawnTask(node.id, node.name or node.id, place)
        elif node.type == "subProcess":
            inside = next(each for each in diagrams.scopes if each.outer is scope and each.id == node.id)
            yield from _within(diagrams, inside, around, seen)
        elif node.type == "callActivity" and (called := diagrams.processes.get(_called(node))) is not None:
            yield from _within(diagrams, called, place, seen)


def _called(node: Node) -> str:
    return str(node.element.get("calledElement", ""))
