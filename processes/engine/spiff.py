"""SpiffWorkflow as we use it: its parser and task kinds, with our timers, and without any Python in a diagram.

SpiffWorkflow evaluates Python where it is not kept from it: its script engine (``eval``, ``exec``), the migration of
old states (``eval``), and the states of its general engine (``pickle``). None of these is used. In place of the script
engine stands ``Evaluation``, which only looks up what the check has compiled; states are read and written by
``processes.engine.state``.
"""

from collections.abc import Iterator, Mapping
from copy import deepcopy
from datetime import datetime
from typing import Any

from SpiffWorkflow.bpmn.parser import BpmnParser
from SpiffWorkflow.bpmn.parser.event_parsers import (
    BoundaryEventParser,
    EndEventParser,
    EventBasedGatewayParser,
    IntermediateCatchEventParser,
    StartEventParser,
)
from SpiffWorkflow.bpmn.parser.node_parser import NodeParser
from SpiffWorkflow.bpmn.parser.task_parsers import ConditionalGatewayParser, GatewayParser
from SpiffWorkflow.bpmn.parser.TaskParser import TaskParser
from SpiffWorkflow.bpmn.parser.util import full_tag
from SpiffWorkflow.bpmn.specs.bpmn_process_spec import BpmnProcessSpec
from SpiffWorkflow.bpmn.specs.control import BoundaryEventSplit
from SpiffWorkflow.bpmn.specs.defaults import (
    BoundaryEvent,
    EndEvent,
    EventBasedGateway,
    IntermediateCatchEvent,
    ParallelMultiInstanceTask,
    SequentialMultiInstanceTask,
    StartEvent,
)
from SpiffWorkflow.bpmn.specs.event_definitions.item_aware_event import ErrorEventDefinition
from SpiffWorkflow.bpmn.specs.event_definitions.message import MessageEventDefinition
from SpiffWorkflow.bpmn.specs.event_definitions.timer import TimerEventDefinition
from SpiffWorkflow.bpmn.specs.mixins import BpmnSpecMixin
from SpiffWorkflow.bpmn.specs.mixins.multiinstance_task import MultiInstanceTask
from SpiffWorkflow.bpmn.util import BpmnEvent
from SpiffWorkflow.bpmn.workflow import BpmnWorkflow
from SpiffWorkflow.task import Task
from SpiffWorkflow.util.task import TaskState

from processes.engine.diagram import Diagrams
from processes.engine.findings import Checked
from processes.engine.joins import InclusiveJoin, ParallelJoin, changed
from processes.engine.timers import Timer
from processes.engine.values import weight

MOST_INSTANCES = 5_000
_MOST_COPIED = 26_000_000
"""Instances, each with a copy of the case's values (``weight``): as many as allowed for a list of as many texts."""
_FORESEEN = TaskState.PREDICTED_MASK | TaskState.FUTURE
_SEEN = "seen_events"  # what an event-based gateway has seen, within one step
KEY = "key"  # what a service task keeps: its idempotency key
START, DUE, LEFT = "start:", "due:", "left:"
"""What a task keeps of a timer: when it started, when it is due (next), and how often it is still due."""
_TIMED = ("timeDuration", "timeDate", "timeCycle")


class TooMany(ValueError):
    """More instances than one task may have."""


class NotCaught(ValueError):
    """An error that no event around it catches."""


class Evaluation:
    """What SpiffWorkflow asks instead of its script engine. ``now`` is the moment of the step; no clock is read."""

    def __init__(self, checked: Checked, decisions: Mapping[str, str], idempotency: Mapping[str, str]) -> None:
        """``decisions``, ``idempotency``: of business rule tasks and service tasks, what the diagram states."""
        self._checked = checked
        self._decisions = decisions
        self._idempotency = idempotency
        self.now = datetime.min

    def evaluate(self, task: Task, expression: str, external_context: object = None) -> Any:
        """The value of an expression of the definition with the data of a task."""
        return self.value(expression, task.data)

    def value(self, expression: str, data: Mapping[str, Any]) -> Any:
        return self._checked.expressions[expression.strip()].evaluate(data)

    def execute(self, task: Task, script: str, external_context: object = None) -> bool:
        task.data.update(self._checked.scripts[script.strip()].run(task.data))
        return True

    def decide(self, task: Task) -> None:
        decision = self._checked.decisions[self._decisions[task.task_spec.bpmn_id]]
        task.data.update(decision.evaluate(task.data))

    def idempotency(self, task: Task) -> Any:
        """What the diagram says for the key of a service task; None if it says nothing."""
        stated = self._idempotency.get(task.task_spec.bpmn_id)
        return None if stated is None else self.evaluate(task, stated)

    def timer(self, where: str, text: str) -> Timer:
        return self._checked.timers[where, text]


