"""Reads KLE's XML: the whole plan, the facets, and the lists without dates (kle.md §3, §4; §2 A, B).

Elements are recognised by their local names, in any namespace; unknown ones are ignored (pitfall 12).
"""

from collections.abc import Iterator
from datetime import date

from lxml import etree

from graph.statements.statement import Problem
from graph.time import written_day
from importers.kle.entries import DATES, FULL, KIND_OF_ELEMENT, Entry, Kind, Raw, Release, Untaken
from importers.kle.errors import Unreadable
from protocols.xml import BadXml, local, tree

_PLAN: frozenset[Kind] = frozenset({"KleNode"})
_FACETS: frozenset[Kind] = frozenset({"KleFacetCategory", "KleFacet"})
_NUMBERS = tuple(f"{element}Nr" for element in KIND_OF_ELEMENT)
LISTS = ("KLE-Hovedgrupper", "KLE-Grupper", "KLE-Emner")


def release(content: bytes, label: str, largest: int) -> Release:
    """The content of a document. Raises Unreadable: rejected XML, another document, no or an invalid publishing
    date."""
    root = _root(content, label, largest)
    name = local(root)
    if name in ("KLE-Emneplan", "KLE-Handlingsfacetter"):
        published = _published(root, label)
        plan = name == "KLE-Emneplan"
        made = Release(label, "plan" if plan else "facets", published, _PLAN if plan else _FACETS, FULL)
    elif name in LISTS:
        made = Release(label, "plan", None, frozenset(), frozenset())
    else:
        raise Unreadable(f"{label} is not a release of KLE: its root is {name[:60]}")
    for element in _entries(root):
        if (twice := _told_twice(element)) is not None:
            made.problems.append(twice)
            made.untaken += _may_be(element)
        elif (entry := made.take(_raw(element))) is not None and (elsewhere := _elsewhere(element, entry)) is not None:
            made.problems.append(elsewhere)
    if not made.entries:
        raise Unreadable(f"{label} has no usable entry")
    return made


def lists(contents: dict[str, bytes], largest: int) -> Release:
    """The three lists as one release without a date. ``contents``: by label. Raises Unreadable."""
    found = [(label, release(content, label, largest)) for label, content in contents.items()]
    made = Release(", ".join(contents), "plan", None, _PLAN, frozenset({"kle_uuid"}))
    for _, each in found:
        if each.kinds:
            raise Unreadable(f"{each.label} is not a list")
        made.entries += each.entries
        made.problems += each.problems
        made.untaken += each.untaken
    return made


def _root(content: bytes, label: str, largest: int) -> etree._Element:
    try:
        return tree(content, largest)
    except BadXml as wrong:
        raise Unreadable(f"{label} is not taken: {wrong}") from wrong


def _published(root: etree._Element, label: str) -> date:
    text = _text(root, "UdgivelsesDato")
    try:
        return written_day(text[:10])
    except ValueError as wrong:
        raise Unreadable(f"{label} has no readable date of publishing (UdgivelsesDato): {text!r}") from wrong


def _entries(root: etree._Element) -> Iterator[etree._Element]:
    """Every entry, at any depth: its number says where it belongs."""
    for element in root.iter("*"):
        if local(element) in KIND_OF_ELEMENT:
            yield element


def _told_twice(element: etree._Element) -> Problem | None:
    """Two numbers, titles, UUIDs or ends of one entry: they are ambiguous."""
    name = local(element)
    known = {f"{name}Nr": "number", f"{name}Titel": "title", "UUID": "uuid", f"{name}AdministrativInfo": "info"}
    met = [local(each) for each in element.iterchildren("*")]
    for each, field in known.items():
        if met.count(each) > 1:
            number = _text(element, f"{name}Nr") or f"line {element.sourceline}"
            text = f"{number}: {each} occurs {met.count(each)} times"
            return Problem(KIND_OF_ELEMENT[name], number, field, "twice", text)
    return None


def _may_be(element: etree._Element) -> Iterator[Untaken]:
    """By each of its numbers and UUIDs."""
    for name in (f"{local(element)}Nr", "UUID"):
        for each in _children(element, name):
            yield Untaken.of(_own(each), "") if name != "UUID" else Untaken.of("", _own(each))


def _elsewhere(element: etree._Element, entry: Entry) -> Problem | None:
    """A notice of an entry inside another group's element: it belongs where its number says."""
    above = element.getparent()
    if above is None or local(above) not in KIND_OF_ELEMENT or entry.parent is None:
        return None
    number = _text(above, f"{local(above)}Nr")
    if number == entry.parent[1]:
        return None
    where = number or "an entry without a number"
    text = f"{entry.number}: it is inside {where}; according to its number it belongs to {entry.parent[1]}"
    return Problem(entry.kind, entry.number, "parent", "stands_elsewhere", text, "notice")


def _raw(element: etree._Element) -> Raw:
    name = local(element)
    info = _child(element, f"{name}AdministrativInfo")
    if info is None:
        info = _child(element, "KLEAdministrativInfo")
    history = _child(info, "Historisk")
    moved = _child(history, "Flyttet")
    uuid = _child(element, "UUID")
    entry = {
        DATES: info,
        "changed": info,
        "preservation": _child(element, "BevaringJaevnfoerArkivloven"),
        "deletion_after": _child(element, "SletningJaevnfoerPersondataloven"),
    }
    return Raw(
        element=name,
        number=_text(element, f"{name}Nr"),
        title=_text(element, f"{name}Titel"),
        uuid=_own(uuid),
        has_uuid=uuid is not None,
        created=_text(info, "OprettetDato"),
        changed=[_own(each) for each in _children(info, "RettetDato")],
        ended=_text(history, "UdgaaetDato") or _text(moved, "FlyttetDato"),
        moved=moved is not None,
        successors=tuple(_successors(moved)),
        preservation=_text(element, "BevaringJaevnfoerArkivloven"),
        deletion_after=_text(element, "SletningJaevnfoerPersondataloven"),
        where=f"line {element.sourceline}",
        unmentioned=tuple(sorted(name for name, each in entry.items() if each is None)),
    )


def _successors(moved: etree._Element | None) -> Iterator[str]:
    for after in _children(moved, "AfloestAf"):
        for each in after.iterchildren("*"):
            if local(each) in _NUMBERS and _own(each):
                yield _own(each)


def _children(element: etree._Element | None, name: str) -> Iterator[etree._Element]:
    if element is not None:
        yield from (each for each in element.iterchildren("*") if local(each) == name)


def _child(element: etree._Element | None, name: str) -> etree._Element | None:
    return next(_children(element, name), None)


def _text(element: etree._Element | None, name: str) -> str:
    return _own(_child(element, name))


def _own(element: etree._Element | None) -> str:
    return "" if element is None or element.text is None else element.text.strip()
