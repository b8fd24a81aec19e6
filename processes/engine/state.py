"""The state of a case as JSON: its tasks and data, without the definition, which is kept once a version.

Nothing in it names a class or is evaluated: values of a case come back as the JSON that they were, whatever they say.
"""

from collections.abc import Iterable, Mapping
from copy import deepcopy
from typing import Any
from uuid import UUID

from SpiffWorkflow.bpmn.specs.mixins.events.event_types import CatchingEvent
from SpiffWorkflow.bpmn.specs.mixins.subworkflow_task import SubWorkflowTask
from SpiffWorkflow.bpmn.util.subworkflow import BpmnSubWorkflow
from SpiffWorkflow.bpmn.workflow import BpmnWorkflow
from SpiffWorkflow.task import Task
from SpiffWorkflow.util.task import TaskState

Frozen = dict[str, Any]
_EVENTS = "seen_events"  # lives within one step; nothing is waiting that has seen one


def freeze(workflow: BpmnWorkflow) -> Frozen:
    """A case as JSON. The values are the case's own: copy them, or write them out, before it goes on."""
    return {
        **_freeze_scope(workflow),
        "inner": {str(id): _freeze_scope(each) for id, each in workflow.subprocesses.items()},
    }


def thaw(frozen: Mapping[str, Any], workflow: BpmnWorkflow) -> BpmnWorkflow:
    """Fill an empty case of the same definition. Raises KeyError, ValueError or TypeError for what is no state."""
    _thaw_scope(frozen, workflow)
    _thaw_inner(dict(frozen["inner"]), workflow, workflow)
    return workflow


def _freeze_scope(scope: Any) -> Frozen:
    return {
        "root": str(scope.task_tree.id),
        "last": str(scope.last_task.id) if scope.last_task is not None else None,
        "success": scope.success,
        "completed": scope.completed,
        "data": scope.data,
        "tasks": [_freeze_task(task) for task in scope.tasks.values()],
    }


def _freeze_task(task: Task) -> Frozen:
    outer = task.parent.data if task.parent is not None else {}
    return {
        "id": str(task.id),
        "parent": str(task.parent.id) if task.parent is not None else None,
        "children": [str(each.id) for each in task.children],
        "element": task.task_spec.name,
        "state": task.state,
        "changed": task.last_state_change,
        "triggered": task.triggered,
        "own": {key: value for key, value in task.internal_data.items() if key != _EVENTS},
        "set": {key: value for key, value in task.data.items() if key not in outer or not is_same(value, outer[key])},
        "unset": [key for key in outer if key not in task.data],
    }


def _thaw_scope(frozen: Mapping[str, Any], scope: Any) -> None:
    listed: Iterable[Mapping[str, Any]] = frozen["tasks"]
    by_id: dict[UUID, Mapping[str, Any]] = {}
    for each in listed:
        task = Task(scope, scope.spec.task_specs[each["element"]], state=each["state"], id=UUID(each["id"]))
        task._parent = UUID(each["parent"]) if each["parent"] is not None else None
        task._children = [UUID(child) for child in each["children"]]
        task.last_state_change = each["changed"]
        task.triggered = each["triggered"]
        task.internal_data = dict(each["own"])
        scope.tasks[task.id] = task
        by_id[task.id] = each
    _thaw_data(scope, by_id)
    for task in scope.tasks.values():
        if isinstance(task.task_spec, CatchingEvent) and task.has_state(TaskState.WAITING):
            scope.top_workflow.event_manager.add_task(task)
    scope.task_tree = scope.tasks[UUID(frozen["root"])]
    scope.last_task = scope.tasks.get(UUID(frozen["last"])) if frozen["last"] is not None else None
    scope.success, scope.completed, scope.data = frozen["success"], frozen["completed"], dict(frozen["data"])


def _thaw_data(scope: Any, frozen: Mapping[UUID, Mapping[str, Any]]) -> None:
    """A task has its parent's data, but for what it has set and removed; parents come first."""
    waiting = [task for task in scope.tasks.values() if task._parent is None]
    while waiting:
        task = waiting.pop()
        each = frozen[task.id]
        data = deepcopy(task.parent.data) if task.parent is not None else {}
        for key in each["unset"]:
            data.pop(key, None)
        task.data = data | each["set"]
        waiting += task.children


def _thaw_inner(waiting: dict[str, Any], scope: Any, top: BpmnWorkflow) -> None:
    """Outer cases before inner ones, which hang on their tasks."""
    for task in list(scope.tasks.values()):
        if isinstance(task.task_spec, SubWorkflowTask) and str(task.id) in waiting:
            frozen = waiting.pop(str(task.id))
            inner = BpmnSubWorkflow(top.subprocess_specs[task.task_spec.spec], task.id, top, deserializing=True)
            top.subprocesses[task.id] = inner
            _thaw_scope(frozen, inner)
            inner.completed_event.connect(task.task_spec._on_subworkflow_completed, task)
            _thaw_inner(waiting, inner, top)


def is_same(one: Any, other: Any) -> bool:
    """Equal, and of the same kinds: in Python, ``1 == True == 1.0``."""
    if one is other:
        return True
    if type(one) is not type(other):
        return False
    if isinstance(one, dict):
        return one.keys() == other.keys() and all(is_same(value, other[key]) for key, value in one.items())
    if isinstance(one, list):
        return len(one) == len(other) and all(is_same(a, b) for a, b in zip(one, other, strict=True))
    return bool(one == other)