class MomentTimer(TimerEventDefinition):  # type: ignore[misc]  # SpiffWorkflow has no types
    """A timer that is due once."""

    def __init__(self, name: str, expression: str, where: str, **kwargs: Any) -> None:
        super().__init__(name, expression, **kwargs)
        self.where = where

    def has_fired(self, my_task: Task) -> bool:
        evaluation: Evaluation = my_task.workflow.script_engine
        key = DUE + self.name
        if key not in my_task.internal_data:
            timer = evaluation.timer(self.where, self.expression)
            my_task.internal_data[key] = timer.due(evaluation.now, my_task.data).isoformat()
        return datetime.fromisoformat(my_task.internal_data[key]) <= evaluation.now

    def __eq__(self, other: object) -> bool:
        """SpiffWorkflow would take any timer behind an event-based gateway for the first."""
        return isinstance(other, MomentTimer) and self.name == other.name

    __hash__ = None  # type: ignore[assignment]  # as those of SpiffWorkflow


class FirstEvent(EventBasedGateway):  # type: ignore[misc]  # SpiffWorkflow has no types
    """An event-based gateway: of several events that have happened by now, the case goes on with the first."""

    def _run_hook(self, my_task: Task) -> Any:
        evaluation: Evaluation = my_task.workflow.script_engine
        kept = my_task.internal_data
        due = [
            (datetime.fromisoformat(kept[DUE + each.name]), number)
            for number, each in enumerate(self.event_definition.event_definitions)
            if isinstance(each, MomentTimer)
        ]
        moment, number = min(due, default=(datetime.max, 0))
        if due and moment <= evaluation.now:  # a message comes now
            kept[_SEEN] = [BpmnEvent(self.event_definition.event_definitions[number])]
        return super()._run_hook(my_task)


class RepeatedTimer(TimerEventDefinition):  # type: ignore[misc]  # SpiffWorkflow has no types
    """A timer that is due several times."""

    def has_fired(self, my_task: Task) -> bool:
        evaluation: Evaluation = my_task.workflow.script_engine
        timer = evaluation.timer("timeCycle", self.expression)
        kept, start, due, left = my_task.internal_data, START + self.name, DUE + self.name, LEFT + self.name
        if due not in kept:
            kept[start], kept[left] = evaluation.now.isoformat(), timer.times
            kept[due] = timer.nth(evaluation.now, 1).isoformat()
        return datetime.fromisoformat(kept[due]) <= evaluation.now

    def after(self, my_task: Task) -> dict[str, Any] | None:
        """What a timer that is due keeps for the next time; None if this was the last."""
        kept, start, due, left = my_task.internal_data, START + self.name, DUE + self.name, LEFT + self.name
        if kept[left] <= 1:
            return None
        evaluation: Evaluation = my_task.workflow.script_engine
        timer = evaluation.timer("timeCycle", self.expression)
        nth = timer.nth(datetime.fromisoformat(kept[start]), timer.times - kept[left] + 2)
        return {start: kept[start], left: kept[left] - 1, due: nth.isoformat()}


