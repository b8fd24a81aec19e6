"""A process that is described in a few lines instead of being drawn, and the BPMN that it means."""

import re
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final
from xml.sax.saxutils import escape, quoteattr

import orjson

from processes.engine.elements import RESERVED_IDS
from processes.engine.timers import TimerRejected, read_timer
from processes.play.flow import END, START, Flow, read_flow
from processes.play.names import Ids, name_of

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
_ID = re.compile(r"[^\W\d_][\w-]{0,49}")
_FIELD = re.compile(r"[A-Za-z][A-Za-z0-9_]{0,49}")  # a variable


@dataclass(frozen=True, slots=True)
class Described:
    """A process as it is deployed.

    ``tasks``: the id of each in the diagram, by its name. ``forms``: the fields of each task's form and what they are,
    by its name, the start form's under ``start``. ``schemas``: the same as they are deployed. ``services``: the service
    tasks. ``texts``: the templates.
    """

    id: str
    tasks: Mapping[str, str]
    forms: Mapping[str, Mapping[str, str]]
    documents: Mapping[str, bytes]
    schemas: Mapping[str, object]
    services: tuple[str, ...] = ()
    texts: Mapping[str, str] = field(default_factory=dict)


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
        self._needed: set[str] = set()  # fields of the start form by which a task finds its person
        self._forms: dict[str, dict[str, str]] = {}
        self._ids = Ids({name, *RESERVED_IDS})
        self._elements: dict[str, str] = {}  # a task's id in the diagram

    def process(self, content: object) -> Described | None:
        if not _ID.fullmatch(self._name):
            self._wrong("id", "it begins with a letter, and has letters, digits, _ and - only")
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
        for id_ in tasks:
            if not _ID.fullmatch(str(id_)) or id_ in (START, END):
                text = "its id begins with a letter, has letters, digits, _ and - only, and is neither start nor end"
                self._wrong(f"task {id_}", text)
            else:
                self._elements[str(id_)] = self._ids.free(str(id_))
        for id_, task in tasks.items():
            if str(id_) not in self._elements:
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
        flow = read_flow(parts["flow"], self._tasks, self._ids, self._wrong)
        if self.faults:
            return None
        form = _extension(_form(f"{self._name}_{START}"))
        flow.elements[flow.start] = f'<startEvent id="{flow.start}">{form}</startEvent>'
        for id_ in self._tasks:
            flow.elements[id_] = self._task(id_, places[id_])
            self._escalate(id_, flow)
        needed = [each for each in self._start if each in self._needed]
        schemas: dict[str, object] = {f"{self._name}_{START}": _schema(self._start, needed=needed)}
        for id_ in self._tasks:
            schemas[f"{self._name}_{id_}"] = _schema(self._forms[id_], flow.decisions.get(id_, ()))
        forms = {START: self._start, **self._forms}
        return Described(self._name, self._elements, forms, {f"{self._name}.bpmn": self._document(flow)}, schemas)

    # -- tasks --------------------------------------------------------------------------------------------------------

    def _place(self, where: str, task: Mapping[str, Any]) -> str:
        found = {"role": name_of(task.get("role")), "unit": self._unit(f"{where}, unit", task.get("unit"))}
        if "about" in task:
            found["responsibility"] = name_of(task["about"])
        excluded = task.get("not") or []
        listed = excluded if isinstance(excluded, list) else [excluded]
        doers = [name for name in map(name_of, listed) if name in self._elements and name not in self._start]
        if people := [each for each in listed if name_of(each) not in doers]:
            found["exclude"] = " ".join(self._person(f"{where}, not", each) for each in people)
        if doers:
            found["excludeWhoDid"] = " ".join(self._elements[each] for each in doers)
        if "fallback" in task:
            fallback = self._mapping(f"{where}, fallback", task["fallback"], {"role", "unit"}, {"role", "unit"})
            found["fallbackRole"] = name_of(fallback.get("role"))
            found["fallbackUnit"] = self._unit(f"{where}, fallback, unit", fallback.get("unit"))
        stated = "".join(f" {name}={quoteattr(value)}" for name, value in found.items())
        return f"<reconnect:place{stated}/>"

    def _unit(self, where: str, value: object) -> str:
        """An expression: a field of the start form, or else a unit by its key."""
        name = name_of(value)
        if name in self._start:
            self._needed.add(name)
            return name
        if name not in self._units:
            self._wrong(where, f"{value!r} is neither a field of the start form nor a unit of facts")
        return orjson.dumps(name).decode()

    def _person(self, where: str, value: object) -> str:
        """As ``_unit``, of a person."""
        name = name_of(value)
        if name == STARTER:
            return name
        if name in self._start:
            self._needed.add(name)
            return name
        if name not in self._persons:
            self._wrong(
                where, f"{value!r} is neither {STARTER}, a task, a field of the start form, nor a person of facts"
            )
        return orjson.dumps(name).decode()

    def _task(self, id_: str, place: str) -> str:
        name = quoteattr(str(self._tasks[id_].get("name", id_)))
        form = _form(f"{self._name}_{id_}")
        return f'<userTask id="{self._elements[id_]}" name={name}>{_extension(place, form)}</userTask>'

    def _escalate(self, id_: str, flow: Flow) -> None:
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
        timer, end = self._ids.free(f"{id_}_late"), self._ids.free(f"{id_}_escalated")
        flow.elements[timer] = (
            f'<boundaryEvent id="{timer}" attachedToRef="{self._elements[id_]}" cancelActivity="false">'
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
            if not _FIELD.fullmatch(str(name)) or name == STARTER:
                self._wrong(f"{where}, {name}", "a field's name has letters, digits and _, and is not starter")
            if not isinstance(type_, str) or type_ not in TYPES:
                self._wrong(f"{where}, {name}", f"{type_!r} is not one of {', '.join(TYPES)}")
        return {str(name): str(type_) for name, type_ in content.items()}

    # -- the document -------------------------------------------------------------------------------------------------

    def _document(self, flow: Flow) -> bytes:
        flows = [
            f'<sequenceFlow id="{self._ids.free("flow")}" sourceRef="{self._elements.get(source, source)}" '
            f'targetRef="{self._elements.get(target, target)}">{_condition(value)}</sequenceFlow>'
            for source, target, value in flow.flows
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
