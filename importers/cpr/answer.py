"""The answer of PersonLookup (SF1520), reduced to the parts that REConnect uses (cpr.md §3).

Only the elements named here are read; relations, children, sex, civil status, citizenship and notes are not.
"""

import re
from collections.abc import Iterator
from datetime import date

from lxml import etree

from graph.statements.written_numbers import only_digits
from graph.time import written_day
from importers.cpr.elements import child, text
from importers.cpr.errors import UnreadableAnswer
from importers.cpr.numbers import is_askable
from importers.cpr.register_data import RegisteredAddress, RegisteredName, RegisteredPerson, RegisteredProtection
from protocols.xml import local

_TRUE, _FALSE = frozenset({"true", "1"}), frozenset({"false", "0"})
_DAY = re.compile(r"([0-9]{4}-[0-9]{2}-[0-9]{2})([TZ+-].*)?", re.DOTALL)
_DATED = "dato usikkerhedsmarkering"
# Every element that the parts below may contain, whether or not it is read.
_KNOWN = {
    "PersonLookupResponse": "persondata adresse relationer notater",
    "persondata": (
        "personnummer gaeldendePersonnummer navn foedselsdato foedselsregistreringsOplysninger startdato slutdato "
        "alder koen antalBoernUnder18 stilling status separation civilstand statsborgerskab umyndiggoerelse "
        "forsvindingsdato adressebeskyttelse vejviserbeskyttelse markedsfoeringsbeskyttelse tilmeldtNemsms "
        "tilmeldtDigitalpost"
    ),
    "navn": (
        "personadresseringsnavn fornavn mellemnavn efternavn fornavnMarkering mellemnavnMarkering efternavnMarkering "
        "navnestartdato"
    ),
    "navnestartdato": _DATED,
    "status": "status statusdato",
    "statusdato": _DATED,
    "adressebeskyttelse": "startdato slutdato beskyttet",
    "adresse": "aktuelAdresse udrejseoplysninger kontaktAdresse adresseHistorik",
}


def person(answer: etree._Element, asked: str, day: date, *, addresses: bool, guardianship: bool) -> RegisteredPerson:
    """The data of the person with the number ``asked``, on ``day``.

    Raises UnreadableAnswer if it is about another person or no person, contains an element twice, or has a number, a
    date or a mark that can't be read.
    """
    if etree.QName(answer).localname != "PersonLookupResponse":
        raise UnreadableAnswer("answer", "the answer is not one to PersonLookup")
    data = child(answer, "persondata")
    if data is None:
        raise UnreadableAnswer("persondata", "the answer contains nothing about the person")
    number, current = text(data, "personnummer"), text(data, "gaeldendePersonnummer")
    if asked not in (number, current):
        raise UnreadableAnswer("personnummer", "the answer is about another number than the request")
    if current is not None and not is_askable(current):
        raise UnreadableAnswer("gaeldendePersonnummer", "gaeldendePersonnummer is not a CPR number")
    status = child(data, "status")
    return RegisteredPerson(
        number=asked,
        current=current,
        name=_name(child(data, "navn")),
        status=None if status is None else _code(text(status, "status")),
        status_since=None if status is None else _sure_day(status, "statusdato"),
        protections=_protections(child(data, "adressebeskyttelse")),
        under_guardianship=_guardianship(child(data, "umyndiggoerelse"), day) if guardianship else None,
        address=_address(child(answer, "adresse")) if addresses else None,
        unread=frozenset(_unread(answer)),
    )


def _unread(element: etree._Element) -> Iterator[str]:
    """Names of unknown elements in the parts that are read."""
    if (known := _KNOWN.get(local(element))) is not None:
        for each in element.iterchildren("*"):
            if local(each) in known.split():
                yield from _unread(each)
            else:
                yield local(each)


def _name(name: etree._Element | None) -> RegisteredName | None:
    if name is None:
        return None
    first = text(name, "fornavn")  # a middle name alone is only half of the given names
    given = " ".join(filter(None, (first, text(name, "mellemnavn")))) if first else None
    marks = "".join(text(name, f"{part}Markering") or "" for part in ("fornavn", "mellemnavn", "efternavn"))
    return RegisteredName(
        given,
        text(name, "efternavn"),
        text(name, "personadresseringsnavn"),
        _sure_day(name, "navnestartdato"),
        marks,
    )


def _protections(protection: etree._Element | None) -> tuple[RegisteredProtection, ...] | None:
    if protection is None:
        return None
    told = RegisteredProtection(
        _day(protection, "startdato"), _day(protection, "slutdato"), _yes_no(protection, "beskyttet")
    )
    if told.start is not None and told.end is not None and told.end < told.start:
        raise UnreadableAnswer("adressebeskyttelse", "adressebeskyttelse ends before it begins")
    return None if told == RegisteredProtection() else (told,)


def _guardianship(element: etree._Element | None, day: date) -> bool | None:
    if element is None:
        return None
    marked = _yes_no(element, "umyndiggjort")
    if marked is not None:
        return marked
    start, end = _sure_day(element, "umyndiggoerelseStartdato"), _day(element, "umyndiggoerelseSlettedato")
    return (start is None or start <= day) and (end is None or day < end)


def _address(addresses: etree._Element | None) -> RegisteredAddress | None:
    if addresses is None:
        return None
    here = child(addresses, "aktuelAdresse")
    if here is None:
        abroad = child(addresses, "udrejseoplysninger") is not None
        return RegisteredAddress() if abroad else None
    told = RegisteredAddress(
        text(here, "standardadresse") or "",
        ", ".join(filter(None, (text(here, "conavn"), text(here, "lokalitet"), text(here, "bynavn")))),
        text(here, "postnummer") or "",
        text(here, "postdistrikt") or "",
    )
    return told if told.street and told.postal_code else None  # half an address would be mixed with the previous one


def _code(code: str | None) -> str | None:
    """The code: ``01`` and ``1`` are the same status (pitfall 2)."""
    return code.lstrip("0") or "0" if code and only_digits(code) else code


def _yes_no(element: etree._Element, name: str) -> bool | None:
    told = text(element, name)
    if told is None:
        return None
    if told not in _TRUE | _FALSE:
        raise UnreadableAnswer(name, f"{name} is neither true nor false")
    return told in _TRUE


def _day(element: etree._Element, name: str) -> date | None:
    return _read_day(text(element, name), name)


def _sure_day(element: etree._Element, name: str) -> date | None:
    """A date with a mark; None if the mark says that it is uncertain."""
    found = element.find(f"{{*}}{name}")
    if found is None or text(found, "usikkerhedsmarkering"):
        return None
    return _read_day(text(found, "dato"), name)


def _read_day(as_text: str | None, name: str) -> date | None:
    """The day of a date or a moment, as written (Danish time). 9999-12-31 means: no end."""
    if not as_text:
        return None
    written = _DAY.fullmatch(as_text)
    try:
        day = written_day(written[1]) if written else None
    except ValueError:
        day = None
    if day is None:
        raise UnreadableAnswer(name, f"{name} is not a date")
    return None if day == date.max else day
