"""Departments, the tree (leaf first) and parent histories in the stand-in's answers."""

from collections.abc import Iterator
from datetime import date, timedelta
from functools import cache

from sample.sd_service.requests import Fault, Question, escaped
from sample.sd_service.state import NO_ADDRESS, OPEN, Address, Department, DepartmentPeriod, Institution

NO_PHONE, NO_MAIL = "00000000", "Empty@Empty"


def parent_on(department: Department, day: date) -> str:
    """UUID of the parent on a day; empty if there is none."""
    return next((each.parent for each in department.parents if each.first <= day <= each.last), "")


def parent_history(department: Department) -> list[dict[str, str]]:
    """The answer of the JSON interface."""
    return [
        {"startDate": each.first.isoformat(), "endDate": each.last.isoformat(), "parentUuid": each.parent}
        for each in department.parents
    ]


def _period_on(department: Department, day: date) -> DepartmentPeriod | None:
    return next((each for each in department.periods if each.first <= day <= each.last), None)


def departments(asked: Question, institution: Institution) -> Iterator[str]:
    """GetDepartment: one element per period that overlaps the window, sorted by code and first day."""
    first, last = asked.window()
    uuid = asked.text("DepartmentUUIDIdentifier").lower()
    if uuid and uuid not in institution.departments:
        raise Fault("DepartmentUUIDIdentifier was not found.")
    code, level = asked.text("DepartmentIdentifier"), asked.text("DepartmentLevelIdentifier")
    found = [
        (period, department.uuid)
        for department in ([institution.departments[uuid]] if uuid else institution.departments.values())
        for period in department.periods
        if period.first <= last and first <= period.last
        and (not code or period.code == code)
        and (not level or period.level == level)
        and (not asked.on("EmploymentDepartmentIndicator") or period.level == institution.levels[0])
    ]  # fmt: skip
    if code and not found:
        raise Fault(f"The stated DepartmentIdentifier '{code}' does not exist")  # unverified text
    for period, of in sorted(found, key=lambda each: (each[0].code, each[0].level, each[1], each[0].first)):
        yield _department_xml(period, of, asked)


def _department_xml(period: DepartmentPeriod, uuid: str, asked: Question) -> str:
    parts = [
        f"<Department><ActivationDate>{period.first}</ActivationDate>",
        f"<DeactivationDate>{period.last}</DeactivationDate>",
        f"<DepartmentIdentifier>{period.code}</DepartmentIdentifier>",
    ]
    if asked.on("UUIDIndicator"):
        parts.append(f"<DepartmentUUIDIdentifier>{uuid}</DepartmentUUIDIdentifier>")
    parts.append(f"<DepartmentLevelIdentifier>{escaped(period.level)}</DepartmentLevelIdentifier>")
    if asked.on("DepartmentNameIndicator") and period.name:
        parts.append(f"<DepartmentName>{escaped(period.name)}</DepartmentName>")
    if asked.on("ProductionUnitIndicator") and period.p_number:
        parts.append(f"<ProductionUnitIdentifier>{period.p_number}</ProductionUnitIdentifier>")
    if asked.on("PostalAddressIndicator"):
        parts.append(address_xml(period.address))
    if asked.on("ContactInformationIndicator"):
        parts.append(_contact_xml(period))
    return "".join(parts) + "</Department>"


def address_xml(address: Address) -> str:
    """PostalAddress; omitted if it is empty."""
    if address == NO_ADDRESS:
        return ""
    names = ("StandardAddressIdentifier", "PostalCode", "DistrictName", "MunicipalityCode")
    inner = "".join(f"<{name}>{escaped(text)}</{name}>" for name, text in zip(names, address[:4], strict=True) if text)
    if address.country:
        scheme = 'scheme="iso3166-alpha2"'
        inner += f"<CountryIdentificationCode {scheme}>{address.country}</CountryIdentificationCode>"
    return f"<PostalAddress>{inner}</PostalAddress>"


def _contact_xml(period: DepartmentPeriod) -> str:
    """If one of two is set, the other is filled."""
    inner = ""
    if any(period.phones):
        for phone in period.phones:
            inner += f"<TelephoneNumberIdentifier>{escaped(phone or NO_PHONE)}</TelephoneNumberIdentifier>"
    if any(period.emails):
        for mail in period.emails:
            inner += f"<EmailAddressIdentifier>{escaped(mail or NO_MAIL)}</EmailAddressIdentifier>"
    return f"<ContactInformation>{inner}</ContactInformation>" if inner else ""


def organization(asked: Question, institution: Institution) -> Iterator[str]:
    """GetOrganization: one ``Organization`` per stretch of unchanged structure, each path from its leaf."""
    first, last = asked.window()
    yield f"<DepartmentStructureName>{institution.code}-Basis</DepartmentStructureName>"
    levels = "".join(
        f"<DepartmentLevelReference><DepartmentLevelIdentifier>{escaped(level)}</DepartmentLevelIdentifier>"
        for level in institution.levels
    )
    closing = "</DepartmentLevelReference>" * len(institution.levels)
    yield f"<OrganizationStructure>{levels}{closing}</OrganizationStructure>"
    borders = sorted(_borders(institution))
    begins = [day for day in borders if day <= first][-1:] + [day for day in borders if first < day <= last]
    for index, begin in enumerate(begins):
        end = begins[index + 1] - timedelta(days=1) if index + 1 < len(begins) else last
        paths = _kept_paths(institution, begin, max(begin, first), asked.on("UUIDIndicator"))
        yield f"<Organization><ActivationDate>{begin}</ActivationDate><DeactivationDate>{end}</DeactivationDate>"
        yield paths
        yield "</Organization>"


def _kept_paths(institution: Institution, begin: date, day: date, uuids: bool) -> str:
    """One stretch's paths as text; kept as long as no department changes, since they are requested every day."""
    key = (institution.structure_version, begin, uuids)
    if key not in institution.paths:
        institution.paths = {kept: text for kept, text in institution.paths.items() if kept[0] == key[0]}
        institution.paths[key] = "".join(_paths(institution, day, uuids))
    return institution.paths[key]


def _borders(institution: Institution) -> set[date]:
    days = {period.first for each in institution.departments.values() for period in each.periods}
    days |= {period.first for each in institution.departments.values() for period in each.parents}
    for each in institution.departments.values():
        days |= {period.last + timedelta(days=1) for period in each.periods if period.last != OPEN}
    return days


def _paths(institution: Institution, day: date, uuids: bool) -> Iterator[str]:
    @cache
    def from_here_up(uuid: str) -> str:
        department = institution.departments.get(uuid)
        period = _period_on(department, day) if department else None
        if department is None or period is None:
            return ""
        parent = parent_on(department, day).lower()
        above = "" if parent == uuid else from_here_up(parent)
        return (
            f"<DepartmentReference><DepartmentIdentifier>{period.code}</DepartmentIdentifier>"
            + (f"<DepartmentUUIDIdentifier>{department.uuid}</DepartmentUUIDIdentifier>" if uuids else "")
            + f"<DepartmentLevelIdentifier>{escaped(period.level)}</DepartmentLevelIdentifier>{above}"
            "</DepartmentReference>"
        )

    found = []
    for uuid, department in institution.departments.items():
        period = _period_on(department, day)
        if period is not None and period.level == institution.levels[0]:
            found.append((period.code, uuid))
    for _, uuid in sorted(found):
        yield from_here_up(uuid)
