"""PersonLookupResponse of a person, in the order of PersonBaseDataExtended 4 (cpr.md §3)."""

from datetime import date
from xml.sax.saxutils import escape

from sample.cpr_service.register import Address, CprPerson, Name, Protection

NAMESPACE = "http://serviceplatformen.dk/xml/wsdl/soap11/CPR/PersonBaseDataExtended/4/"
# A number that follows the same rule as the others (it fails modulus 11), for relatives, who must never be read.
RELATIVE = "0202650026"


def person_xml(person: CprPerson, left_out: frozenset[str] = frozenset(), *, everything: bool = False) -> str:
    """The answer. ``left_out``: the elements that it lacks; ``everything``: include what was not requested."""
    parts = {
        "navn": _name(person.name),
        "koen": f"<koen>{person.gender}</koen>",
        "status": _status(person),
        "umyndiggoerelse": _guardianship(person),
        "adressebeskyttelse": _protection(person.protection),
    }
    shown = {name: "" if name in left_out else text for name, text in parts.items()}
    data = (
        f"<personnummer>{person.number}</personnummer>"
        f"<gaeldendePersonnummer>{person.current or person.number}</gaeldendePersonnummer>"
        f"{shown['navn']}<foedselsdato><dato>{_born(person.number)}</dato></foedselsdato>{shown['koen']}"
        f"<antalBoernUnder18>{2 if everything else 0}</antalBoernUnder18>"
        f"{'<stilling>Gøgler</stilling>' if everything else ''}{shown['status']}"
        f"{_CIVIL if everything else ''}{shown['umyndiggoerelse']}{shown['adressebeskyttelse']}"
        f"{_PROTECTIONS if everything else ''}"
    )
    address = "" if "adresse" in left_out else _addresses(person, empty="aktuelAdresse" in left_out)
    relations = _RELATIONS if everything and "relationer" not in left_out else ""
    data = "" if "persondata" in left_out else f"<persondata>{data}</persondata>"
    notes = _NOTES if everything else ""
    return f'<PersonLookupResponse xmlns="{NAMESPACE}">{data}{address}{relations}{notes}</PersonLookupResponse>'


_CIVIL = (
    "<civilstand><civilstand>G</civilstand></civilstand><statsborgerskab><landekode>5100</landekode></statsborgerskab>"
)
_PROTECTIONS = (
    "<markedsfoeringsbeskyttelse><startdato>2012-05-01</startdato><beskyttet>true</beskyttet>"
    "</markedsfoeringsbeskyttelse><tilmeldtDigitalpost>true</tilmeldtDigitalpost>"
)
_RELATIONS = (
    f"<relationer><aegtefaelle><personnummer>{RELATIVE}</personnummer></aegtefaelle>"
    f"<barn><personnummer>{RELATIVE}</personnummer></barn><barn><personnummer>{RELATIVE}</personnummer></barn>"
    "<mor><navn>Mor Tiloversen</navn></mor></relationer>"
)
_NOTES = "<notater><notanr>1</notanr><notatlinie>Et notat</notatlinie></notater>"


def _name(name: Name) -> str:
    marked = (("fornavn", 0), ("mellemnavn", 1), ("efternavn", 2))
    parts = (("fornavn", name.given), ("mellemnavn", name.middle), ("efternavn", name.surname))
    return (
        f"<navn><personadresseringsnavn>{escape(name.whole)}</personadresseringsnavn>"
        + "".join(f"<{tag}>{escape(text)}</{tag}>" for tag, text in parts if text)
        + "".join(f"<{tag}Markering>{name.marks[at]}</{tag}Markering>" for tag, at in marked if name.marks[at])
        + _moment("navnestartdato", name.since)
        + "</navn>"
    )


def _status(person: CprPerson) -> str:
    if person.status is None:
        return ""
    return f"<status><status>{person.status}</status>{_moment('statusdato', person.status_since)}</status>"


def _guardianship(person: CprPerson) -> str:
    if not person.guardianship:
        return ""
    return (
        "<umyndiggoerelse><umyndiggoerelseStartdato><dato>2020-01-02</dato></umyndiggoerelseStartdato>"
        "<umyndiggjort>true</umyndiggjort></umyndiggoerelse>"
    )


def _protection(protection: Protection | None) -> str:
    if protection is None:
        return ""
    marked = "" if protection.marked is None else f"<beskyttet>{str(protection.marked).lower()}</beskyttet>"
    days = _day("startdato", protection.start) + _day("slutdato", protection.end)
    return f"<adressebeskyttelse>{days}{marked}</adressebeskyttelse>"


def _addresses(person: CprPerson, *, empty: bool) -> str:
    here = "<aktuelAdresse/>" if empty else _address(person.address)
    abroad = "<udrejseoplysninger><udrejselandekode>5104</udrejselandekode></udrejseoplysninger>"
    return f"<adresse>{here}{abroad if person.abroad else ''}</adresse>"


def _address(address: Address | None) -> str:
    if address is None:
        return ""
    care_of = f"<conavn>{escape(address.care_of)}</conavn>" if address.care_of else ""
    return (
        f"<aktuelAdresse><kommunekode>999</kommunekode>{care_of}<postnummer>{address.postal_code}</postnummer>"
        f"<postdistrikt>{escape(address.city)}</postdistrikt>"
        f"<standardadresse>{escape(address.street)}</standardadresse></aktuelAdresse>"
    )


def _born(number: str) -> date:
    year = int(number[4:6])
    century = 2000 if number[6] >= "4" and year <= 36 else 1900
    return date(century + year, int(number[2:4]), int(number[:2]))


def _day(name: str, day: date | None) -> str:
    return "" if day is None else f"<{name}>{day}</{name}>"


def _moment(name: str, day: date | None) -> str:
    return "" if day is None else f"<{name}><dato>{day}T10:12:00</dato></{name}>"
