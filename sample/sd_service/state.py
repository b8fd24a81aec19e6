"""The data of the stand-in's payroll: institutions, departments, persons, employments, positions.

Bitemporal: each period has the days on which it is in force (``first`` to ``last``, both inclusive, as SD sends them)
and the time of its registration. Payroll always answers with today's knowledge; to rewrite the past, put the thing
again with other periods.
Moments are naive wall-clock times in Copenhagen. Filling it is cheap: plain tuples, and one ``put`` per thing.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import NamedTuple

from graph.time import COPENHAGEN

OPEN = date(9999, 12, 31)
UNKNOWN_START = date(1900, 1, 1)  # real departments begin then if their start is unknown
BEGINNING = datetime(2020, 1, 1, 12, 0)  # registration of old data
LEVELS = ("Afdelings-niveau", *(f"NY{number}-niveau" for number in range(7)))

EmploymentKey = tuple[str, str]
"""(CPR number, employment number): one number may have had several holders."""


class Status(NamedTuple):
    """EmploymentStatus. ``code``: 0 1 3 4 = employed (3 on leave), 7 8 9 = not, S = deleted."""

    first: date
    last: date
    code: str
    registered: datetime = BEGINNING


class Placement(NamedTuple):
    """EmploymentDepartment. ``uuid`` empty: the service omits it by mistake."""

    first: date
    last: date
    code: str
    uuid: str
    registered: datetime = BEGINNING


class Job(NamedTuple):
    """Profession of an employment. Empty ``title``: the position has no free text."""

    first: date
    last: date
    position: str
    title: str = ""
    registered: datetime = BEGINNING
    appointment: str = ""


class WorkingTime(NamedTuple):
    """``rate``: OccupationRate with four decimals, empty = not sent. ``salaried``: monthly paid."""

    first: date
    last: date
    rate: str
    salaried: bool = True
    full_time: bool = True
    registered: datetime = BEGINNING


class Contact(NamedTuple):
    """Two phones and a mail; empty = none."""

    phone: str = ""
    second_phone: str = ""
    email: str = ""


class Address(NamedTuple):
    """PostalAddress; empty values are omitted."""

    street: str = ""
    postal_code: str = ""
    town: str = ""
    municipality: str = ""
    country: str = ""


NO_CONTACT = Contact()
NO_ADDRESS = Address()


@dataclass(slots=True)
class Employment:
    """An employment of a person with its four timelines; ``contact`` is the one at work."""

    number: str
    cpr: str
    statuses: tuple[Status, ...]
    departments: tuple[Placement, ...] = ()
    jobs: tuple[Job, ...] = ()
    working_times: tuple[WorkingTime, ...] = ()
    employed_on: date | None = None
    anniversary: date | None = None
    contact: Contact = NO_CONTACT

    def registrations(self) -> set[datetime]:
        """The moments of its registrations."""
        timelines = (self.statuses, self.departments, self.jobs, self.working_times)
        return {each.registered for timeline in timelines for each in timeline}


@dataclass(slots=True)
class Person:
    """``contact`` and ``address`` are private. ``registered``: when it was last changed."""

    cpr: str
    given_name: str
    surname: str
    address: Address = NO_ADDRESS
    contact: Contact = NO_CONTACT
    registered: datetime = BEGINNING


class DepartmentPeriod(NamedTuple):
    """A department's values in a period. ``phones``: local, payroll; ``emails``: absence notices, PersonaleWeb."""

    first: date
    last: date
    code: str
    level: str
    name: str
    p_number: str = ""
    address: Address = NO_ADDRESS
    phones: tuple[str, str] = ("", "")
    emails: tuple[str, str] = ("", "")


class ParentPeriod(NamedTuple):
    """``parent``: UUID of a department or, at the top, of the institution."""

    first: date
    last: date
    parent: str


@dataclass(slots=True)
class Department:
    """A department by its UUID, with its periods and parents."""

    uuid: str
    periods: tuple[DepartmentPeriod, ...]
    parents: tuple[ParentPeriod, ...] = ()


