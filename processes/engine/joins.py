"""Where paths of a case come together: which ones a join waits for, and what the variables are behind it.

SpiffWorkflow looks at what has come in all rounds of a loop, so that in a later round it would go on with one path; and
it merges all values of all paths, so that one that a path has changed is lost to the old one of a path that comes
later, and of two lists it makes one that nobody has filled in.
"""

from collections.abc import Iterator, Mapping
from copy import deepcopy
from dataclasses import dataclass
from typing import Any

from SpiffWorkflow.bpmn.specs.defaults import InclusiveGateway, ParallelGateway
from SpiffWorkflow.bpmn.specs.mixins.unstructured_join import UnstructuredJoin
from SpiffWorkflow.task import Task
from SpiffWorkflow.util.task import TaskIterator, TaskState

from processes.engine.state import is_same


class ParallelJoin(ParallelGateway):  # type: ignore[misc]  # SpiffWorkflow has no types
    """A parallel gateway: it goes on when each of its flows has brought something in this round."""

    def _check_threshold_unstructured(self, my_task: Task) -> bool:
        missing = set(self.inputs)
        for each in _in_round(self, my_task):
            if each.task_spec is not self:
                continue
            if each.is_descendant_of(my_task):  # a flow that only what follows leads back to is not waited for
                back = next((one.task_spec for one in _way(each) if one.task_spec in missing), None)
                missing.discard(back)
            elif each.parent.state == TaskState.COMPLETED:
                missing.discard(each.parent.task_spec)
        return not missing


class InclusiveJoin(InclusiveGateway):  # type: ignore[misc]  # SpiffWorkflow has no types
    """An inclusive gateway: it goes on when nothing more can come to it in this round."""

    def _check_threshold_unstructured(self, my_task: Task) -> bool:
        return bool(super()._check_threshold_unstructured(_InRound(self, my_task)))


@dataclass(frozen=True, slots=True)
class _InRound:
    """A step at a join, as if there had been no round before."""

    join: UnstructuredJoin
    task: Task

    @property
    def workflow(self) -> "_InRound":
        return self

    def get_tasks(self, end_at_spec: str) -> list[Task]:
        last = _round_before(self.join, self.task)
        if last is None:
            return list(TaskIterator(self.task.workflow.task_tree, end_at_spec=end_at_spec))
        return [each for child in last.children for each in TaskIterator(child, end_at_spec=end_at_spec)]


def _in_round(join: UnstructuredJoin, my_task: Task) -> list[Task]:
    last = _round_before(join, my_task)
    tasks = my_task.workflow.tasks.values()
    return [each for each in tasks if last is None or each.is_descendant_of(last)]


def _round_before(join: UnstructuredJoin, my_task: Task) -> Task | None:
    """The step with which the round before has ended at the join; None if this is the first one."""
    return next((each for each in _way(my_task.parent) if each.task_spec is join), None)


def changed(data: Mapping[str, Any], before: Mapping[str, Any]) -> dict[str, Any]:
    """The values that are new, or other ones."""
    return {
        name: deepcopy(value) for name, value in data.items() if name not in before or not is_same(value, before[name])
    }


def _merge_paths(join: UnstructuredJoin, my_task: Task) -> bool:
    """A variable has what a path has set since they parted; of several, what the last one has set."""
    arrived = [
        each
        for each in _in_round(join, my_task)
        if each.task_spec is join and each.has_state(TaskState.FINISHED_MASK) and not my_task.is_descendant_of(each)
    ]
    arrived.sort(key=lambda each: each.last_state_change)
    ends = [*(each.parent for each in arrived), my_task.parent]
    before = _parted(ends).data
    merged = deepcopy(before)
    for end in ends:
        merged.update(changed(end.data, before))
        for name in before.keys() - end.data.keys():
            merged.pop(name, None)
    my_task.data = merged
    for each in arrived:
        if each.has_state(TaskState.COMPLETED):
            each._drop_children(force=True)
    return True


def _parted(tasks: list[Task]) -> Task:
    """The last step that all of these follow."""
    first, *others = tasks
    ways = [{each.id for each in _way(task)} for task in others]
    return next(each for each in _way(first) if all(each.id in way for way in ways))


def _way(task: Task) -> Iterator[Task]:
    """A step and what it follows, back to the first."""
    while task is not None:
        yield task
        task = task.parent


UnstructuredJoin._run_hook = _merge_paths
"""Of gateways, and of all paths at the end of a process, which SpiffWorkflow makes itself."""
