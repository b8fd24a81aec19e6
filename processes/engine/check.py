"""The check of a definition before it is deployed: every fault at once, each with its element.

What passes can run: nothing is evaluated later that was not compiled here (``Checked``).
"""

from collections.abc import Collection, Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field, replace

from lxml import etree

from graph.expressions import Expression, ExpressionRejected, Names, compile_expression
from processes.engine import decision_elements, errors_caught, extensions, others, paths
from processes.engine.decisions import Decision, outputs_of, read_decision, tables
from processes.engine.diagram import (
    ACTIVITIES,
    DRAWN_ONLY,
    MULTIPLE,
    NODES,
    Diagrams,
    Node,
    Scope,
    child,
    children,
    data_drawn,
    is_executable,
)
from processes.engine.errors import Fault
from processes.engine.extensions import BPMN, Place
from processes.engine.names import is_name, is_variable, names_of
from processes.engine.scripts import Script, ScriptRejected, assigned_names, read_script
from processes.engine.timers import Place as TimerPlace
from processes.engine.timers import Timer, TimerRejected, read_distance, read_timer
from protocols.xml import local

SCRIPT_FORMAT = "cel"
_TIMER_PLACES: tuple[TimerPlace, ...] = ("timeDuration", "timeDate", "timeCycle")
_OF_EVERY_NODE = frozenset({"documentation", "extensionElements", "categoryValueRef", "incoming", "outgoing"})
_UNREAD = {
    "isForCompensation": "false", "instantiate": "false", "parallelMultiple": "false", "eventGatewayType": "Exclusive",
    "startQuantity": "1", "completionQuantity": "1", "behavior": "All",
}  # fmt: skip
"""BPMN's own attributes that SpiffWorkflow does not read, with the one value with which that is no matter."""
_EVENTS = {
    "startEvent": frozenset[str](),
    "endEvent": frozenset({"message", "error", "terminate"}),
    "intermediateCatchEvent": frozenset({"message", "timer"}),
    "intermediateThrowEvent": frozenset({"message"}),
    "boundaryEvent": frozenset({"message", "timer", "error"}),
}
_STARTS_BY_EVENT = frozenset({"message"})
_OWN_KEYS = frozenset({
    "answered", "event_fired", "event_value", "seen_events", "merged", "remaining", "key_or_index", "item",
    "iteration", "cardinality", "current", "key",
})  # fmt: skip
"""Names under which the engine keeps what it knows of a task; no message has one."""
_AT_THE_ROOT = frozenset({
    "process", "message", "error", "collaboration", "documentation", "extensionElements", "category", "itemDefinition",
    "dataStore", "signal", "escalation", "resource", "partnerEntity", "partnerRole", "endPoint", "relationship",
}) | {f"{each}EventDefinition" for each in (
    "cancel", "compensate", "conditional", "error", "escalation", "link", "message", "signal", "terminate", "timer",
)}  # fmt: skip
"""What may stand beside the processes; what would use it there and is not supported is a fault itself."""
_IN_A_COLLABORATION = (DRAWN_ONLY - {"dataObject", "dataObjectReference", "dataStoreReference"}) | {
    "participant", "messageFlow",
}  # fmt: skip
_INSTEAD = {
    "task": "say what kind of task it is, such as a user task",
    "adHocSubProcess": "draw a sub-process with the order of its tasks",
    "transaction": "draw a sub-process",
    "complexGateway": "draw an exclusive, inclusive or parallel gateway",
    "standardLoopCharacteristics": "draw the loop with gateways",
    "eventDefinitionRef": "write what it waits for into the event itself",
    **dict.fromkeys(
        ("potentialOwner", "humanPerformer", "performer", "resourceRole"),
        "say who has the task by the role and unit of its place",
    ),
    "signal": "draw a message",
    "conditional": "draw a message or a timer",
    "link": "draw the flow itself",
    "escalation": "draw a timer with our extension escalation",
    "compensate": "draw the steps that undo it",
    "cancel": "draw an error",
}
_AT_THE_START = "; a case is started by a person, a webhook or a trigger (our extension): draw a plain start event"
RESERVED_IDS = frozenset({"Start", "End", "Root", "StartEventSplit", "StartEventJoin"})


