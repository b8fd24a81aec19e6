"""A case: a process that runs. It is started, gets completed tasks, messages and the time, and is kept as JSON.

A step that can't be made (an expression fails, a table has no rule, a loop has no end) becomes an **incident** at its
element: what led there is kept, the other paths go on, and ``retry`` makes the step again. A case is never half way
through a step: it is what it was before, or what it is after.
"""

from collections.abc import Iterator, Mapping
from copy import deepcopy
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any, Final

import orjson
from SpiffWorkflow.bpmn.specs.event_definitions.message import MessageEventDefinition
from SpiffWorkflow.bpmn.util import BpmnEvent
from SpiffWorkflow.bpmn.workflow import BpmnWorkflow
from SpiffWorkflow.exceptions import SpiffWorkflowException
from SpiffWorkflow.task import Task
from SpiffWorkflow.util.task import TaskState

from graph.expressions import ExpressionFailed
from graph.time import COPENHAGEN
from processes.engine import extensions, spiff
from processes.engine.decisions import DecisionFailed
from processes.engine.definition import Definition
from processes.engine.errors import NotOpen, NotWaiting, StateRejected, ValuesRejected
from processes.engine.state import freeze, is_same, thaw
from processes.engine.timers import TimerFailed
from processes.engine.values import check_values
from processes.engine.work import Work, as_work, node_id, node_of

