"""A release in KLE Online's forms, from rows (kle.md §3, §4)."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date

from lxml import etree

LISTS = {
    "Hovedgruppe": ("KLE-Hovedgrupper", "http://www.kle-online.dk/rest/resources/hovedgruppe/liste"),
    "Gruppe": ("KLE-Grupper", "http://www.kle-online.dk/rest/resources/gruppe/liste"),
    "Emne": ("KLE-Emner", "http://www.kle-online.dk/rest/resources/emne/liste"),
}
COMMON = "http://www.kle-online.dk/rest/resources/emneplan"
_LEVELS = ("Hovedgruppe", "Gruppe", "Emne")


@dataclass(frozen=True, slots=True)
class Row:
    """An entry. ``moved``: the end is a move, to ``successors`` (numbers) or without a successor."""

    number: str
    title: str
    uuid: str
    created: date = date(1988, 1, 1)
    changed: date | None = None
    ended: date | None = None
    moved: bool = False
    successors: tuple[str, ...] = ()

    @property
    def element(self) -> str:
        return element_of(self.number)


def element_of(number: str) -> str:
    """The element of an entry with this number."""
    if number[0].isdigit():
        return _LEVELS[number.count(".")]
    return "HandlingsfacetKategori" if len(number) == 1 else "Handlingsfacet"


@dataclass(frozen=True, slots=True)
class Release:
    """Everything that is published on a day. Ended entries are in it."""

    published: date
    rows: tuple[Row, ...] = field(default=())

    def plan(self, *, reversed_order: bool = False) -> etree._Element:
        """``KLE-Emneplan``."""
        root = etree.Element("KLE-Emneplan")
        _add(root, "UdgivelsesDato", str(self.published))
        for top in self._of("Hovedgruppe", "", reversed_order):
            main = _entry(root, top)
            for row in self._of("Gruppe", top.number, reversed_order):
                group = _entry(main, row)
                for subject in self._of("Emne", row.number, reversed_order):
                    _entry(group, subject)
        return root

    def facets(self, *, reversed_order: bool = False) -> etree._Element:
        """``KLE-Handlingsfacetter``: its schema is not public."""
        root = etree.Element("KLE-Handlingsfacetter")
        _add(root, "UdgivelsesDato", str(self.published))
        for category in self._of("HandlingsfacetKategori", "", reversed_order):
            above = _entry(root, category)
            for row in self._of("Handlingsfacet", category.number, reversed_order):
                _entry(above, row)
        return root

    def listed(self, element: str, *, uuids: bool = True) -> etree._Element:
        """One of the lists without dates; the one of main groups has no UUIDs."""
        name, namespace = LISTS[element]
        root = etree.Element(etree.QName(namespace, name), nsmap={"l": namespace, None: COMMON})  # type: ignore[dict-item]
        for row in self.rows:
            if row.element != element:
                continue
            entry = etree.SubElement(root, etree.QName(namespace, element), ref=f"/{element.lower()}/{row.number}")
            _add(entry, etree.QName(COMMON, f"{element}Nr"), row.number)
            if uuids and element != "Hovedgruppe":
                _add(entry, etree.QName(COMMON, "UUID"), row.uuid)
            _add(entry, etree.QName(COMMON, f"{element}Titel"), row.title)
        return root

    def _of(self, element: str, above: str, reversed_order: bool) -> Iterator[Row]:
        rows: Iterable[Row] = reversed(self.rows) if reversed_order else self.rows
        return (row for row in rows if row.element == element and row.number.startswith(above))


def _entry(above: etree._Element, row: Row) -> etree._Element:
    name = row.element
    entry = etree.SubElement(above, name)
    _add(entry, f"{name}Nr", row.number)
    _add(entry, f"{name}Titel", row.title)
    if name == "Hovedgruppe":
        guidance = etree.SubElement(etree.SubElement(entry, f"{name}Vejledning"), "VejledningTekst")
        _add(guidance, "p", "Opdigtet.")
    info = etree.SubElement(entry, f"{name}AdministrativInfo")
    _add(info, "OprettetDato", str(row.created))
    if row.changed is not None:
        _add(info, "RettetDato", str(row.changed))
    if row.ended is not None:
        history = etree.SubElement(info, "Historisk")
        if row.moved:
            moved = etree.SubElement(history, "Flyttet")
            _add(moved, "FlyttetDato", str(row.ended))
            for each in row.successors:
                _add(etree.SubElement(moved, "AfloestAf"), f"{element_of(each)}Nr", each)
        else:
            _add(history, "UdgaaetDato", str(row.ended))
    if name in _LEVELS:
        keyword = etree.SubElement(entry, f"{name}Stikord")
        _add(keyword, "Orden", "1")
        _add(keyword, "Tekst", row.title)
    _add(entry, "UUID", row.uuid)
    return entry


def _add(above: etree._Element, name: str | etree.QName, text: str) -> None:
    etree.SubElement(above, name).text = text
