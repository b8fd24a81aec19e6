"""The stand-in's requests, checked as SD checks them; an invalid one raises ``Fault``.

Parameter names are case-sensitive, and unknown ones are ignored. Fault texts that are not documented are the stand-in's
own, marked ``unverified``.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from sample.sd_service.state import State

EMPLOYMENT_PARTS = (
    "DepartmentIndicator",
    "EmploymentStatusIndicator",
    "ProfessionIndicator",
    "SalaryAgreementIndicator",
    "SalaryCodeGroupIndicator",
    "WorkingTimeIndicator",
    "UUIDIndicator",
)
FILTERS = (
    "PersonCivilRegistrationIdentifier",
    "EmploymentIdentifier",
    "DepartmentIdentifier",
    "DepartmentLevelIdentifier",
)
WINDOW = ("ActivationDate", "DeactivationDate")
WINDOW_AND_TIMES = ("ActivationDate", "ActivationTime", "DeactivationDate", "DeactivationTime")
STATUSES = ("StatusActiveIndicator", "StatusPassiveIndicator")
PERSON_PARTS = ("ContactInformationIndicator", "PostalAddressIndicator")
OLDEST_REGISTRATION = timedelta(days=30)
OLDEST_DAY = timedelta(days=5 * 365 + 2)
OLDEST_BEGIN = timedelta(days=13 * 31)

# Each operation's parameters, in the order of the echo (the request types of the XSDs).
OPERATIONS: Mapping[str, tuple[str, ...]] = {
    "GetInstitution20111201": (
        "RegionIdentifier", "RegionUUIDIdentifier", "InstitutionIdentifier", "InstitutionUUIDIdentifier",
        "AdministrationIndicator", "ContactInformationIndicator", "PostalAddressIndicator",
        "ProductionUnitIndicator", "UUIDIndicator",
    ),
    "GetOrganization20111201": ("InstitutionIdentifier", "InstitutionUUIDIdentifier", *WINDOW, "UUIDIndicator"),
    "GetDepartment20111201": (
        "InstitutionIdentifier", "InstitutionUUIDIdentifier", "DepartmentIdentifier", "DepartmentLevelIdentifier",
        "DepartmentUUIDIdentifier", *WINDOW, "ContactInformationIndicator", "DepartmentNameIndicator",
        "EmploymentDepartmentIndicator", "PostalAddressIndicator", "ProductionUnitIndicator", "UUIDIndicator",
    ),
    "GetDepartmentParent20190701": ("EffectiveDate", "DepartmentUUIDIdentifier"),
    "GetPerson20111201": ("InstitutionIdentifier", *FILTERS, "EffectiveDate", *STATUSES, *PERSON_PARTS),
    "GetPersonChangedAtDate20111201": ("InstitutionIdentifier", *FILTERS, *WINDOW_AND_TIMES, *PERSON_PARTS),
    "GetEmployment20111201": ("InstitutionIdentifier", *FILTERS, "EffectiveDate", *STATUSES, *EMPLOYMENT_PARTS),
    "GetEmploymentChanged20111201": ("InstitutionIdentifier", *FILTERS, *WINDOW, *EMPLOYMENT_PARTS),
    "GetEmploymentChangedAtDate20111201": (
        "InstitutionIdentifier", *FILTERS, *WINDOW_AND_TIMES, *EMPLOYMENT_PARTS, "FutureInformationIndicator",
    ),
    "GetProfession20080201": ("InstitutionIdentifier", "JobPositionIdentifier"),
}  # fmt: skip


class Fault(Exception):
    """A parameter error, sent as a SOAP fault with HTTP 200."""


@dataclass(frozen=True)
class Question:
    """A checked request: texts by parameter name, as sent, without empty ones."""

    operation: str
    texts: Mapping[str, str]
    now: datetime

    def text(self, name: str) -> str:
        return self.texts.get(name, "")

    def on(self, indicator: str) -> bool:
        return self.text(indicator).lower() == "true"

    def day(self, name: str) -> date:
        """Raises Fault if it is missing or not a date."""
        text = self.text(name)
        if not text:
            raise Fault(f"{name} is missing")  # unverified text
        try:
            if "." in text:
                day, month, year = text.split(".")
                if len(year) != 4:
                    raise ValueError(text)
                return date(int(year), int(month), int(day))
            return date.fromisoformat(text)
        except ValueError as wrong:
            raise Fault(f"{name} '{text}' is not a date") from wrong  # unverified text

    def clock_time(self, name: str, default: time) -> time:
        text = self.text(name)
        if not text:
            return default
        try:
            return time.fromisoformat(text)
        except ValueError as wrong:
            raise Fault(f"{name} '{text}' is not a time") from wrong  # unverified text

    def window(self) -> tuple[date, date]:
        """Activation- and DeactivationDate. Raises Fault if they are in the wrong order."""
        first, last = self.day("ActivationDate"), self.day("DeactivationDate")
        if first > last:
            raise Fault("ActivationDate is after DeactivationDate")  # unverified text
        return first, last

    def moments(self) -> tuple[datetime, datetime]:
        """The window of registration (from, before): the minute in DeactivationTime is included."""
        first, last = self.window()
        start = datetime.combine(first, self.clock_time("ActivationTime", time.min))
        end = datetime.combine(last, self.clock_time("DeactivationTime", time(23, 59)))
        if start > end:
            raise Fault("ActivationTime is after DeactivationTime")  # unverified text
        return start, end.replace(second=0) + timedelta(minutes=1)

    def echo(self) -> str:
        """The request as understood: ISO dates, times with seconds, every indicator."""
        parts = []
        for name in OPERATIONS[self.operation]:
            if name.endswith("Indicator"):
                value = "true" if self.on(name) else "false"
            elif name.endswith("Date"):
                value = self.day(name).isoformat()
            elif name.endswith("Time"):
                value = self.clock_time(name, time.min).isoformat("seconds") if self.text(name) else ""
            else:
                value = self.text(name)
            if value:
                parts.append(f"<{name}>{escaped(value)}</{name}>")
        return "".join(parts)


def escaped(text: str) -> str:
    """Text, escaped for an element."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def checked(operation: str, sent: Mapping[str, str], state: State) -> Question:
    """The request. ``operation``: a key of OPERATIONS. Raises Fault."""
    names = OPERATIONS[operation]
    asked = Question(operation, {name: sent[name] for name in names if sent.get(name)}, state.clock.now())
    _check_institution(asked, names, state)
    for name in names:
        if name.endswith("Date"):
            asked.day(name)
    if "ActivationDate" in names:
        asked.window()
    if "StatusActiveIndicator" in names and not (asked.on("StatusActiveIndicator") or asked.on(STATUSES[1])):
        raise Fault("StatusActiveIndicator or StatusPassiveIndicator must be true")  # unverified text
    if asked.on("ProductionUnitIndicator") and not asked.on("PostalAddressIndicator"):
        raise Fault("ProductionUnitIndicator needs PostalAddressIndicator")  # unverified text
    if asked.on("FutureInformationIndicator") and asked.text("DepartmentIdentifier"):
        raise Fault("DepartmentIdentifier must not be given with FutureInformationIndicator")  # unverified text
    _check_age(asked, names, state)
    return asked


