"""The elements of BPMN documents, as the check and the engine look at them.

Documents are read within limits, and without entities or a document type (``protocols.xml``); they are never written,
so that what bpmn-js has drawn (BPMN DI) stays as it is.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

import SpiffWorkflow.bpmn.parser as spiff_parser
from lxml import etree

from processes.engine import extensions
from processes.engine.errors import Fault
from processes.engine.extensions import BPMN
from protocols.xml import BadXml, local, tree

LARGEST = 2_000_000  # bytes of a document
MOST_ELEMENTS = 20_000  # of a document, its drawing included
MOST_DOCUMENTS = 50

ACTIVITIES = frozenset({
    "userTask", "manualTask", "serviceTask", "scriptTask", "businessRuleTask", "sendTask", "receiveTask",
    "callActivity", "subProcess",
})  # fmt: skip
GATEWAYS = frozenset({"exclusiveGateway", "parallelGateway", "inclusiveGateway", "eventBasedGateway"})
EVENTS = frozenset({"startEvent", "endEvent", "intermediateCatchEvent", "intermediateThrowEvent", "boundaryEvent"})
NODES = ACTIVITIES | GATEWAYS | EVENTS
MULTIPLE = "multiInstanceLoopCharacteristics"
"""Of an activity that runs for each of a list, or so many times."""
DRAWN_ONLY = frozenset({
    "textAnnotation", "association", "group", "documentation", "extensionElements", "laneSet", "dataObject",
    "dataObjectReference", "dataStoreReference",
})  # fmt: skip
"""What may stand among the nodes, and means nothing to a case: data are variables, and no flow of them is carried
out."""


_ARROWS = frozenset({"dataInputAssociation", "dataOutputAssociation"})
_ENDS_OF_ARROWS = frozenset({"ioSpecification", "dataInput", "dataOutput", "inputSet", "outputSet"})
_NAMED = ("attachedToRef", "calledElement", "errorRef", "messageRef")
"""Attributes that name another element with the prefix of its document's namespace, or without."""


@dataclass(slots=True)
class Scope:
    """A process or sub-process: nodes that flow into each other."""

    id: str
    element: etree._Element
    document: str
    outer: "Scope | None"
    nodes: "dict[str, Node]" = field(default_factory=dict)
    flows: "list[Flow]" = field(default_factory=list)

    @property
    def by_event(self) -> bool:
        return self.element.get("triggeredByEvent") in ("true", "1")


@dataclass(frozen=True, slots=True)
class Node:
    """An activity, gateway or event."""

    id: str
    type: str
    element: etree._Element
    scope: Scope
    lane: etree._Element | None

    @property
    def document(self) -> str:
        return self.scope.document

    @property
    def name(self) -> str:
        return self.element.get("name", "")

    @property
    def attached_to(self) -> str:
        return self.element.get("attachedToRef", "") if self.type == "boundaryEvent" else ""

    @property
    def place(self) -> extensions.Place:
        return extensions.place(self.element).within(extensions.place(self.lane))

    def event(self) -> etree._Element | None:
        """What an event waits for or throws: its event definition."""
        return next((each for each in children(self.element) if local(each).endswith("EventDefinition")), None)


@dataclass(frozen=True, slots=True)
class Flow:
    id: str
    source: str
    target: str
    condition: etree._Element | None


@dataclass(slots=True)
class Diagrams:
    """All documents of a definition.

    ``drawn_only``: the elements of processes that no case runs, such as what another party does in a pool of its own.
    """

    roots: dict[str, etree._Element]
    processes: dict[str, Scope]
    scopes: list[Scope]
    drawn_only: list[etree._Element] = field(default_factory=list)

    def nodes(self) -> Iterator[Node]:
        for scope in self.scopes:
            yield from scope.nodes.values()

    def messages(self) -> dict[str, etree._Element]:
        """The messages by their ids."""
        return {each.get("id", ""): each for root in self.roots.values() for each in root.iter(f"{{{BPMN}}}message")}

    def errors(self) -> dict[str, str]:
        """The code of each error, by its id; empty if it has none."""
        found = (each for root in self.roots.values() for each in root.iter(f"{{{BPMN}}}error"))
        return {each.get("id", ""): each.get("errorCode", "") for each in found}


def children(element: etree._Element) -> Iterator[etree._Element]:
    """The child elements, without comments."""
    return (each for each in element if isinstance(each.tag, str))


def child(element: etree._Element, name: str) -> etree._Element | None:
    """The first child of this name in BPMN's namespace."""
    return element.find(f"{{{BPMN}}}{name}")


