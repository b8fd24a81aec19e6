"""The file's XML as records, one after the other, in bounded memory (opus.md §1, §2, §3).

Each element is dropped after use. ``protocols/xml.py`` defines which XML is refused altogether.
"""

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any

import orjson
from lxml import etree

from importers.opus.errors import IncompleteFile
from importers.source import SourceError
from protocols import xml

# fmt: off
UNIT_FIELDS = frozenset({
    "startDate", "endDate", "parentOrgUnit", "shortName", "longName", "street", "addressSupplement", "zipCode", "city",
    "phoneNumber", "cvrNr", "eanNr", "seNr", "pNr", "costCenter", "orgType", "orgTypeTxt",
})
EMPLOYEE_FIELDS = frozenset({
    "entryDate", "leaveDate", "cpr", "firstName", "lastName", "address", "addressSupplement", "postalCode", "city",
    "country", "workPhone", "workContract", "workContractText", "positionId", "position", "positionShort",
    "invoiceRecipient", "invoiceLevel1", "invoiceLevel1Text", "invoiceLevel2", "invoiceLevel2Text", "productionNumber",
    "isManager", "superiorLevel", "subordinateLevel", "orgUnit", "email", "userId", "payGradeText", "numerator",
    "denominator", "initialEntry", "entryIntoGroup",
})
FUNCTION_FIELDS = frozenset({
    "artId", "startDate", "endDate", "orgDaekning", "artText", "members", "roleId", "roleText",
})
# fmt: on
WITH_ATTRIBUTES = frozenset({"cpr", "address"})
FIELDS = {"orgUnit": UNIT_FIELDS, "employee": EMPLOYEE_FIELDS, "function": FUNCTION_FIELDS}


@dataclass(slots=True)
class Element:
    """An ``orgUnit``, ``employee`` or ``function``.

    ``attributes`` and ``texts`` are trimmed, and omit empty ones. A text of an element within a child is called
    ``child/inner``. ``more``: attributes of child elements, such as ``cpr/suppId``. ``repeated``: children that occur
    twice with different texts.
    """

    name: str
    attributes: dict[str, str]
    texts: dict[str, str]
    more: dict[str, str] = field(default_factory=dict)
    functions: list["Element"] = field(default_factory=list)
    repeated: tuple[str, ...] = ()

    def __getitem__(self, name: str) -> str:
        """The text of a child element; empty if there is none."""
        return self.texts.get(name, "")

    def either(self, name: str) -> str:
        """An attribute or a child element with that name: the documents differ on functions."""
        return self.attributes.get(name) or self.texts.get(name, "")

    def packed(self) -> bytes:
        """Everything except ``lastChanged``: a repeated record gives the same bytes, and ``unpacked`` reverses it."""
        return orjson.dumps(self._form())

    @classmethod
    def unpacked(cls, packed: bytes) -> "Element":
        """What ``packed`` has packed."""
        return cls._of_form(*orjson.loads(packed))

    def _form(self) -> tuple[Any, ...]:
        attributes = {name: text for name, text in self.attributes.items() if name != "lastChanged"}
        functions = [each._form() for each in self.functions]
        return self.name, attributes, self.texts, self.more, functions, self.repeated

    @classmethod
    def _of_form(
        cls,
        name: str,
        attributes: dict[str, str],
        texts: dict[str, str],
        more: dict[str, str],
        functions: list[Any],
        repeated: list[str],
    ) -> "Element":
        return cls(name, attributes, texts, more, [cls._of_form(*each) for each in functions], tuple(repeated))


def elements(path: Path, *names: str, others: Counter[str] | None = None) -> Iterator[Element]:
    """The file's elements of these names (orgUnit, employee) in file order.

    ``others`` counts the elements beside them that the format does not have. Raises IncompleteFile if the file is not
    well-formed to its end.
    """
    with path.open("rb") as opened:
        yield from elements_of(opened, path.name, *names, others=others)


def elements_of(opened: IO[bytes], called: str, *names: str, others: Counter[str] | None = None) -> Iterator[Element]:
    """The same for an opened file, or a substitute for one. ``called``: its name, for errors."""
    rooted = False
    try:
        for _, element in xml.stream(opened, tags=("orgUnit", "employee", "kmd")):
            if element.tag == "kmd":
                _check_root(element)
                _count(others, list(element))
                rooted = True
                continue
            parent = element.getparent()
            if parent is None or parent.getparent() is not None:
                continue  # an employee's orgUnit, which names a unit
            if element.tag in names:
                yield of_xml(element)
            _count(others, element.itersiblings(preceding=True))
            xml.drop(element)
    except xml.BadXml as bad:
        if bad.rule == "not_well_formed":
            raise IncompleteFile(f"{called} is cut off or damaged: {bad}; not applied") from bad
        raise SourceError(f"{called} is refused: {bad}") from bad
    if not rooted:
        raise IncompleteFile(f"{called} is not a file from Opus: its root is not kmd")


class Spool:
    """Packed employees of a file, set aside so that the few changed ones can be read again.

    It lives as long as the file's temporary folder.
    """

    def __init__(self, path: Path) -> None:
        self._writer = path.open("wb", buffering=1 << 20)
        self._reader = path.open("rb")
        self._end = 0

    def keep(self, packed: bytes) -> tuple[int, int]:
        """Its place: offset and length."""
        place = self._end, len(packed)
        self._writer.write(packed)
        self._end += len(packed)
        return place

    def element(self, place: tuple[int, int]) -> Element:
        self._writer.flush()
        offset, length = place
        self._reader.seek(offset)
        return Element.unpacked(self._reader.read(length))

    def close(self) -> None:
        self._writer.close()
        self._reader.close()


def check_end(path: Path) -> None:
    """Raises IncompleteFile unless the text ends with ``</kmd>``."""
    with path.open("rb") as opened:
        opened.seek(max(0, path.stat().st_size - 64))
        if not opened.read().rstrip().endswith(b"</kmd>"):
            raise IncompleteFile(f"{path.name} does not end with </kmd>: it is cut off or still being written")


def _count(others: Counter[str] | None, found: Iterable[etree._Element]) -> None:
    if others is not None:
        for each in found:
            if each.tag not in ("orgUnit", "employee"):
                others[str(each.tag)] += 1


def _check_root(root: etree._Element) -> None:
    if root.getparent() is not None:
        raise IncompleteFile("the element kmd is not the root of the file")


def of_xml(element: etree._Element) -> Element:
    """A parsed element as a record."""
    attributes = {str(name): text for name, value in element.items() if (text := str(value).strip())}
    texts: dict[str, str] = {}
    more: dict[str, str] = {}
    functions: list[Element] = []
    repeated: list[str] = []
    for child in element:
        name = child.tag
        if name == "function":
            functions.append(of_xml(child))
            continue
        if (told := child.text) and (text := told.strip()) and texts.setdefault(name, text) != text:
            repeated.append(name)
        if len(child):
            texts.update((f"{name}/{inner.tag}", (inner.text or "").strip()) for inner in child)
        if name in WITH_ATTRIBUTES:
            more.update((f"{name}/{attribute!s}", str(value).strip()) for attribute, value in child.items())
    return Element(str(element.tag), attributes, texts, more, functions, tuple(repeated))
