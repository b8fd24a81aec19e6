"""Klitkøbing's payroll, small enough to keep in mind (the organisation of sd.md §8).

BU00 is at the top; BUAB below it; B110 (BU00's until 2025-07-01, then BUAB's, with a new name) and B190 (BU00's) are
where people are paid. Bo has 00417 (a pedagogue, rehired, on leave, moving to B190) and 81200 (by the hour); Dorte,
whose address is protected, has E0042.
"""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from importers.sd.settings import SdSettings
from importers.sd.source import SdSource
from sample.sd_service.app import Running, Service
from sample.sd_service.misbehaviour import Misbehaviour
from sample.sd_service.state import (
    BEGINNING,
    LEVELS,
    OPEN,
    UNKNOWN_START,
    Address,
    Contact,
    Department,
    DepartmentPeriod,
    Employment,
    Institution,
    Job,
    ParentPeriod,
    Person,
    Placement,
    Position,
    State,
    Status,
    WorkingTime,
)
from tests.importers.known import KEYRING, Applied, InMemory

BO, DORTE, EVA = "0512904417", "2309751128", "1407831234"
TOP = "5be2a6c3-1d0f-4f7a-8a10-0000012b0001"
BU00, BUAB = "c1b0a7de-0000-4a00-9200-0000012c0001", "c1b0a7de-0100-4a00-9200-0000012c0001"
B110, B190 = "c1b0a7de-0110-4a00-9200-0000012c0001", "c1b0a7de-0190-4a00-9200-0000012c0001"
LOWEST, NY1, NY2 = LEVELS[0], LEVELS[2], LEVELS[3]
NOW = datetime(2026, 3, 2, 8, 10)
TODAY = NOW.date()
FIRST = date(2019, 8, 1)


def day(text: str) -> date:
    return date.fromisoformat(text)


def unit(uuid: str) -> str:
    return f"department:{uuid}"


def person(cpr: str) -> str:
    return KEYRING.hash(cpr)


def employment(cpr: str, number: str, institution: str = "XA") -> str:
    return f"employment:{institution}:{number}:{person(cpr)}"


def place(uuid: str, first: date = FIRST, last: date = OPEN) -> Placement:
    return Placement(first, last, CODES.get(uuid, "B999"), uuid)


CODES = {BU00: "BU00", BUAB: "BUAB", B110: "B110", B190: "B190"}


def department(
    uuid: str, code: str, level: str, name: str, parent: str = TOP, first: date = UNKNOWN_START, last: date = OPEN
) -> Department:
    period = DepartmentPeriod(first, last, code, level, name)
    return Department(uuid, (period,), (ParentPeriod(first, last, parent),))


def working(
    number: str,
    cpr: str,
    first: date = date(2024, 1, 1),
    last: date = OPEN,
    at: str = B190,
    position: str = "0731",
    title: str = "Pædagog",
    registered: datetime = NOW,
) -> Employment:
    """A plain employment with one period of everything; left after ``last``."""
    statuses = [Status(first, last, "1", registered)]
    if last != OPEN:
        statuses.append(Status(date.fromordinal(last.toordinal() + 1), OPEN, "8", registered))
    return Employment(
        number,
        cpr,
        tuple(statuses),
        (Placement(first, OPEN, CODES.get(at, "B999"), at, registered),),
        (Job(first, OPEN, position, title, registered),),
        (WorkingTime(first, OPEN, "1.0000", True, True, registered),),
        employed_on=first,
        anniversary=first,
    )


def bo() -> Employment:
    return Employment(
        "00417",
        BO,
        (
            Status(FIRST, day("2021-01-31"), "1"),
            Status(day("2021-02-01"), day("2021-07-31"), "8"),
            Status(day("2021-08-01"), day("2025-10-31"), "1"),
            Status(day("2025-11-01"), day("2026-03-31"), "3"),
            Status(day("2026-04-01"), day("2027-06-30"), "1"),
            Status(day("2027-07-01"), OPEN, "9"),
        ),
        (place(B110, FIRST, day("2026-05-31")), place(B190, day("2026-06-01"))),
        (
            Job(FIRST, day("2022-12-31"), "0730", "Pædagogmedhjælper"),
            Job(day("2023-01-01"), OPEN, "0731", "Pædagog"),
        ),
        (
            WorkingTime(FIRST, day("2022-12-31"), "1.0000"),
            WorkingTime(day("2023-01-01"), OPEN, "0.8649", full_time=False),
        ),
        employed_on=FIRST,
        anniversary=FIRST,
        contact=Contact("99887733", "", "bokl@klitkoebing.example"),
    )


