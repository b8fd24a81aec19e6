"""A definition: the BPMN and DMN documents of a process and of what it calls, checked and ready to run."""

import hashlib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from itertools import chain
from typing import Any

from lxml import etree
from SpiffWorkflow.bpmn.parser.ValidationException import ValidationException
from SpiffWorkflow.bpmn.specs.bpmn_process_spec import BpmnProcessSpec

from processes.engine import extensions, spiff
from processes.engine.check import check
from processes.engine.diagram import (
    LARGEST,
    MOST_DOCUMENTS,
    Diagrams,
    Node,
    Scope,
    check_schema,
    children,
    diagrams,
    parse,
)
from processes.engine.drawn_tasks import DrawnTask, drawn_tasks
from processes.engine.errors import DefinitionRejected, Fault
from processes.engine.extensions import Place
from processes.engine.findings import Checked
from processes.engine.known import Known
from processes.engine.triggers import Trigger, read_triggers
from protocols.xml import local

_MOST_FAULTS = 200
_NOT_COMPILED = frozenset({"not_bpmn", "missing_process", "expression", "timer", "script", "no_table"})
"""Faults with which a definition can't be read at all: what a case would need of it isn't there."""


@dataclass(slots=True)
class _Read:
    """Documents by kind."""

    bpmn: dict[str, etree._Element]
    dmn: dict[str, etree._Element]


