"""The identity provider's own metadata."""

import base64
from collections.abc import Sequence
from dataclasses import dataclass

from cryptography.hazmat.primitives.serialization import Encoding
from lxml import etree

from idp.saml.keys import SigningKey
from idp.saml.names import DS, METADATA, PERSISTENT, POST, REDIRECT, SAML, SAMLP, TRANSIENT, URI_NAME, X509_SUBJECT
from protocols.xml import add


@dataclass(frozen=True, slots=True)
class IdentityProvider:
    """Who the identity provider is, and its addresses."""

    entity_id: str
    single_sign_on: str
    single_logout: str


def metadata(provider: IdentityProvider, keys: Sequence[SigningKey], attributes: Sequence[str]) -> bytes:
    """An EntityDescriptor, its parts in the order of the schema. Published are the active key and the next one."""
    root = etree.Element(
        f"{{{METADATA}}}EntityDescriptor", nsmap={"md": METADATA, "ds": DS, "saml": SAML}, entityID=provider.entity_id
    )
    role = add(root, METADATA, "IDPSSODescriptor", protocolSupportEnumeration=SAMLP, WantAuthnRequestsSigned="true")
    for key in sorted((each for each in keys if each.state != "retired"), key=lambda each: each.state):
        data = add(add(add(role, METADATA, "KeyDescriptor", use="signing"), DS, "KeyInfo"), DS, "X509Data")
        der = key.certificate.public_bytes(Encoding.DER)
        add(data, DS, "X509Certificate", base64.b64encode(der).decode())
    for binding in (REDIRECT, POST):
        add(role, METADATA, "SingleLogoutService", Binding=binding, Location=provider.single_logout)
    for name_id_format in (PERSISTENT, TRANSIENT, X509_SUBJECT):
        add(role, METADATA, "NameIDFormat", name_id_format)
    for binding in (REDIRECT, POST):
        add(role, METADATA, "SingleSignOnService", Binding=binding, Location=provider.single_sign_on)
    for name in sorted(set(attributes)):
        add(role, SAML, "Attribute", Name=name, NameFormat=URI_NAME)
    return etree.tostring(root, xml_declaration=True, encoding="UTF-8")