def klit() -> State:
    state = State()
    state.clock.set(NOW)
    home = state.add(Institution("XA", TOP, "Klitkøbing Kommune, løn", LEVELS[:1] + LEVELS[2:4]))
    home.put_positions(
        (
            Position(
                "0700",
                "Dagtilbud",
                "2",
                (
                    Position(
                        "0730",
                        "Pædagogisk personale",
                        "1",
                        (Position("0730", "Pædagogmedhjælper"), Position("0731", "Pædagog")),
                    ),
                ),
            ),
            Position("9022", ""),
        )
    )
    home.put_department(department(BU00, "BU00", NY2, "Børn og Unge"))
    home.put_department(department(BUAB, "BUAB", NY1, "Dagtilbud", BU00))
    home.put_department(
        Department(
            B110,
            (
                DepartmentPeriod(UNKNOWN_START, day("2025-06-30"), "B110", LOWEST, "Børnehaven Sandkrukken"),
                DepartmentPeriod(
                    day("2025-07-01"),
                    OPEN,
                    "B110",
                    LOWEST,
                    "Børnehuset Klitten",
                    "1099990017",
                    Address("Hybenstien 4", "9998", "Klitkøbing", "0999"),
                    ("", "99887711"),
                    ("klitten@klitkoebing.example", ""),
                ),
            ),
            (
                ParentPeriod(UNKNOWN_START, day("2025-06-30"), BU00),
                ParentPeriod(day("2025-07-01"), OPEN, BUAB),
            ),
        )
    )
    home.put_department(department(B190, "B190", LOWEST, "Pædagogisk pulje", BU00))
    home.put_person(
        Person(
            BO,
            "Bo Asger",
            "Klitmose",
            Address("Marehalmvej 12", "9998", "Klitkøbing", "0999", "DK"),
            Contact("99887722", "", "bo@klitmose.example"),
        )
    )
    home.put_person(Person(DORTE, "Dorte", "Sandholt", Address("**ADRESSEBESKYTTELSE**", "0000", "", "0999")))
    home.put_employment(bo())
    home.put_employment(
        Employment(
            "81200",
            BO,
            (Status(day("2024-02-15"), OPEN, "1"),),
            (place(B190, day("2024-02-15")),),
            (Job(day("2024-02-15"), OPEN, "9022"),),
            (WorkingTime(day("2024-02-15"), OPEN, "0.0000", salaried=False),),
        )
    )
    home.put_employment(replace(working("E0042", DORTE, FIRST, registered=BEGINNING), contact=Contact("14", "", "")))
    return state


@dataclass
class Payroll:
    """The stand-in, served, with an importer that reads it."""

    running: Running
    known: InMemory = field(default_factory=InMemory)
    pauses: list[float] = field(default_factory=list)

    @property
    def service(self) -> Service:
        return self.running.service

    @property
    def state(self) -> State:
        return self.service.state

    @property
    def home(self) -> Institution:
        return self.state.institutions["XA"]

    @property
    def wrong(self) -> Misbehaviour:
        return self.service.misbehaviour

    def settings(self, **other: Any) -> SdSettings:
        told: dict[str, Any] = {
            "xml_url": f"{self.running.url}/sdws",
            "json_url": f"{self.running.url}/api-gateway/organization/public/api/v1",
            "user": "SYklit",
            "password": self.state.password,
            "institutions": ("XA",),
            "retries": 2,
            "timeout_seconds": 20,
        }
        return SdSettings(**told | other)

    def now(self) -> datetime:
        return self.state.clock.now().replace(tzinfo=ZoneInfo("Europe/Copenhagen"))

    def source(self, *, whole: bool = False, **settings: Any) -> SdSource:
        return SdSource(self.settings(**settings), whole=whole, now=self.now, sleep=self.pauses.append)

    def read(self, *, whole: bool = False, **settings: Any) -> Applied:
        """An import into memory."""
        return self.known.take(self.source(whole=whole, **settings))

    def change(self, cpr: str, number: str, edit: Callable[[Employment], Employment]) -> None:
        """Payroll learns something of an employment, now; what is told anew is registered now."""
        before = self.home.employments[cpr, number]
        after = edit(before)
        now = self.state.clock.now()
        self.home.put_employment(
            replace(
                after,
                statuses=tuple(
                    each if each in before.statuses else each._replace(registered=now) for each in after.statuses
                ),
                departments=tuple(
                    each if each in before.departments else each._replace(registered=now) for each in after.departments
                ),
                jobs=tuple(each if each in before.jobs else each._replace(registered=now) for each in after.jobs),
            )
        )

    def at(self, moment: str) -> None:
        """Set the clock: "2026-03-02 08:10"."""
        self.state.clock.set(datetime.fromisoformat(moment))

    def hire(self, cpr: str, employment: Employment, name: str = "Eva Prøve") -> None:
        given, _, surname = name.partition(" ")
        self.home.put_person(Person(cpr, given, surname, registered=self.state.clock.now()))
        self.home.put_employment(employment)


def second_institution(payroll: Payroll) -> Institution:
    other = payroll.state.add(Institution("XB", TOP.replace("b0001", "b0002"), "Anden løn"))
    other.put_department(department("a" * 8, "A110", NY1, "Anden forvaltning", other.uuid))
    other.put_department(department("b" * 8, "B110", LOWEST, "Anden afdeling", "a" * 8))
    other.put_positions((Position("0731", "Pædagog"),))
    return other
