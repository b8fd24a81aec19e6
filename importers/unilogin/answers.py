"""STIL's answers, parsed from XML to typed values as a stream: one institution may have ten thousand persons.

Parsing is lenient: it recognises elements by their local names (their namespaces are our reconstruction), and keeps
unknown codes as text. It rejects a DTD or entities, another root, a missing export, and a cut-off text. Addresses,
phones, mail, birth dates, sex, photos, groups and pupils are dropped here (unilogin.md §5).
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import IO, Literal

from lxml import etree

from graph.cpr.keyring import number_in
from graph.statements.written_numbers import only_digits
from graph.time import COPENHAGEN, written_day
from importers.source import SourceError
from importers.unilogin.errors import RequestRejected, Unavailable, Unreadable
from protocols import xml
from protocols.soap.message import Fault

Body = IO[bytes]
Tie = Literal["employee", "external", ""]

_EXPORT = ("Envelope", "Body", "eksporterXmlFuldMyndighedResponse", "xml", "UNILoginExportFullMyndighed")
_SOURCE = (*_EXPORT, "ImportSource")
_INSTITUTION = (*_EXPORT, "Institution")
_FAULT = ("Envelope", "Body", "Fault")
MOST_HELD = 100_000  # elements in one person or any other part; a list of agreements has some thousand
MOST_PERSONS = 50_000
GROUP_TYPES = frozenset({"Hovedgruppe", "Årgang", "Retning", "Hold", "SFO", "Team", "Andet"})


@dataclass(frozen=True, slots=True)
class PersonAnswer:
    """A member of the staff, or an external one. A text is empty if STIL does not send it.

    ``local``: id in the institution's own system, unique together with ``source``. ``identified``: Person is present.
    ``tie`` empty: neither Employee nor Extern.
    """

    source: str
    local: str
    identified: bool
    user: str
    given_name: str
    surname: str
    cpr: str = field(repr=False)
    cpr_type: str
    protected: bool
    alias_given_name: str
    alias_surname: str
    tie: Tie
    roles: tuple[str, ...]
    initials: str
    occupation: str

    @property
    def verified(self) -> bool:
        return self.cpr_type == "CPR_VERIFIED"

    @property
    def name(self) -> str:
        """The record's name in problem texts; it does not identify the person to outsiders."""
        return self.user or f"{self.source}/{self.local}"


@dataclass(slots=True)
class Export:
    """An institution now. ``exported``: with Copenhagen's offset. ``number`` None: the answer has no institution.
    ``pupils``: how many were dropped.

    ``year``: the highest first year of the school years in it; None if there is none.
    """

    exported: datetime
    number: str | None = None
    year: int | None = None
    persons: list[PersonAnswer] = field(default_factory=list)
    pupils: int = 0
    group_types: set[str] = field(default_factory=set)

    @property
    def day(self) -> date:
        """The day of the export in Denmark, from which its facts are in force."""
        return self.exported.date()


def export(body: Body, institution: str) -> Export:
    """The content of an export. Raises RequestRejected (a fault), Unreadable (also if it is another institution's)."""
    answer: Export | None = None
    for path, element, ended in _walk(body, f"export of {institution}"):
        if path == _EXPORT and not ended:
            if answer is not None:
                raise Unreadable(f"the export of {institution} contains two exports")
            answer = Export(_moment(element.get("exportDateTime", ""), institution))
        elif not ended or answer is None:
            continue
        elif path == _SOURCE:
            answer.year = max(filter(None, (answer.year, _first_year(element.get("schoolYear", "")))), default=None)
        elif path[:-1] == _INSTITUTION:
            _take(answer, path[-1], element, institution)
    if answer is None:
        raise Unreadable(f"STIL's answer for {institution} contains no export")
    if answer.number is not None and answer.number != institution:
        raise Unreadable(f"STIL answered for the institution {answer.number!r} instead of {institution!r}")
    return answer


def agreements(body: Body) -> list[str]:
    """Numbers of the institutions with an agreement, sorted. Raises RequestRejected, Unreadable."""
    found: set[str] = set()
    answered = False
    for path, element, ended in _walk(body, "agreements"):
        answered = answered or path[-1] == "hentDataAftalerFuldMyndighedResponse"
        if ended and path[-1] == "regnr":
            found.add(_own(element))
    if not answered:
        raise Unreadable("STIL's answer contains no list of agreements")
    return sorted(found - {""})


def hello(body: Body) -> str:
    """The greeting. Raises RequestRejected, Unreadable."""
    for path, element, ended in _walk(body, "greeting"):
        if ended and path[-1] == "helloWorldResult":
            return _own(element)
    raise Unreadable("STIL's answer contains no greeting")


