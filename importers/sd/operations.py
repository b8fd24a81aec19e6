"""SD's operations as requests with typed answers (sd.md §2). Each requests only the parts that are used."""

import hashlib
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import partial
from io import BytesIO
from typing import NamedTuple

from lxml import etree

from graph.time import FOREVER
from importers.sd.answers import (
    Answer,
    ContactAnswer,
    DepartmentPeriod,
    Parts,
    PersonAnswer,
    PositionAnswer,
    department_period,
    person,
    positions,
    read,
    text,
)
from importers.sd.client import Body, Client
from importers.sd.errors import OF_ONE_THING, Unreadable
from importers.sd.organisation import Department, parents_of
from importers.sd.settings import SdSettings
from importers.source import SourceError

EMPLOYMENT_PARTS = {
    "DepartmentIndicator": True,
    "EmploymentStatusIndicator": True,
    "ProfessionIndicator": True,
    "WorkingTimeIndicator": True,
    "SalaryAgreementIndicator": False,
    "SalaryCodeGroupIndicator": False,
    "UUIDIndicator": True,
}
TREE, DEPARTMENTS = "GetOrganization20111201", "GetDepartment20111201"
Parameters = dict[str, str | date | bool]
_LAST_DAY = re.compile(rb"<DeactivationDate>[^<]*</DeactivationDate>")  # of a tree: only the day that was asked for
_FORM = 10  # hexadecimal digits of each half of a department's form
EVERY_STATUS = {"StatusActiveIndicator": True, "StatusPassiveIndicator": True}


class Elements(NamedTuple):
    """Department elements by UUID in lower case, and the codes of those without one."""

    by_uuid: dict[str, list[etree._Element]]
    nameless: frozenset[str]


class InstitutionAnswer(NamedTuple):
    code: str
    uuid: str
    name: str


class PersonWithWork(NamedTuple):
    """A person, and the contact at work of each employment number here."""

    answer: PersonAnswer
    work: tuple[tuple[str, ContactAnswer], ...]


class EmploymentRaw(NamedTuple):
    """An employment as its XML text (UTF-8). It is parsed only if it has changed."""

    cpr: str
    number: str
    raw: bytes
    parts: Parts


@dataclass(frozen=True)
class Tree:
    """Today's tree. ``levels``: lowest first. ``parents``: department → the one above; departments at the top are not
    in it."""

    levels: tuple[str, ...]
    parents: dict[str, str]
    tops: frozenset[str]


@dataclass(frozen=True)
class Structure:
    """An institution's organisation as answered; it is parsed only if its ``digest`` differs.

    ``digest``: changes when today's tree or any value of a department changes.
    """

    tree: Callable[[], Tree]
    departments: Callable[[], Elements]
    digest: str


