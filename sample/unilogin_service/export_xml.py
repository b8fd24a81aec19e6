"""Answers of the stand-in as XML elements."""

from collections.abc import Collection, Iterable, Mapping
from datetime import datetime

from lxml import etree

from sample.unilogin_service.misbehaviour import Misbehaviour
from sample.unilogin_service.state import Institution, Member, Person

WSI = "https://brugerdatabasen.stil.dk/bpi/wsieksport/7"
COMMON, AUTHORITY = f"{WSI}/common", f"{WSI}/fullmyndighed"
TYPES = "https://brugerdatabasen.stil.dk/bpi/common/3"
NAMES = {"w": WSI, "c": COMMON, "c3": TYPES, "fm": AUTHORITY}
# The people that each filter lets through.
FILTERS = {"Student": "inkluderElever", "Employee": "inkluderMedarbejdere", "Extern": "inkluderEksterne"}


def child(parent: etree._Element, namespace: str, name: str, text: str | None = None) -> etree._Element:
    made = etree.SubElement(parent, etree.QName(namespace, name))
    made.text = text
    return made


def root(namespace: str, name: str) -> etree._Element:
    return etree.Element(etree.QName(namespace, name), nsmap=NAMES)


def agreements(numbers: Iterable[str]) -> etree._Element:
    made = root(WSI, "hentDataAftalerFuldMyndighedResponse")
    for each in numbers:
        child(made, TYPES, "regnr", each)
    return made


def greeting(provider: str) -> etree._Element:
    made = root(TYPES, "helloWorldWithCertificateResponse")
    child(made, TYPES, "helloWorldResult", f"Hello {provider}!")
    return made


def export(of: Institution, filters: Mapping[str, bool], wrong: Misbehaviour, now: datetime) -> etree._Element:
    """An institution's export. ``filters``: those in the request; a missing filter lets everyone through."""
    answer = root(WSI, "eksporterXmlFuldMyndighedResponse")
    made = child(child(answer, WSI, "xml"), AUTHORITY, "UNILoginExportFullMyndighed")
    made.set("exportDateTime", now.isoformat(timespec="seconds"))
    made.set("accessLevel", "full")
    for source, year in of.sources.items():
        told = child(made, COMMON, "ImportSource")
        told.set("source", source)
        told.set("sourceDateTime", now.isoformat(timespec="seconds"))
        told.set("schoolYear", f"{year}-{year + 1}")
    if of.number in wrong.no_institution:
        return answer
    institution = child(made, AUTHORITY, "Institution")
    child(institution, COMMON, "InstitutionNumber", wrong.other.get(of.number, of.number))
    child(institution, COMMON, "InstitutionName", of.name)
    for group in of.groups:
        element = child(institution, COMMON, "Group")
        child(element, COMMON, "GroupId", group.number)
        child(element, COMMON, "GroupName", group.name)
        child(element, COMMON, "GroupType", group.type)
    for each in _let_through(of, filters, wrong):
        _member(institution, each, filters.get("inkluderCpr", True), filters.get("inkluderKontaktpersoner", True))
    return answer


def _let_through(of: Institution, filters: Mapping[str, bool], wrong: Misbehaviour) -> list[Member]:
    if of.number in wrong.empty:
        return []
    kinds = {kind for kind, name in FILTERS.items() if filters.get(name, True)} | {""}
    if of.number in wrong.pupils:
        kinds.add("Student")
    found = [each for each in of.members if each.kind in kinds]
    return found[::2] if of.number in wrong.half else found


def _member(institution: etree._Element, member: Member, with_cpr: bool, with_contacts: bool) -> None:
    made = child(institution, AUTHORITY, "InstitutionPerson")
    made.set("source", member.source)
    child(made, TYPES, "LocalPersonId", member.local)
    if member.person is not None:
        _person(made, member.person, with_cpr)
    if member.kind == "Student":
        _student(made, member, with_contacts)
    elif member.kind:
        tie = child(made, COMMON, member.kind)
        for role in member.roles:
            child(tie, COMMON, "Role", role)
        if member.initials:
            child(tie, COMMON, "ShortName", member.initials)
        if member.occupation:
            child(tie, COMMON, "Occupation", member.occupation)
        _groups(tie, member.groups)


def _person(parent: etree._Element, person: Person, with_cpr: bool) -> None:
    made = child(parent, AUTHORITY, "Person")
    made.set("protected", "true" if person.protected else "false")
    texts = {"FirstName": person.given_name, "FamilyName": person.surname, "UserId": person.user}
    if with_cpr and person.cpr:
        texts["CivilRegistrationNumber"] = person.cpr
        if person.cpr_type:
            texts["CivilRegistrationNumberType"] = person.cpr_type
    if person.email:
        texts["EmailAddress"] = person.email
    if person.birthday:
        texts["BirthDate"] = person.birthday.isoformat()
    for name, text in texts.items():
        child(made, COMMON, name, text)
    if person.mobile:
        child(made, COMMON, "MobilePhoneNumber", person.mobile).set("protected", "false")
    if person.alias:
        child(made, AUTHORITY, "AliasFirstName", person.alias[0])
        child(made, AUTHORITY, "AliasFamilyName", person.alias[1])


def _student(parent: etree._Element, member: Member, with_contacts: bool) -> None:
    made = child(parent, AUTHORITY, "Student")
    child(made, COMMON, "Role", "Elev")
    child(made, COMMON, "Level", "3")
    child(made, COMMON, "MainGroupId", member.main_group)
    _groups(made, member.groups)
    if with_contacts:
        contact = child(made, AUTHORITY, "ContactPerson")
        contact.set("relation", "Mor")
        contact.set("childCustody", "true")
        contact.set("accessLevel", "5")
        _person(contact, Person(f"k{member.local}", "Mor", "Til Elev", cpr_type=None), False)


def _groups(parent: etree._Element, groups: Collection[str]) -> None:
    for each in groups:
        child(parent, TYPES, "GroupId", each)
