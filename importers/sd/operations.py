"""SD's operations as questions with typed answers (formats/sd.md §2). Each asks for just the parts that are used."""

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import NamedTuple

from lxml import etree

from graph.time import FOREVER
from importers.sd.answers import (
    Answer,
    ContactTold,
    DepartmentPeriod,
    Parts,
    PersonTold,
    PositionTold,
    department_period,
    person,
    positions,
    read,
    text,
)
from importers.sd.client import Client
from importers.sd.errors import Unreadable
from importers.sd.organisation import Department, parents_of
from importers.sd.settings import SdSettings

EMPLOYMENT_PARTS = {
    "DepartmentIndicator": True,
    "EmploymentStatusIndicator": True,
    "ProfessionIndicator": True,
    "WorkingTimeIndicator": True,
    "SalaryAgreementIndicator": False,
    "SalaryCodeGroupIndicator": False,
    "UUIDIndicator": True,
}
EVERY_STATUS = {"StatusActiveIndicator": True, "StatusPassiveIndicator": True}


class InstitutionTold(NamedTuple):
    code: str
    uuid: str
    name: str


class PersonWithWork(NamedTuple):
    """A person, and the contact at work of each employment number here."""

    told: PersonTold
    work: tuple[tuple[str, ContactTold], ...]


class EmploymentRaw(NamedTuple):
    """An employment as its XML text, whose parsing waits until it is known to be news."""

    cpr: str
    number: str
    raw: bytes
    parts: Parts


@dataclass(frozen=True)
class Tree:
    """Today's tree. ``levels``: lowest first. ``parents``: department → the one above; those at the top are not in."""

    levels: tuple[str, ...]
    parents: dict[str, str]
    tops: frozenset[str]


class Operations:
    """What is asked of the service. ``day``: today, for what SD tells of one day only."""

    def __init__(self, client: Client, settings: SdSettings, day: date) -> None:
        self._client = client
        self._settings = settings
        self._day = day

    def _ask(self, operation: str, tag: str, parameters: dict[str, str | date | bool]) -> Answer:
        answer = read(self._client.ask(operation, parameters), operation, tag)
        for name in ("InstitutionIdentifier", "PersonCivilRegistrationIdentifier", "EmploymentIdentifier"):
            asked = parameters.get(name)
            if asked and answer.echo.get(name) != asked:
                raise Unreadable(f"SD understood {operation} otherwise than asked: its echo has another {name}")
        return answer

    # -- organisation -----------------------------------------------------------------------------------------------

    def institutions(self) -> list[InstitutionTold]:
        """Those of the settings, in their order; or all of the region, by code."""
        found: list[InstitutionTold] = []
        asked: list[dict[str, str | date | bool]] = [
            {"InstitutionIdentifier": each} for each in self._settings.institutions
        ] or [{"RegionIdentifier": self._settings.region or ""}]
        for each in asked:
            answer = self._ask("GetInstitution20111201", "Institution", {**each, "UUIDIndicator": True})
            for element in answer.elements:
                told = InstitutionTold(
                    text(element, "InstitutionIdentifier"),
                    text(element, "InstitutionUUIDIdentifier").lower(),
                    text(element, "InstitutionName"),
                )
                if not told.uuid:
                    raise Unreadable(f"SD tells no UUID of the institution {told.code}")
                found.append(told)
        if not found:
            raise Unreadable("SD tells no institution; look at region and institutions in the settings")
        return found

    def tree(self, institution: str) -> Tree:
        """GetOrganization of today: each path from its leaf up, the inner reference is the parent of the outer."""
        answer = self._ask(
            "GetOrganization20111201",
            "GetOrganization20111201",
            {
                "InstitutionIdentifier": institution,
                "ActivationDate": self._day,
                "DeactivationDate": self._day,
                "UUIDIndicator": True,
            },
        )
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

    def departments(self, institution: str, *, uuid: str = "", code: str = "") -> dict[str, list[etree._Element]]:
        """The Department elements of each UUID (in small letters), over all time; all, or by UUID or code."""
        answer = self._ask(
            "GetDepartment20111201",
            "GetDepartment20111201",
            {
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
            },
        )
        found: dict[str, list[etree._Element]] = {}
        for root in answer.elements:
            for element in root.iterfind("Department"):
                told = text(element, "DepartmentUUIDIdentifier").lower()
                if not told:
                    raise Unreadable(f"SD tells a department ({text(element, 'DepartmentIdentifier')}) without UUID")
                found.setdefault(told, []).append(element)
        return found

    def histories(self, uuids: list[str]) -> dict[str, bytes]:
        """Parents over all time of each; empty where SD tells none."""
        if self._settings.json_url is not None:
            return self._client.parent_histories(uuids)
        return dict.fromkeys(uuids, b"")

    def parent_today(self, uuid: str) -> str:
        """GetDepartmentParent: for departments that neither history nor tree place; empty = SD tells none."""
        answer = self._ask(
            "GetDepartmentParent20190701",
            "DepartmentParent",
            {"EffectiveDate": self._day, "DepartmentUUIDIdentifier": uuid},
        )
        return next((text(each, "DepartmentUUIDIdentifier").lower() for each in answer.elements), "")

    def positions(self, institution: str) -> list[PositionTold]:
        """The institution's position list: level 0, with the groups above."""
        answer = self._ask("GetProfession20080201", "GetProfession20080201", {"InstitutionIdentifier": institution})
        return [each for root in answer.elements for top in root.iterfind("Profession") for each in positions(top)]

    # -- people -----------------------------------------------------------------------------------------------------

    def persons(self, institution: str, cpr: str = "") -> Iterator[PersonWithWork]:
        """Persons of today with any status; all, or one. Raises ServiceFault (unknown_person)."""
        answer = self._ask(
            "GetPerson20111201",
            "Person",
            {
                "InstitutionIdentifier": institution,
                **({"PersonCivilRegistrationIdentifier": cpr} if cpr else {}),
                "EffectiveDate": self._day,
                **EVERY_STATUS,
                "ContactInformationIndicator": True,
                "PostalAddressIndicator": True,
            },
        )
        for element in answer.elements:
            yield PersonWithWork(*person(element))

    def employments(self, institution: str, cpr: str = "", number: str = "") -> Iterator[EmploymentRaw]:
        """Whole timelines from the settings' earliest day on; all, or by filter. Raises ServiceFault (unknown_…)."""
        answer = self._ask(
            "GetEmploymentChanged20111201",
            "Person",
            {
                **_who(institution, cpr, number),
                "ActivationDate": self._settings.earliest,
                "DeactivationDate": FOREVER,
                **EMPLOYMENT_PARTS,
            },
        )
        return _raw(answer)

    def employments_from_today(self, institution: str, cpr: str = "", number: str = "") -> Iterator[EmploymentRaw]:
        """What holds today and what begins from tomorrow on, of each employment in one."""
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

    def changed_persons(self, institution: str, start: datetime, end: datetime) -> Iterator[str]:
        """CPR numbers of persons of whom something was registered, likewise."""
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
            yield text(element, "PersonCivilRegistrationIdentifier")


