"""The stand-in's eleven operations: from a checked request and the state to the body of the answer."""

from collections.abc import Callable, Iterable, Iterator
from datetime import date, datetime, timedelta

from sample.sd_service.employment_xml import Choice, Wanted, beginning, employment_xml, on_day, registered
from sample.sd_service.organisation_xml import NO_MAIL, NO_PHONE, address_xml, departments, organization, parent_on
from sample.sd_service.requests import Fault, Question, escaped
from sample.sd_service.state import NO_CONTACT, Contact, Employment, Institution, Person, Position, State

ACTIVE = frozenset("0134")  # that 4 counts as active is unverified
PASSIVE = frozenset("789S")


def answer(asked: Question, state: State) -> Iterator[str]:
    """The answer's elements after the echo."""
    return _OPERATIONS[asked.operation](asked, state)


def _institution(asked: Question, state: State) -> Institution:
    code, uuid = asked.text("InstitutionIdentifier"), asked.text("InstitutionUUIDIdentifier").lower()
    return next(each for each in state.institutions.values() if each.code == code or each.uuid.lower() == uuid)


def _institutions(asked: Question, state: State) -> Iterator[str]:
    region = asked.text("RegionIdentifier")
    region_uuid = asked.text("RegionUUIDIdentifier").lower()
    if region or region_uuid:
        if region != state.region and region_uuid != state.region_uuid.lower():
            raise Fault("The stated region does not exist")  # unverified text
        found = list(state.institutions.values())
    else:
        found = [_institution(asked, state)]
    uuids = asked.on("UUIDIndicator")
    yield f"<Region><RegionIdentifier>{state.region}</RegionIdentifier>"
    if uuids:
        yield f"<RegionUUIDIdentifier>{state.region_uuid}</RegionUUIDIdentifier>"
    yield f"<RegionName>{escaped(state.region_name)}</RegionName>"
    for each in sorted(found, key=lambda each: each.code):
        yield f"<Institution><InstitutionIdentifier>{each.code}</InstitutionIdentifier>"
        if uuids:
            yield f"<InstitutionUUIDIdentifier>{each.uuid}</InstitutionUUIDIdentifier>"
        yield f"<InstitutionName>{escaped(each.name)}</InstitutionName></Institution>"
    yield "</Region>"


def _with_institution(
    rest: Callable[[Question, Institution], Iterator[str]],
) -> Callable[[Question, State], Iterator[str]]:
    def whole(asked: Question, state: State) -> Iterator[str]:
        institution = _institution(asked, state)
        uuids = asked.on("UUIDIndicator")
        yield f"<RegionIdentifier>{state.region}</RegionIdentifier>"
        if uuids:
            yield f"<RegionUUIDIdentifier>{state.region_uuid}</RegionUUIDIdentifier>"
        yield f"<InstitutionIdentifier>{institution.code}</InstitutionIdentifier>"
        if uuids:
            yield f"<InstitutionUUIDIdentifier>{institution.uuid}</InstitutionUUIDIdentifier>"
        yield from rest(asked, institution)

    return whole


def _parent(asked: Question, state: State) -> Iterator[str]:
    uuid, day = asked.text("DepartmentUUIDIdentifier").lower(), asked.day("EffectiveDate")
    for institution in state.institutions.values():
        if uuid in institution.departments:
            parent = parent_on(institution.departments[uuid], day)
            if parent:
                yield f"<DepartmentParent><DepartmentUUIDIdentifier>{parent}</DepartmentUUIDIdentifier>"
                yield "</DepartmentParent>"


# -- employments ----------------------------------------------------------------------------------------------------


def _asked_for(asked: Question, institution: Institution) -> Iterable[Employment]:
    """Filtered, and sorted by CPR and employment number. Raises Fault for an unknown person or number."""
    cpr, number = asked.text("PersonCivilRegistrationIdentifier"), asked.text("EmploymentIdentifier")
    if cpr:
        if cpr not in institution.persons:
            raise Fault(f"The stated PersonCivilRegistrationIdentifier '{cpr}' does not exist.")
        found = institution.employments_of(cpr)
        if number:
            found = [each for each in found if each.number == number]
    elif number:
        found = [each for each in institution.employments.values() if each.number == number]
    else:
        return (institution.employments[key] for key in sorted(institution.employments))
    if number and not found:
        raise Fault(f"The stated EmploymentIdentifier '{number}' does not exist")
    return sorted(found, key=lambda each: (each.cpr, each.number))


def _statuses(asked: Question) -> frozenset[str]:
    return (ACTIVE if asked.on("StatusActiveIndicator") else frozenset()) | (
        PASSIVE if asked.on("StatusPassiveIndicator") else frozenset()
    )


def _status_on(employment: Employment, day: date) -> str:
    return next((each.code for each in employment.statuses if each.first <= day <= each.last), "")


def _in_department(asked: Question, employment: Employment, day: date) -> bool:
    code = asked.text("DepartmentIdentifier")
    return not code or any(each.code == code and each.first <= day <= each.last for each in employment.departments)


def _told(employments: Iterable[Employment], wanted: Wanted, choice: Choice, dates: bool = True) -> Iterator[str]:
    cpr = ""
    parts: list[str] = []
    for each in employments:
        text = employment_xml(each, wanted, choice, dates)
        if not text:
            continue
        if each.cpr != cpr:
            if parts:
                yield _person_around(cpr, parts)
            cpr, parts = each.cpr, []
        parts.append(text)
    if parts:
        yield _person_around(cpr, parts)


