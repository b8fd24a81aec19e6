"""SD's answers, parsed from XML to typed values as a stream, since an answer may contain all employees.

Parsing is lenient: it enforces no pattern of the schema (it accepts a phone "14" and a UUID in capitals), and no order
or number of parts. It rejects a DTD or entities, another root, an echo that differs from the request, and a cut-off
text.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import NamedTuple

from lxml import etree

from graph.statements.written_numbers import decimal
from graph.time import FOREVER, Period, written_day
from importers.sd.client import Body
from importers.sd.errors import ServiceFault, Unreadable
from protocols import xml

_GROUPS = frozenset("123")  # levels of a position list without employments
BLANK = frozenset({"", "Empty"})  # in a …ChangedAtDate answer, "Empty" marks a text that was blanked


@dataclass
class Answer:
    """An answer's echo (parameter → text as understood) and its elements."""

    operation: str
    echo: Mapping[str, str]
    elements: Iterator[etree._Element]

    def told(self, indicator: str) -> bool:
        """Whether the request asked for a part. One that it did not ask for is absent, which means nothing."""
        return self.echo.get(indicator, "").lower() == "true"


def read(body: Body, operation: str, tag: str) -> Answer:
    """Start to read. Raises ServiceFault, or Unreadable (also while the elements are iterated)."""
    stream = _elements(body, operation, ("RequestStructure", "RequestKey", tag, "{*}Fault"))
    first = next(stream, None)
    if first is None or first.tag not in ("RequestStructure", "RequestKey"):
        raise Unreadable(f"SD's answer to {operation} has no echo of the request")
    echo = {str(each.tag): (each.text or "").strip() for each in first if not len(each)}
    return Answer(operation, echo, (each for each in stream if each.tag == tag))


def _elements(body: Body, operation: str, tags: Sequence[str]) -> Iterator[etree._Element]:
    checked = False
    try:
        for _, element in xml.stream(body, tags=tags):
            if not checked:
                _check_root(element, operation)
                checked = True
            if xml.local(element) == "Fault":
                raise ServiceFault(operation, _fault_text(element))
            yield element
            xml.drop(element)
    except xml.BadXml as wrong:
        raise Unreadable(f"SD's answer to {operation} is refused: {wrong}") from wrong


def _check_root(element: etree._Element, operation: str) -> None:
    root = xml.local(element.getroottree().getroot())
    if root not in (operation, "Envelope"):
        raise Unreadable(f"SD answered {operation} with {root}")


def _fault_text(fault: etree._Element) -> str:
    for each in fault.iter():
        if isinstance(each.tag, str) and etree.QName(each).localname == "faultstring":
            return each.text or ""
    return "".join(str(part) for part in fault.itertext())


def text(element: etree._Element, name: str) -> str:
    """A child's text, stripped; empty if the child is missing."""
    return (element.findtext(name) or "").strip()


class WrongValue(ValueError):
    """An element that can't be read. ``field``: its name. The text never quotes its content, which may be personal
    data."""

    def __init__(self, field: str, text: str) -> None:
        super().__init__(f"{field} {text}")
        self.field = field


def _day(element: etree._Element, name: str) -> date:
    try:
        return written_day(text(element, name))
    except ValueError:
        raise WrongValue(name, f"of {element.tag} is not a date") from None


def period(element: etree._Element) -> Period:
    """ActivationDate to DeactivationDate, both inclusive; 9999-12-31 = no end. Raises WrongValue."""
    first, last = _day(element, "ActivationDate"), _day(element, "DeactivationDate")
    if last < first:
        raise WrongValue("DeactivationDate", f"of {element.tag} is {last}, before it begins on {first}")
    return Period(first, None if last == FOREVER else last + timedelta(days=1))


class StatusAnswer(NamedTuple):
    period: Period
    code: str


class DepartmentAnswer(NamedTuple):
    """``uuid`` is in lower case; empty where SD omits it."""

    period: Period
    code: str
    uuid: str


class JobAnswer(NamedTuple):
    period: Period
    position: str
    title: str


class WorkingTimeAnswer(NamedTuple):
    """``rate``: share of full time; None where SD omits it."""

    period: Period
    rate: float | None
    salaried: bool
    full_time: bool


@dataclass(frozen=True, slots=True)
class EmploymentAnswer:
    """An employment as answered. A timeline is None if the request did not ask for it."""

    number: str
    anniversary: date | None
    statuses: tuple[StatusAnswer, ...] | None
    departments: tuple[DepartmentAnswer, ...] | None
    jobs: tuple[JobAnswer, ...] | None
    working_times: tuple[WorkingTimeAnswer, ...] | None

    @property
    def has_only_status(self) -> bool:
        return not (self.departments or self.jobs or self.working_times)


@dataclass(frozen=True, slots=True)
class Parts:
    """The timelines that an answer contains, according to its echo."""

    statuses: bool = True
    departments: bool = True
    jobs: bool = True
    working_times: bool = True

    @classmethod
    def of(cls, answer: Answer) -> "Parts":
        return cls(
            answer.told("EmploymentStatusIndicator"),
            answer.told("DepartmentIndicator"),
            answer.told("ProfessionIndicator"),
            answer.told("WorkingTimeIndicator"),
        )


def employment(element: etree._Element, parts: Parts) -> EmploymentAnswer:
    """Raises WrongValue where a date or number can't be read."""
    return EmploymentAnswer(
        number=text(element, "EmploymentIdentifier"),
        anniversary=_day(element, "AnniversaryDate") if text(element, "AnniversaryDate") else None,
        statuses=tuple(_status(each) for each in element.iterfind("EmploymentStatus")) if parts.statuses else None,
        departments=(
            tuple(_department(each) for each in element.iterfind("EmploymentDepartment")) if parts.departments else None
        ),
        jobs=tuple(_job(each) for each in element.iterfind("Profession")) if parts.jobs else None,
        working_times=(
            tuple(_working_time(each) for each in element.iterfind("WorkingTime")) if parts.working_times else None
        ),
    )


