"""The open tasks of a case, as those who give them to somebody see them."""

from collections.abc import Iterator, Mapping
from copy import deepcopy
from dataclasses import dataclass
from typing import Any, Literal

from SpiffWorkflow.bpmn.workflow import BpmnWorkflow
from SpiffWorkflow.task import Task

from processes.engine import extensions, spiff
from processes.engine.definition import Definition
from processes.engine.diagram import MULTIPLE, Node, child
from processes.engine.extensions import Place


@dataclass(frozen=True, slots=True)
class Work:
    """An open task. ``place`` is as the diagram has it, its expressions evaluated by ``Case.value``.

    ``key``: the same for each try of the same work, so that a service does nothing twice. ``escalations``: how many
    escalation timers have been due. ``calls``: the call activities around it, from the outside in. ``result``: the
    variable that has a service's answer; empty if it is not kept. ``is_one_of_several``: an activity around it, or the
    task itself, runs for each of a list.
    """

    id: str
    element: str
    name: str
    type: Literal["user", "manual", "service"]
    place: Place
    form: str
    service: str
    result: str
    key: str
    escalations: int
    calls: tuple[str, ...]
    is_one_of_several: bool
    data: Mapping[str, Any]


def as_work(definition: Definition, workflow: BpmnWorkflow, task: Task) -> Work:
    """An open task. ``workflow``: the whole case, of which the task is at any depth."""
    node = node_of(definition, task)
    around = tuple(_around(definition, workflow, task))
    calls = tuple(each for each in around if each.type == "callActivity")
    place = node.place
    for each in calls:
        place = place.within(each.place)
    kinds: dict[str, Literal["user", "manual", "service"]] = {
        "userTask": "user", "manualTask": "manual", "serviceTask": "service",
    }  # fmt: skip
    data = deepcopy(dict(task.data))
    return Work(
        id=str(task.id),
        element=node.id,
        name=node.name,
        type=kinds[node.type],
        place=place,
        form=extensions.attribute(node.element, "form", "name"),
        service=extensions.attribute(node.element, "service", "name"),
        result=extensions.attribute(node.element, "service", "result"),
        key=task.internal_data.get(spiff.KEY) or f"{node.id}:{task.id}",
        escalations=_escalations(definition, task),
        calls=tuple(each.id for each in reversed(calls)),
        is_one_of_several=any(child(each.element, MULTIPLE) is not None for each in (node, *around)),
        data=data,
    )


def _escalations(definition: Definition, task: Task) -> int:
    """How often the escalation timers at the task have been due."""
    split = task.parent
    while split is not None and not split.task_spec.name.endswith(".BoundaryEventSplit"):
        split = split.parent if split.task_spec.name == task.task_spec.bpmn_id else None
    found = 0
    for each in split.children if split is not None else ():
        node = definition.nodes.get(node_id(each))
        if isinstance(each.task_spec, spiff.EdgeEvent) and node and extensions.ours(node.element, "escalation"):
            found += each.task_spec.times(each)
    return found


def _around(definition: Definition, workflow: BpmnWorkflow, task: Task) -> Iterator[Node]:
    """The activities around a task, from the inside out."""
    scope = task.workflow
    while scope.parent_task_id is not None:
        outer = workflow.get_task_from_id(scope.parent_task_id)
        yield node_of(definition, outer)
        scope = outer.workflow


def node_of(definition: Definition, task: Task) -> Node:
    """The element of the diagram at which a step is."""
    return definition.nodes[node_id(task)]


def node_id(task: Task) -> str:
    """The id of its element in the diagram; a step that SpiffWorkflow has added has that of what it belongs to."""
    name = getattr(task.task_spec, "bpmn_id", None) or task.task_spec.name
    return str(name).removesuffix(" [child]").partition(".")[0]