@dataclass(frozen=True, slots=True)
class Arguments:
    """What a service takes. ``needed``: without which it can't be done; ``possible``: all; None = whatever is given.
    ``of_template``: what a template gives instead, if the service task names one."""

    needed: frozenset[str] = frozenset()
    possible: frozenset[str] | None = None
    of_template: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Known:
    """What there is outside of the diagrams. ``forms``: the fields of each, members with a dot (``person.name``).

    ``changes``: by kind, what may happen to a thing by which cases start; ``happened``: what they may look at then.
    """

    roles: Collection[str]
    responsibilities: Collection[str]
    forms: Mapping[str, Collection[str]]
    services: Mapping[str, Arguments] = field(default_factory=dict)
    changes: Mapping[str, Collection[str]] = field(default_factory=dict)
    happened: Names = field(default_factory=dict)


@dataclass(slots=True)
class Checked:
    """What was compiled, by its text as the diagram has it."""

    names: Names
    expressions: dict[str, Expression] = field(default_factory=dict)
    timers: dict[tuple[str, str], Timer] = field(default_factory=dict)
    scripts: dict[str, Script] = field(default_factory=dict)
    decisions: dict[str, Decision] = field(default_factory=dict)
    of_triggers: dict[str, Expression] = field(default_factory=dict)


def check(
    diagrams: Diagrams, decisions: Mapping[str, etree._Element], process: str, known: Known, faults: list[Fault]
) -> Checked:
    """Check diagrams and decision tables (by document); what is wrong is added to ``faults``."""
    checking = _Checking(diagrams, decisions, process, known, faults)
    checking.run()
    return checking.checked


