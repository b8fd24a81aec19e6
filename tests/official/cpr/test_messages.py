"""Both sides' messages against the official WSDLs and schemas of SF1520 and SF6002 (cpr.md §4 "Schema faults").

Strict validators refuse the schemas as they are published, so they are mended here, in memory.
"""

from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import pytest
import requests
from lxml import etree
from zeep import Client
from zeep.transports import Transport

from importers.cpr import answer
from importers.cpr.errors import UnknownNumber
from importers.cpr.lookup import Lookup
from importers.cpr.settings import CprSettings
from importers.cpr.soap import Connection, raise_fault
from importers.cpr.subscription import Subscription
from sample.certificates import Authority
from sample.cpr_service.app import Running, Service, serve
from sample.cpr_service.misbehaviour import Misbehaviour
from sample.cpr_service.register import Address, CprPerson, Name, Protection, Register
from tests.conftest import OFFICIAL_DATA
from tests.importers.cpr.lookups import NoLog
from tests.importers.cpr.register import AGREEMENT, ALMA, BIRK, KNOWN

LOOKUP = OFFICIAL_DATA / "cpr_person_base_data_extended"
SUBSCRIPTION = OFFICIAL_DATA / "cpr_subscription"
EXAMPLES = OFFICIAL_DATA.parent / "formats" / "examples" / "cpr"
XSD = "{http://www.w3.org/2001/XMLSchema}"
DAY = date(2026, 11, 24)
PERSON = CprPerson(
    ALMA,
    Name("Søren", "O'Brién-Weiß", "Åge", date(2019, 6, 1), ("+", "*", "=")),
    status_since=date(2020, 1, 1),
    protection=Protection(date(2026, 1, 1), date(2027, 1, 1), True),
    address=Address("Strandvejen 7", "9999", "Klitkøbing", "c/o Jensen"),
    guardianship=True,
)


@pytest.fixture(scope="module")
def lookup_schema() -> etree.XMLSchema:
    """Mended: the types, which use a namespace that they don't import, are put where they are included."""
    tree = etree.parse(LOOKUP / "PersonBaseDataExtendedServiceMsg.xsd")
    types = etree.parse(LOOKUP / "xsd" / "PersonBaseDataExtendedServiceTypes.xsd")
    (include,) = tree.getroot().findall(f"{XSD}include")
    for each in types.getroot():
        include.addprevious(each)
    tree.getroot().remove(include)
    return etree.XMLSchema(tree)


@pytest.fixture(scope="module")
def subscription_schema() -> etree.XMLSchema:
    """Mended: a maxLength on an integer is read as totalDigits."""
    tree = etree.parse(SUBSCRIPTION / "CprSubscriptionServiceMsg.xsd")
    for each in tree.getroot().iterfind(f".//{XSD}restriction"):
        if each.get("base") == "xsd:nonNegativeInteger":
            each[0].tag = f"{XSD}totalDigits"
    return etree.XMLSchema(tree)


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Running, dict[str, Any]]]:
    authority = Authority(tmp_path_factory.mktemp("official"))
    client = authority.issue("client")
    service = Service(Register(), {client.fingerprint: KNOWN})
    with serve(service, authority.issue("server"), authority) as served:
        yield (
            served,
            {
                "url": served.lookup_url,
                "certificate": client.certificate,
                "private_key": client.key,
                "authority": authority.certificate,
                "calls_per_second": 10_000,
            },
        )


def body(message: bytes) -> etree._Element:
    (found,) = etree.fromstring(message)[-1]
    return etree.fromstring(etree.tostring(found))


@pytest.mark.parametrize("context", [{"cvr": KNOWN.cvr}, {"agreement": AGREEMENT}])
@pytest.mark.parametrize("everything", [False, True])
@pytest.mark.parametrize(
    "person",
    [
        PERSON,
        CprPerson(ALMA, Name("Alma", "Testrup"), status=None),
        replace(PERSON, status=80, address=None, abroad=True),
    ],
)
def test_lookups_requests_and_answers_are_valid(
    running: tuple[Running, dict[str, Any]],
    lookup_schema: etree.XMLSchema,
    context: dict[str, Any],
    everything: bool,
    person: CprPerson,
) -> None:
    """Pitfall 1: the contexts come in their order, the UUIDs in small letters."""
    served, tree = running
    served.service.use(Register())
    served.service.register.add(person)
    served.service.misbehaviour = Misbehaviour(everything=everything)
    settings = CprSettings.model_validate(tree | context)
    with Connection(settings) as connection:
        told = Lookup(connection, settings, NoLog(), "kim").person(ALMA, "a uuid", "test", DAY)
    assert told.name is not None
    lookup_schema.assertValid(body(served.service.requests[-1]))
    lookup_schema.assertValid(body(served.service.answers[-1]))