FORMAT: Final = 1
MOST_STEPS = 500  # that one call makes: a loop without a task or a timer in it has no end
LARGEST_STATE: Final = 20_000_000  # bytes of JSON
DEEPEST = 900  # tasks one after another in a case; SpiffWorkflow does not see what is deeper than 1,000
_MOST_FAILURES = 10  # incidents of one call; the rest is tried by the next one
_ANSWERED = "answered"
_NONE: Final = object()  # no value; null is one
_FAILURES = (
    SpiffWorkflowException, ExpressionFailed, TimerFailed, DecisionFailed, ValuesRejected, spiff.NotCaught,
    spiff.TooMany,
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Incident:
    """A step that can't be made. ``task``: its id within the case."""

    task: str
    element: str
    text: str
    at: str


@dataclass(frozen=True, slots=True)
class Sent:
    """A message that left the case."""

    message: str
    data: Mapping[str, Any]


@dataclass(slots=True)
class _Step:
    task: Task
    runs: bool  # else it is looked at again: a timer, or an activity whose sub-process has ended


class Case:
    """See the module. Every moment is given; one that lies before the last is taken for the last."""

    def __init__(self, definition: Definition, workflow: BpmnWorkflow, now: datetime, incidents: list[Incident]):
        self._definition = definition
        self._workflow = workflow
        self._now = now
        self._incidents = incidents
        self._sent: list[Sent] = []

    @classmethod
    def start(cls, definition: Definition, values: Mapping[str, Any], now: datetime) -> "Case":
        """A new case, as far as it goes by itself. Raises ValuesRejected."""
        check_values(values, definition.start_fields, f"the start of {definition.process}")
        case = cls(definition, _workflow(definition, empty=False), _moment(now), [])
        case._workflow.task_tree.data.update(deepcopy(dict(values)))
        case._advance()
        return case

    @classmethod
    def read(cls, definition: Definition, kept: bytes) -> "Case":
        """A case from what ``kept`` gave.

        Raises:
            StateRejected: of another format or another version of the definition, or not a state at all.
        """
        try:
            state = orjson.loads(kept)
            format, digest = state["format"], state["definition"]
        except (ValueError, KeyError, TypeError) as wrong:
            raise StateRejected("this is not the state of a case") from wrong
        if format != FORMAT:
            raise StateRejected(f"the state has format {format!r}, and this engine reads {FORMAT}")
        if digest != definition.digest:
            raise StateRejected(
                f"the state belongs to version {str(digest)[:12]} of its definition, not to {definition.digest[:12]} "
                f"of {definition.process}; read it with its own version, or move the case"
            )
        try:
            workflow = thaw(state["case"], _workflow(definition, empty=True))
            for task in list(workflow.event_manager.tasks.values()):
                if isinstance(task.task_spec, spiff.EdgeEvent):
                    task.task_spec.renew(task)
            incidents = [Incident(**each) for each in state["incidents"]]
            now = datetime.fromisoformat(state["now"])
        except (KeyError, ValueError, TypeError, AttributeError) as wrong:
            raise StateRejected(f"the state can't be read: {type(wrong).__name__} {str(wrong)[:100]}") from wrong
        return cls(definition, workflow, now, incidents)

    def kept(self) -> bytes:
        """The case as JSON, to be read again with the same version of its definition."""
        state = {
            "format": FORMAT,
            "definition": self._definition.digest,
            "now": self._now.isoformat(),
            "incidents": [asdict(each) for each in self._incidents],
            "case": freeze(self._workflow),
        }
        return orjson.dumps(state)

    @property
    def finished(self) -> bool:
        return bool(self._workflow.is_completed())

    @property
    def data(self) -> Mapping[str, Any]:
        """The variables with which it ended; empty before that."""
        return deepcopy(dict(self._workflow.data)) if self.finished else {}

    @property
    def now(self) -> datetime:
        """The last moment that was given."""
        return self._now

    @property
    def variables(self) -> Mapping[str, Any]:
        """The variables as its paths have them, also those that wait for others; once it has ended, those with which it
        did."""
        found = dict(self.data)
        for task in self._tasks():
            if task.state == TaskState.WAITING and task.parent is not None:  # a join has its own data once it is over
                found |= deepcopy(dict(task.parent.data))
            if task.state in (TaskState.READY, TaskState.WAITING, TaskState.STARTED):
                found |= deepcopy(dict(task.data))
        return found

    @property
    def reached(self) -> tuple[frozenset[str], frozenset[str]]:
        """The elements that are done, and those where the case is now."""
        done, now = set[str](), {each.element for each in self._incidents}
        for task in self._tasks():
            element = node_id(task)
            if element in self._definition.nodes and task.state == TaskState.COMPLETED:
                done.add(element)
            elif element in self._definition.nodes and task.state in (
                TaskState.READY, TaskState.WAITING, TaskState.STARTED,
            ):  # fmt: skip
                now.add(element)
        return frozenset(done - now), frozenset(now)

    @property
    def incidents(self) -> tuple[Incident, ...]:
        return tuple(self._incidents)

    def sent(self) -> tuple[Sent, ...]:
        """The messages that have left the case since it was read or started. Each is given once."""
        sent, self._sent = tuple(self._sent), []
        return sent

    def work(self) -> tuple[Work, ...]:
        """The open tasks, in the order in which they were reached."""
        return tuple(as_work(self._definition, self._workflow, task) for task in self._open())

    def next_due(self) -> datetime | None:
        """The moment at which the next timer is due; None if the case waits for none."""
        held = {each.task for each in self._incidents}
        moments = [
            datetime.fromisoformat(value)
            for task in self._workflow.event_manager.tasks.values()
            if str(task.id) not in held
            for value in _moments(task)
        ]
        return min(moments, default=None)

    def value(self, expression: str, work: Work) -> Any:
        """What an expression of the task's place gives with its data. Raises ExpressionFailed."""
        return self._definition.checked.expressions[expression].evaluate(work.data)

    def arguments(self, work: Work) -> dict[str, Any]:
        """The arguments of a service, with the data of its task. Raises ExpressionFailed."""
        stated = extensions.arguments(self._definition.nodes[work.element].element)
        return {name: self.value(text, work) for name, text in stated.items()}

    def complete(self, id: str, values: Mapping[str, Any], now: datetime) -> None:
        """Complete an open task.

        Raises:
            NotOpen: somebody has completed it, it was cancelled, or there never was one.
            ValuesRejected: the form, or the service, has no such field.
        """
        task = next((each for each in self._open() if str(each.id) == id), None)
        if task is None:
            raise NotOpen(id)
        node = node_of(self._definition, task)
        check_values(values, self._definition.fields(node), f"{node.name or node.id}")
        task.data.update(deepcopy(dict(values)))
        task.internal_data[_ANSWERED] = True
        self._now = max(self._now, _moment(now))
        self._advance()

    def deliver(self, message: str, values: Mapping[str, Any], now: datetime) -> None:
        """Deliver a message. All that wait for it get it.

        Raises:
            NotWaiting: the case does not wait for it; nothing is kept of it.
            ValuesRejected: the message has no such field.
        """
        check_values(values, self._definition.message_fields(message), f"the message {message}")
        event = BpmnEvent(MessageEventDefinition(message), payload=deepcopy(dict(values)))
        self._now = max(self._now, _moment(now))
        self._evaluation.now = self._now
        if not self._waits_for(event):
            raise NotWaiting(message)
        before = orjson.loads(orjson.dumps(freeze(self._workflow)))
        try:
            self._workflow.event_manager.catch(event, internal=False)
        except Exception:
            self._workflow = thaw(before, _workflow(self._definition, empty=True))
            raise
        self._advance()

    def pass_time(self, now: datetime) -> None:
        """Let time pass: what is due by then happens."""
        self._now = max(self._now, _moment(now))
        self._advance()

    def foresee(self) -> None:
        """Work out what comes after the open tasks, where it was left out (``processes.engine.moving``)."""
        for scope in (self._workflow, *self._workflow.subprocesses.values()):
            for task in list(scope.tasks.values()):
                if not task.has_state(TaskState.FINISHED_MASK) and not task.children:
                    task.task_spec._predict(task, mask=TaskState.NOT_FINISHED_MASK)

    def retry(self, task: str, now: datetime) -> None:
        """Make the step of an incident again. Raises NotOpen if there is no such incident."""
        if all(each.task != task for each in self._incidents):
            raise NotOpen(task)
        self._incidents = [each for each in self._incidents if each.task != task]
        self._now = max(self._now, _moment(now))
        self._advance()

    def repair(self, step: str | None, values: Mapping[str, Any]) -> None:
        """Set variables where a step could not be made, and wherever else the case has the value that was wrong there.

        Paths beside it that have another value of the variable keep theirs. ``step`` None: on all paths, wherever the
        case is now. The step isn't made again (``retry``).

        Raises:
            NotOpen: there is no such step.
            ValuesRejected: the definition has no such variable.
        """
        task = next((each for each in self._tasks() if str(each.id) == step), None)
        if task is None and step is not None:
            raise NotOpen(step)
        check_values(values, self._definition.checked.names, f"the case of {self._definition.process}")
        if task is None:
            for each in self._tasks():
                if each.state in (TaskState.READY, TaskState.WAITING, TaskState.STARTED):
                    each.data.update(deepcopy(dict(values)))
                if each.state == TaskState.WAITING and each.parent is not None:  # from which a join takes its own
                    each.parent.data.update(deepcopy(dict(values)))
            return
        for name, value in values.items():
            wrong = task.data.get(name, _NONE)
            for each in self._tasks():
                if each is task or (wrong is not _NONE and is_same(each.data.get(name, _NONE), wrong)):
                    each.data[name] = deepcopy(value)

    @property
    def _evaluation(self) -> spiff.Evaluation:
        evaluation: spiff.Evaluation = self._workflow.script_engine
        return evaluation

    @property
    def messages(self) -> frozenset[str]:
        """The messages for which it waits."""
        names = {each.get("name", "") for each in self._definition.messages.values()}
        return frozenset(name for name in names if self._waits_for(BpmnEvent(MessageEventDefinition(name))))

    def _waits_for(self, event: BpmnEvent) -> bool:
        waiting = any(task.task_spec.catches(task, event) for task in self._workflow.event_manager.tasks.values())
        return waiting or any(
            start.event_definition == event.event_definition
            for name in self._workflow.spec.start.trigger_specs
            for start in self._workflow.subprocess_specs[name].bpmn_start_events
        )

    def _advance(self) -> None:
        """Make all steps that can be made. Raises ValuesRejected for a case with more values than one may have.

        A step that fails leaves SpiffWorkflow's tasks half changed. So the steps before it are made once more from the
        state at the beginning, this time without it.
        """
        written = orjson.dumps(freeze(self._workflow))
        if len(written) > LARGEST_STATE:
            text = f"the case would have {len(written)} bytes; {LARGEST_STATE} are allowed: end it, or fill in less"
            raise ValuesRejected("", text)
        beginning = orjson.loads(written)
        failed: dict[int, str] = {}
        kept = list(self._incidents)
        while (failure := self._run(failed)) is not None:
            number, text = failure
            failed[number] = text
            self._incidents = list(kept)
            self._workflow = thaw(deepcopy(beginning), _workflow(self._definition, empty=True))
        there = {str(each.id) for each in self._tasks() if not each.has_state(TaskState.FINISHED_MASK)}
        self._incidents = [each for each in self._incidents if each.task in there]  # others went with their path
        self._hold_stuck()
        self._take_sent()

    def _run(self, failed: Mapping[int, str]) -> tuple[int, str] | None:
        """Make the steps in order; those that have failed become incidents. The number and text of a new failure."""
        self._evaluation.now = self._now
        for number in range(MOST_STEPS + 1):
            self._drop_cut_off()
            step = self._next()
            if step is None:
                return None
            if number in failed:
                self._hold(step, failed[number])
                if len(failed) >= _MOST_FAILURES and number == max(failed):
                    return None
                continue
            if number == MOST_STEPS:
                self._hold(step, f"{MOST_STEPS} steps were made and there is no end: a loop without a task in it?")
                return None
            if step.task.depth > DEEPEST:
                self._hold(step, f"the case is {DEEPEST} steps long: a loop that goes round too often?")
                continue
            try:
                if step.runs:
                    step.task.run()
                else:
                    step.task.task_spec._update(step.task)
            except _FAILURES as wrong:
                return number, str(wrong)[:500]
            except Exception as wrong:  # SpiffWorkflow's own faults: a case that raises one must not stop the others
                return number, f"the engine can't make this step ({type(wrong).__name__}); report it"
        return None

    def _hold_stuck(self) -> None:
        """Where nothing is left that could happen, and the case is not at its end, show the joins that wait on."""
        waits = self._workflow.event_manager.tasks or any(self._open())
        if self.finished or self._incidents or waits:
            return
        for task in self._tasks():
            if task.state == TaskState.WAITING:
                text = "it waits for paths that no longer come; end the case, or move it to a corrected version"
                self._hold(_Step(task, runs=False), text)

    def _drop_cut_off(self) -> None:
        """Remove what ran within activities that are gone.

        SpiffWorkflow removes the instances of a multi-instance activity when a timer at its edge ends it, and keeps
        their sub-workflows, with tasks and timers that hang on nothing.
        """
        inner = self._workflow.subprocesses
        while inner:
            there = set(self._workflow.tasks).union(*(scope.tasks for scope in inner.values()))
            gone = [id for id in inner if id not in there]
            if not gone:
                return
            for id in gone:
                for task in inner.pop(id).tasks.values():
                    self._workflow.event_manager.remove_task(task)

    def _next(self) -> _Step | None:
        """The next step that can be made, inner processes first."""
        held = {each.task for each in self._incidents}
        inner = sorted(self._workflow.get_active_subprocesses(), key=lambda each: -each.depth)
        for scope in (*inner, self._workflow):
            for task in scope.tasks.values():
                if task.state == TaskState.READY and str(task.id) not in held and _goes_on(task):
                    return _Step(task, runs=True)
        due = [
            (moment, number, task)
            for number, task in enumerate(self._workflow.event_manager.tasks.values())
            if str(task.id) not in held
            for moment in map(datetime.fromisoformat, _moments(task))
            if moment <= self._now
        ]
        if due:  # what was due first happens first, also where nobody has looked for days
            return _Step(min(due, key=lambda each: each[:2])[2], runs=False)
        return None

    def _hold(self, step: _Step, text: str) -> None:
        element = node_id(step.task)
        self._incidents.append(Incident(str(step.task.id), element, text, self._now.isoformat()))

    def _take_sent(self) -> None:
        for event in self._workflow.get_events():
            if isinstance(event.event_definition, MessageEventDefinition):
                self._sent.append(Sent(event.event_definition.name, event.payload))

    def _open(self) -> Iterator[Task]:
        for task in self._tasks():
            if task.state == TaskState.READY and task.task_spec.manual and _ANSWERED not in task.internal_data:
                yield task

    def _tasks(self) -> Iterator[Task]:
        """All steps, of the process and of what is within it."""
        for scope in (self._workflow, *self._workflow.subprocesses.values()):
            yield from scope.tasks.values()


def _workflow(definition: Definition, *, empty: bool) -> BpmnWorkflow:
    specification, inner = definition.specifications
    evaluation = spiff.Evaluation(definition.checked, definition.decisions, definition.idempotency)
    return spiff.workflow(specification, inner, evaluation, empty=empty)


def _goes_on(task: Task) -> bool:
    """Whether a ready task goes on by itself, or was completed."""
    return not task.task_spec.manual or _ANSWERED in task.internal_data


def _moments(task: Task) -> list[str]:
    return [value for key, value in task.internal_data.items() if key.startswith(spiff.DUE)]


def _moment(now: datetime) -> datetime:
    if now.tzinfo is None:
        raise ValueError("a moment has an offset")
    return now.astimezone(COPENHAGEN)