class Definition:
    """A process that can run. Made by ``read_definition``; unchangeable, and shared by its cases.

    ``digest`` names this version: of all documents, the process and what was known of the forms.
    """

    def __init__(self, process: str, documents: Mapping[str, bytes], read: Diagrams, checked: Checked, known: Known):
        self.process = process
        self.documents = dict(documents)
        self.digest = _digest(process, documents, known)
        self.nodes: dict[str, Node] = {node.id: node for node in read.nodes()}
        self.checked = checked
        self._diagrams = read
        self._known = known

    @cached_property
    def specifications(self) -> tuple[BpmnProcessSpec, dict[str, BpmnProcessSpec]]:
        return spiff.specifications(self._diagrams, self.process)

    @cached_property
    def tasks(self) -> tuple[DrawnTask, ...]:
        """The tasks of people, as they are drawn."""
        return drawn_tasks(self._diagrams, self.process)

    @cached_property
    def decisions(self) -> dict[str, str]:
        """The decision table of each business rule task."""
        return {
            id: extensions.attribute(node.element, "decision", "name")
            for id, node in self.nodes.items()
            if node.type == "businessRuleTask"
        }

    @cached_property
    def services(self) -> frozenset[str]:
        """The services that it uses."""
        named = (extensions.attribute(each.element, "service", "name") for each in self.nodes.values())
        return frozenset(filter(None, named))

    @cached_property
    def unattended(self) -> frozenset[str]:
        """The services that a case may use before anybody has completed a task: whoever starts it alone decides that.

        What follows a task follows a person; what waits at its edge, such as a timer, does not.
        """
        return self._before_a_task(self._begun(self.process))

    def unattended_after(self, message: str) -> frozenset[str]:
        """The services that a case may use once it has a message, before anybody has completed a task: whoever delivers
        it alone decides that."""
        ids = {id for id, each in self.messages.items() if each.get("name") == message}
        catching = [id for id, node in self.nodes.items() if ids & set(_message_refs(node))]
        return self._before_a_task([*catching, *chain.from_iterable(map(self._left, catching))])

    def _before_a_task(self, reached: Iterable[str]) -> frozenset[str]:
        """The services from these nodes on."""
        left, seen, found = [*reached], set[str](), set[str]()
        while left:
            id = left.pop()
            if id in seen:
                continue
            seen.add(id)
            node = self.nodes[id]
            found.add(extensions.attribute(node.element, "service", "name"))
            after = self._after.get(id, ())
            if node.type == "userTask":
                left += [each for each in after if self.nodes[each].attached_to == id]
                continue
            if node.type in ("callActivity", "subProcess"):
                left += self._begun(node.element.get("calledElement", id))
            left += after
        return frozenset(filter(None, found))

    @cached_property
    def _after(self) -> dict[str, list[str]]:
        """The nodes that follow each node, and those at its edge."""
        after: dict[str, list[str]] = {}
        for scope in self._diagrams.scopes:
            for flow in scope.flows:
                after.setdefault(flow.source, []).append(flow.target)
        for node in self.nodes.values():
            if node.attached_to:
                after.setdefault(node.attached_to, []).append(node.id)
        return after

    def _begun(self, scope: str) -> Iterator[str]:
        """Where a process or sub-process begins; one that an event starts lies in its scope, and waits from the
        beginning."""
        for each in self._diagrams.scopes:
            if each.id == scope:
                yield from (node.id for node in each.nodes.values() if node.type == "startEvent")
            elif each.by_event and each.outer is not None and each.outer.id == scope:
                yield from self._begun(each.id)

    def _left(self, node: str) -> Iterator[str]:
        """Where the case goes on when the scopes around a node have ended."""
        scope: Scope | None = self.nodes[node].scope
        while scope is not None:
            around = [id for id, each in self.nodes.items() if each.element.get("calledElement", id) == scope.id]
            for id in around:
                yield from self._after.get(id, ())
                if self.nodes[id].scope is not scope.outer:
                    yield from self._left(id)
            scope = scope.outer

    @cached_property
    def idempotency(self) -> dict[str, str]:
        """The expression of the key of each service task that states one."""
        stated = {id: extensions.attribute(node.element, "service", "idempotency") for id, node in self.nodes.items()}
        return {id: text for id, text in stated.items() if text}

    @property
    def name(self) -> str:
        """What the process is called in its diagram; its id if it has no name."""
        return self._diagrams.processes[self.process].element.get("name") or self.process

    @property
    def drawing(self) -> bytes:
        """The document that has the process itself."""
        return self.documents[self._diagrams.processes[self.process].document]

    @cached_property
    def start_form(self) -> str:
        """The name of the start form; empty if there is none."""
        return extensions.attribute(self._start.element, "form", "name")

    @cached_property
    def owner(self) -> Place | None:
        """Who has the incidents of its cases; None = only those who look after all processes."""
        return extensions.owner(self._diagrams.processes[self.process].element)

    @cached_property
    def starters(self) -> tuple[Place, ...]:
        """Who may start a case: role, responsibility, and perhaps unit. One must fit; none = anybody."""
        return extensions.starters(self._start.element)

    @cached_property
    def triggers(self) -> tuple[Trigger, ...]:
        """By what a case starts without a person."""
        return read_triggers(self._start.element)

    @cached_property
    def given(self) -> dict[str, str]:
        """With what such a case starts: field → expression."""
        return extensions.arguments(self._start.element)

    @cached_property
    def start_fields(self) -> frozenset[str]:
        """What a case may be started with: the fields of the start form, and what the process declares."""
        declared = extensions.data(self._diagrams.processes[self.process].element)
        return _variables([*self._known.forms.get(self.start_form, ()), *declared])

    @cached_property
    def _start(self) -> Node:
        nodes = self._diagrams.processes[self.process].nodes.values()
        return next(node for node in nodes if node.type == "startEvent")

    def fields(self, node: Node) -> frozenset[str]:
        """What a task may be completed with: its form's fields, or what its service gives."""
        form = extensions.attribute(node.element, "form", "name")
        result = extensions.attribute(node.element, "service", "result")
        named = [*self._known.forms.get(form, ()), *extensions.data(node.element)]
        return _variables([*named, result] if result else named)

    @cached_property
    def messages(self) -> dict[str, etree._Element]:
        """The messages, by their ids."""
        return self._diagrams.messages()

    def message_fields(self, message: str) -> frozenset[str]:
        """What a message brings: what all messages of this name declare."""
        found = [each for each in self.messages.values() if each.get("name") == message]
        return _variables([name for each in found for name in extensions.data(each)])


