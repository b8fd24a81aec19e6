"""A process that is described in a few lines instead of being drawn, and the BPMN that it means.

The flow is a sentence: ``start → approve; yes → report and keys beside each other → end; no → end``. Its parts are
paths with a semicolon between them. The first begins with ``start``; each of the others with a decision of the task at
which the last path stopped without an ``end`` (``yes → …``), or with that task's name too (``approve yes → …``). Tasks
with "beside each other" behind them are open at once, and what follows waits for all of them.
"""

import re
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final
from xml.sax.saxutils import escape, quoteattr

import orjson

from processes.engine.timers import TimerRejected, read_timer

DECISION: Final = "decision"
"""The field in which a task is decided, where the flow goes on by it."""
STARTER: Final = "starter"
TYPES: Final[Mapping[str, Mapping[str, str]]] = {
    "unit": {"type": "string", "format": "unit"},
    "person": {"type": "string", "format": "person"},
    "date": {"type": "string", "format": "date"},
    "text": {"type": "string"},
    "number": {"type": "number"},
    "boolean": {"type": "boolean"},
}
"""What a field of a form may be."""
_ID = re.compile(r"[A-Za-z][A-Za-z0-9_]{0,49}")
_ARROW = re.compile(r"\s*(?:→|->)\s*")
_BESIDE = re.compile(r"(.+?)\s+beside\s+each\s+other")
_AND = re.compile(r"\s*,\s*(?:and\s+)?|\s+and\s+")
_START, _END = "start", "end"


@dataclass(frozen=True, slots=True)
class Described:
    """A process as it is deployed. ``schemas``: its forms."""

    id: str
    tasks: tuple[str, ...]
    documents: Mapping[str, bytes]
    schemas: Mapping[str, object]


@dataclass
class _Flow:
    """Nodes by id, as BPMN elements, and the flows between them; ``decisions``: of each task that is decided."""

    elements: dict[str, str] = field(default_factory=dict)
    flows: list[tuple[str, str, str]] = field(default_factory=list)
    decisions: dict[str, list[str]] = field(default_factory=dict)


def read_described(
    name: str, content: object, units: Collection[str], persons: Collection[str], faults: list[str]
) -> Described | None:
    """A process of a file to play; None, and ``faults``, if it can't be read."""
    reading = _Reading(name, units, persons)
    found = reading.process(content)
    faults += [f"process {name}, {each}" for each in reading.faults]
    return None if reading.faults else found