@dataclass(slots=True)
class Position:
    """An entry of the position list. Employments point to ``level`` "0"; "1" to "3" are groups."""

    code: str
    name: str
    level: str = "0"
    below: tuple["Position", ...] = ()


@dataclass(slots=True)
class Institution:
    """An institution with a payroll of its own. ``levels``: its names of the levels, lowest first.

    Put things with ``put_…``, which keeps an index by day of registration and marks kept answers as stale: ``version``
    counts changes of people, ``structure_version`` all others.
    """

    code: str
    uuid: str
    name: str
    levels: tuple[str, ...] = LEVELS
    departments: dict[str, Department] = field(default_factory=dict)
    persons: dict[str, Person] = field(default_factory=dict)
    employments: dict[EmploymentKey, Employment] = field(default_factory=dict)
    numbers_of: dict[str, set[str]] = field(default_factory=dict)
    positions: tuple[Position, ...] = ()
    version: int = 0
    structure_version: int = 0
    paths: dict[tuple[int, date, bool], str] = field(default_factory=dict)
    changed_employments: dict[date, set[EmploymentKey]] = field(default_factory=dict)
    changed_persons: dict[date, set[str]] = field(default_factory=dict)

    def put_department(self, department: Department) -> None:
        """Add or replace, by UUID."""
        self.departments[department.uuid.lower()] = department
        self.structure_version += 1

    def put_person(self, person: Person) -> None:
        """Add or replace, by CPR number."""
        self.persons[person.cpr] = person
        self.changed_persons.setdefault(person.registered.date(), set()).add(person.cpr)
        self.version += 1

    def put_employment(self, employment: Employment) -> None:
        """Add or replace, by CPR number and employment number. The person must be put too."""
        key = (employment.cpr, employment.number)
        self.employments[key] = employment
        self.numbers_of.setdefault(employment.cpr, set()).add(employment.number)
        for moment in employment.registrations():
            self.changed_employments.setdefault(moment.date(), set()).add(key)
        self.version += 1

    def remove_employment(self, cpr: str, number: str) -> None:
        """Remove it as if it had never been; payroll answers that it does not exist."""
        del self.employments[cpr, number]
        self.numbers_of[cpr].discard(number)
        self.version += 1

    def remove_department(self, uuid: str) -> None:
        """Omit it from all answers."""
        del self.departments[uuid.lower()]
        self.structure_version += 1

    def put_positions(self, positions: Iterable[Position]) -> None:
        """Replace the position list."""
        self.positions = tuple(positions)
        self.structure_version += 1

    def employments_of(self, cpr: str) -> list[Employment]:
        """The person's employments here, by number."""
        return [self.employments[cpr, number] for number in sorted(self.numbers_of.get(cpr, ()))]


class Clock:
    """Copenhagen's wall clock, or the moment that a test has set."""

    def __init__(self) -> None:
        self._set: datetime | None = None

    def set(self, moment: datetime | None) -> None:
        """A naive moment in Copenhagen; None = the real time again."""
        self._set = moment

    def now(self) -> datetime:
        if self._set is not None:
            return self._set
        return datetime.now(COPENHAGEN).replace(tzinfo=None)


@dataclass(slots=True)
class State:
    """A region with its institutions, and how strict the service is.

    ``keeps_hours``: closed outside 06–22. ``thirteen_months``: GetEmploymentChanged refuses older dates.
    """

    region: str = "XK"
    region_uuid: str = "0a51f0de-7c11-4b3e-9d44-0000012a0001"
    region_name: str = "Klitkøbing Kommune"
    institutions: dict[str, Institution] = field(default_factory=dict)
    clock: Clock = field(default_factory=Clock)
    user: str = "SYKLIT"
    password: str = "stand-in"
    keeps_hours: bool = False
    thirteen_months: bool = False

    def add(self, institution: Institution) -> Institution:
        self.institutions[institution.code] = institution
        return institution
