"""Safe parsing of external XML: the one place that defines which XML is refused altogether.

Refused are a document type declaration (and with it every entity of its own, internal or external), text that is cut
off or not well-formed, a prefix that nothing declares, more than 256 levels (libxml2's limit), and more bytes than the
caller allows (required if a document is kept as a tree, like the number of elements: a small one may contain millions).
Nothing outside the document is fetched.
"""

import io
from collections.abc import Iterator, Sequence
from functools import cache
from typing import IO, Any, Literal

from lxml import etree

Event = Literal["start", "end"]
Rule = Literal["document_type", "not_well_formed", "too_large"]
MOST_ELEMENTS = (
    1_000_000  # elements of a document that is kept as a tree; KL's whole classification has some hundred thousand
)


class BadXml(ValueError):
    """A refused document. ``rule`` is for code; the text never quotes the content."""

    def __init__(self, rule: Rule, text: str, line: int | None = None) -> None:
        super().__init__(text if line is None else f"{text} (line {line})")
        self.rule = rule
        self.line = line


def tree(content: bytes, largest: int, most: int = MOST_ELEMENTS) -> etree._Element:
    """The root of a document of at most ``largest`` bytes and ``most`` elements. Raises BadXml."""
    if len(content) > largest:
        raise BadXml("too_large", f"it has {len(content)} bytes; {largest} are allowed")
    elements = stream(io.BytesIO(content), ("start",))
    _, root = next(elements)
    for number, _ in enumerate(elements, start=2):  # to its end: every element is checked
        if number > most:
            raise BadXml("too_large", f"it has more than {most} elements")
    return root


def small(content: bytes) -> etree._Element:
    """The root of a document of a few thousand bytes, as ``tree``, without the cost of a stream of elements. Undeclared
    prefixes are not detected. Raises BadXml."""
    try:
        root = etree.fromstring(content, _small())
    except etree.XMLSyntaxError as wrong:
        text = f"it is not well-formed XML, or was cut off: {wrong.msg}"
        raise BadXml("not_well_formed", text, wrong.lineno) from wrong
    _check_document(root)
    return root


def check_start(opened: IO[bytes]) -> None:
    """Check the beginning of a document for a document type declaration, or for something other than XML. Raises
    BadXml."""
    next(stream(opened, ("start",)))


def stream(
    opened: IO[bytes],
    events: Sequence[Event] = ("end",),
    tags: Sequence[str] | None = None,
    largest: int | None = None,
) -> Iterator[tuple[Event, etree._Element]]:
    """Elements as they begin or end, in bounded memory as long as the caller frees the used ones.

    With ``tags`` only those; of at most ``largest`` bytes, unless the caller counts them already. Raises BadXml, at the
    latest at the end of the document.
    """
    checked = False
    source = opened if largest is None else _Counted(opened, largest)
    try:
        for event, element in etree.iterparse(source, events=tuple(events), tag=tags, **_safe()):
            if not checked:
                _check_document(element)
                checked = True
            _check_prefix(element)
            yield event, element
    except etree.XMLSyntaxError as wrong:
        text = f"it is not well-formed XML, or was cut off: {wrong.msg}"
        raise BadXml("not_well_formed", text, wrong.lineno) from wrong


def drop(element: etree._Element) -> None:
    """Free a streamed element that was used, and everything before it in its parent."""
    parent = element.getparent()
    element.clear()
    while parent is not None and element.getprevious() is not None:
        del parent[0]


def local(element: etree._Element) -> str:
    """The element's name without its namespace."""
    return str(element.tag).rpartition("}")[2]


def add(
    parent: etree._Element, namespace: str, name: str, text: str | None = None, **attributes: str
) -> etree._Element:
    """A new child of ``parent``."""
    made = etree.SubElement(parent, f"{{{namespace}}}{name}", attributes)
    if text is not None:
        made.text = text
    return made


class _Counted(io.RawIOBase):
    """Passes on the bytes that it reads, up to a limit."""

    def __init__(self, opened: IO[bytes], largest: int) -> None:
        self._opened = opened
        self._largest = largest
        self._passed = 0

    def read(self, size: int = -1) -> bytes:
        passed = self._opened.read(size)
        self._passed += len(passed)
        if self._passed > self._largest:
            raise BadXml("too_large", f"it has more than {self._largest} bytes")
        return passed


def _safe() -> dict[str, Any]:
    return {
        "resolve_entities": False,
        "load_dtd": False,
        "no_network": True,
        "huge_tree": False,
        "remove_comments": True,
        "remove_pis": True,
    }


@cache
def _small() -> etree.XMLParser:
    return etree.XMLParser(**_safe())


def _check_document(element: etree._Element) -> None:
    if element.getroottree().docinfo.internalDTD is not None:
        raise BadXml("document_type", "it has a document type declaration, or entities of its own")


def _check_prefix(element: etree._Element) -> None:
    if ":" in element.tag and ":" in (name := local(element)):  # libxml2 reports it, and leaves the name unchanged
        raise BadXml("not_well_formed", f"nothing declares the prefix of {name}")