def text_of(element: etree._Element | None) -> str:
    """Its text without blanks around it; empty if there is no such element."""
    return (element.text or "").strip() if element is not None else ""


def data_drawn(element: etree._Element) -> frozenset[str]:
    """The child elements by which a modeller draws that data goes in or out of a node; without the arrows, if these
    say more.

    bpmn-js writes a property of the activity as the end of such an arrow.
    """
    arrows = [each for each in children(element) if local(each) in _ARROWS]
    if any(local(each) not in ("sourceRef", "targetRef") for arrow in arrows for each in children(arrow)):
        return _ENDS_OF_ARROWS
    return _ENDS_OF_ARROWS | _ARROWS | {"property"} if arrows else _ENDS_OF_ARROWS


def parse(name: str, content: bytes, faults: list[Fault]) -> etree._Element | None:
    """The root of a document, read safely; None, and a fault, if it is refused."""
    try:
        root = tree(content, LARGEST, MOST_ELEMENTS)
    except BadXml as wrong:
        faults.append(Fault(name, f"line {wrong.line or 1}", wrong.rule, str(wrong)))
        return None
    _drop_prefixes(root)
    return root


def _drop_prefixes(root: etree._Element) -> None:
    """``tns:approve`` is ``approve``, where ``tns`` is the document's own namespace."""
    own = root.get("targetNamespace")
    for element in root.iter(f"{{{BPMN}}}*"):
        for attribute in _NAMED:
            prefix, colon, id = element.get(attribute, "").partition(":")
            if colon and own is not None and element.nsmap.get(prefix) == own:
                element.set(attribute, id)


def check_schema(name: str, root: etree._Element, faults: list[Fault]) -> None:
    """Compare a document with the schema of BPMN 2.0."""
    schema = _schema()
    if not schema.validate(root):
        for each in list(schema.error_log)[:50]:  # type: ignore[call-overload]  # lxml-stubs leaves its methods out
            text = each.message.replace(f"{{{BPMN}}}", "")[:300]
            faults.append(Fault(name, f"line {each.line}", "not_bpmn", text))


def diagrams(roots: Mapping[str, etree._Element], main: str) -> Diagrams:
    """The scopes and nodes of documents that fit the schema. ``main``: the process that cases run."""
    found = Diagrams(dict(roots), {}, [])
    called = {each.get("calledElement", "") for root in roots.values() for each in root.iter(f"{{{BPMN}}}callActivity")}
    for document, root in roots.items():
        for process in root.iter(f"{{{BPMN}}}process"):
            if not is_executable(process) and process.get("id", "") not in called | {main}:
                found.drawn_only += list(process.iter(f"{{{BPMN}}}*"))
                continue
            scope = _scope(process, document, None, found.scopes)
            found.processes.setdefault(scope.id, scope)
    return found


def is_executable(process: etree._Element) -> bool:
    return process.get("isExecutable") in ("true", "1")


def _scope(
    element: etree._Element, document: str, outer: Scope | None, scopes: list[Scope], lane: etree._Element | None = None
) -> Scope:
    """``lane``: the one in which the sub-process is drawn, and with it all that it contains."""
    scope = Scope(element.get("id", ""), element, document, outer)
    scopes.append(scope)
    lanes = _lanes(element)
    for each in children(element):
        kind = local(each)
        if kind == "sequenceFlow":
            scope.flows.append(
                Flow(
                    each.get("id", ""),
                    each.get("sourceRef", ""),
                    each.get("targetRef", ""),
                    child(each, "conditionExpression"),
                )
            )
        elif kind in NODES:
            node = Node(each.get("id", ""), kind, each, scope, lanes.get(each.get("id", ""), lane))
            scope.nodes[node.id] = node
            if kind == "subProcess":
                _scope(each, document, scope, scopes, node.lane)
    return scope


def _lanes(element: etree._Element) -> dict[str, etree._Element]:
    """The innermost lane of each node."""
    found = {}
    for lane in element.iter(f"{{{BPMN}}}lane"):  # outer lanes come first
        for reference in lane.findall(f"{{{BPMN}}}flowNodeRef"):
            found[text_of(reference)] = lane
    return found


@cache
def _schema() -> etree.XMLSchema:
    """BPMN's own schema, as SpiffWorkflow brings it."""
    return etree.XMLSchema(etree.parse(str(Path(spiff_parser.__file__).parent / "schema" / "BPMN20.xsd")))
