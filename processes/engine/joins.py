"""Where paths of a case come together: which ones a join waits for, and what the variables are behind it.

SpiffWorkflow looks at what has come in all rounds of a loop, so that in a later round it would go on with one path.
When a path comes to a join that has gone on already, it takes back what follows, and begins it anew. An inclusive join
would not see all paths that can still come. It also merges all values of all paths, so that one that a path has changed
is lost to the old one of a path that comes later, and of two lists it makes one that nobody has filled in.
"""

from collections.abc import Iterator, Mapping
from copy import deepcopy
from typing import Any

from SpiffWorkflow.bpmn.specs.control import BoundaryEventJoin, _EndJoin
from SpiffWorkflow.bpmn.specs.defaults import BoundaryEvent, InclusiveGateway, ParallelGateway
from SpiffWorkflow.bpmn.specs.mixins.unstructured_join import UnstructuredJoin
from SpiffWorkflow.specs.base import TaskSpec
from SpiffWorkflow.task import Task
from SpiffWorkflow.util.task import TaskIterator, TaskState

from processes.engine.state import is_same

_THERE = TaskState.FUTURE | TaskState.READY | TaskState.STARTED | TaskState.WAITING
_TOOK = "took:"
"""What a join keeps that has gone on: the arrivals with which it did."""


class ParallelJoin(ParallelGateway):  # type: ignore[misc]  # SpiffWorkflow has no types
    """A parallel gateway: it goes on when each of its flows has brought something in this round."""

    def _check_threshold_unstructured(self, my_task: Task) -> bool:
        missing = set(self.inputs)
        for each in _left(self, my_task):
            if each.is_descendant_of(my_task):  # a flow that only what follows leads back to is not waited for
                back = next((one.task_spec for one in _way(each) if one.task_spec in missing), None)
                missing.discard(back)
            elif each.parent.state == TaskState.COMPLETED:
                missing.discard(each.parent.task_spec)
        return not missing


class InclusiveJoin(InclusiveGateway):  # type: ignore[misc]  # SpiffWorkflow has no types
    """An inclusive gateway: it goes on when no other path of this round can come to one of its flows that has brought
    nothing yet, but for a path that can also come to one that has (BPMN 2.0.2, 13.4.3)."""

    def _check_threshold_unstructured(self, my_task: Task) -> bool:
        arrived = (each for each in _left(self, my_task) if not each.is_descendant_of(my_task))
        filled = {each.parent.task_spec for each in arrived if each.parent.state == TaskState.COMPLETED}
        for place in _elsewhere(self, my_task):
            leads = _flows_reached(self, place)
            if leads and not leads & filled:
                return False
        return True


def _elsewhere(join: InclusiveJoin, my_task: Task) -> set[TaskSpec]:
    """Where the case is now in this round, on its way and not at the join. An event at an edge that has not happened is
    nowhere on its way."""
    last = _round_before(join, my_task)
    tops = [my_task.workflow.task_tree] if last is None else last.children
    found = (each for top in tops for each in TaskIterator(top, state=_THERE, end_at_spec=join.name))
    return {
        each.task_spec
        for each in found
        if each.task_spec is not join
        and not isinstance(each.task_spec, BoundaryEvent | BoundaryEventJoin)
        and (each.state != TaskState.FUTURE or each.parent is None or each.parent.state == TaskState.COMPLETED)
    }


def _flows_reached(join: InclusiveJoin, place: TaskSpec) -> set[TaskSpec]:
    """The elements from which a path that is at this place could come to the join."""
    seen, waiting = {place}, [place]
    while waiting:
        new = set(waiting.pop().outputs) - seen - {join}
        seen |= new
        waiting += new
    return seen & set(join.inputs)


def _left(join: UnstructuredJoin, my_task: Task) -> list[Task]:
    """The arrivals at a join in this round, without those with which it has gone on already."""
    last = _round_before(join, my_task)
    there = [each for each in my_task.workflow.tasks.values() if each.task_spec is join]
    there = [each for each in there if last is None or each.is_descendant_of(last)]
    taken = set[str]()
    for each in there:
        if each.has_state(TaskState.COMPLETED) and each is not my_task:
            before = [str(one.id) for one in there if one.last_state_change <= each.last_state_change]
            taken.update(each.internal_data.get(_TOOK, before))  # cases of an earlier release don't keep it
    return [each for each in there if str(each.id) not in taken]


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
        for each in _left(join, my_task)
        if each.has_state(TaskState.FINISHED_MASK) and not my_task.is_descendant_of(each)
    ]
    arrived.sort(key=lambda each: each.last_state_change)
    later = [] if isinstance(join, _EndJoin) else _later(arrived, my_task)
    arrived = [each for each in arrived if each not in later]
    ends = [*(each.parent for each in arrived), my_task.parent]
    before = _parted(ends).data
    merged = deepcopy(before)
    for end in ends:
        merged.update(changed(end.data, before))
        for name in before.keys() - end.data.keys():
            merged.pop(name, None)
    my_task.data = merged
    my_task.internal_data[_TOOK] = [str(each.id) for each in (*arrived, my_task)]
    if later:  # one step waits for all of them
        later[-1]._set_state(TaskState.WAITING)
        join._predict(later[-1], mask=TaskState.NOT_FINISHED_MASK)
    return True


def _later(arrived: list[Task], my_task: Task) -> list[Task]:
    """Of several arrivals by one flow, a join goes on with one; the others are left for the next time."""
    first = {my_task.parent.task_spec: my_task}
    return [each for each in arrived if first.setdefault(each.parent.task_spec, each) is not each]


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
