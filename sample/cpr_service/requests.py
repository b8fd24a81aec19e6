"""The stand-in's checks of a request, as listed in cpr.md §2 and §10."""

from dataclasses import dataclass, field
from functools import cache

from lxml import etree

from importers.cpr.settings import LOOKUP_SERVICE, SUBSCRIPTION_SERVICE
from importers.cpr.soap import INTERFACE

SOAP = "http://schemas.xmlsoap.org/soap/envelope/"
LOOKUP = "http://serviceplatformen.dk/xml/wsdl/soap11/CPR/PersonBaseDataExtended/4/"
SUBSCRIPTION = "http://serviceplatformen.dk/xml/wsdl/soap11/CprSubscriptionService/1/"
PATHS = {
    "/service/CPR/PersonBaseDataExtended/4": LOOKUP,
    "/service/CPRSubscription/CPRSubscription/1/": SUBSCRIPTION,
}
_SERVICES = {LOOKUP: LOOKUP_SERVICE, SUBSCRIPTION: SUBSCRIPTION_SERVICE}
_SCHEMAS = {LOOKUP: "person_lookup.xsd", SUBSCRIPTION: "subscription.xsd"}
# Of a lookup; the subscription service's operations have an empty SOAPAction.
_ACTIONS = {LOOKUP: f"{LOOKUP}PersonLookup", SUBSCRIPTION: ""}


class Fault(Exception):
    """A rejected request: code and text of the fault."""

    def __init__(self, code: str, text: str) -> None:
        super().__init__(text)
        self.code = code


@dataclass(frozen=True, slots=True)
class Registered:
    """A certificate's registration with KOMBIT: the municipality's CVR number, and the UUIDs of its agreement."""

    cvr: str
    service_agreement: str
    user_system: str
    user: str


@dataclass(frozen=True, slots=True)
class Call:
    """An accepted request. ``user`` and ``entry``: the caller, and the id of its log entry."""

    operation: str
    number: str = field(default="", repr=False)
    user: str = ""
    entry: str = ""


def read(body: bytes) -> etree._Element:
    """The element in the SOAP body. Raises Fault."""
    try:
        parser = etree.XMLParser(resolve_entities=False, no_network=True)
        (message,) = etree.fromstring(body, parser).find(f"{{{SOAP}}}Body")  # type: ignore[misc]
    except (etree.XMLSyntaxError, TypeError, ValueError) as wrong:
        raise Fault("soap:Client", "the request is not a SOAP 1.1 message with one element in its body") from wrong
    return message


def checked(message: etree._Element, namespace: str, action: str | None, known: Registered) -> Call:
    """The call in a message. ``action``: the SOAPAction header. Raises Fault."""
    if action is None or action.strip('"') != _ACTIONS[namespace]:
        raise Fault("soap:Client", "the SOAPAction is not that of the operation")
    schema = _schema(namespace)
    if not schema.validate(etree.fromstring(etree.tostring(message))):
        wrong = schema.error_log[0]  # type: ignore[index]  # lxml-stubs leaves its methods out
        element = (wrong.path or "").rpartition("/")[2] or etree.QName(message).localname
        raise Fault("soap:Client", f"XSD validation failed at {element}: {wrong.type_name}")
    _check_contexts(message, namespace, known)
    return Call(
        etree.QName(message).localname.removesuffix("Request"),
        _text(message, "PNR"),
        _text(message, "OnBehalfOfUser"),
        _text(message, "CallersServiceCallIdentifier"),
    )


def _check_contexts(message: etree._Element, namespace: str, known: Registered) -> None:
    authority, invocation = message.find("{*}AuthorityContext"), message.find("{*}InvocationContext")
    if authority is None and invocation is None:
        raise Fault("ContextMissing", "neither AuthorityContext nor InvocationContext was given")
    if authority is not None and _text(authority, "MunicipalityCVR") != known.cvr:
        raise Fault("AuthorityUnknown", "the MunicipalityCVR is not registered for the certificate")
    if invocation is not None:
        for element, wanted in (
            ("ServiceAgreementUUID", known.service_agreement),
            ("UserSystemUUID", known.user_system),
            ("UserUUID", known.user),
            ("ServiceUUID", _SERVICES[namespace]),
        ):
            if _text(invocation, element) != wanted:
                raise Fault("AgreementUnknown", f"the {element} is not registered for the certificate and service")


@cache
def _schema(namespace: str) -> etree.XMLSchema:
    return etree.XMLSchema(etree.parse(INTERFACE / _SCHEMAS[namespace]))


def _text(element: etree._Element, name: str) -> str:
    found = next(element.iter(f"{{*}}{name}"), None)
    return "" if found is None else (found.text or "").strip()