def _person_around(cpr: str, parts: list[str]) -> str:
    number = f"<PersonCivilRegistrationIdentifier>{cpr}</PersonCivilRegistrationIdentifier>"
    return f"<Person>{number}{''.join(parts)}</Person>"


def _employment(asked: Question, state: State) -> Iterator[str]:
    day, statuses = asked.day("EffectiveDate"), _statuses(asked)
    found = (
        each
        for each in _asked_for(asked, _institution(asked, state))
        if _status_on(each, day) in statuses and _in_department(asked, each, day)
    )
    return _told(found, Wanted.of(asked), on_day(day))


def _employment_changed(asked: Question, state: State) -> Iterator[str]:
    first, last = asked.window()
    found = _asked_for(asked, _institution(asked, state))
    return _told(found, Wanted.of(asked), beginning(first, last))


def _employment_changed_at(asked: Question, state: State) -> Iterator[str]:
    institution = _institution(asked, state)
    start, end = asked.moments()
    keys = {key for day in _days(start, end) for key in institution.changed_employments.get(day, ())}
    if asked.text("PersonCivilRegistrationIdentifier") or asked.text("EmploymentIdentifier"):
        keys &= {(each.cpr, each.number) for each in _asked_for(asked, institution)}
    found = (institution.employments[key] for key in sorted(keys) if key in institution.employments)
    choice = registered(start, end, asked.on("FutureInformationIndicator"))
    return _told(found, Wanted.of(asked, registered=True), choice)


def _days(start: datetime, end: datetime) -> Iterator[date]:
    day = start.date()
    while day <= end.date():
        yield day
        day += timedelta(days=1)


# -- persons --------------------------------------------------------------------------------------------------------


def _person(asked: Question, state: State) -> Iterator[str]:
    institution = _institution(asked, state)
    day, statuses = asked.day("EffectiveDate"), _statuses(asked)
    by_person: dict[str, list[Employment]] = {}
    for each in _asked_for(asked, institution):
        # A future employment has no status today; it is sent, since clients read contact data in advance (unverified).
        if (_status_on(each, day) or "0") in statuses and _in_department(asked, each, day):
            by_person.setdefault(each.cpr, []).append(each)
    for cpr, employments in by_person.items():
        yield _person_xml(institution.persons[cpr], employments, asked)


def _person_changed_at(asked: Question, state: State) -> Iterator[str]:
    institution = _institution(asked, state)
    start, end = asked.moments()
    found = sorted({cpr for day in _days(start, end) for cpr in institution.changed_persons.get(day, ())})
    for cpr in found:
        person = institution.persons[cpr]
        employments = institution.employments_of(cpr)
        if start <= person.registered < end and employments:
            yield _person_xml(person, employments, asked, blanks=True)


def _person_xml(person: Person, employments: Iterable[Employment], asked: Question, blanks: bool = False) -> str:
    parts = [f"<Person><PersonCivilRegistrationIdentifier>{person.cpr}</PersonCivilRegistrationIdentifier>"]
    if person.given_name:
        parts.append(f"<PersonGivenName>{escaped(person.given_name)}</PersonGivenName>")
    if person.surname:
        parts.append(f"<PersonSurnameName>{escaped(person.surname)}</PersonSurnameName>")
    contacts = asked.on("ContactInformationIndicator")
    if asked.on("PostalAddressIndicator"):
        parts.append(address_xml(person.address))
    if contacts:
        parts.append(_contact_xml(person.contact, blanks))
    for each in employments:
        contact = _contact_xml(each.contact, blanks) if contacts else ""
        number = f"<EmploymentIdentifier>{each.number}</EmploymentIdentifier>"
        parts.append(f"<Employment>{number}{contact}</Employment>")
    return "".join(parts) + "</Person>"


def _contact_xml(contact: Contact, blanks: bool) -> str:
    if contact == NO_CONTACT and not blanks:
        return ""
    phones, mail = "", contact.email or (NO_MAIL if blanks else "")
    if contact.phone or contact.second_phone or blanks:
        phones = "".join(
            f"<TelephoneNumberIdentifier>{escaped(phone or NO_PHONE)}</TelephoneNumberIdentifier>"
            for phone in (contact.phone, contact.second_phone)
        )
    if mail:
        mail = f"<EmailAddressIdentifier>{escaped(mail)}</EmailAddressIdentifier>"
    return f"<ContactInformation>{phones}{mail}</ContactInformation>"


# -- positions ------------------------------------------------------------------------------------------------------


def _profession(asked: Question, state: State) -> Iterator[str]:
    wanted = asked.text("JobPositionIdentifier")
    for each in _institution(asked, state).positions:
        if not wanted or each.code == wanted:
            yield _position_xml(each)


def _position_xml(position: Position) -> str:
    return (
        f"<Profession><JobPositionIdentifier>{escaped(position.code)}</JobPositionIdentifier>"
        f"<JobPositionName>{escaped(position.name)}</JobPositionName>"
        f"<JobPositionLevelCode>{position.level}</JobPositionLevelCode>"
        f"{''.join(map(_position_xml, position.below))}</Profession>"
    )


_OPERATIONS: dict[str, Callable[[Question, State], Iterator[str]]] = {
    "GetInstitution20111201": _institutions,
    "GetOrganization20111201": _with_institution(organization),
    "GetDepartment20111201": _with_institution(departments),
    "GetDepartmentParent20190701": _parent,
    "GetPerson20111201": _person,
    "GetPersonChangedAtDate20111201": _person_changed_at,
    "GetEmployment20111201": _employment,
    "GetEmploymentChanged20111201": _employment_changed,
    "GetEmploymentChangedAtDate20111201": _employment_changed_at,
    "GetProfession20080201": _profession,
}
