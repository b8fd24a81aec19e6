"""A case is moved to another version of its definition: what it has done stays, and it goes on as the new one says.

It can be moved if everything that it has come to, and all that it is at now, is in the new version, too, as the same
kind of element with the same events at its edge; the new one may catch more errors there, for they wait for nothing.
An event that it waits for is of the same kind: a timer that has not been started would never be due. Nothing is
guessed: all that is missing is told. A step that could not be made stays an incident, to be made again.
"""

from collections.abc import Iterator, Mapping
from types import MappingProxyType
from typing import Any
from uuid import uuid4

import orjson
from lxml import etree
from SpiffWorkflow.bpmn.specs.mixins.multiinstance_task import MultiInstanceTask
from SpiffWorkflow.util.task import TaskState

from processes.engine.case import Case
from processes.engine.definition import Definition
from processes.engine.diagram import Node, child
from processes.engine.errors import NotMovable
from protocols.xml import local

_FORESEEN = TaskState.PREDICTED_MASK | TaskState.FUTURE
"""States of tasks that a case hasn't come to."""


def moved(kept: bytes, old: Definition, new: Definition, given: Mapping[str, Any] = MappingProxyType({})) -> Case:
    """The case on the new version. ``kept``: as it is on the old one.

    ``given``: variables that it gets where it has none of this name. Raises NotMovable, StateRejected.
    """
    Case.read(old, kept)  # a state that can't be read is refused as such
    state = orjson.loads(kept)
    scopes = [("", state["case"]), *state["case"]["inner"].items()]
    reasons = [each for id_, scope in scopes for each in _reasons(scope, _specs(scopes, id_, old, new), old, new)]
    if reasons:
        raise NotMovable(tuple(dict.fromkeys(reasons)))
    for _, scope in scopes:
        _forget_foreseen(scope)
        _catch_errors(scope, old, new)
        _give(scope, given)
    case = Case.read(new, orjson.dumps({**state, "definition": new.digest}))
    case.foresee()
    return case


def _specs(scopes: list[tuple[str, Any]], id_: str, old: Definition, new: Definition) -> tuple[Any, Any]:
    """SpiffWorkflow's specifications of a scope, old and new; None where the new version has no such process."""
    if not id_:
        return old.specifications[0], new.specifications[0]
    name = next(old_task["element"] for _, scope in scopes for old_task in scope["tasks"] if old_task["id"] == id_)
    for specification in (old.specifications[0], *old.specifications[1].values()):
        found = specification.task_specs.get(name)
        if found is not None and getattr(found, "spec", None) is not None:
            return old.specifications[1].get(found.spec), new.specifications[1].get(found.spec)
    return None, None


def _reasons(scope: Mapping[str, Any], specs: tuple[Any, Any], old: Definition, new: Definition) -> Iterator[str]:
    """Why a process or sub-process of the case can't go on in the new version."""
    before, after = specs
    if before is None or after is None:
        yield "it is in a process or sub-process that the new version doesn't have"
        return
    for task in scope["tasks"]:
        if task["state"] & _FORESEEN:
            continue
        name = task["element"]
        element = name.removesuffix(" [child]").partition(".")[0]
        one, other = before.task_specs[name], after.task_specs.get(name)
        is_open = not task["state"] & TaskState.FINISHED_MASK
        if other is None or type(one) is not type(other):
            yield f"it {'is at' if is_open else 'has been at'} {element}, which the new version doesn't have like that"
        elif is_open and isinstance(one, MultiInstanceTask):
            yield f"it is at {element}, which runs several times: wait until all of them are done"
        elif is_open and _edge(old, element) != _edge(new, element) - _more_errors(old, new, element):
            yield f"it is at {element}, which has other events at its edge in the new version"
        elif is_open and _awaited(old, element) != _awaited(new, element):
            yield f"it waits at {element}, which waits for another kind of event in the new version"


def _edge(definition: Definition, element: str) -> frozenset[str]:
    return frozenset(each.id for each in definition.nodes.values() if each.attached_to == element)


def _awaited(definition: Definition, element: str) -> dict[str, str]:
    """What is waited for at an event, or by the events behind a gateway: a timer there has been started, or was not."""
    node = definition.nodes.get(element)
    if node is None:
        return {}
    events = [node]
    if node.type == "eventBasedGateway":
        events = [definition.nodes[each.target] for each in node.scope.flows if each.source == element]
    found = {each.id: each.event() for each in events}
    return {id_: _kind(event) for id_, event in found.items() if event is not None}


def _kind(event: etree._Element) -> str:
    """A timer that is due again keeps more than others."""
    return f"{local(event)} timeCycle" if child(event, "timeCycle") is not None else local(event)


def _more_errors(old: Definition, new: Definition, element: str) -> frozenset[str]:
    """The errors that only the new version catches at an activity."""
    added = _edge(new, element) - _edge(old, element)
    return frozenset(each for each in added if _is_error(new.nodes[each]))


def _is_error(node: Node) -> bool:
    event = node.event()
    return event is not None and local(event) == "errorEventDefinition"


def _catch_errors(scope: dict[str, Any], old: Definition, new: Definition) -> None:
    """Let the open activities of a scope wait for the errors that the new version catches at their edge."""
    by_id = {each["id"]: each for each in scope["tasks"]}
    for task in list(scope["tasks"]):
        added = _more_errors(old, new, task["element"]) if not task["state"] & TaskState.FINISHED_MASK else frozenset()
        if not added:
            continue
        split = by_id[task["parent"]]
        if split["element"] != f"{task['element']}.BoundaryEventSplit":  # it had no event at its edge
            outer, split = split, _step(f"{task['element']}.BoundaryEventSplit", TaskState.COMPLETED, task, split["id"])
            outer["children"] = [split["id"] if each == task["id"] else each for each in outer["children"]]
            task["parent"], split["children"] = split["id"], [task["id"]]
            scope["tasks"].append(split)
        for each in sorted(added):
            waiting = _step(each, TaskState.WAITING, task, split["id"])
            split["children"].append(waiting["id"])
            scope["tasks"].append(waiting)


def _step(element: str, state: int, beside: Mapping[str, Any], parent: str) -> dict[str, Any]:
    """A step with the values of its parent, as old as another one."""
    return {
        "id": str(uuid4()), "parent": parent, "children": [], "element": element, "state": int(state),
        "changed": beside["changed"], "triggered": False, "own": {}, "set": {}, "unset": [],
    }  # fmt: skip


def _give(scope: Mapping[str, Any], given: Mapping[str, Any]) -> None:
    """What comes first has it; every other task inherits it, unless it has its own."""
    for task in scope["tasks"]:
        if task["parent"] is None:
            task["set"] = {**given, **task["set"]}


def _forget_foreseen(scope: dict[str, Any]) -> None:
    """Leave out what a process has not come to: in the new version it may be something else."""
    gone = {each["id"] for each in scope["tasks"] if each["state"] & _FORESEEN}
    scope["tasks"] = [
        {**each, "children": [child for child in each["children"] if child not in gone]}
        for each in scope["tasks"]
        if each["id"] not in gone
    ]
    if scope["last"] in gone:
        scope["last"] = None