def fault(body: Body, asked: str) -> SourceError:
    """The error of an answer whose status is a failure."""
    try:
        for _ in _walk(body, asked):
            pass
    except (RequestRejected, Unreadable) as failure:
        return failure
    finally:
        body.close()
    return Unavailable(f"STIL answered {asked} with a failure and no fault")


# -- the stream -------------------------------------------------------------------------------------------------------


def _walk(body: Body, asked: str) -> Iterator[tuple[tuple[str, ...], etree._Element, bool]]:
    """Each element at its beginning and its end, with its path. Raises RequestRejected at a fault, Unreadable."""
    path: list[str] = []
    held = 0
    try:
        for event, element in xml.stream(body, ("start", "end")):
            if event == "start":
                held += 1
                if held > MOST_HELD:
                    raise Unreadable(f"STIL's answer ({asked}) has more than {MOST_HELD} elements in one part")
                path.append(xml.local(element))
                if path[0] != "Envelope":
                    raise Unreadable(f"STIL's answer ({asked}) is not a SOAP message")
            here = tuple(path)
            if event == "end" and here == _FAULT:
                raise _refused(element, asked)
            yield here, element, event == "end"
            if event == "end":
                path.pop()
                if here[:-1] == _INSTITUTION or (len(here) <= len(_INSTITUTION) and here[:3] != _FAULT):
                    xml.drop(element)
                    held = 0
    except xml.BadXml as wrong:
        raise Unreadable(f"STIL's answer ({asked}) is refused: {wrong}") from wrong


def _refused(element: etree._Element, asked: str) -> RequestRejected:
    """STIL's type of the fault is in its detail."""
    kind = next(map(_own, element.iterfind(".//{*}authentificationError/{*}type")), "")
    return RequestRejected(asked, kind, Fault.of(element).text)


# -- an institution ---------------------------------------------------------------------------------------------------


def _take(answer: Export, name: str, element: etree._Element, institution: str) -> None:
    if name == "InstitutionNumber":
        if answer.number is not None:
            raise Unreadable(f"the export of {institution} contains two institutions")
        answer.number = _own(element)
    elif name == "Group":
        answer.group_types |= {_text(element, "GroupType")} - {""}
    elif name == "InstitutionPerson":
        if element.find("{*}Student") is not None:
            answer.pupils += 1
        else:
            if len(answer.persons) == MOST_PERSONS:
                raise Unreadable(f"the export of {institution} has more than {MOST_PERSONS} persons")
            answer.persons.append(_person(element))


def _person(element: etree._Element) -> PersonAnswer:
    person = element.find("{*}Person")
    tie = next((each for each in ("Employee", "Extern") if element.find(f"{{*}}{each}") is not None), "")
    role = element.find(f"{{*}}{tie}") if tie else None
    roles = [] if role is None else [_own(each) for each in role.iterfind("{*}Role")]
    number = _text(person, "CivilRegistrationNumber")
    return PersonAnswer(
        source=element.get("source", "").strip(),
        local=_text(element, "LocalPersonId"),
        identified=person is not None,
        user=_text(person, "UserId"),
        given_name=_text(person, "FirstName"),
        surname=_text(person, "FamilyName"),
        cpr=number_in(number) or number,
        cpr_type=_text(person, "CivilRegistrationNumberType"),
        protected=person is not None and person.get("protected", "").strip() not in ("false", "0"),
        alias_given_name=_text(person, "AliasFirstName"),
        alias_surname=_text(person, "AliasFamilyName"),
        tie="employee" if tie == "Employee" else "external" if tie else "",
        roles=tuple(dict.fromkeys(filter(None, roles))),
        initials=_text(role, "ShortName"),
        occupation=_text(role, "Occupation"),
    )


def _text(element: etree._Element | None, name: str) -> str:
    """A child's text, stripped; empty if the child is missing."""
    found = element.find(f"{{*}}{name}") if element is not None else None
    return "" if found is None else _own(found)


def _own(element: etree._Element) -> str:
    return " ".join((element.text or "").split())


def _moment(text: str, institution: str) -> datetime:
    try:
        written_day(text.strip()[:10])
        moment = datetime.fromisoformat(text.strip())
        return moment.astimezone(COPENHAGEN) if moment.tzinfo is not None else moment.replace(tzinfo=COPENHAGEN)
    except (ValueError, OverflowError) as wrong:
        raise Unreadable(f"the export of {institution} has no exportDateTime that can be read: {text!r}") from wrong


def _first_year(text: str) -> int | None:
    first = text.strip().partition("-")[0]
    return int(first) if len(first) == 4 and only_digits(first) else None
