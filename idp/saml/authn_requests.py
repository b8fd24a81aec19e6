"""AuthnRequests: read, checked, and what they ask for.

The order of the checks is a rule of its own: nothing of a request is used before its sender is known and its signature
has been checked; no SAML answer is sent before the address for it has been found in the metadata.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from lxml import etree

from idp.saml import instants, signatures
from idp.saml.bindings import LARGEST_MESSAGE, Carried
from idp.saml.errors import BadMessage, Declined
from idp.saml.names import (
    ENTITY,
    INVALID_NAME_ID_POLICY,
    POST,
    REQUEST_UNSUPPORTED,
    REQUESTER,
    RESPONDER,
    SAML,
    SAMLP,
    UNSPECIFIED,
    UNSUPPORTED_BINDING,
)
from idp.saml.service_providers import Endpoint, ForeignIdentityProvider, ServiceProvider
from protocols.xml import BadXml, tree

SKEW = timedelta(minutes=5)
"""How far the clocks of a service provider and of this machine may differ, both ways."""
LIFE = 2 * SKEW
"""How long the ID of a request must be remembered: after that, its instant is refused."""
_MOST_CONTEXTS = 20
_MOST_ELEMENTS = 2_000
_BOOLEANS = {"true": True, "1": True, "false": False, "0": False, "": False}


@dataclass(frozen=True, slots=True)
class RequestedContext:
    """How the person must have logged in. ``comparison``: exact, minimum, maximum or better."""

    classes: tuple[str, ...]
    comparison: str = "exact"


@dataclass(frozen=True, slots=True)
class AuthnRequest:
    """A checked request. ``subject``: the name ID that must log in, if the request names one. ``requester_ids``: the
    applications behind the service provider, from the innermost out."""

    id: str
    sender: str
    consumer: Endpoint
    relay_state: str | None
    must_log_in: bool
    is_passive: bool
    context: RequestedContext | None
    name_id_format: str | None
    subject: str | None
    requester_ids: tuple[str, ...]
    protocol_binding: str | None


@dataclass(frozen=True, slots=True)
class Known:
    """A service provider that may send requests. ``unsigned``: its requests need no signature."""

    provider: ServiceProvider
    unsigned: bool = False


def sender_of(root: etree._Element) -> str:
    """The Issuer, as a claim that is still to be proven. Raises BadMessage."""
    issuers = root.findall(f"{{{SAML}}}Issuer")
    if len(issuers) != 1 or len(issuers[0]) or issuers[0].get("Format", ENTITY) != ENTITY:
        raise BadMessage("issuer", "The message must name its sender once.")
    found = (issuers[0].text or "").strip()
    if not found:
        raise BadMessage("issuer", "The message must name its sender once.")
    return found


def root_of(carried: Carried, name: str) -> etree._Element:
    """The root of a message of the protocol with this name. Raises BadMessage."""
    try:
        root = tree(carried.xml, LARGEST_MESSAGE, _MOST_ELEMENTS)
    except BadXml as wrong:
        raise BadMessage(wrong.rule, "The message is not XML that is accepted here.") from wrong
    if root.tag != f"{{{SAMLP}}}{name}":
        raise BadMessage("not_expected", f"The message is not a SAML 2.0 {name}.")
    signatures.check_ids(root)
    return root


def check_signature(
    carried: Carried, root: etree._Element, provider: ServiceProvider | ForeignIdentityProvider, unsigned: bool
) -> bool:
    """Whether the message is signed; a signature that is there must be valid. Raises BadMessage."""
    if carried.binding == "redirect" and signatures.is_signed(root):
        raise BadMessage("signature", "A message in a query must be signed in the query, not in the XML.")
    signed = carried.signature is not None or signatures.is_signed(root)
    if not signed:
        if unsigned:
            return False
        raise BadMessage("unsigned", "The message is not signed; this service provider must sign its messages.")
    if not provider.signing:
        raise BadMessage("no_key", "The metadata of the service provider has no key to check signatures with.")
    if carried.signature is not None:
        signatures.check_query(carried.signature, provider.signing)
    else:
        signatures.check(root, provider.signing)
    return True


def check_envelope(root: etree._Element, destination: str, now: datetime, signed: bool) -> str:
    """Check version, destination and instant of a proven message; its ID. Raises BadMessage."""
    identity = str(root.get("ID", ""))
    if not signatures.ID.fullmatch(identity):
        raise BadMessage("id", "The message has no valid ID.")
    if root.get("Version") != "2.0":
        raise BadMessage("version", "The message is not of SAML version 2.0.")
    addressed = root.get("Destination")
    if (addressed is None and signed) or (addressed is not None and addressed != destination):
        raise BadMessage("destination", "The message was meant for another address.")
    try:
        issued = instants.read(str(root.get("IssueInstant", "")))
    except ValueError as wrong:
        raise BadMessage("instant", "The message does not say when it was issued.") from wrong
    if not now - SKEW <= issued <= now + SKEW:
        raise BadMessage(
            "instant",
            "This login was started too long ago, or a clock is wrong. Go back to the application and start again; "
            "don't use a bookmark of the login page.",
        )
    return identity


def authn_request(
    carried: Carried,
    known: Callable[[str], Known | None],
    destination: str,
    now: datetime,
) -> AuthnRequest:
    """The request that a message carries, as it claims to be sent. Its ID must still be checked for repetition.

    ``destination``: the address that it must be meant for. Raises BadMessage.
    """
    if carried.kind != "SAMLRequest":
        raise BadMessage("not_expected", "The message is not a SAML 2.0 AuthnRequest.")
    root = root_of(carried, "AuthnRequest")
    sender = sender_of(root)
    found = known(sender)
    if found is None:
        raise BadMessage("unknown_sender", "The application that sent you here is not registered with this login.")
    signed = check_signature(carried, root, found.provider, found.unsigned)
    identity = check_envelope(root, destination, now, signed)
    consumer = _consumer(root, found.provider)
    policy = root.find(f"{{{SAMLP}}}NameIDPolicy")
    return AuthnRequest(
        id=identity,
        sender=sender,
        consumer=consumer,
        relay_state=carried.relay_state,
        must_log_in=_boolean(root, "ForceAuthn"),
        is_passive=_boolean(root, "IsPassive"),
        context=_context(root),
        name_id_format=None if policy is None else policy.get("Format"),
        subject=_subject(root),
        requester_ids=tuple(
            (each.text or "").strip() for each in root.findall(f"{{{SAMLP}}}Scoping/{{{SAMLP}}}RequesterID")
        ),
        protocol_binding=root.get("ProtocolBinding"),
    )


def check_answerable(request: AuthnRequest, formats: Sequence[str]) -> None:
    """Check that the request can be met. ``formats``: of the name IDs that the service provider may get. Raises
    Declined."""
    if request.protocol_binding not in (None, POST):
        raise Declined(RESPONDER, UNSUPPORTED_BINDING, "Responses are sent by POST only.")
    if request.is_passive and request.must_log_in:
        raise Declined(REQUESTER, REQUEST_UNSUPPORTED, "IsPassive and ForceAuthn exclude each other.")
    wanted = request.name_id_format
    if wanted not in (None, UNSPECIFIED, *formats):
        raise Declined(REQUESTER, INVALID_NAME_ID_POLICY, "The format of the name ID is not supported.")


def _consumer(root: etree._Element, provider: ServiceProvider) -> Endpoint:
    """Where the response goes: always an address of the metadata, compared exactly."""
    address, index = root.get("AssertionConsumerServiceURL"), root.get("AssertionConsumerServiceIndex")
    if address is not None and index is not None:
        raise BadMessage("consumer", "The request names two addresses for the response.")
    if address is not None:
        found = [each for each in provider.consumers if each.location == address]
    elif index is not None:
        found = [each for each in provider.consumers if str(each.index) == index]
    else:
        found = [provider.default_consumer]
    if not found:
        raise BadMessage("consumer", "The request wants the response at an address that is not in the metadata.")
    return found[0]


def _context(root: etree._Element) -> RequestedContext | None:
    element = root.find(f"{{{SAMLP}}}RequestedAuthnContext")
    if element is None:
        return None
    comparison = element.get("Comparison", "exact")
    # A declaration is a class that isn't known here: what it asks for is not met by ignoring it.
    classes = tuple((each.text or "").strip() for each in element)
    if comparison not in ("exact", "minimum", "maximum", "better") or len(classes) > _MOST_CONTEXTS:
        raise BadMessage("context", "The request describes the login that it wants in an invalid way.")
    return RequestedContext(classes, comparison)


def _subject(root: etree._Element) -> str | None:
    subject = root.find(f"{{{SAML}}}Subject")
    if subject is None:
        return None
    name_id = subject.find(f"{{{SAML}}}NameID")
    if name_id is None or subject.find(f"{{{SAML}}}SubjectConfirmation") is not None:
        raise BadMessage("subject", "The request names a person in a form that is not supported.")
    return (name_id.text or "").strip()


def _boolean(root: etree._Element, name: str) -> bool:
    text = str(root.get(name, ""))
    if text not in _BOOLEANS:
        raise BadMessage("not_expected", f"{name} of the request is neither true nor false.")
    return _BOOLEANS[text]