class Operations:
    """The requests to the service. ``day``: today, for what SD sends for one day only."""

    def __init__(self, client: Client, settings: SdSettings, day: date) -> None:
        self._client = client
        self._settings = settings
        self._day = day

    def _ask(self, operation: str, tag: str, parameters: Parameters) -> Answer:
        return self._read(self._client.ask(operation, parameters), operation, tag, parameters)

    def _read(self, body: Body, operation: str, tag: str, parameters: Parameters) -> Answer:
        answer = read(body, operation, tag)
        for name in ("InstitutionIdentifier", "PersonCivilRegistrationIdentifier", "EmploymentIdentifier"):
            asked = parameters.get(name)
            if asked and answer.echo.get(name) != asked:
                raise Unreadable(f"SD misunderstood {operation}: its echo has another {name} than the request")
        return answer

    # -- organisation -----------------------------------------------------------------------------------------------

    def institutions(self) -> list[InstitutionAnswer]:
        """The institutions of the settings, in their order; or all of the region, by code."""
        found: list[InstitutionAnswer] = []
        before = 0
        asked: list[Parameters] = [{"InstitutionIdentifier": each} for each in self._settings.institutions] or [
            {"RegionIdentifier": self._settings.region or ""}
        ]
        for each in asked:
            answer = self._ask("GetInstitution20111201", "Institution", {**each, "UUIDIndicator": True})
            for element in answer.elements:
                sent = InstitutionAnswer(
                    text(element, "InstitutionIdentifier"),
                    text(element, "InstitutionUUIDIdentifier").lower(),
                    text(element, "InstitutionName"),
                )
                if not sent.uuid:
                    raise Unreadable(f"SD sends no UUID of the institution {sent.code}")
                found.append(sent)
            if len(found) == before and self._settings.institutions:
                raise Unreadable(f"SD sends nothing about the institution {each['InstitutionIdentifier']}")
            before = len(found)
        if not found:
            raise Unreadable("SD sends no institution; check region and institutions in the settings")
        return found

    def structure(self, institution: str) -> Structure:
        """Today's tree and every department over all time: two calls."""
        asked, wanted = self._tree_of(institution), self._departments_of(institution)
        tree = self._client.ask(TREE, asked).read()
        departments = self._client.ask(DEPARTMENTS, wanted).read()
        digest = hashlib.blake2b(_LAST_DAY.sub(b"", _without_echo(tree)), digest_size=8)
        digest.update(_without_echo(departments))
        return Structure(
            tree=lambda: _tree(self._read(BytesIO(tree), TREE, TREE, asked)),
            departments=lambda: _by_uuid(self._read(BytesIO(departments), DEPARTMENTS, DEPARTMENTS, wanted)),
            digest=digest.hexdigest(),
        )

    def tree(self, institution: str) -> Tree:
        """Today's GetOrganization."""
        return _tree(self._ask(TREE, TREE, self._tree_of(institution)))

    def departments(self, institution: str, *, uuid: str = "", code: str = "") -> Elements:
        """A department by UUID, or those with a code, over all time."""
        wanted = self._departments_of(institution, uuid, code)
        return _by_uuid(self._ask(DEPARTMENTS, DEPARTMENTS, wanted))

    def _tree_of(self, institution: str) -> Parameters:
        return {
            "InstitutionIdentifier": institution,
            "ActivationDate": self._day,
            "DeactivationDate": self._day,
            "UUIDIndicator": True,
        }

    def _departments_of(self, institution: str, uuid: str = "", code: str = "") -> Parameters:
        return {
            "InstitutionIdentifier": institution,
            **({"DepartmentUUIDIdentifier": uuid} if uuid else {}),
            **({"DepartmentIdentifier": code} if code else {}),
            "ActivationDate": self._settings.earliest,
            "DeactivationDate": FOREVER,
            "ContactInformationIndicator": True,
            "DepartmentNameIndicator": True,
            "EmploymentDepartmentIndicator": False,
            "PostalAddressIndicator": True,
            "ProductionUnitIndicator": True,
            "UUIDIndicator": True,
        }

    def histories(self, uuids: list[str]) -> Iterator[tuple[str, Callable[[], bytes]]]:
        """Parents over all time of each, as answered; empty if SD sends none.

        A department's callable returns its answer, or raises the fault that its request met. The settings say how many
        are requested at a time.
        """
        if not self._settings.json_url:
            yield from ((uuid, lambda: b"") for uuid in uuids)
            return
        at_once = self._settings.parallel_calls
        for first in range(0, len(uuids), at_once):
            some = uuids[first : first + at_once]
            try:
                found = self._client.parent_histories(some)
            except OF_ONE_THING as fault:
                if len(some) == 1:
                    yield some[0], partial(_raised, fault)
                else:  # each of them keeps its own fault
                    yield from ((uuid, partial(self._history, uuid)) for uuid in some)
            else:
                yield from ((uuid, partial(found.__getitem__, uuid)) for uuid in some)

    def _history(self, uuid: str) -> bytes:
        return self._client.parent_histories([uuid])[uuid]

    def parent_today(self, uuid: str) -> str:
        """GetDepartmentParent: for departments that neither history nor tree places; empty = SD sends none."""
        answer = self._ask(
            "GetDepartmentParent20190701",
            "DepartmentParent",
            {"EffectiveDate": self._day, "DepartmentUUIDIdentifier": uuid},
        )
        return next((text(each, "DepartmentUUIDIdentifier").lower() for each in answer.elements), "")

    def positions(self, institution: str) -> list[PositionAnswer]:
        """The institution's position list: level 0, with the groups above."""
        answer = self._ask("GetProfession20080201", "GetProfession20080201", {"InstitutionIdentifier": institution})
        return [each for root in answer.elements for top in root.iterfind("Profession") for each in positions(top)]

    # -- people -----------------------------------------------------------------------------------------------------

    def persons(self, institution: str, cpr: str = "", number: str = "") -> Iterator[PersonWithWork]:
        """Today's persons with any status; all, or by filter. Raises ServiceFault (unknown_…)."""
        answer = self._ask(
            "GetPerson20111201",
            "Person",
            {
                **_who(institution, cpr, number),
                "EffectiveDate": self._day,
                **EVERY_STATUS,
                "ContactInformationIndicator": True,
                "PostalAddressIndicator": True,
            },
        )
        for element in answer.elements:
            yield PersonWithWork(*person(element))

    def employments(self, institution: str, cpr: str = "", number: str = "") -> Iterator[EmploymentRaw]:
        """Whole timelines; all, or by filter. Raises ServiceFault (unknown_…).

        From the first day of the calendar, whatever the settings' ``earliest``: SD sends only periods that begin in the
        window, so the present one of most employments would be missing (sd.md §2.8). The mapping cuts them.
        """
        answer = self._ask(
            "GetEmploymentChanged20111201",
            "Person",
            {
                **_who(institution, cpr, number),
                "ActivationDate": date.min,
                "DeactivationDate": FOREVER,
                **EMPLOYMENT_PARTS,
            },
        )
        return _raw(answer)

    def employments_from_today(self, institution: str, cpr: str = "", number: str = "") -> Iterator[EmploymentRaw]:
        """Of each employment, what holds today together with what begins from tomorrow on."""
        who = _who(institution, cpr, number)
        today = self._ask(
            "GetEmployment20111201", "Person", {**who, "EffectiveDate": self._day, **EVERY_STATUS, **EMPLOYMENT_PARTS}
        )
        coming = self._ask(
            "GetEmploymentChanged20111201",
            "Person",
            {
                **who,
                "ActivationDate": self._day + timedelta(days=1),
                "DeactivationDate": FOREVER,
                **EMPLOYMENT_PARTS,
            },
        )
        later = {(each.cpr, each.number): each for each in _raw(coming)}
        for each in _raw(today):
            rest = later.pop((each.cpr, each.number), None)
            yield each if rest is None else each._replace(raw=_together(each.raw, rest.raw))
        yield from later.values()

    def changed_employments(self, institution: str, start: datetime, end: datetime) -> Iterator[tuple[str, str]]:
        """(CPR, number) of what was registered from ``start`` to the minute of ``end``, included."""
        answer = self._ask(
            "GetEmploymentChangedAtDate20111201",
            "Person",
            {**_window(institution, start, end), **EMPLOYMENT_PARTS, "FutureInformationIndicator": True},
        )
        for element in answer.elements:
            cpr = text(element, "PersonCivilRegistrationIdentifier")
            for each in element.iterfind("Employment"):
                yield cpr, text(each, "EmploymentIdentifier")

    def changed_persons(
        self, institution: str, start: datetime, end: datetime
    ) -> Iterator[tuple[str, tuple[str, ...]]]:
        """Persons with registrations in the same time: CPR number, and the employment numbers sent with it."""
        answer = self._ask(
            "GetPersonChangedAtDate20111201",
            "Person",
            {
                **_window(institution, start, end),
                "ContactInformationIndicator": True,
                "PostalAddressIndicator": True,
            },
        )
        for element in answer.elements:
            numbers = (text(each, "EmploymentIdentifier") for each in element.iterfind("Employment"))
            yield text(element, "PersonCivilRegistrationIdentifier"), tuple(filter(None, numbers))


