"""Cuts a file into its employees without parsing it, so that bytes that were read before need no second reading.

The cut is only made if it is certainly right. An employee reaches from ``<employee`` to the next ``</employee>``, and
the pieces are the document if

- the part before the first employee is well-formed with ``</kmd>`` after it, in UTF-8, without namespace or DTD;
- each piece is a well-formed document of its own, without comments, CDATA sections or namespaces; and
- there are only blanks between the pieces, and only ``</kmd>`` after the last one.

Anything else is in doubt, and the whole file is read by ``reader.elements``.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from lxml import etree

from importers.opus import fields
from importers.opus.errors import InDoubt
from importers.opus.reader import Element, of_xml
from protocols import xml

BLOCK = 1 << 20
LARGEST = 1 << 16
"""Bytes of an employee. A larger one is not an employee as payroll writes it."""
LARGEST_HEAD = 1 << 28
"""Bytes of all units; those of a million employments have an eighth of that."""

_OPENING = re.compile(rb"<employee(?=[ \t\r\n/>])")
_CLOSING = b"</employee>"
_BEGIN = re.compile(
    rb"""(?:<\?xml\ version=["']1\.0["'](?:\ +encoding=["'](?i:utf-8)["'])?[ ]*\?>)?[ \t\r\n]*<kmd[ \t\r\n]*>""",
    re.VERBOSE,
)
_END = re.compile(rb"[ \t\r\n]*</kmd[ \t\r\n]*>[ \t\r\n]*")
_BLANKS = re.compile(rb"[ \t\r\n]*")
_EMPTY = re.compile(rb"<employee(?:[ \t\r\n]+[A-Za-z]+=\"[^\"<>&]*\")*[ \t\r\n]*/>")
_LEFT = re.compile(rb'<employee id="([0-9]+)" client="([0-9]+)" action="leave" ?/>')
_PREFIX = re.compile(rb"</?[^<>\s/:]*:|\s[^<>\s=\"':]+:[^<>\s=\"':]+\s*=\s*[\"']")


@dataclass(slots=True)
class Piece:
    """One employee's bytes and their place. ``left``: (client, number) of a stub as payroll writes it."""

    offset: int
    content: bytes
    left: tuple[str, str] | None = None


class Pieces:
    """A file's head, and its employees one after the other. Raises InDoubt when it is opened, or while it is read."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._opened = path.open("rb")
        try:
            self.head = self._head()
        except BaseException:
            self._opened.close()
            raise
        self._begin = len(self.head)

    def close(self) -> None:
        self._opened.close()

    def closed_head(self) -> bytes:
        """The part before the first employee, as a document."""
        return self.head + b"</kmd>"

    def element(self, place: tuple[int, int]) -> Element:
        """The employee at offset and length, read again."""
        offset, length = place
        self._opened.seek(offset)
        return parsed(self._opened.read(length))

    def _head(self) -> bytes:
        found = b""
        while block := self._opened.read(BLOCK):
            searched = max(0, len(found) - len(_CLOSING))
            found += block
            if first := _OPENING.search(found, searched):
                head = found[: first.start()]
                begin = _BEGIN.match(head)
                if begin is None or _is_odd(head[begin.end() :]):
                    break
                return head
            if len(found) > LARGEST_HEAD:
                break
        raise InDoubt

    def __iter__(self) -> Iterator[Piece]:
        with self._path.open("rb") as opened:
            yield from self._pieces(opened)

    def _pieces(self, opened: BinaryIO) -> Iterator[Piece]:
        opened.seek(self._begin)
        offset, rest = self._begin, b""
        while block := opened.read(BLOCK):
            *whole, rest = (rest + block).split(_CLOSING)
            for each in whole:
                place = 0
                while isinstance(found := _stub(each, offset, place), Piece):
                    yield found
                    place = found.offset - offset + len(found.content)
                if not _OPENING.match(each, found) or len(each) - found > LARGEST:
                    raise InDoubt
                yield Piece(offset + found, each[found:] + _CLOSING)
                offset += len(each) + len(_CLOSING)
            place = 0
            while isinstance(found := _stub(rest, offset, place), Piece):
                yield found
                place = found.offset - offset + len(found.content)
            rest, offset = rest[place:], offset + place
            if len(rest) > LARGEST + BLOCK:
                raise InDoubt
        if not _END.fullmatch(rest):
            raise InDoubt


def _stub(content: bytes, offset: int, place: int) -> Piece | int:
    """The next empty employee, or where something else begins."""
    blanks = _BLANKS.match(content, place)
    begin = blanks.end() if blanks else place
    found = _EMPTY.match(content, begin)
    if found is None:
        return begin
    left = _LEFT.fullmatch(found[0])
    return Piece(offset + begin, found[0], (left[2].decode(), left[1].decode()) if left else None)


def parsed(content: bytes) -> Element:
    """An employee's bytes, as the reader of the whole file would interpret them. Raises InDoubt."""
    if _is_odd(content):
        raise InDoubt
    try:
        content.decode()  # libxml2 would continue in another encoding
        element = xml.small(content)
    except (xml.BadXml, UnicodeDecodeError) as bad:
        raise InDoubt from bad
    if element.tag != "employee" or _is_deep(element):
        raise InDoubt
    made = of_xml(element)
    made.texts["cpr"] = fields.identifier(made["cpr"])
    return made


def _is_odd(content: bytes) -> bool:
    """Whether there may be comments, CDATA sections, instructions, namespaces, or a second root."""
    odd = any(each in content for each in (b"<!", b"<?", b"<kmd", b"xmlns"))
    return odd or (b":" in content and _PREFIX.search(content) is not None)


def _is_deep(element: etree._Element) -> bool:
    return any(len(inner) for child in element if len(child) for inner in child)
