"""What a DMN document may contain: all that is carried out, and what is drawn or written for people only.

Everything else is refused by its name: it would mean something in another engine, and nothing here.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from lxml import etree

from processes.engine.errors import Fault
from protocols.xml import local


@dataclass(frozen=True, slots=True)
class _Kind:
    """``once``: children of which there is one at most."""

    attributes: frozenset[str]
    once: frozenset[str] = frozenset()
    several: frozenset[str] = frozenset()


def _kind(attributes: str = "", once: str = "", several: str = "") -> _Kind:
    own = frozenset({"id", "label", *attributes.split()})
    return _Kind(own, frozenset({"description", "extensionElements", *once.split()}), frozenset(several.split()))


_TEXT = _Kind(frozenset())
_EXPRESSION = _kind("typeRef expressionLanguage", once="text")
_DRAWN = frozenset({"inputData", "knowledgeSource", "textAnnotation", "association", "group"})
"""What a drawing of decisions shows beside them; a decision reads the variables of the case."""
_KNOWN = {
    "definitions": _kind("name namespace expressionLanguage typeLanguage exporter exporterVersion", several="decision"),
    "decision": _kind(
        "name",
        once="question allowedAnswers variable decisionTable",
        several="informationRequirement authorityRequirement",
    ),
    "question": _TEXT,
    "allowedAnswers": _TEXT,
    "variable": _kind("name typeRef"),
    "informationRequirement": _kind(once="requiredInput"),
    "authorityRequirement": _kind(once="requiredInput requiredAuthority"),
    "requiredInput": _kind("href"),
    "requiredAuthority": _kind("href"),
    "decisionTable": _kind(
        "typeRef hitPolicy aggregation preferredOrientation outputLabel", several="input output annotation rule"
    ),
    "input": _kind(once="inputExpression inputValues"),
    "inputExpression": _EXPRESSION,
    "inputValues": _EXPRESSION,
    "output": _kind("name typeRef", once="outputValues defaultOutputEntry"),
    "outputValues": _EXPRESSION,
    "defaultOutputEntry": _EXPRESSION,
    "annotation": _kind("name"),
    "rule": _kind(several="inputEntry outputEntry annotationEntry"),
    "inputEntry": _EXPRESSION,
    "outputEntry": _EXPRESSION,
    "annotationEntry": _kind(once="text"),
    "text": _TEXT,
    "description": _TEXT,
    "extensionElements": _TEXT,
}
_INSTEAD = {
    "requiredDecision": "no decision is made before this one; draw a business rule task for it",
    "knowledgeRequirement": "write the expression in the table",
    "literalExpression": "write a script task",
}
_LANGUAGES = ("", "cel")


def faults(document: str, root: etree._Element) -> Iterator[Fault]:
    """What a document has that is not carried out, and what it states twice."""
    yield from _of_element(document, root, etree.QName(root).namespace)


def _of_element(document: str, element: etree._Element, dmn: str | None) -> Iterator[Fault]:
    name, where = local(element), _where(element)
    known = _KNOWN[name]
    for attribute, value in element.attrib.items():
        if str(attribute).startswith("{"):
            if element.getparent() is not None and not _is_drawing(str(attribute)):
                yield Fault(document, where, "unsupported", f"the attribute {attribute!s} is another engine's")
        elif attribute not in known.attributes:
            yield Fault(document, where, "unsupported", f"the attribute {attribute!s} of {name} is not supported")
        elif attribute == "expressionLanguage" and str(value).strip().lower() not in _LANGUAGES:
            yield Fault(document, where, "unsupported", f"it is in {value!s}; only CEL is evaluated")
    if name in ("inputValues", "outputValues") and "".join(map(str, element.itertext())).strip():
        text = f"the allowed values ({name}) are not checked; leave them out"
        yield Fault(document, where, "unsupported", text)
    if name == "variable":
        yield from _of_result(document, element)
    seen = set[str]()
    for each in element:
        if not isinstance(each.tag, str) or _is_drawing(each.tag):
            continue
        child, at = local(each), _where(each)
        if etree.QName(each).namespace != dmn:
            yield Fault(document, at, "unsupported", f"the extension {each.tag} is another engine's")
        elif name == "definitions" and child in _DRAWN:
            continue
        elif child not in known.once | known.several:
            instead = f": {_INSTEAD[child]}" if child in _INSTEAD else ""
            yield Fault(document, at, "unsupported", f"{child} in {name} is not supported{instead}")
        elif child in known.once and child in seen:
            yield Fault(document, at, "unsupported", f"{child} stands twice in {name}")
        else:
            yield from _of_element(document, each, dmn)
        seen.add(child)


def _of_result(document: str, variable: etree._Element) -> Iterator[Fault]:
    """A decision's variable has its name (DMN 6.3.7); the values of a table go to the variables of its outputs."""
    decision = variable.getparent()
    if decision is None:
        return
    outputs = {each.get("name") for each in decision.iter() if isinstance(each.tag, str) and local(each) == "output"}
    name = variable.get("name")
    if name not in {None, decision.get("name"), *outputs}:
        text = f"the variable {name!r} is not set; the outputs of the table name the variables"
        yield Fault(document, _where(variable), "unsupported", text)


def _is_drawing(tag: str) -> bool:
    """Whether it is of the drawing: DMN's own (DMNDI), or the widths and places that dmn-js keeps (biodi)."""
    namespace = tag[1:].partition("}")[0] if tag.startswith("{") else ""
    return "/DMNDI/" in namespace or namespace.startswith("http://bpmn.io/schema/dmn/biodi/")


def _where(element: etree._Element) -> str:
    return element.get("id") or f"line {element.sourceline}"