def _raised(fault: SourceError) -> bytes:
    raise fault


def _who(institution: str, cpr: str, number: str) -> Parameters:
    asked: Parameters = {"InstitutionIdentifier": institution}
    if cpr:
        asked["PersonCivilRegistrationIdentifier"] = cpr
    if number:
        asked["EmploymentIdentifier"] = number
    return asked


def _window(institution: str, start: datetime, end: datetime) -> Parameters:
    return {
        "InstitutionIdentifier": institution,
        "ActivationDate": start.date(),
        "ActivationTime": f"{start:%H:%M}",
        "DeactivationDate": end.date(),
        "DeactivationTime": f"{end:%H:%M}",
    }


def _tree(answer: Answer) -> Tree:
    """Each path goes from its leaf up: the inner reference is the parent of the outer."""
    levels: list[str] = []
    parents: dict[str, str] = {}
    tops: set[str] = set()
    for root in answer.elements:
        level = root.find("OrganizationStructure/DepartmentLevelReference")
        while level is not None:
            levels.append(text(level, "DepartmentLevelIdentifier"))
            level = level.find("DepartmentLevelReference")
        for leaf in root.iterfind("Organization/DepartmentReference"):
            _climb(leaf, parents, tops)
    return Tree(tuple(levels), parents, frozenset(tops))


