"""Cases of a file are played, each from an empty list of cases, on a clock that its steps set.

Only ever in a scratch graph, which has the file's facts: what stands there of cases and delegations is deleted.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, time, timedelta
from types import MappingProxyType
from typing import Any

import neo4j

from graph.errors import GraphError
from graph.identity.lookup import canonical
from graph.questions.nearest_holders import keys
from graph.time import COPENHAGEN
from processes.cases import case_log, case_time, claims, definitions, delegations, kept, service_tasks, tasks
from processes.cases.kept import Task
from processes.cases.listed import state_of
from processes.cases.service_work import carry_out_due
from processes.engine.errors import DefinitionRejected, ProcessError
from processes.errors import CaseError
from processes.play.described import Described
from processes.play.errors import PlayRejected
from processes.play.file import PlayedCase, PlayFile, Step
from processes.services import Call, Service, Services

_PLAYER = "play"
_SAID_IF_THERE = ("closed_unit", "lapsed", "fault")
"""What a task says of itself. It is a difference, too, if nothing of the kind is expected."""


@dataclass(frozen=True, slots=True)
class Played:
    """A step, and what came of it. ``expected`` and ``got`` have the parts that differ; both empty if it holds.

    ``answer``: all that it got.
    """

    step: Step
    expected: Mapping[str, Any]
    got: Mapping[str, Any]
    answer: Mapping[str, Any]

    @property
    def holds(self) -> bool:
        return self.expected == self.got


@dataclass(frozen=True, slots=True)
class PlayedThrough:
    """A case, and what came of each of its steps."""

    case: PlayedCase
    steps: tuple[Played, ...]

    @property
    def holds(self) -> bool:
        return all(each.holds for each in self.steps)


def play(
    driver: neo4j.Driver,
    file: PlayFile,
    source: str,
    begins: datetime,
    services: Services = MappingProxyType({}),
    progress: Callable[[str], None] = lambda _: None,
) -> list[PlayedThrough]:
    """Play all cases of a file, in a graph that has its facts.

    ``source``: the source of the facts, whose keys the file uses. ``begins``: a moment, for deploying. ``progress``
    gets the id of each case. ``services``: what processes may do by themselves; what is outside of the graph is only
    noted. Raises PlayRejected for a process that can't run.
    """
    faults: list[str] = []
    for process in file.processes.values():
        try:
            wanted = {name: each.arguments for name, each in services.items()}
            definitions.deploy(
                driver, process.id, process.documents, process.schemas, _PLAYER, begins, wanted, texts=process.texts
            )
        except DefinitionRejected as wrong:
            faults += [f"process {process.id}, {each.element}: {each.text}" for each in wrong.faults]
    if faults:
        raise PlayRejected(tuple(faults))
    played = []
    for case in file.cases:
        progress(case.id)
        driver.execute_query("MATCH (n:Case|Task|ServiceTask|CaseEntry|Letter|Delegation) DETACH DELETE n")
        playing = _Playing(driver, source, file.processes, services)
        played.append(PlayedThrough(case, tuple(playing.step(each) for each in case.steps)))
    return played


class _Playing:
    """A case of the file that is being played. ``clock``: how far it has come; ``started``: its cases, by process."""

    def __init__(
        self, driver: neo4j.Driver, source: str, processes: Mapping[str, Described], services: Services
    ) -> None:
        self._driver, self._source, self._processes = driver, source, processes
        self._services = {name: replace(each, carry_out=self._noting(each)) for name, each in services.items()}
        self._called: dict[tuple[str, str], Mapping[str, Any]] = {}  # arguments, by case and element
        self._clock: datetime | None = None
        self._started: list[tuple[Described, str]] = []
        self._held_up: dict[str, str] = {}  # cases in which time could not pass, with the reason

    def step(self, step: Step) -> Played:
        self._pass_time(step.at)
        got = self._done(step)
        self._serve()
        expected: dict[str, Any] = {"error": step.fields["error"]} if "error" in step.fields else {}
        expected |= {name: step.fields[name] for name in ("told", "log") if name in step.fields}
        stated = step.fields.get("expect", {})
        expected |= stated
        shown = {name: _as_much(got.get(name), each) for name, each in expected.items()}
        unexpected = {name: got[name] for name in ("error", *_SAID_IF_THERE) if name in got and name not in expected}
        if step.verb != "look" or "error" in unexpected:
            unexpected = {name: each for name, each in unexpected.items() if name == "error"}
        if "error" in unexpected:
            unexpected["text"] = got["text"]
        differing = [name for name in expected if shown[name] != expected[name]]
        return Played(
            step,
            {name: expected[name] for name in differing} | dict.fromkeys(unexpected),
            {name: shown[name] for name in differing} | unexpected,
            got,
        )

    def _done(self, step: Step) -> dict[str, Any]:
        """What a step gives; ``error`` and what is told with it, if it is refused."""
        try:
            return _VERBS[step.verb](self, step)
        except CaseError as refused:
            by = None if refused.by is None else self._keys([refused.by]).get(refused.by, refused.by)
            return {"error": refused.code, "text": str(refused), "told": {"by": by, "at": refused.at}}
        except (GraphError, ProcessError) as refused:
            return {"error": refused.code, "text": str(refused), "told": {}}

    def _start(self, step: Step) -> dict[str, Any]:
        values = step.fields.get("with", {})
        case = tasks.start(self._driver, step.named, values, step.fields.get("by"), step.at)
        self._started.append((self._processes[step.named], case))
        return {}

    def _look(self, step: Step) -> dict[str, Any]:
        with self._driver.session(default_access_mode=neo4j.READ_ACCESS) as session:
            found = tasks.look(session, self._task(step).id, step.at)
            tasks.require_open(session, found.task)
        route = found.route
        called = self._keys([
            *(each for candidate in route.candidates for each in (candidate.person, candidate.instead_of)),
            route.level_unit, route.closed_unit, found.claimed, found.lapsed,
        ])  # fmt: skip
        candidates = [
            {"person": called[each.person], "as": each.how}
            | ({} if each.instead_of is None else {"for": called[each.instead_of]})
            for each in route.candidates
        ]
        told = {"closed_unit": route.closed_unit, "claimed": found.claimed, "lapsed": found.lapsed}
        return {
            "candidates": candidates,
            "level_unit": called.get(route.level_unit or ""),
            "steps": route.steps,
            **{name: called[each] for name, each in told.items() if each is not None},
            **({"fault": route.fault} if route.fault else {}),
        }

    def _claim(self, step: Step) -> dict[str, Any]:
        return self._logged(claims.claim(self._driver, self._task(step).id, step.fields["by"], step.at))

    def _give_back(self, step: Step) -> dict[str, Any]:
        return self._logged(claims.give_back(self._driver, self._task(step).id, step.fields["by"], step.at))

    def _hand(self, step: Step) -> dict[str, Any]:
        by, to = step.fields["by"], step.fields["to"]
        return self._logged(claims.hand(self._driver, self._task(step).id, by, to, step.at))

    def _complete(self, step: Step) -> dict[str, Any]:
        by, values = step.fields["by"], step.fields.get("with", {})
        return self._logged(tasks.complete(self._driver, self._task(step).id, by, values, step.at))

    def _delegate(self, step: Step) -> dict[str, Any]:
        given = step.fields
        delegations.delegate(self._driver, step.named, given["by"], given["to"], given["from"], given["until"], step.at)
        return {}

    def _logged(self, task: Task) -> dict[str, Any]:
        """The last entry of the log about the task."""
        with self._driver.session(default_access_mode=neo4j.READ_ACCESS) as session:
            entries = [each for each in case_log.log_of(session, task.case) if each.element == task.element and each.by]
        if not entries:
            return {}
        last = entries[-1]
        called = self._keys([last.by, last.instead_of])
        return {"log": {"by": called.get(last.by or ""), "for": called.get(last.instead_of or "")}}

    def _task(self, step: Step) -> Task:
        """The task that a step is about: of the case that was started last of those whose process has it; an open one,
        or the last one of its element. Raises CaseError."""
        having = ((process, case) for process, case in reversed(self._started) if step.named in process.tasks)
        process, case = next(having, (None, ""))
        if process is None:
            raise CaseError("no case with this task has been started: its start was refused")
        with self._driver.session(default_access_mode=neo4j.READ_ACCESS) as session:
            of_case = [each for each in kept.tasks_of(session, case) if not each.incident]
            found = [each for each in of_case if each.element == process.tasks[step.named]]
            incidents = [f"{each['element']}: {each['text']}" for each in kept.case(session, case).incidents]
        if not found:
            held_up = [*incidents, *filter(None, [self._held_up.get(case)])]
            reason = f"; it is held up: {', '.join(held_up)}" if held_up else ""
            raise _NotReached(f"the case has not come to {step.named}{reason}")
        return next((each for each in found if each.state == "open"), found[-1])

    def _pass_time(self, until: datetime) -> None:
        """What the worker does meanwhile: timers when they are due, claims that lapse at midnight."""
        while self._clock is not None and self._clock < until:
            midnight = datetime.combine(self._clock.date() + timedelta(days=1), time(), COPENHAGEN)
            moments = [until, midnight if self._is_claimed() else until]
            with self._driver.session(default_access_mode=neo4j.READ_ACCESS) as session:
                moments += kept.due_between(session, self._clock, until)
            self._clock = min(moments)
            self._held_up |= case_time.pass_time(self._driver, self._clock).failed
            claims.lapse_claims(self._driver, self._clock)
            self._serve()
        self._clock = until
        self._held_up |= case_time.pass_time(self._driver, until).failed
        self._serve()

    def _serve(self) -> None:
        """What cases do by themselves, as the worker would; it may lead to more of it."""
        while self._clock is not None and carry_out_due(self._driver, self._services, self._now).done:
            pass

    def _now(self) -> datetime:
        assert self._clock is not None
        return self._clock

    def _noting(self, service: Service) -> Callable[[neo4j.Driver, Call], Any]:
        def note(driver: neo4j.Driver, call: Call) -> Any:
            self._called[call.case, call.element] = call.arguments
            return service.carry_out(driver, call) if service.in_graph else None

        return note

    def _service(self, step: Step) -> dict[str, Any]:
        case = next(case for process, case in reversed(self._started) if step.named in process.services)
        with self._driver.session(default_access_mode=neo4j.READ_ACCESS) as session:
            found = [each for each in service_tasks.tasks_of(session, case) if each.element == step.named]
        if not found:
            raise _NotReached(f"the case has not come to {step.named}")
        arguments = self._as_named(self._called.get((case, step.named), {}))
        problem = {"problem": found[-1].problem} if found[-1].problem else {}
        return {"state": found[-1].state, "arguments": arguments, **problem}

    def _case(self, step: Step) -> dict[str, Any]:
        case = next((case for process, case in reversed(self._started) if process.id == step.named), None)
        if case is None:
            raise CaseError("no case of this process has been started: its start was refused")
        with self._driver.session(default_access_mode=neo4j.READ_ACCESS) as session:
            found = kept.case(session, case)
        return {"state": state_of(found)}

    def _as_named(self, value: Any) -> Any:
        """With the file's names for units and persons."""
        if isinstance(value, Mapping):
            return {name: self._as_named(each) for name, each in value.items()}
        if isinstance(value, list):
            return [self._as_named(each) for each in value]
        return self._keys([value])[value] if isinstance(value, str) and canonical(value) else value

    def _is_claimed(self) -> bool:
        with self._driver.session(default_access_mode=neo4j.READ_ACCESS) as session:
            return bool(kept.open_tasks(session, claimed=True))

    def _keys(self, uuids: Sequence[str | None]) -> dict[str, str]:
        """uuid → the file's name for it."""
        asked = sorted({each for each in uuids if each is not None})
        with self._driver.session(default_access_mode=neo4j.READ_ACCESS) as session:
            found = keys(session, asked, self._source)
        return {each: found.get(each, each) for each in asked}


class _NotReached(CaseError):
    code = "not_open"


_VERBS: Mapping[str, Callable[[_Playing, Step], dict[str, Any]]] = {
    "start": _Playing._start,
    "look": _Playing._look,
    "claim": _Playing._claim,
    "give_back": _Playing._give_back,
    "hand": _Playing._hand,
    "complete": _Playing._complete,
    "delegate": _Playing._delegate,
    "service": _Playing._service,
    "case": _Playing._case,
}


def _as_much(got: Any, expected: Any) -> Any:
    """Of an answer with parts, the parts that are expected."""
    if isinstance(got, Mapping) and isinstance(expected, Mapping):
        return {name: got.get(name) for name in expected}
    return got