def _check_institution(asked: Question, names: tuple[str, ...], state: State) -> None:
    code, uuid = asked.text("InstitutionIdentifier"), asked.text("InstitutionUUIDIdentifier")
    if asked.operation == "GetInstitution20111201":
        given = [name for name in names if not name.endswith("Indicator") and asked.text(name)]
        if len(given) != 1:
            raise Fault("Exactly one of region and institution must be given")  # unverified text
    elif "InstitutionIdentifier" in names:
        if code and uuid:
            raise Fault("InstitutionIdentifier and InstitutionUUIDIdentifier are both given")  # unverified text
        if not code and not uuid:
            raise Fault("InstitutionIdentifier is missing")  # unverified text
    if code and code not in state.institutions:
        raise Fault(f"The stated InstitutionIdentifier '{code}' does not exist")  # unverified text
    if uuid and uuid.lower() not in {each.uuid.lower() for each in state.institutions.values()}:
        raise Fault(f"The stated InstitutionUUIDIdentifier '{uuid}' does not exist")  # unverified text


def _check_age(asked: Question, names: tuple[str, ...], state: State) -> None:
    today = asked.now.date()
    if "ActivationTime" in names and asked.day("ActivationDate") < today - OLDEST_REGISTRATION:
        raise Fault("ActivationDate is more than 30 days back")  # unverified text
    if "StatusActiveIndicator" in names and asked.day("EffectiveDate") < today - OLDEST_DAY:
        raise Fault("EffectiveDate is more than 5 years back")  # unverified text
    begins = asked.operation == "GetEmploymentChanged20111201" and state.thirteen_months
    if begins and asked.day("ActivationDate") < today - OLDEST_BEGIN:
        raise Fault("ActivationDate is more than 13 months back")  # unverified text