def _by_uuid(answer: Answer) -> Elements:
    """Raises Unreadable for a department with neither UUID nor code: it may be any known one."""
    found: dict[str, list[etree._Element]] = {}
    nameless: set[str] = set()
    for root in answer.elements:
        for element in root.iterfind("Department"):
            sent, code = text(element, "DepartmentUUIDIdentifier").lower(), text(element, "DepartmentIdentifier")
            if sent:
                found.setdefault(sent, []).append(element)
            elif code:
                nameless.add(code)
            else:
                raise Unreadable("SD sends a department with neither UUID nor code")
    return Elements(found, frozenset(nameless))


def _without_echo(body: bytes) -> bytes:
    """A digest of an answer without its time and the echo of the request."""
    return body.partition(b"</RequestStructure>")[2]


def _climb(leaf: etree._Element, parents: dict[str, str], tops: set[str]) -> None:
    """A reference without a UUID is not a place: neither it nor its position above others is known."""
    here = leaf
    while True:
        uuid = text(here, "DepartmentUUIDIdentifier").lower()
        if uuid in parents or uuid in tops:
            return  # upper departments are repeated in every path below them
        above = here.find("DepartmentReference")
        if above is None:
            tops |= {uuid} - {""}
            return
        parent = text(above, "DepartmentUUIDIdentifier").lower()
        if uuid and parent:
            parents[uuid] = parent
        here = above


def _raw(answer: Answer) -> Iterator[EmploymentRaw]:
    parts = Parts.of(answer)
    for element in answer.elements:
        cpr = text(element, "PersonCivilRegistrationIdentifier")
        for each in element.iterfind("Employment"):
            number = text(each, "EmploymentIdentifier")
            yield EmploymentRaw(cpr, number, etree.tostring(each, encoding="utf-8", with_tail=False), parts)


def _together(today: bytes, coming: bytes) -> bytes:
    """The parts of two Employment elements in one. A period in both is the same period, and is kept once."""
    whole = etree.fromstring(today)
    sent = {etree.tostring(each, with_tail=False) for each in whole}
    for each in etree.fromstring(coming):
        if len(each) and etree.tostring(each, with_tail=False) not in sent:
            whole.append(each)
    return etree.tostring(whole, encoding="utf-8")


def forms(tree: Tree, elements: Elements) -> dict[str, str]:
    """Department → a digest of its elements and today's parent, preceded by its days."""
    return {
        uuid: _short("".join(sorted(f"{text(one, 'ActivationDate')}{text(one, 'DeactivationDate')}" for one in each)))
        + _short(tree.parents.get(uuid, ""), *(etree.tostring(one, with_tail=False).decode() for one in each))
        for uuid, each in elements.by_uuid.items()
    }


def life_of(form: str) -> str:
    """The part of a form that changes with the department's days."""
    return form[:_FORM]


def _short(*parts: str) -> str:
    return hashlib.blake2b("\0".join(parts).encode(), digest_size=_FORM // 2).hexdigest()


def department(uuid: str, elements: list[etree._Element], history: bytes) -> Department:
    """A department of its elements and its parent history. Raises WrongValue."""
    periods: tuple[DepartmentPeriod, ...] = tuple(department_period(each) for each in elements)
    raw = b"".join(etree.tostring(each, with_tail=False) for each in elements) + history
    return Department(uuid, tuple(sorted(periods, key=lambda each: each.period.start)), parents_of(history), raw)
