"""Responses: a signed, and as a rule encrypted, assertion about a person, or a signed status without one."""

import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from cryptography import x509
from lxml import etree

from idp.saml import signatures
from idp.saml.authn_requests import AuthnRequest
from idp.saml.encryption import encrypted
from idp.saml.errors import SamlError
from idp.saml.instants import written
from idp.saml.keys import SigningKey
from idp.saml.names import BEARER, SAML, SAMLP, SUCCESS, URI_NAME
from idp.saml.profiles import Profile
from protocols.xml import add

LIFE = timedelta(minutes=5)
"""How long an assertion may be used."""
EARLIER = timedelta(minutes=1)
"""How far a service provider's clock may be behind."""
_END = b"</samlp:Response>"


@dataclass(frozen=True, slots=True)
class Assertion:
    """What is asserted about a person. ``attributes``: name → values; without values an attribute is left out.
    ``authenticated``: when the person gave the password, also if the session is reused."""

    name_id: str
    name_id_format: str
    session_index: str
    authenticated: datetime
    context: str
    session_ends: datetime
    attributes: Mapping[str, Sequence[str]] = field(default_factory=dict)


def new_id() -> str:
    """An ID of XML: begins with no digit, and can't be guessed."""
    return f"_{secrets.token_hex(20)}"


def response(
    issuer: str,
    request: AuthnRequest,
    assertion: Assertion,
    key: SigningKey,
    profile: Profile,
    encrypt_for: x509.Certificate | None,
    now: datetime,
) -> tuple[bytes, str]:
    """(the response to a request, the ID of its assertion). ``encrypt_for``: None only where the settings say that this
    service provider gets assertions in clear. Raises SamlError for a value that XML can't carry."""
    signed, identity = _assertion(issuer, request, assertion, key, now)
    root, own = _response(issuer, request, now)
    add_status(root, (SUCCESS, None))
    told = signed if encrypt_for is None else encrypted(signed, encrypt_for, profile)
    # Both are in their canonical form, so the whole is, too.
    text = b"".join((signatures.canonical(root).removesuffix(_END), told, _END))
    return signatures.signed(text, own, key) if profile.sign_response else text, identity


def status_response(
    issuer: str, request: AuthnRequest, status: tuple[str, str | None], key: SigningKey, now: datetime
) -> bytes:
    """A signed response without an assertion. ``status``: the first and the second code."""
    root, identity = _response(issuer, request, now)
    add_status(root, status)
    return signatures.signed(signatures.canonical(root), identity, key)


def add_status(root: etree._Element, status: tuple[str, str | None]) -> None:
    """Add a Status with one or two codes."""
    first = add(add(root, SAMLP, "Status"), SAMLP, "StatusCode", Value=status[0])
    if status[1] is not None:
        add(first, SAMLP, "StatusCode", Value=status[1])


def _response(issuer: str, request: AuthnRequest, now: datetime) -> tuple[etree._Element, str]:
    """(the Response, its ID)."""
    identity = new_id()
    root = etree.Element(
        f"{{{SAMLP}}}Response",
        nsmap={"samlp": SAMLP, "saml": SAML},
        ID=identity,
        Version="2.0",
        IssueInstant=written(now),
        Destination=request.consumer.location,
        InResponseTo=request.id,
    )
    add(root, SAML, "Issuer", issuer)
    return root, identity


def _assertion(
    issuer: str, request: AuthnRequest, assertion: Assertion, key: SigningKey, now: datetime
) -> tuple[bytes, str]:
    """(the signed assertion, with every namespace that it uses; its ID)."""
    identity = new_id()
    until = written(now + LIFE)
    try:
        root = etree.Element(
            f"{{{SAML}}}Assertion", nsmap={"saml": SAML}, ID=identity, Version="2.0", IssueInstant=written(now)
        )
        add(root, SAML, "Issuer", issuer)
        subject = add(root, SAML, "Subject")
        add(subject, SAML, "NameID", assertion.name_id, Format=assertion.name_id_format)
        confirmation = add(subject, SAML, "SubjectConfirmation", Method=BEARER)
        add(
            confirmation,
            SAML,
            "SubjectConfirmationData",
            InResponseTo=request.id,
            NotOnOrAfter=until,
            Recipient=request.consumer.location,
        )
        conditions = add(root, SAML, "Conditions", NotBefore=written(now - EARLIER), NotOnOrAfter=until)
        add(add(conditions, SAML, "AudienceRestriction"), SAML, "Audience", request.sender)
        statement = add(
            root,
            SAML,
            "AuthnStatement",
            AuthnInstant=written(assertion.authenticated),
            SessionIndex=assertion.session_index,
            SessionNotOnOrAfter=written(assertion.session_ends),
        )
        context = add(statement, SAML, "AuthnContext")
        add(context, SAML, "AuthnContextClassRef", assertion.context)
        _add_attributes(root, assertion.attributes)
    except ValueError as wrong:
        raise SamlError("A value of the person can't be written in XML.") from wrong
    return signatures.signed(signatures.canonical(root), identity, key), identity


def _add_attributes(root: etree._Element, attributes: Mapping[str, Sequence[str]]) -> None:
    given = {name: values for name, values in sorted(attributes.items()) if values}
    if not given:
        return
    statement = add(root, SAML, "AttributeStatement")
    for name, values in given.items():
        attribute = add(statement, SAML, "Attribute", Name=name, NameFormat=URI_NAME)
        for value in values:
            add(attribute, SAML, "AttributeValue", value)
