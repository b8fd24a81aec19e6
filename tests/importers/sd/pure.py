"""What a mapping needs without a service: an employment as SD tells it, in few words."""

from datetime import date
from typing import Any

from graph.time import Period
from importers.sd.answers import (
    NO_ADDRESS,
    NO_CONTACT,
    DepartmentAnswer,
    DepartmentPeriod,
    EmploymentAnswer,
    JobAnswer,
    StatusAnswer,
    WorkingTimeAnswer,
)
from importers.sd.employment_mapping import Holder
from importers.sd.organisation import Department, LeftOut, Organisation, ParentAnswer
from importers.sd.settings import SdSettings

SETTINGS = SdSettings(user="SYtest", password="secret", institutions=("XA",))
TOP, HERE, THERE = "top", "here", "there"


def since(start: str, end: str = "") -> Period:
    """End not included."""
    return Period(date.fromisoformat(start), date.fromisoformat(end) if end else None)


def told(
    number: str = "00417",
    statuses: list[tuple[str, str, str]] | None = None,
    departments: list[tuple[str, str, str]] | None = None,
    jobs: list[tuple[str, str, str]] | None = None,
    working: list[tuple[str, str]] | None = None,
    **other: Any,
) -> EmploymentAnswer:
    """Each part as (value, start, end); ends not included, "" = open."""
    return EmploymentAnswer(
        number,
        None,
        tuple(StatusAnswer(since(start, end), code) for code, start, end in statuses or ()),
        tuple(DepartmentAnswer(since(start, end), uuid.upper()[:4], uuid) for uuid, start, end in departments or ()),
        tuple(JobAnswer(since(start, end), code, "Pædagog") for code, start, end in jobs or ()),
        tuple(WorkingTimeAnswer(since(start), float(rate), True, True) for rate, start in working or ()),
        **other,
    )


def organisation(settings: SdSettings = SETTINGS) -> Organisation:
    """HERE and THERE directly under a department "mid", which is under the institution TOP."""
    made = Organisation("XA", TOP, "Løn", ("low", "high"), LeftOut(settings))
    for uuid, level, parent in (("mid", "high", TOP), (HERE, "low", "mid"), (THERE, "low", "mid")):
        period = DepartmentPeriod(since("1900-01-01"), uuid.upper()[:4], level, uuid, "", NO_ADDRESS, NO_CONTACT)
        made.departments[uuid] = Department(uuid, (period,), (ParentAnswer(since("1900-01-01"), parent),))
    return made


HOLDER = Holder("XA", "employment:XA:00417:p", "p", NO_CONTACT, organisation(), {"0731": "Pædagog"})