class _Checking:
    def __init__(
        self,
        diagrams: Diagrams,
        decisions: Mapping[str, etree._Element],
        process: str,
        known: Known,
        faults: list[Fault],
    ) -> None:
        self._diagrams = diagrams
        self._process = process
        self._known = known
        self._faults = faults
        self._documents = decisions
        self._decisions = {
            each.get("id", ""): (document, each) for document, root in decisions.items() for each in tables(root)
        }
        self._drawn_only = set(diagrams.drawn_only)
        self._messages = diagrams.messages()
        self._errors = diagrams.errors()
        self._waited_for = {
            each.get("messageRef", "") for node in diagrams.nodes() for each in (node.element, *children(node.element))
        }
        self._asked = {each.id for each in diagrams.nodes() if each.type in ("userTask", "manualTask")}
        self.checked = Checked(names_of(self._variables()))

    def run(self) -> None:
        self._check_ids()
        for document, root in self._documents.items():
            self._faults += decision_elements.faults(document, root)
        for id, (document, decision) in self._decisions.items():
            self.checked.decisions[id] = read_decision(document, decision, self.checked.names, self._faults)
        if self._process not in self._diagrams.processes:
            found = ", ".join(sorted(self._diagrams.processes)) or "none"
            self._add("", self._process, "missing_process", f"there is no process with this id; there is: {found}")
        for document, root in self._diagrams.roots.items():
            self._check_root(document, root)
            self._check_elements(document, root)
            self._faults += others.faults(document, root, self._diagrams.drawn_only)
        for document, message in (
            (d, m) for d, r in self._diagrams.roots.items() for m in r.iter(f"{{{BPMN}}}message")
        ):
            self._check_message(document, message)
        for scope in self._diagrams.scopes:
            self._check_scope(scope)
            for rule, id, text in paths.faults(scope):
                self._add(scope.document, id, rule, text)
        self._check_calls()

    def _variables(self) -> Iterator[str]:
        """All variables of the definition: a called process has those of its caller."""
        declared: list[str] = []
        for root in self._diagrams.roots.values():
            for element in root.iter(f"{{{BPMN}}}process", f"{{{BPMN}}}message", f"{{{BPMN}}}serviceTask"):
                declared += extensions.data(element)
        for node in self._diagrams.nodes():
            declared += self._known.forms.get(extensions.attribute(node.element, "form", "name"), ())
            declared += self._set_by(node)
        return (each for each in declared if is_name(each))

    def _set_by(self, node: Node) -> Iterator[str]:
        if node.type == "serviceTask":
            yield extensions.attribute(node.element, "service", "result")
        if node.type == "scriptTask":
            with suppress(ScriptRejected):  # becomes a fault where the script is checked
                yield from assigned_names(_text(child(node.element, "script")))
        if node.type == "businessRuleTask":
            _, decision = self._decisions.get(extensions.attribute(node.element, "decision", "name"), ("", None))
            yield from outputs_of(decision) if decision is not None else ()
        multiple = child(node.element, MULTIPLE)
        if multiple is not None:
            yield from (each.get("id", "") for each in children(multiple) if local(each).endswith("DataItem"))
            yield _text(child(multiple, "loopDataOutputRef"))

    def _check_ids(self) -> None:
        seen: dict[str, str] = {}
        for document, root in self._diagrams.roots.items():
            for element in root.iter(f"{{{BPMN}}}*"):
                id = element.get("id")
                if id is None:
                    continue
                if id in seen:
                    where = "twice" if seen[id] == document else f"in {seen[id]} as well"
                    self._add(document, id, "duplicate_id", f"the id is used {where}")
                seen[id] = document
                if id in RESERVED_IDS or (local(element) in NODES | {"process"} and "." in id):
                    self._add(document, id, "reserved_id", "the id has a meaning of its own, or a dot; use another one")
        for id, (document, _) in self._decisions.items():
            if not id or id in seen:
                self._add(document, id, "duplicate_id", f"the id is used in {seen.get(id, 'no document')} as well")

    def _check_root(self, document: str, root: etree._Element) -> None:
        """What stands beside the processes. Correlations are refused: SpiffWorkflow evaluates them elsewhere."""
        collaborations = root.findall(f"{{{BPMN}}}collaboration")
        for within, allowed in ((root, _AT_THE_ROOT), *((each, _IN_A_COLLABORATION) for each in collaborations)):
            for each in children(within):
                if each.tag.startswith(f"{{{BPMN}}}") and local(each) not in allowed:
                    id = each.get("id") or f"line {each.sourceline}"
                    if local(each) == "extension" and each.get("mustUnderstand") not in ("true", "1"):
                        continue
                    self._add(document, id, "unsupported", f"{local(each)} is not supported")

    def _check_elements(self, document: str, root: etree._Element) -> None:
        """What SpiffWorkflow does not read, wherever it stands."""
        for element in root.iter(f"{{{BPMN}}}*"):
            if element in self._drawn_only:
                continue
            id = element.get("id") or f"line {element.sourceline}"
            for name, value in _UNREAD.items():
                if element.get(name, value) not in (value, "0" if value == "false" else value):
                    self._add(document, id, "unsupported", f"{name}={element.get(name)!r} is not supported")
            if local(element) == "error" and not element.get("errorCode"):
                text = "an error has an errorCode, by which it is caught; a name is not enough"
                self._add(document, id, "no_code", text)

    def _check_message(self, document: str, message: etree._Element) -> None:
        """One that only flows between pools name is drawn."""
        name = message.get("name", "")
        if message.get("id", "") in self._waited_for and (not is_variable(name) or name in _OWN_KEYS):
            text = f"{name!r} does not name a message: by its name it is delivered, so it is one word of a-z, 0-9 and _"
            self._add(document, message.get("id", ""), "no_name", text)

    def _check_scope(self, scope: Scope) -> None:
        kind = local(scope.element)
        if kind == "process" and not is_executable(scope.element):
            text = 'the process is not marked as executable (isExecutable="true")'
            self._add(scope.document, scope.id, "unsupported", text)
        own = _OF_EVERY_NODE | DRAWN_ONLY | NODES | {"sequenceFlow", MULTIPLE}
        if kind == "process":
            own |= {"property"}  # to which a modeller ties loopDataInputRef; else it would drop that on saving
            self._check_owner(scope)
        for each in children(scope.element):
            if local(each) not in own:
                id = each.get("id") or scope.id
                self._add(scope.document, id, "unsupported", f"{local(each)} is not supported{_instead(local(each))}")
        for lane in scope.element.iter(f"{{{BPMN}}}lane"):
            if lane.find(f"{{{BPMN}}}flowNodeRef") is not None or child(lane, "childLaneSet") is None:
                self._check_lane(scope.document, lane)
        for flow in scope.flows:
            if flow.condition is not None:
                self._expression(scope.document, flow.id, _text(flow.condition))
        for node in scope.nodes.values():
            self._check_node(node)

    def _check_lane(self, document: str, lane: etree._Element) -> None:
        place = extensions.place(lane)
        if not place.role:
            self._add(document, lane.get("id", ""), "no_role", f"the lane {lane.get('name', '')!r} has no role")
        self._check_place(document, lane.get("id", ""), place)

    def _check_node(self, node: Node) -> None:
        allowed = _OF_EVERY_NODE
        if node.type in ACTIVITIES:
            allowed |= {MULTIPLE}
        if node.type == "scriptTask":
            allowed |= {"script"}
        if drawn := data_drawn(node.element):
            allowed |= drawn
        for each in children(node.element):
            kind = local(each)
            if node.type != "subProcess" and kind not in allowed and not kind.endswith("EventDefinition"):
                self._add_to(node, "unsupported", f"{kind} in a {node.type} is not supported{_instead(kind)}")
        self._check_place(node.document, node.id, extensions.place(node.element))
        self._check_multiple(node)
        if node.type in _EVENTS:
            self._check_event(node)
        if node.type == "startEvent":
            self._check_starters(node)
            self._check_triggers(node)
        if node.type in ("sendTask", "receiveTask"):
            self._check_message_of(node, node.element)
        if node.type == "userTask" or extensions.ours(node.element, "form"):
            self._check_listed(node, "form", self._known.forms)
        if node.type == "serviceTask":
            self._check_service(node)
        if node.type == "businessRuleTask":
            self._check_listed(node, "decision", self._decisions)
        if node.type == "scriptTask":
            self._check_script(node)

    def _check_place(self, document: str, id: str, place: Place) -> None:
        for role in filter(None, (place.role, place.fallback_role)):
            if role not in self._known.roles:
                self._add(document, id, "unknown_role", f"there is no role {role!r}{_of(self._known.roles)}")
        if place.responsibility and place.responsibility not in self._known.responsibilities:
            text = f"there is no responsibility {place.responsibility!r}"
            self._add(document, id, "unknown_responsibility", f"{text}{_of(self._known.responsibilities)}")
        if bool(place.fallback_role) != bool(place.fallback_unit):
            self._add(document, id, "no_role", "a fall-back has a role and a unit")
        for text in filter(None, (place.unit, place.fallback_unit, *place.exclude)):
            self._expression(document, id, text)
        for task in place.exclude_who_did:
            if task not in self._asked:
                text = f"excludeWhoDid: there is no user or manual task {task!r}{_of(self._asked)}"
                self._add(document, id, "unknown_task", text)

    def _check_owner(self, scope: Scope) -> None:
        """Who has the incidents of its cases."""
        owner = extensions.owner(scope.element)
        if owner is None:
            return
        if scope.id != self._process:
            text = f"owner stands in the process that cases run, {self._process}"
            self._add(scope.document, scope.id, "misplaced_extension", text)
        for rule, missing in (("no_role", owner.role), ("no_unit", owner.unit)):
            if not missing:
                self._add(scope.document, scope.id, rule, f"the owner has no {rule.removeprefix('no_')}")
        self._check_place(scope.document, scope.id, owner)

    def _check_starters(self, node: Node) -> None:
        """Who may start it; its unit is found with what the start gives."""
        stated = extensions.starters(node.element)
        if stated and local(node.scope.element) != "process":
            self._add_to(node, "misplaced_extension", "starter stands in the start event of a process")
            return
        form = self._known.forms.get(extensions.attribute(node.element, "form", "name"), ())
        given = names_of(each for each in (*form, *extensions.data(node.scope.element)) if is_name(each))
        for each in stated:
            if not each.role:
                self._add_to(node, "no_role", "a starter has a role")
            self._check_place(node.document, node.id, replace(each, unit=""))
            if each.unit:
                self._expression(node.document, node.id, each.unit, given)

    def _check_triggers(self, node: Node) -> None:
        """By what it starts without a person, and with what."""
        stated = extensions.ours(node.element, "trigger")
        given = extensions.arguments(node.element)
        if (stated and local(node.scope.element) != "process") or (given and not stated):
            what = "trigger stands in the start event of a process" if stated else "argument stands beside a trigger"
            self._add_to(node, "misplaced_extension", what)
            return
        for each in stated:
            self._check_trigger(node, each)
        if sum(bool(each.get("every")) for each in stated) > 1:
            self._add_to(node, "trigger", "it starts by one time at most")
        form = extensions.attribute(node.element, "form", "name")
        fields = sorted({*self._known.forms.get(form, ()), *extensions.data(node.scope.element)})
        for name, text in given.items():
            if name not in fields:
                self._add_to(node, "unknown_argument", f"the start takes no {name!r}{_of(fields)}")
            self._of_trigger(node, text)

    def _check_trigger(self, node: Node, stated: etree._Element) -> None:
        parts = {name: stated.get(name, "").strip() for name in ("kind", "on", "condition", "every")}
        if parts["every"]:
            if parts["kind"] or parts["on"] or parts["condition"]:
                self._add_to(node, "trigger", "every stands alone; a change is another trigger")
            try:
                read_distance(parts["every"])
            except TimerRejected as wrong:
                self._add_to(node, "timer", str(wrong))
            return
        if parts["kind"] not in self._known.changes:
            text = f"a case does not start by a change of {parts['kind']!r}{_of(self._known.changes)}"
            self._add_to(node, "trigger", text)
            return
        possible = self._known.changes[parts["kind"]]
        if not parts["on"]:
            self._add_to(node, "trigger", f"on: what must happen{_of(possible)}")
        for each in parts["on"].split():
            if each not in possible:
                self._add_to(node, "trigger", f"on: {each!r} does not happen to it{_of(possible)}")
        if parts["condition"]:
            self._of_trigger(node, parts["condition"])

    def _of_trigger(self, node: Node, text: str) -> None:
        try:
            self.checked.of_triggers[text] = compile_expression(text, self._known.happened)
        except ExpressionRejected as wrong:
            self._add_to(node, "expression", str(wrong))

    def _check_multiple(self, node: Node) -> None:
        multiple = child(node.element, MULTIPLE)
        if multiple is None:
            return
        parts = {local(each): each for each in children(multiple)}
        if ("loopCardinality" in parts) == ("loopDataInputRef" in parts):
            self._add_to(node, "unsupported", "state the number of instances, or the list that they are for")
        for name in ("loopCardinality", "completionCondition"):
            if name in parts:
                self._expression(node.document, node.id, _text(parts[name]))
        for name in ("loopDataInputRef", "loopDataOutputRef"):
            if name in parts and not is_variable(_text(parts[name])):
                self._add_to(node, "no_name", f"{name} does not name a variable")
        if "loopDataInputRef" in parts:
            self._expression(node.document, node.id, _text(parts["loopDataInputRef"]))
        for name in ("inputDataItem", "outputDataItem"):
            if name in parts and not is_variable(parts[name].get("id", "")):
                self._add_to(node, "no_name", f"the id of {name} does not name a variable")
        if ("loopDataOutputRef" in parts) != ("outputDataItem" in parts):
            self._add_to(node, "unsupported", "loopDataOutputRef and outputDataItem go together")
        for name in set(parts) - {
            "loopCardinality", "completionCondition", "loopDataInputRef", "loopDataOutputRef", "inputDataItem",
            "outputDataItem",
        }:  # fmt: skip
            self._add_to(node, "unsupported", f"{name} is not supported")

    def _check_event(self, node: Node) -> None:
        found = [each for each in children(node.element) if local(each).endswith("EventDefinition")]
        if len(found) > 1:
            self._add_to(node, "unsupported", "it waits for several things; draw an event-based gateway")
        allowed = _EVENTS[node.type]
        if node.type == "startEvent" and node.scope.by_event:
            allowed = _STARTS_BY_EVENT
            if not found:
                self._add_to(node, "unsupported", "an event sub-process starts with a message")
            around = node.scope.outer
            if around is None or around.outer is not None or around.id != self._process:  # no message would start it
                text = f"an event sub-process lies in the process that cases run, {self._process}, itself"
                self._add_to(node, "unsupported", text)
            if node.element.get("isInterrupting") not in ("false", "0"):  # SpiffWorkflow would let the rest go on
                text = "an event sub-process can't interrupt; draw a sub-process with a message at its edge"
                self._add_to(node, "unsupported", text)
        if node.type in ("intermediateCatchEvent", "boundaryEvent") and not found:
            self._add_to(node, "unsupported", "it does not say what it waits for")
        for each in found:
            kind = local(each).removesuffix("EventDefinition")
            if kind not in allowed:
                instead = "" if node.type in ("endEvent", "intermediateThrowEvent") else _instead(kind)
                options = f"; supported: {', '.join(sorted(allowed))}{instead}" if allowed else _AT_THE_START
                self._add_to(node, "unsupported", f"{kind} is not supported in this {node.type}{options}")
            elif kind == "timer":
                self._check_timer(node, each)
            elif kind == "message":
                self._check_message_of(node, each)
            elif kind == "error":
                self._check_error_of(node, each)
        if extensions.ours(node.element, "escalation") and [local(e) for e in found] != ["timerEventDefinition"]:
            self._add_to(node, "misplaced_extension", "escalation stands in a timer")

    def _check_error_of(self, node: Node, definition: etree._Element) -> None:
        """An end names its error; an event at an edge that names none catches all."""
        named = definition.get("errorRef", "")
        if named not in self._errors and (named or node.type == "endEvent"):
            self._add_to(node, "missing_error", f"errorRef {named!r} names no error{_of(self._errors)}")
        if node.element.get("cancelActivity") in ("false", "0"):
            self._add_to(node, "unsupported", "an error ends what it is caught at; cancelActivity can't be false")

    def _check_timer(self, node: Node, definition: etree._Element) -> None:
        stated = [each for each in children(definition) if local(each) in _TIMER_PLACES]
        if len(stated) != 1:
            self._add_to(node, "timer", f"a timer has one of: {', '.join(_TIMER_PLACES)}")
            return
        where = next(each for each in _TIMER_PLACES if each == local(stated[0]))
        repeats = node.type == "boundaryEvent" and node.element.get("cancelActivity") in ("false", "0")
        if where == "timeCycle" and not repeats:
            self._add_to(node, "timer", "only a boundary timer that does not interrupt can repeat")
        try:
            text = _text(stated[0])
            self.checked.timers[where, text] = read_timer(text, where, self.checked.names)
        except (TimerRejected, ExpressionRejected) as wrong:
            self._add_to(node, "timer", str(wrong))

    def _check_message_of(self, node: Node, element: etree._Element) -> None:
        if element.get("messageRef", "") not in self._messages:
            self._add_to(node, "missing_message", f"messageRef names no message{_of(self._messages)}")

    def _check_listed(self, node: Node, kind: str, listed: Collection[str]) -> None:
        name = extensions.attribute(node.element, kind, "name")
        if not name:
            self._add_to(node, f"missing_{kind}", f"the {node.type} names no {kind}")
        elif name not in listed:
            self._add_to(node, f"missing_{kind}", f"there is no {kind} {name!r}{_of(listed)}")

    def _check_service(self, node: Node) -> None:
        self._check_listed(node, "service", self._known.services)
        for name in ("result", "idempotency"):
            stated = extensions.attribute(node.element, "service", name)
            if stated and name == "idempotency":
                self._expression(node.document, node.id, stated)
            elif stated and not is_variable(stated):
                self._add_to(node, "no_name", f"the result {stated!r} does not name a variable")
        service = extensions.attribute(node.element, "service", "name")
        given = [each.get("name", "").strip() for each in extensions.ours(node.element, "argument")]
        for name in sorted({each for each in given if given.count(each) > 1}):
            self._add_to(node, "unknown_argument", f"the argument {name!r} is given twice")
        for text in extensions.arguments(node.element).values():
            self._expression(node.document, node.id, text)
        if service in self._known.services:
            wanted = self._known.services[service]
            possible = frozenset(given) if wanted.possible is None else wanted.possible
            for name in given:
                if name not in possible:
                    text = f"{service} has no argument {name!r}; it has: {', '.join(sorted(possible)) or 'none'}"
                    self._add_to(node, "unknown_argument", text)
            made = wanted.of_template if extensions.attribute(node.element, "service", "template") else frozenset()
            if extensions.attribute(node.element, "service", "template") and not wanted.of_template:
                self._add_to(node, "unknown_argument", f"{service} takes no template")
            for name in sorted(made & set(given)):
                self._add_to(node, "unknown_argument", f"the template gives the argument {name!r}")
            for name in sorted(wanted.needed - set(given) - made):
                self._add_to(node, "missing_argument", f"{service} needs the argument {name!r}")

    def _check_script(self, node: Node) -> None:
        language = node.element.get("scriptFormat", SCRIPT_FORMAT).lower()
        if language != SCRIPT_FORMAT:
            self._add_to(node, "script", f"the script is in {language}; only CEL is evaluated (scriptFormat cel)")
            return
        text = _text(child(node.element, "script"))
        try:
            self.checked.scripts[text] = read_script(text, self.checked.names)
        except (ScriptRejected, ExpressionRejected) as wrong:
            self._add_to(node, "script", str(wrong))

    def _check_calls(self) -> None:
        calls: dict[str, list[Node]] = {}
        for node in self._diagrams.nodes():
            if node.type == "callActivity":
                called = node.element.get("calledElement", "")
                calls.setdefault(called, []).append(node)
                if called not in self._diagrams.processes:
                    self._add_to(node, "missing_process", f"there is no process {called!r} to call")
        for circle in _circles(self._diagrams, calls):
            self._add_to(circle, "calls_itself", "the process that it calls comes back here")
        for node in self._diagrams.nodes():
            if node.type in ("userTask", "manualTask"):
                self._check_has_place(node, calls)
        for node, rule, text in errors_caught.faults(self._diagrams, self._process, calls):
            self._add_to(node, rule, text)

    def _check_has_place(self, node: Node, calls: Mapping[str, list[Node]]) -> None:
        process = _process_of(node.scope)
        callers = calls.get(process, [])
        around = [] if process == self._process or not callers else [each.place for each in callers]
        for outer in around or [Place()]:
            place = node.place.within(outer)
            for rule, missing in (("no_role", place.role), ("no_unit", place.unit)):
                if not missing:
                    what = rule.removeprefix("no_")
                    self._add_to(node, rule, f"neither the task nor its lane has a {what}")

    def _expression(self, document: str, id: str, text: str, names: Names | None = None) -> None:
        try:
            compile_expression(text, self.checked.names if names is None else names)
            self.checked.expressions[text] = compile_expression(text, self.checked.names)
        except ExpressionRejected as wrong:
            written = next((f"; write it without {each}" for each in ("${", "#{", "=") if text.startswith(each)), "")
            self._add(document, id, "expression", f"{wrong}{written}")

    def _add_to(self, node: Node, rule: str, text: str) -> None:
        self._add(node.document, node.id, rule, text)

    def _add(self, document: str, id: str, rule: str, text: str) -> None:
        self._faults.append(Fault(document, id, rule, text))


def _circles(diagrams: Diagrams, calls: Mapping[str, list[Node]]) -> Iterator[Node]:
    """The call activities that, over any number of calls, lead back to their own process."""
    leads: dict[str, set[str]] = {}
    for called, nodes in calls.items():
        for node in nodes:
            leads.setdefault(_process_of(node.scope), set()).add(called)
    for called, nodes in calls.items():
        reached, waiting = {called}, [called]
        while waiting:
            new = leads.get(waiting.pop(), set()) - reached
            reached |= new
            waiting += new
        yield from (node for node in nodes if _process_of(node.scope) in reached)


def _process_of(scope: Scope) -> str:
    while scope.outer is not None:
        scope = scope.outer
    return scope.id


def _instead(kind: str) -> str:
    return f"; {_INSTEAD[kind]}" if kind in _INSTEAD else ""


def _text(element: etree._Element | None) -> str:
    return (element.text or "").strip() if element is not None else ""


def _of(known: Iterable[str]) -> str:
    """What there is, for the text of a fault; at most 20."""
    names = sorted(known)
    more = f" and {len(names) - 20} more" if len(names) > 20 else ""
    return f"; there is: {', '.join(names[:20])}{more}" if names else ""