def test_subscriptions_requests_and_answers_are_valid(
    running: tuple[Running, dict[str, Any]], subscription_schema: etree.XMLSchema
) -> None:
    served, tree = running
    served.service.use(Register([replace(PERSON, current=ALMA)]))
    files = {"host": "h", "user": "u", "host_key": "ssh-ed25519 AAAA", "private_key": "k"}
    of = {"url": served.subscription_url, "agreement": AGREEMENT, "files": files}
    settings = CprSettings.model_validate(tree | {"cvr": KNOWN.cvr, "subscription": of})
    assert settings.subscription is not None
    with Connection(settings) as connection:
        service = Subscription(connection, settings.subscription, NoLog(), "kim")
        assert [service.add(ALMA, ""), service.add(ALMA, ""), service.add(BIRK, "")] == [True, True, False]
        served.service.other_filters = "<AgeRange><StartAge>1</StartAge><EndAge>2</EndAge></AgeRange>"
        assert service.held().numbers == {ALMA}
        service.remove(ALMA, "")
    for message in (*served.service.requests, *served.service.answers):
        subscription_schema.assertValid(body(message))


def test_capitals_and_a_wrong_order_are_refused_by_the_official_schema_and_ours(
    running: tuple[Running, dict[str, Any]], lookup_schema: etree.XMLSchema
) -> None:
    served, tree = running
    served.service.use(Register([replace(PERSON, current=ALMA)]))
    settings = CprSettings.model_validate(tree | {"agreement": AGREEMENT})
    with Connection(settings) as connection:
        Lookup(connection, settings, NoLog(), "kim").person(ALMA, "a uuid", "test", DAY)
    ours = etree.XMLSchema(etree.parse(Path(answer.__file__).parent / "interface" / "person_lookup.xsd"))
    capitals = body(served.service.requests[-1])
    next(capitals.iter("{*}UserUUID")).text = AGREEMENT["user"].upper()
    swapped = body(served.service.requests[-1])
    swapped.insert(0, swapped[1])
    for wrong in (capitals, swapped):
        assert not lookup_schema.validate(wrong)
        assert not ours.validate(wrong)


def test_a_client_made_of_the_official_wsdl_is_answered_by_the_stand_in(
    running: tuple[Running, dict[str, Any]],
) -> None:
    served, tree = running
    served.service.use(Register([replace(PERSON, current=ALMA)]))
    settings = CprSettings.model_validate(tree | {"cvr": KNOWN.cvr})
    with requests.Session() as session:
        session.trust_env = False  # a bundle of the environment would count before ours
        session.cert, session.verify = (str(settings.certificate), str(settings.private_key)), str(settings.authority)
        wsdl = LOOKUP / "wsdl" / "context" / "PersonBaseDataExtendedService.wsdl"
        client = Client(str(wsdl), transport=Transport(session=session))
        (binding,) = client.wsdl.bindings
        service = client.create_service(binding, served.lookup_url)
        found = service.PersonLookup(AuthorityContext={"MunicipalityCVR": KNOWN.cvr}, PNR=ALMA)
    assert found.persondata.navn.efternavn == "O'Brién-Weiß"


def test_the_examples_of_the_format_page_are_read() -> None:
    """Pitfalls 7 and 9: renumbered, and protected without ``beskyttet``."""
    told = answer.person(
        etree.parse(EXAMPLES / "lookup-response-renumbered-protected.xml").getroot(),
        "0202650018",
        DAY,
        addresses=True,
        guardianship=True,
    )
    assert told.current == "0302650018"
    assert told.status == "60"
    assert told.is_protected(DAY)
    assert told.name is not None
    assert (told.name.given, told.name.surname) == ("Åse Vestergaard", "Holm Nørgård")
    with pytest.raises(UnknownNumber):
        raise_fault(etree.parse(EXAMPLES / "lookup-fault.xml").getroot()[0][0])
