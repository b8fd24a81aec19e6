"""The answer of PersonLookup (SF1520), read into what REConnect uses of it (formats/cpr.md §3).

Only the elements named here are looked at; relations, children, sex, civil status, citizenship and notes are not.
"""

from datetime import date

from lxml import etree

from importers.cpr.errors import UnreadableAnswer
from importers.cpr.told import AddressTold, NameTold, PersonTold, ProtectionTold

_TRUE, _FALSE = frozenset({"true", "1"}), frozenset({"false", "0"})


def person(answer: etree._Element, asked: str, day: date, *, addresses: bool, guardianship: bool) -> PersonTold:
    """What is told of the person with the number ``asked``, on ``day``.

    Raises UnreadableAnswer where it is about somebody else, about nobody, or a date or mark can't be read.
    """
    if etree.QName(answer).localname != "PersonLookupResponse":
        raise UnreadableAnswer("answer", "the answer is none of PersonLookup")
    data = answer.find("{*}persondata")
    if data is None:
        raise UnreadableAnswer("persondata", "the answer holds nothing about the person")
    number, current = _text(data, "personnummer"), _text(data, "gaeldendePersonnummer")
    if asked not in (number, current):
        raise UnreadableAnswer("personnummer", "the answer is not about the number that was asked for")
    status = data.find("{*}status")
    return PersonTold(
        number=asked,
        current=current,
        name=_name(data.find("{*}navn")),
        status=None if status is None else _code(_text(status, "status")),
        status_since=None if status is None else _sure_day(status, "statusdato"),
        protections=_protections(data.find("{*}adressebeskyttelse")),
        under_guardianship=_guardianship(data.find("{*}umyndiggoerelse"), day) if guardianship else None,
        address=_address(answer.find("{*}adresse")) if addresses else None,
    )


def _name(name: etree._Element | None) -> NameTold | None:
    if name is None:
        return None
    given = " ".join(filter(None, (_text(name, "fornavn"), _text(name, "mellemnavn"))))
    marks = "".join(_text(name, f"{part}Markering") or "" for part in ("fornavn", "mellemnavn", "efternavn"))
    return NameTold(
        given or None,
        _text(name, "efternavn"),
        _text(name, "personadresseringsnavn"),
        _sure_day(name, "navnestartdato"),
        marks,
    )


def _protections(protection: etree._Element | None) -> tuple[ProtectionTold, ...] | None:
    if protection is None:
        return None
    told = ProtectionTold(_day(protection, "startdato"), _day(protection, "slutdato"), _yes_no(protection, "beskyttet"))
    return None if told == ProtectionTold() else (told,)


def _guardianship(told: etree._Element | None, day: date) -> bool | None:
    if told is None:
        return None
    marked = _yes_no(told, "umyndiggjort")
    if marked is not None:
        return marked
    start, end = _sure_day(told, "umyndiggoerelseStartdato"), _day(told, "umyndiggoerelseSlettedato")
    return (start is None or start <= day) and (end is None or day < end)


def _address(addresses: etree._Element | None) -> AddressTold | None:
    if addresses is None:
        return None
    here = addresses.find("{*}aktuelAdresse")
    if here is None:
        abroad = addresses.find("{*}udrejseoplysninger") is not None
        return AddressTold() if abroad else None
    told = AddressTold(
        _text(here, "standardadresse") or "",
        ", ".join(filter(None, (_text(here, "conavn"), _text(here, "lokalitet"), _text(here, "bynavn")))),
        _text(here, "postnummer") or "",
        _text(here, "postdistrikt") or "",
    )
    return None if told == AddressTold() else told


def _code(text: str | None) -> str | None:
    """``01`` and ``1`` are the same status (pitfall 2)."""
    return text.lstrip("0") or "0" if text and text.isdigit() else text


def _text(element: etree._Element, name: str) -> str | None:
    found = element.find(f"{{*}}{name}")
    return ((found.text or "").strip() or None) if found is not None else None


def _yes_no(element: etree._Element, name: str) -> bool | None:
    text = _text(element, name)
    if text is None:
        return None
    if text not in _TRUE | _FALSE:
        raise UnreadableAnswer(name, f"{name} is neither true nor false")
    return text in _TRUE


def _day(element: etree._Element, name: str) -> date | None:
    return read_day(_text(element, name), name)


def _sure_day(element: etree._Element, name: str) -> date | None:
    """A date with a mark; None where it is marked as uncertain."""
    found = element.find(f"{{*}}{name}")
    if found is None or _text(found, "usikkerhedsmarkering"):
        return None
    return read_day(_text(found, "dato"), name)


def read_day(text: str | None, name: str) -> date | None:
    """The day of a date or a moment, as written (Danish time). The last day of all times means: no end."""
    if not text:
        return None
    try:
        day = date.fromisoformat(text[:10])
    except ValueError as wrong:
        raise UnreadableAnswer(name, f"{name} is no date") from wrong
    return None if day == date.max else day
