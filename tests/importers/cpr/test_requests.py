"""What the services refuse, as the stand-in refuses it (cpr.md §2, §10); and what REConnect makes of that."""

import pytest
from lxml import etree

from importers.cpr.errors import Misconfigured, ServiceFault, UnknownNumber
from importers.cpr.soap import raise_fault
from sample.cpr_service.app import Service
from sample.cpr_service.register import Register
from tests.importers.cpr.messages import CLIENTS, LOOKUP, SUBSCRIPTION, asked, authority, caller, invocation, number
from tests.importers.cpr.register import ALMA, DORTE, KNOWN, persons

OTHER = "44444444-aaaa-4bbb-8ccc-0123456789ab"


@pytest.fixture
def service() -> Service:
    return Service(Register(persons()), CLIENTS)


def lookup(service: Service, *parts: str, action: str | None = None) -> tuple[int, bytes]:
    return asked(service, LOOKUP, "PersonLookupRequest", *parts, action=action)


def refused(answer: tuple[int, bytes]) -> str:
    """The words of the fault, which REConnect takes for everybody's."""
    status, content = answer
    (fault,) = etree.fromstring(content)[0]
    assert (status, etree.QName(fault).localname) == (500, "Fault")
    with pytest.raises(Misconfigured) as told:
        raise_fault(fault)
    assert ALMA not in str(told.value)
    return str(told.value)


@pytest.mark.parametrize(
    "contexts", [[authority()], [invocation()], [caller(), authority()], [authority(), invocation()]]
)
def test_one_context_is_enough_and_two_may_agree(service: Service, contexts: list[str]) -> None:
    assert lookup(service, *contexts, number())[0] == 200
    assert service.asked() == [ALMA]


@pytest.mark.parametrize(
    ("parts", "words"),
    [
        ([authority(), caller(), number()], "XSD validation failed at c:CallContext"),
        ([invocation(), authority(), number()], "XSD validation failed at a:AuthorityContext"),
        ([number(), authority()], "XSD validation failed at a:AuthorityContext"),
        ([authority(), invocation(UserUUID=KNOWN.user.upper()), number()], "XSD validation failed at i:UserUUID"),
        ([authority(), number("01025750011")], "XSD validation failed at p:PNR"),
    ],
)
def test_pitfall_01_a_wrong_order_and_capitals_break_the_schema(service: Service, parts: list[str], words: str) -> None:
    assert words in refused(lookup(service, *parts))
    assert service.calls == []


@pytest.mark.parametrize(
    ("contexts", "words"),
    [
        ([], "neither AuthorityContext nor InvocationContext"),
        ([authority("12345678")], "MunicipalityCVR"),
        ([authority("12345678"), invocation()], "MunicipalityCVR"),
        ([authority(), invocation(UserUUID=OTHER)], "UserUUID"),
        ([invocation(ServiceAgreementUUID=OTHER)], "ServiceAgreementUUID"),
        ([invocation(UserSystemUUID=OTHER)], "UserSystemUUID"),
        ([invocation(SUBSCRIPTION)], "ServiceUUID"),
    ],
)
def test_no_context_a_foreign_one_and_two_that_contradict_each_other(
    service: Service, contexts: list[str], words: str
) -> None:
    assert words in refused(lookup(service, *contexts, number()))
    assert service.calls == []


@pytest.mark.parametrize("action", ["", '""', "urn:PersonLookup", "http://example.org/GetAllFilters"])
def test_the_soap_action_of_another_operation(service: Service, action: str) -> None:
    status, content = lookup(service, authority(), number(), action=action)
    assert (status, b"SOAPAction" in content) == (500, True)
    assert service.calls == []


def test_the_subscription_service_has_one_context_and_an_empty_soap_action(service: Service) -> None:
    assert asked(service, SUBSCRIPTION, "GetAllFilters", invocation(SUBSCRIPTION))[0] == 200
    assert "XSD" in refused(asked(service, SUBSCRIPTION, "GetAllFilters"))
    assert "XSD" in refused(asked(service, SUBSCRIPTION, "GetAllFilters", authority()))
    assert "ServiceUUID" in refused(asked(service, SUBSCRIPTION, "GetAllFilters", invocation(LOOKUP)))
    assert asked(service, SUBSCRIPTION, "GetAllFilters", invocation(SUBSCRIPTION), action="urn:x")[0] == 500


@pytest.mark.parametrize("unknown", [DORTE, "0505575999", "010257", "0X02575001"])
def test_pitfall_11_replacement_numbers_and_what_is_none_are_unknown(service: Service, unknown: str) -> None:
    """No call is made with one of them (test_lookups); where somebody made it, this is the answer."""
    status, content = lookup(service, authority(), number(unknown))
    assert status == 500
    with pytest.raises(UnknownNumber):
        raise_fault(etree.fromstring(content)[0][0])


@pytest.mark.parametrize(
    "words", ["Could not open ServletContext resource", "the database schema is being changed", "Contextual search"]
)
def test_pitfall_14_a_fault_of_the_services_own_is_not_one_of_access(words: str) -> None:
    fault = f"<Fault><faultcode>soap:Server</faultcode><faultstring>{words}</faultstring></Fault>"
    with pytest.raises(ServiceFault):
        raise_fault(etree.fromstring(fault))


def test_a_certificate_that_is_not_registered(service: Service) -> None:
    service.clients = {}
    assert lookup(service, authority(), number())[0] == 403