def _status(element: etree._Element) -> StatusAnswer:
    return StatusAnswer(period(element), text(element, "EmploymentStatusCode"))


def _department(element: etree._Element) -> DepartmentAnswer:
    uuid = text(element, "DepartmentUUIDIdentifier").lower()
    return DepartmentAnswer(period(element), text(element, "DepartmentIdentifier"), uuid)


def _job(element: etree._Element) -> JobAnswer:
    title = text(element, "EmploymentName")
    return JobAnswer(period(element), text(element, "JobPositionIdentifier"), "" if title in BLANK else title)


def _working_time(element: etree._Element) -> WorkingTimeAnswer:
    return WorkingTimeAnswer(
        period(element),
        _rate(element),
        text(element, "SalariedIndicator").lower() == "true",
        text(element, "FullTimeIndicator").lower() == "true",
    )


def _rate(element: etree._Element) -> float | None:
    told = text(element, "OccupationRate")
    try:
        return decimal(told) if told else None
    except ValueError:
        raise WrongValue("OccupationRate", "is not a number") from None


class AddressAnswer(NamedTuple):
    street: str
    postal_code: str
    town: str


NO_ADDRESS = AddressAnswer("", "", "")


def address(element: etree._Element) -> AddressAnswer:
    """PostalAddress of a department or person; empty texts for missing parts."""
    inner = element.find("PostalAddress")
    if inner is None:
        return NO_ADDRESS
    return AddressAnswer(
        text(inner, "StandardAddressIdentifier"), text(inner, "PostalCode"), text(inner, "DistrictName")
    )


class ContactAnswer(NamedTuple):
    """By position: a department's local and payroll phone, absence and PersonaleWeb mail; a person's phone and mail."""

    phones: tuple[str, str] = ("", "")
    mails: tuple[str, str] = ("", "")


NO_CONTACT = ContactAnswer()


def contact(element: etree._Element) -> ContactAnswer:
    """ContactInformation, unchanged; the settings decide which values are fillers."""
    inner = element.find("ContactInformation")
    if inner is None:
        return NO_CONTACT
    phones: list[str] = []
    mails: list[str] = []
    for each in inner:
        told = (each.text or "").strip()
        if each.tag == "TelephoneNumberIdentifier":
            phones.append(told)
        elif each.tag == "EmailAddressIdentifier":
            mails.append(told)
    phone, second_phone, *_ = (*phones, "", "")
    mail, second_mail, *_ = (*mails, "", "")
    return ContactAnswer((phone, second_phone), (mail, second_mail))


class PersonAnswer(NamedTuple):
    """A person's own data of one day; ``address`` and ``contact`` are private."""

    cpr: str
    given_name: str
    surname: str
    address: AddressAnswer
    contact: ContactAnswer


def person(element: etree._Element) -> tuple[PersonAnswer, tuple[tuple[str, ContactAnswer], ...]]:
    """A person, and the contact at work of each employment number. One pass: an answer has all employees."""
    cpr = given_name = surname = ""
    lives, private = NO_ADDRESS, NO_CONTACT
    work: list[tuple[str, ContactAnswer]] = []
    for child in element:
        match child.tag:
            case "Employment":
                work.append((text(child, "EmploymentIdentifier"), contact(child)))
            case "PersonCivilRegistrationIdentifier":
                cpr = (child.text or "").strip()
            case "PersonGivenName":
                given_name = (child.text or "").strip()
            case "PersonSurnameName":
                surname = (child.text or "").strip()
            case "PostalAddress":
                lives = address(element)
            case "ContactInformation":
                private = contact(element)
    return PersonAnswer(cpr, given_name, surname, lives, private), tuple(work)


class DepartmentPeriod(NamedTuple):
    """A department's values in a period. ``p_number`` is empty if it has none."""

    period: Period
    code: str
    level: str
    name: str
    p_number: str
    address: AddressAnswer
    contact: ContactAnswer


def department_period(element: etree._Element) -> DepartmentPeriod:
    """Raises WrongValue where its dates can't be read."""
    p_number = text(element, "ProductionUnitIdentifier")
    return DepartmentPeriod(
        period(element),
        text(element, "DepartmentIdentifier"),
        text(element, "DepartmentLevelIdentifier"),
        text(element, "DepartmentName"),
        p_number if p_number.strip("0") else "",
        address(element),
        contact(element),
    )


@dataclass(frozen=True, slots=True)
class PositionAnswer:
    """``groups``: names of the groups above it, lowest first. ``unreadable``: the element that can't be read."""

    code: str
    name: str
    groups: tuple[str, ...]
    unreadable: str = ""


def positions(element: etree._Element, above: tuple[str, ...] = ()) -> Iterator[PositionAnswer]:
    """The entries of level 0 in a Profession element, at any depth; levels 1 to 3 are groups for statistics.

    Includes entries whose level is unknown because code or level is invalid (``unreadable`` names the element).
    """
    code, name = text(element, "JobPositionIdentifier"), text(element, "JobPositionName")
    level = text(element, "JobPositionLevelCode")
    if level not in _GROUPS:
        wrong = "JobPositionLevelCode" if level != "0" else "" if code else "JobPositionIdentifier"
        yield PositionAnswer(code, name, above, wrong)
    for inner in element.iterfind("Profession"):
        yield from positions(inner, (name, *above) if name else above)