class EdgeEvent(BoundaryEvent):  # type: ignore[misc]  # SpiffWorkflow has no types
    """An event at the edge of an activity. One that does not interrupt it happens as often as its message comes, or its
    timer is due, until the activity ends; what has followed by then goes on.

    SpiffWorkflow would take a message once, and cancel what follows a timer that is due again with the activity. Here
    each time is a step of its own.
    """

    def catch(self, my_task: Task, event: BpmnEvent) -> None:
        if not self.cancel_activity and isinstance(self.event_definition, MessageEventDefinition):
            self._wait_again(my_task, {})
        super().catch(my_task, event)

    def _update_hook(self, my_task: Task) -> Any:
        happens = super()._update_hook(my_task)
        if happens and isinstance(self.event_definition, RepeatedTimer):
            kept = self.event_definition.after(my_task)
            if kept is not None:
                self._wait_again(my_task, kept)
        return happens

    def renew(self, my_task: Task) -> None:
        """Bring a repeated timer from a state of an earlier release into the form that it has here.

        There it was one step for all times: without what follows it, or with what has followed it each time.
        """
        if not isinstance(self.event_definition, RepeatedTimer):
            return
        if not my_task.children:
            self._predict(my_task, mask=TaskState.NOT_FINISHED_MASK)
        elif any(not each.has_state(_FORESEEN) for each in my_task.children):
            names = [each + self.event_definition.name for each in (START, DUE, LEFT)]
            self._wait_again(my_task, {each: my_task.internal_data[each] for each in names})
            my_task.internal_data[LEFT + self.event_definition.name] = 0
            my_task._set_state(TaskState.COMPLETED)
            my_task.workflow.top_workflow.event_manager.remove_task(my_task)

    def times(self, my_task: Task) -> int:
        """How often it has happened, as far as this step of it knows."""
        if not my_task.has_state(TaskState.COMPLETED):
            return 0
        is_old = my_task.internal_data.get(LEFT + self.event_definition.name) == 0
        return len(my_task.children) if is_old else 1  # as an earlier release has counted

    def _wait_again(self, my_task: Task, kept: dict[str, Any]) -> None:
        again = my_task.parent._add_child(self, TaskState.WAITING)
        again.internal_data.update(kept)
        again._inherit_data()
        self._predict(again, mask=TaskState.NOT_FINISHED_MASK)
        again.workflow.top_workflow.event_manager.add_task(again)


class Error(ErrorEventDefinition):  # type: ignore[misc]  # SpiffWorkflow has no types
    """An error goes outward only: from its end event to the edge of what that lies in, of what this lies in, and so on.

    SpiffWorkflow would also let events catch it at the edge of what is beside the way, and drop what none has caught.
    """

    def throw(self, my_task: Task) -> None:
        event = BpmnEvent(self, payload=deepcopy(my_task.data))
        for activity in _around(my_task):
            fitting = [each for each in _edge(activity) if each.task_spec.catches(each, event)]
            if fitting:  # the event that names the error goes before the one that catches all
                first = min(fitting, key=lambda each: each.task_spec.event_definition.code is None)
                first.task_spec.catch(first, event)
                first.task_spec._update(first)
                return
        which = f"the error {self.code!r}" if self.code else "an error without a code"
        raise NotCaught(f"no event around it catches {which}")


def _around(task: Task) -> Iterator[Task]:
    """The activities around a step, from the inside out."""
    scope = task.workflow
    while scope.parent_task_id is not None:
        outer = scope.top_workflow.get_task_from_id(scope.parent_task_id)
        yield outer
        scope = outer.workflow


def _edge(activity: Task) -> list[Task]:
    """The events at the edge of an activity; of one of several instances, those of all of them."""
    split = activity.parent
    if split is not None and isinstance(split.task_spec, MultiInstanceTask):
        split = split.parent
    if split is None or not isinstance(split.task_spec, BoundaryEventSplit):
        return []
    return [each for each in split.children if isinstance(each.task_spec, BoundaryEvent)]


class ServiceTask(BpmnSpecMixin):  # type: ignore[misc]  # SpiffWorkflow has no types
    """Work that waits until a worker has done it and completes it."""

    def __init__(self, wf_spec: BpmnProcessSpec, bpmn_id: str, **kwargs: Any) -> None:
        super().__init__(wf_spec, bpmn_id, **kwargs)
        self.manual = True

    def _update_hook(self, my_task: Task) -> Any:
        ready = super()._update_hook(my_task)
        key = my_task.workflow.script_engine.idempotency(my_task)
        if key is not None:
            my_task.internal_data[KEY] = f"{self.bpmn_id}:{key}"
        return ready


