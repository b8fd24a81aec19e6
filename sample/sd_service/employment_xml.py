"""Employments and their periods as XML text; it is built from templates, since an answer may have a million."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Protocol, TypeVar

from sample.sd_service.requests import Question, escaped
from sample.sd_service.state import Employment, Job, Placement, Status, WorkingTime


class Period(Protocol):
    """The part that the periods of all four timelines share."""

    @property
    def first(self) -> date: ...
    @property
    def last(self) -> date: ...
    @property
    def registered(self) -> datetime: ...


P = TypeVar("P", bound=Period)


@dataclass(frozen=True)
class Wanted:
    """The requested parts. ``blanks``: blanked texts are sent as ``Empty``, and periods have the day of the change."""

    departments: bool
    statuses: bool
    jobs: bool
    working_times: bool
    uuids: bool
    registered: bool = False

    @classmethod
    def of(cls, asked: Question, *, registered: bool = False) -> "Wanted":
        return cls(
            asked.on("DepartmentIndicator"),
            asked.on("EmploymentStatusIndicator"),
            asked.on("ProfessionIndicator"),
            asked.on("WorkingTimeIndicator"),
            asked.on("UUIDIndicator"),
            registered,
        )


Choice = Callable[[Sequence[Period]], Iterable[Period]]
"""Chooses the periods of a timeline that are sent."""


def on_day(day: date) -> Choice:
    """Those in force on a day (GetEmployment)."""
    return lambda timeline: (each for each in timeline if each.first <= day <= each.last)


def beginning(first: date, last: date) -> Choice:
    """Those that begin in the window (GetEmploymentChanged)."""
    return lambda timeline: (each for each in timeline if first <= each.first <= last)


def registered(start: datetime, end: datetime, future: bool) -> Choice:
    """Those registered in the window and, with ``future``, the later ones of the same group."""

    def chosen(timeline: Sequence[Period]) -> Iterable[Period]:
        news = [each for each in timeline if start <= each.registered < end]
        if not news or not future:
            return news
        begins = min(each.first for each in news)
        return [each for each in timeline if each in news or each.first > begins]

    return chosen


def employment_xml(employment: Employment, wanted: Wanted, choice: Choice, dates: bool = True) -> str:
    """The element; empty if none of it is sent."""
    groups = []
    if wanted.departments:
        groups.append([_department(each, wanted) for each in _of(Placement, choice, employment.departments)])
    if wanted.jobs:
        groups.append([_job(each, wanted) for each in _of(Job, choice, employment.jobs)])
    if wanted.statuses:
        groups.append([_status(each, wanted) for each in _of(Status, choice, employment.statuses)])
    if wanted.working_times:
        groups.append([_working_time(each, wanted) for each in _of(WorkingTime, choice, employment.working_times)])
    parts = "".join(part for group in groups for part in group)
    if not parts:
        return ""
    days = ""
    if dates and employment.employed_on:
        days += f"<EmploymentDate>{employment.employed_on}</EmploymentDate>"
    if dates and employment.anniversary:
        days += f"<AnniversaryDate>{employment.anniversary}</AnniversaryDate>"
    number = f"<EmploymentIdentifier>{employment.number}</EmploymentIdentifier>"
    return f"<Employment>{number}{days}{parts}</Employment>"


def _of(kind: type[P], choice: Choice, timeline: Sequence[P]) -> Iterable[P]:
    return (each for each in choice(timeline) if isinstance(each, kind))


def _opened(name: str, period: Period, wanted: Wanted) -> str:
    attribute = f' changedAtDate="{period.registered.date()}"' if wanted.registered else ""
    return (
        f"<{name}{attribute}><ActivationDate>{period.first}</ActivationDate>"
        f"<DeactivationDate>{period.last}</DeactivationDate>"
    )


def _department(each: Placement, wanted: Wanted) -> str:
    uuid = ""
    if wanted.uuids and each.uuid:
        uuid = f"<DepartmentUUIDIdentifier>{each.uuid}</DepartmentUUIDIdentifier>"
    code = f"<DepartmentIdentifier>{each.code}</DepartmentIdentifier>"
    return f"{_opened('EmploymentDepartment', each, wanted)}{code}{uuid}</EmploymentDepartment>"


def _job(each: Job, wanted: Wanted) -> str:
    blank = "Empty" if wanted.registered else ""
    title, appointment = each.title or blank, each.appointment or blank
    return (
        f"{_opened('Profession', each, wanted)}<JobPositionIdentifier>{escaped(each.position)}</JobPositionIdentifier>"
        + (f"<EmploymentName>{escaped(title)}</EmploymentName>" if title else "")
        + (f"<AppointmentCode>{appointment}</AppointmentCode>" if appointment else "")
        + "</Profession>"
    )


def _status(each: Status, wanted: Wanted) -> str:
    code = f"<EmploymentStatusCode>{each.code}</EmploymentStatusCode>"
    return f"{_opened('EmploymentStatus', each, wanted)}{code}</EmploymentStatus>"


def _working_time(each: WorkingTime, wanted: Wanted) -> str:
    rates = f"<OccupationRate>{each.rate}</OccupationRate><SalaryRate>{each.rate}</SalaryRate>" if each.rate else ""
    if each.salaried:
        kind = f"<FullTimeIndicator>{'true' if each.full_time else 'false'}</FullTimeIndicator>"
    else:
        kind = "<AutomaticRaiseIndicator>false</AutomaticRaiseIndicator>"
    salaried = f"<SalariedIndicator>{'true' if each.salaried else 'false'}</SalariedIndicator>"
    return f"{_opened('WorkingTime', each, wanted)}{rates}{salaried}{kind}</WorkingTime>"