def _message_refs(node: Node) -> Iterator[str]:
    """The ids of the messages that a node waits for or sends."""
    yield from filter(None, (each.get("messageRef") for each in (node.element, *children(node.element))))


def read_definition(
    process: str, documents: Mapping[str, bytes], known: Known, *, deployed: bool = False
) -> Definition:
    """Read and check a process with all that it calls.

    Args:
        process: the id of the process that cases run.
        documents: BPMN and DMN documents by their names; each is read for what it is.
        known: the roles, responsibilities, forms and services that there are.
        deployed: it was checked when it was deployed, and its cases go on with it. What has been refused only since
            then is no fault; it is one if it is deployed again.

    Raises:
        DefinitionRejected: with all faults.
    """
    faults: list[Fault] = []
    read = _read(documents, faults, deployed=deployed)
    if faults:  # what is no document has no elements to check
        raise _rejected(faults)
    for name, root in read.bpmn.items():
        check_schema(name, root, faults)
    found = diagrams(read.bpmn, process)
    checked = check(found, read.dmn, process, known, faults)
    if deployed:
        faults = [each for each in faults if each.rule in _NOT_COMPILED]
    if faults:
        raise _rejected(faults)
    definition = Definition(process, documents, found, checked, known)
    try:
        definition.specifications  # noqa: B018  # made now, so that what SpiffWorkflow refuses is a fault, too
    except ValidationException as wrong:
        text = str(wrong).splitlines()[0][:300]
        raise _rejected([Fault(str(wrong.file_name or ""), str(wrong.id or process), "not_run", text)]) from wrong
    return definition


def _read(documents: Mapping[str, bytes], faults: list[Fault], *, deployed: bool) -> _Read:
    read = _Read({}, {})
    if len(documents) > MOST_DOCUMENTS or sum(map(len, documents.values())) > 4 * LARGEST:
        text = f"at most {MOST_DOCUMENTS} documents of {4 * LARGEST} bytes together are allowed"
        faults.append(Fault("", "", "too_large", text))
        return read
    for name, content in documents.items():
        root = parse(name, content, faults)
        if root is None:
            continue
        encoding = root.getroottree().docinfo.encoding
        # Documents are kept as text.
        if not deployed and encoding is not None and encoding.upper() not in ("UTF-8", "US-ASCII", "ASCII"):
            text = f'the document is in {encoding}; save it as UTF-8, with encoding="UTF-8" in its first line'
            faults.append(Fault(name, "line 1", "not_utf8", text))
            continue
        namespace = etree.QName(root).namespace
        if local(root) == "definitions" and namespace == extensions.BPMN:
            read.bpmn[name] = root
        elif local(root) == "definitions" and namespace and "/DMN/" in namespace:
            read.dmn[name] = root
        else:
            faults.append(Fault(name, "line 1", "not_bpmn", "the document is neither BPMN 2.0 nor DMN"))
    return read


def _rejected(faults: list[Fault]) -> DefinitionRejected:
    return DefinitionRejected(tuple(sorted(set(faults)))[:_MOST_FAULTS])


def _digest(process: str, documents: Mapping[str, bytes], known: Known) -> str:
    digest = hashlib.sha256(process.encode())
    parts: list[tuple[str, Any]] = sorted(documents.items())
    parts += [(name, ",".join(sorted(fields)).encode()) for name, fields in sorted(known.forms.items())]
    for name, content in parts:
        for each in (name.encode(), content):
            digest.update(len(each).to_bytes(8, "big") + each)
    return digest.hexdigest()


def _variables(dotted: list[str]) -> frozenset[str]:
    """A member is part of its variable's value."""
    return frozenset(each.partition(".")[0] for each in dotted)