class DecisionTask(BpmnSpecMixin):  # type: ignore[misc]  # SpiffWorkflow has no types
    """A business rule task: sets what its decision table gives."""

    def _run_hook(self, my_task: Task) -> bool:
        my_task.workflow.script_engine.decide(my_task)
        return True


class _Bounded:
    """Of a multi-instance task: the number of instances is checked before any is made."""

    def _update_hook(self, my_task: Task) -> Any:
        if self.data_input is not None:  # type: ignore[attr-defined]  # of the task kind that this is mixed into
            name = self.data_input.bpmn_id  # type: ignore[attr-defined]
            listed = my_task.parent.data.get(name)
            if not isinstance(listed, list):
                raise TooMany(f"{name} is not a list, so there is no number of instances")
            number = len(listed)
        else:
            number = my_task.workflow.script_engine.evaluate(my_task.parent, self.cardinality)  # type: ignore[attr-defined]
        if isinstance(number, bool) or not isinstance(number, int) or not 0 <= number <= MOST_INSTANCES:
            raise TooMany(f"{number!r} is not a number of instances from 0 to {MOST_INSTANCES}")
        if number * weight(my_task.parent.data) > _MOST_COPIED:
            raise TooMany(f"{number} instances are too many for what the case has in its variables; make these smaller")
        return super()._update_hook(my_task)  # type: ignore[misc]

    def create_child(self, my_task: Task, item: Any, key_or_index: Any = None) -> None:
        if my_task.internal_data.get("merged"):
            self._forget_item(my_task)
        super().create_child(my_task, item, key_or_index)  # type: ignore[misc]

    def check_completion_condition(self, my_task: Task) -> Any:
        """It sees what all instances have given so far, not only the last one; SpiffWorkflow shows it an empty list."""
        merged = my_task.internal_data.get("merged", [])
        if not merged or self.condition is None:  # type: ignore[attr-defined]
            return False
        data = next(dict(each.data) for each in my_task.children if str(each.id) == merged[-1])
        if self.data_output is not None:  # type: ignore[attr-defined]
            data[self.data_output.bpmn_id] = my_task.data[self.data_output.bpmn_id]  # type: ignore[attr-defined]
        evaluation: Evaluation = my_task.workflow.script_engine
        return evaluation.value(self.condition, data)  # type: ignore[attr-defined]

    def _run_hook(self, my_task: Task) -> Any:
        self._forget_item(my_task)
        return super()._run_hook(my_task)  # type: ignore[misc]

    def _forget_item(self, my_task: Task) -> None:
        """Each instance has its own item: where answers are merged, it must not stay, or the next one is refused."""
        if self.input_item is not None:  # type: ignore[attr-defined]
            my_task.data.pop(self.input_item.bpmn_id, None)  # type: ignore[attr-defined]

    def init_data_output_with_input_data(self, my_task: Task, input_data: Any) -> None:
        if self.data_output.bpmn_id != self.data_input.bpmn_id:  # type: ignore[attr-defined]
            self._empty_output(my_task)
        super().init_data_output_with_input_data(my_task, input_data)  # type: ignore[misc]

    def init_data_output_with_cardinality(self, my_task: Task) -> None:
        self._empty_output(my_task)

    def _empty_output(self, my_task: Task) -> None:
        """What an activity gives that is reached again is what its instances answer this time."""
        self.data_output.set(my_task, [])  # type: ignore[attr-defined]


_merge_listed = MultiInstanceTask.merge_child


def _merge_instance(activity: MultiInstanceTask, workflow: Any, child: Task) -> None:
    """An instance that leaves out what is listed, such as a field that need not be filled in, has null there.

    Where nothing is listed, what it has set is kept, as where paths come together (``processes.engine.joins``).
    """
    if activity.output_item is not None:
        if not activity.output_item.exists(child):
            activity.output_item.set(child, None)
        _merge_listed(activity, workflow, child)
        return
    my_task = child.parent
    my_task.data.update(changed(child.data, my_task.parent.data))
    my_task.internal_data["merged"].append(str(child.id))


