"""SOAP messages: envelope, HTTP headers, body, fault."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from lxml import etree

from protocols.soap.errors import NotSoap

Version = Literal["1.1", "1.2"]
NAMESPACES: Mapping[Version, str] = {
    "1.1": "http://schemas.xmlsoap.org/soap/envelope/",
    "1.2": "http://www.w3.org/2003/05/soap-envelope",
}


@dataclass(frozen=True, slots=True)
class Envelope:
    """A new message; ``root`` contains ``header`` and then the body with its one element."""

    root: etree._Element
    header: etree._Element

    @classmethod
    def around(cls, content: etree._Element, version: Version, prefixes: Mapping[str, str] | None = None) -> "Envelope":
        """``prefixes``: prefix → namespace, declared at the root, so that signed parts keep them in one place."""
        soap = NAMESPACES[version]
        root = etree.Element(etree.QName(soap, "Envelope"), nsmap={"s": soap, **(prefixes or {})})
        header = etree.SubElement(root, etree.QName(soap, "Header"))
        etree.SubElement(root, etree.QName(soap, "Body")).append(content)
        return cls(root, header)


def http_headers(action: str, version: Version) -> dict[str, str]:
    """Content type and SOAP action (may be empty)."""
    if version == "1.1":
        return {"Content-Type": "text/xml; charset=utf-8", "SOAPAction": f'"{action}"'}
    return {"Content-Type": f'application/soap+xml; charset=utf-8; action="{action}"'}


def serialized(message: etree._Element) -> bytes:
    """The message in UTF-8."""
    return etree.tostring(message, xml_declaration=True, encoding="UTF-8")


def body(message: etree._Element, version: Version) -> etree._Element:
    """The one element in an envelope's body. Raises NotSoap."""
    soap = NAMESPACES[version]
    if message.tag != f"{{{soap}}}Envelope":
        raise NotSoap("the answer is not a SOAP envelope")
    found = message.find(f"{{{soap}}}Body")
    elements = [] if found is None else [each for each in found if isinstance(each.tag, str)]
    if len(elements) != 1:
        raise NotSoap("the SOAP body does not contain exactly one element")
    return elements[0]


def is_fault(element: etree._Element) -> bool:
    """Whether the element of a body is a fault, in either version."""
    return element.tag in {f"{{{soap}}}Fault" for soap in NAMESPACES.values()}


@dataclass(frozen=True, slots=True)
class Fault:
    """A fault with the service's own texts: they may quote the request, so the caller must clean them before it shows
    them. ``code``: ``faultcode`` (1.1) or ``Code/Value`` (1.2); ``text``: ``faultstring`` or ``Reason/Text``. Both are
    empty if the service sends none. ``element``: the whole fault, for its detail."""

    code: str
    text: str
    element: etree._Element = field(repr=False)

    @classmethod
    def of(cls, element: etree._Element) -> "Fault":
        """Faults come with and without namespaces, so elements are recognised by their local names."""
        return cls(_first(element, ("faultcode", "Value")), _first(element, ("faultstring", "Text")), element)


def _first(element: etree._Element, names: tuple[str, ...]) -> str:
    for each in element.iter("*"):
        if etree.QName(each).localname in names and (found := " ".join("".join(map(str, each.itertext())).split())):
            return found
    return ""