def _who(institution: str, cpr: str, number: str) -> dict[str, str | date | bool]:
    asked: dict[str, str | date | bool] = {"InstitutionIdentifier": institution}
    if cpr:
        asked["PersonCivilRegistrationIdentifier"] = cpr
    if number:
        asked["EmploymentIdentifier"] = number
    return asked


def _window(institution: str, start: datetime, end: datetime) -> dict[str, str | date | bool]:
    return {
        "InstitutionIdentifier": institution,
        "ActivationDate": start.date(),
        "ActivationTime": f"{start:%H:%M}",
        "DeactivationDate": end.date(),
        "DeactivationTime": f"{end:%H:%M}",
    }


def _climb(leaf: etree._Element, parents: dict[str, str], tops: set[str]) -> None:
    here = leaf
    while True:
        uuid = text(here, "DepartmentUUIDIdentifier").lower()
        above = here.find("DepartmentReference")
        if above is None:
            tops.add(uuid)
            return
        parents[uuid] = text(above, "DepartmentUUIDIdentifier").lower()
        here = above


def _raw(answer: Answer) -> Iterator[EmploymentRaw]:
    parts = Parts.of(answer)
    for element in answer.elements:
        cpr = text(element, "PersonCivilRegistrationIdentifier")
        for each in element.iterfind("Employment"):
            number = text(each, "EmploymentIdentifier")
            yield EmploymentRaw(cpr, number, etree.tostring(each, with_tail=False), parts)


def _together(today: bytes, coming: bytes) -> bytes:
    """The parts of two Employment elements in one. A period that both tell is the same period, told once."""
    whole = etree.fromstring(today)
    told = {etree.tostring(each, with_tail=False) for each in whole}
    for each in etree.fromstring(coming):
        if len(each) and etree.tostring(each, with_tail=False) not in told:
            whole.append(each)
    return etree.tostring(whole)


def department(uuid: str, elements: list[etree._Element], history: bytes) -> Department:
    """A department of its elements and its parent history. Raises Unreadable."""
    try:
        periods: tuple[DepartmentPeriod, ...] = tuple(department_period(each) for each in elements)
    except ValueError as wrong:
        raise Unreadable(f"SD tells a date of the department {uuid} that can't be read: {wrong}") from wrong
    raw = b"".join(etree.tostring(each, with_tail=False) for each in elements) + history
    return Department(uuid, tuple(sorted(periods, key=lambda each: each.period.start)), parents_of(history), raw)


def tree_digest(tree: Tree, departments: dict[str, list[etree._Element]]) -> str:
    """Changes when today's tree or anything of a department does."""
    digest = hashlib.blake2b(digest_size=8)
    for uuid in sorted(departments):
        digest.update(repr((uuid, tree.parents.get(uuid))).encode())
        for each in departments[uuid]:
            digest.update(etree.tostring(each, with_tail=False))
    return digest.hexdigest()