MultiInstanceTask.merge_child = _merge_instance


class _Parallel(_Bounded, ParallelMultiInstanceTask):  # type: ignore[misc]
    pass


class _Sequential(_Bounded, SequentialMultiInstanceTask):  # type: ignore[misc]
    pass


class _OurTimers:
    """For a parser of events: timers are ours."""

    def parse_timer_event(self, event: Any) -> TimerEventDefinition:
        where, text = next(
            (name, (found[0].text or "").strip()) for name in _TIMED if (found := event.findall(full_tag(name)))
        )
        name = event.getparent().get("id")
        if where == "timeCycle":
            return RepeatedTimer(name, text)
        return MomentTimer(name, text, where)


class _OurErrors:
    """For a parser of events: errors are ours."""

    def parse_error_event(self, event: Any) -> ErrorEventDefinition:
        error = self.process_parser.parser.errors.get(event.get("errorRef"), {})  # type: ignore[attr-defined]
        return Error(event.getparent().get("id"), error.get("error_code"))


class _StartParser(_OurTimers, StartEventParser):  # type: ignore[misc]
    pass


class _CatchParser(_OurTimers, IntermediateCatchEventParser):  # type: ignore[misc]
    pass


class _EndParser(_OurErrors, EndEventParser):  # type: ignore[misc]
    pass


class _BoundaryParser(_OurTimers, _OurErrors, BoundaryEventParser):  # type: ignore[misc]
    pass


class _Parser(BpmnParser):  # type: ignore[misc]
    OVERRIDE_PARSER_CLASSES = {  # noqa: RUF012  # SpiffWorkflow's own way
        full_tag("startEvent"): (_StartParser, StartEvent),
        full_tag("endEvent"): (_EndParser, EndEvent),
        full_tag("intermediateCatchEvent"): (_CatchParser, IntermediateCatchEvent),
        full_tag("boundaryEvent"): (_BoundaryParser, EdgeEvent),
        full_tag("eventBasedGateway"): (EventBasedGatewayParser, FirstEvent),
        full_tag("parallelGateway"): (GatewayParser, ParallelJoin),
        full_tag("inclusiveGateway"): (ConditionalGatewayParser, InclusiveJoin),
        full_tag("serviceTask"): (TaskParser, ServiceTask),
        full_tag("businessRuleTask"): (TaskParser, DecisionTask),
    }

    def _add_data_stores(self, bpmn: Any) -> None:
        """They are drawn for people."""


NodeParser.parse_incoming_data_references = NodeParser.parse_outgoing_data_references = lambda node: []
NodeParser.parse_io_spec = lambda node: None
"""Data that goes in and out is drawn for people: variables are what a case has."""
TaskParser.PARALLEL_MI_CLASS = _Parallel
TaskParser.SEQUENTIAL_MI_CLASS = _Sequential


def specifications(diagrams: Diagrams, process: str) -> tuple[BpmnProcessSpec, dict[str, BpmnProcessSpec]]:
    """SpiffWorkflow's form of a checked process, and of what it calls."""
    parser = _Parser()
    for document, root in diagrams.roots.items():
        parser.add_bpmn_xml(root, filename=document)
    specification = parser.get_spec(process)
    inner = parser.get_subprocess_specs(process)
    for each in (specification, *inner.values()):
        each.data_objects = {}  # else a case would have a variable of this name
        for task in each.task_specs.values():
            if isinstance(task, MultiInstanceTask):  # SpiffWorkflow does it when it makes the instances; a case that
                each.task_specs[task.task_spec].completed_event.connect(task.merge_child)  # is read has them already
    return specification, inner


def workflow(
    specification: BpmnProcessSpec, inner: Mapping[str, BpmnProcessSpec], evaluation: Evaluation, *, empty: bool
) -> BpmnWorkflow:
    """A case: new, or (``empty``) to be filled with a kept state."""
    return BpmnWorkflow(specification, dict(inner), script_engine=evaluation, deserializing=empty)
