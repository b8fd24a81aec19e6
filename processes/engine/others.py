"""What other tools write into a diagram: told once for each kind, with the first element that has it, and what to do.

Extension elements of our own are checked here, too: their names, places and attributes.
"""

from collections.abc import Collection, Iterator

from lxml import etree

from processes.engine import extensions
from processes.engine.errors import Fault
from processes.engine.extensions import BPMN
from processes.engine.names import is_name
from protocols.xml import local

_XSI_TYPE = "{http://www.w3.org/2001/XMLSchema-instance}type"
_OF_DRAWINGS = frozenset({
    "http://www.signavio.com", "http://www.signavio.com/", "http://bpmn.sourceforge.net",
    "http://www.w4.eu/spec/BPMN/20110930/GRAPH", "http://www.omg.org/spec/BPMN/non-normative/extensions/i18n/1.0",
})  # fmt: skip
"""Extensions by which a modeller keeps how it draws an element, or what it is called in other languages: they say
nothing of what is done."""
_SEVERAL = frozenset({"data", "argument", "starter", "trigger"})
_EXPRESSIONS = (
    "conditionExpression", "loopCardinality", "completionCondition", "timeDate", "timeDuration", "timeCycle",
)  # fmt: skip
LANGUAGE = "cel"
_UNSTATED = ("", LANGUAGE, "http://www.w3.org/1999/xpath")
"""Of a whole document; XPath is BPMN's default, which modellers write without anybody's having chosen it."""


def faults(document: str, root: etree._Element, drawn_only: Collection[etree._Element]) -> Iterator[Fault]:
    """``drawn_only``: elements that mean nothing to a case; what they have is not looked at."""
    drawn = set(drawn_only)
    elements = [each for each in root.iter(f"{{{BPMN}}}*") if each not in drawn]
    foreign: dict[str, list[str]] = {}
    for element in elements:
        for name in element.attrib if element is not root else ():
            if str(name).startswith("{") and name != _XSI_TYPE and _namespace(str(name)) not in _OF_DRAWINGS:
                foreign.setdefault(f"the attribute {name!s}", []).append(_where(element))
        for each in extensions.of(element):
            if each.tag.startswith(f"{{{extensions.namespace()}}}"):
                yield from (Fault(document, _where(element), *fault) for fault in _of_ours(element, each))
            elif _namespace(each.tag) not in _OF_DRAWINGS:
                foreign.setdefault(f"the extension {each.tag}", []).append(_where(element))
        yield from (Fault(document, _where(element), *fault) for fault in _language(element))
    for what, places in foreign.items():
        others = list(dict.fromkeys(each for each in places if each != places[0]))
        more = f", here and in {', '.join(others[:5])}" if others else ""
        more += f" and {len(others) - 5} more" if len(others) > 5 else ""
        yield Fault(document, places[0], "unsupported", f"{what} is another engine's; leave it out{more}")
    stated = root.get("expressionLanguage", "").strip()
    if stated.lower() not in _UNSTATED and any(each.get("language") is None for each in _expressions(elements)):
        text = f"the expressions of the document are in {stated} (expressionLanguage), not in CEL"
        yield Fault(
            document, _where(root), "expression", f"{text}; write them in CEL, and leave expressionLanguage out"
        )


def _expressions(elements: Collection[etree._Element]) -> Iterator[etree._Element]:
    for element in elements:
        if local(element) in _EXPRESSIONS and "".join(map(str, element.itertext())).strip():
            yield element


def _language(element: etree._Element) -> Iterator[tuple[str, str]]:
    if local(element) in _EXPRESSIONS and element.get("language", LANGUAGE).strip().lower() != LANGUAGE:
        what = "condition" if local(element) == "conditionExpression" else local(element)
        yield "expression", f"the {what} is in {element.get('language')}, not in CEL"


def _of_ours(home: etree._Element, element: etree._Element) -> Iterator[tuple[str, str]]:
    name, known = local(element), extensions.attributes()
    if name not in known:
        yield "unknown_extension", f"{name} is not known; allowed: {', '.join(sorted(known))}"
    elif local(home) not in extensions.homes()[name]:
        homes = ", ".join(sorted(extensions.homes()[name]))
        yield "misplaced_extension", f"{name} stands in {homes}, not in {local(home)}"
    else:
        for attribute in element.attrib:
            if attribute not in known[name]:
                allowed = ", ".join(sorted(known[name])) or "none"
                yield "unknown_extension", f"{name} has no {attribute!s}; it has: {allowed}"
        if name == "data" and not is_name(element.get("name", "").strip()):
            yield "no_name", f"{element.get('name', '')!r} does not name a variable"
    if name not in _SEVERAL and extensions.ours(home, name)[0] is not element:
        yield "unknown_extension", f"{name} is stated twice"


def _namespace(name: str) -> str:
    return str(etree.QName(name).namespace)


def _where(element: etree._Element) -> str:
    """The id of the element, or of what it is a part of: nobody counts lines in a modeller."""
    within: etree._Element | None = element
    while within is not None and not within.get("id"):
        within = within.getparent()
    return within.get("id", "") if within is not None else f"line {element.sourceline}"