class _Reading:
    def __init__(self, name: str, units: Collection[str], persons: Collection[str]) -> None:
        self._name, self._units, self._persons = name, units, persons
        self.faults: list[str] = []
        self._start: dict[str, str] = {}
        self._tasks: dict[str, dict[str, Any]] = {}
        self._forms: dict[str, dict[str, str]] = {}

    def process(self, content: object) -> Described | None:
        if not _ID.fullmatch(self._name):
            self._wrong("id", "it begins with a letter, and has letters, digits and _ only")
        parts = self._mapping("it", content, {"start", "tasks", "flow"}, {"tasks", "flow"})
        if self.faults:
            return None
        start = self._mapping("start", parts.get("start") or {}, {"form"}, set())
        self._start = self._form("start, form", start.get("form") or {})
        tasks = parts["tasks"]
        if not isinstance(tasks, Mapping) or not tasks:
            self._wrong("tasks", "it is not a mapping of tasks")
            return None
        places = {}
        for id_, task in tasks.items():
            if not _ID.fullmatch(str(id_)) or id_ in (_START, _END):
                self._wrong(f"task {id_}", "its id begins with a letter, and is neither start nor end")
                continue
            self._tasks[str(id_)] = self._mapping(
                f"task {id_}",
                task,
                {"role", "about", "unit", "not", "escalate", "fallback", "form", "name"},
                {"role", "unit"},
            )
            places[str(id_)] = self._place(f"task {id_}", self._tasks[str(id_)])
            self._forms[str(id_)] = self._form(f"task {id_}, form", self._tasks[str(id_)].get("form") or {})
        if not isinstance(parts["flow"], str):
            self._wrong("flow", "it is not a text")
        if self.faults:
            return None
        flow = self._flow(parts["flow"])
        if self.faults:
            return None
        for id_ in self._tasks:
            flow.elements[id_] = self._task(id_, places[id_])
            self._escalate(id_, flow)
        document = self._document(flow)
        schemas: dict[str, object] = {f"{self._name}_start": _schema(self._start, needed=list(self._start))}
        for id_ in self._tasks:
            schemas[f"{self._name}_{id_}"] = _schema(self._forms[id_], flow.decisions.get(id_, ()))
        return Described(self._name, tuple(self._tasks), {f"{self._name}.bpmn": document}, schemas)

    # -- the flow -----------------------------------------------------------------------------------------------------

    def _flow(self, text: str) -> _Flow:
        flow = _Flow({_START: f'<startEvent id="{_START}">{_extension(_form(f"{self._name}_start"))}</startEvent>'})
        stopped: list[str] = []  # tasks at which a path has stopped, the last one last
        for place, clause in enumerate(each.strip() for each in text.split(";")):
            where = f"flow, {clause!r}"
            stations = _ARROW.split(clause)
            if len(stations) < 2 or not all(stations):
                self._wrong(where, "a path leads from one thing to another: a → b")
                continue
            if place == 0:
                if stations[0] != _START:
                    self._wrong(where, "the first path begins with start")
                    return flow
                source: tuple[str, str] | None = (_START, "")
            else:
                source = self._decision(where, stations[0], stopped, flow)
            if source is None:
                continue
            last = self._path(where, source, stations[1:], flow)
            if last is not None:
                stopped.append(last)
        reached = {target for _, target, _ in flow.flows}
        for id_ in self._tasks:
            if id_ not in reached:
                self._wrong(f"task {id_}", "the flow does not lead to it")
        for id_ in stopped:
            if id_ not in flow.decisions:
                self._wrong("flow", f"the path stops at {id_}: let it go on to end, or by a decision of {id_}")
        return flow

    def _decision(self, where: str, text: str, stopped: list[str], flow: _Flow) -> tuple[str, str] | None:
        """The gateway of a decision, and its value."""
        task, _, value = text.partition(" ")
        task = task.removesuffix(":")
        if task not in self._tasks or not value.strip():
            if not stopped:
                self._wrong(where, f"{text!r} is a decision of no task: no path before it has stopped at one")
                return None
            task, value = stopped[-1], text
        value = value.strip().strip("\"'")
        gateway = f"{task}_decided"
        if task not in flow.decisions:
            if any(source == task for source, _, _ in flow.flows):
                self._wrong(where, f"{task} goes on already, whatever is decided")
                return None
            flow.decisions[task] = []
            flow.elements[gateway] = f'<exclusiveGateway id="{gateway}"/>'
            flow.flows.append((task, gateway, ""))
        if value in flow.decisions[task]:
            self._wrong(where, f"{value!r} of {task} leads somewhere already")
            return None
        flow.decisions[task].append(value)
        return gateway, value

    def _path(self, where: str, source: tuple[str, str], stations: Iterable[str], flow: _Flow) -> str | None:
        """Lead a path from one station to the next; the task at which it stops, None if it ends."""
        at, condition = source
        for station in stations:
            if at == _END:
                self._wrong(where, "nothing comes after end")
                return None
            beside = _BESIDE.fullmatch(station)
            names = _AND.split(beside[1]) if beside else [station]
            unknown = [each for each in names if each not in self._tasks and each != _END]
            if unknown or (beside and _END in names):
                self._wrong(where, f"{(unknown or [_END])[0]!r} is not one of its tasks")
                return None
            before = at
            if beside:
                split, at = self._gateways(names, flow)
                flow.flows += [(before, split, condition), *((split, each, "") for each in names)]
                flow.flows += [(each, at, "") for each in names]
            elif station == _END:
                at = self._another(_END, flow)
                flow.elements[at] = f'<endEvent id="{at}"/>'
                flow.flows.append((before, at, condition))
                at = _END
            else:
                at = station
                flow.flows.append((before, at, condition))
            condition = ""
        return (
            at if at in self._tasks else None if at == _END else self._wrong(where, "after these comes a task or end")
        )

    def _gateways(self, names: list[str], flow: _Flow) -> tuple[str, str]:
        pair = self._another(f"{names[0]}_split", flow), self._another(f"{names[0]}_joined", flow)
        for each in pair:
            flow.elements[each] = f'<parallelGateway id="{each}"/>'
        return pair

    def _another(self, id_: str, flow: _Flow) -> str:
        """The id, with a number if there is one already."""
        found, number = id_, 1
        while found in flow.elements or found in self._tasks:
            number += 1
            found = f"{id_}_{number}"
        return found

    # -- tasks --------------------------------------------------------------------------------------------------------

    def _place(self, where: str, task: Mapping[str, Any]) -> str:
        found = {"role": str(task.get("role", "")), "unit": self._unit(f"{where}, unit", task.get("unit"))}
        if "about" in task:
            found["responsibility"] = str(task["about"])
        excluded = task.get("not", [])
        if not isinstance(excluded, list):
            self._wrong(f"{where}, not", "it is not a list")
            excluded = []
        if excluded:
            found["exclude"] = " ".join(self._person(f"{where}, not", each) for each in excluded)
        if "fallback" in task:
            fallback = self._mapping(f"{where}, fallback", task["fallback"], {"role", "unit"}, {"role", "unit"})
            found["fallbackRole"] = str(fallback.get("role", ""))
            found["fallbackUnit"] = self._unit(f"{where}, fallback, unit", fallback.get("unit"))
        stated = "".join(f" {name}={quoteattr(value)}" for name, value in found.items())
        return f"<reconnect:place{stated}/>"

    def _unit(self, where: str, value: object) -> str:
        """An expression: a field of the start form, or else a unit by its key."""
        if value in self._start:
            return str(value)
        if value not in self._units:
            self._wrong(where, f"{value!r} is neither a field of the start form nor a unit of facts")
        return orjson.dumps(str(value)).decode()

    def _person(self, where: str, value: object) -> str:
        if value == STARTER or value in self._start:
            return str(value)
        if value not in self._persons:
            self._wrong(where, f"{value!r} is neither {STARTER}, a field of the start form, nor a person of facts")
        return orjson.dumps(str(value)).decode()

    def _task(self, id_: str, place: str) -> str:
        name = quoteattr(str(self._tasks[id_].get("name", id_)))
        return f'<userTask id="{id_}" name={name}>{_extension(place, _form(f"{self._name}_{id_}"))}</userTask>'

    def _escalate(self, id_: str, flow: _Flow) -> None:
        if "escalate" not in self._tasks[id_]:
            return
        where = f"task {id_}, escalate"
        stated = self._mapping(where, self._tasks[id_]["escalate"], {"after"}, {"after"})
        if not stated:
            return
        after = str(stated["after"])
        try:
            read_timer(after, "timeDuration", {})
        except TimerRejected as wrong:
            self._wrong(f"{where}, after", str(wrong))
            return
        timer, end = self._another(f"{id_}_late", flow), self._another(f"{id_}_escalated", flow)
        flow.elements[timer] = (
            f'<boundaryEvent id="{timer}" attachedToRef="{id_}" cancelActivity="false">'
            f"{_extension('<reconnect:escalation/>')}<timerEventDefinition>"
            f"<timeDuration>{escape(after)}</timeDuration></timerEventDefinition></boundaryEvent>"
        )
        flow.elements[end] = f'<endEvent id="{end}"/>'
        flow.flows.append((timer, end, ""))

    def _form(self, where: str, content: object) -> dict[str, str]:
        if not isinstance(content, Mapping):
            self._wrong(where, "it is not a mapping of fields to what they are")
            return {}
        for name, type_ in content.items():
            if not _ID.fullmatch(str(name)) or name == STARTER:
                self._wrong(f"{where}, {name}", "a field's name has letters, digits and _, and is not starter")
            if type_ not in TYPES:
                self._wrong(f"{where}, {name}", f"{type_!r} is not one of {', '.join(TYPES)}")
        return {str(name): str(type_) for name, type_ in content.items()}

    # -- the document -------------------------------------------------------------------------------------------------

    def _document(self, flow: _Flow) -> bytes:
        flows = [
            f'<sequenceFlow id="flow_{place}" sourceRef="{source}" targetRef="{target}">{_condition(value)}'
            "</sequenceFlow>"
            for place, (source, target, value) in enumerate(flow.flows, 1)
        ]
        return (
            '<definitions xmlns="http://www.omg.org/spec/BPMN/20100524/MODEL" xmlns:reconnect="urn:reconnect:bpmn:1" '
            'xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" targetNamespace="urn:reconnect:described">'
            f'<process id="{self._name}" isExecutable="true">'
            f"{_extension(f'<reconnect:data name={quoteattr(STARTER)}/>')}"
            f"{''.join(flow.elements.values())}{''.join(flows)}</process></definitions>"
        ).encode()

    def _mapping(self, where: str, value: object, allowed: set[str], needed: set[str]) -> dict[str, Any]:
        if not isinstance(value, Mapping):
            self._wrong(where, "it is not a mapping")
            return {}
        for key in value:
            if key not in allowed:
                self._wrong(f"{where}, {key}", f"it is not known; allowed: {', '.join(sorted(allowed))}")
        for key in sorted(needed - set(value)):
            self._wrong(f"{where}, {key}", "it is missing")
        return {str(key): each for key, each in value.items()}

    def _wrong(self, where: str, text: str) -> Any:
        """Note a fault; gives None, in place of what was to be read."""
        self.faults.append(f"{where}: {text}")
        return None


def _schema(fields: Mapping[str, str], decisions: Iterable[str] = (), needed: Iterable[str] = ()) -> dict[str, object]:
    """A form. A decision by which the flow goes on is needed, and one of those that it knows."""
    properties: dict[str, object] = {name: dict(TYPES[type_]) for name, type_ in fields.items()}
    required = list(needed)
    if listed := list(decisions):
        properties[DECISION] = {"type": "string", "enum": listed}
        required.append(DECISION)
    return {"type": "object", "properties": properties, "required": required}


def _extension(*parts: str) -> str:
    return f"<extensionElements>{''.join(parts)}</extensionElements>"


def _form(name: str) -> str:
    return f"<reconnect:form name={quoteattr(name)}/>"


def _condition(value: str) -> str:
    if not value:
        return ""
    text = escape(f"{DECISION} == {orjson.dumps(value).decode()}")
    return f'<conditionExpression xsi:type="tFormalExpression">{text}</conditionExpression>'
