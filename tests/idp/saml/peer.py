"""A service provider of the tests' own: its messages are signed with signxml and cryptography, not with xmlsec."""

import base64
import zlib
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache
from urllib.parse import quote_plus

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import NameOID
from lxml import etree
from signxml import XMLSigner, methods

ENTITY_ID = "https://sp.kommune.dk/saml"
CONSUMER = "https://sp.kommune.dk/acs"
SECOND_CONSUMER = "https://sp.kommune.dk/acs2"
SSO = "https://login.kommune.dk/saml/sso"
SLO = "https://login.kommune.dk/saml/slo"
ISSUER = "https://login.kommune.dk/saml"
NOW = datetime(2026, 11, 29, 10, 0, 0, tzinfo=UTC)
DS = "http://www.w3.org/2000/09/xmldsig#"
SHA256 = "http://www.w3.org/2001/04/xmldsig-more#rsa-sha256"
SHA1 = "http://www.w3.org/2000/09/xmldsig#rsa-sha1"


@dataclass(frozen=True)
class Pair:
    """A key with its self-signed certificate."""

    key: rsa.RSAPrivateKey
    certificate: x509.Certificate

    @property
    def text(self) -> str:
        return base64.b64encode(self.certificate.public_bytes(Encoding.DER)).decode()


@cache
def pair(name: str = "sp", ends: datetime = NOW + timedelta(days=365), bits: int = 2048) -> Pair:
    key = rsa.generate_private_key(public_exponent=65537, key_size=bits)
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    builder = x509.CertificateBuilder().subject_name(subject).issuer_name(subject).public_key(key.public_key())
    builder = builder.serial_number(7).not_valid_before(datetime(2020, 1, 1)).not_valid_after(ends)
    return Pair(key, builder.sign(key, hashes.SHA256()))


def sp_metadata(
    *,
    entity_id: str = ENTITY_ID,
    consumer: str = CONSUMER,
    signing: tuple[Pair, ...] | None = None,
    encryption: tuple[Pair, ...] | None = None,
    attributes: str = "",
    beside: str = "",
    logout: str = "https://sp.kommune.dk/slo",
) -> bytes:
    keys = "".join(
        f'<md:KeyDescriptor use="{use}"><ds:KeyInfo><ds:X509Data><ds:X509Certificate>{each.text}</ds:X509Certificate>'
        "</ds:X509Data></ds:KeyInfo></md:KeyDescriptor>"
        for use, pairs in (("signing", signing), ("encryption", encryption))
        for each in ((pair(),) if pairs is None else pairs)
    )
    return f"""<md:EntityDescriptor xmlns:md="urn:oasis:names:tc:SAML:2.0:metadata"
        xmlns:ds="http://www.w3.org/2000/09/xmldsig#" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"
        entityID="{entity_id}" ID="m1" {attributes}>{beside}
      <md:SPSSODescriptor protocolSupportEnumeration="urn:oasis:names:tc:SAML:2.0:protocol">{keys}
        <md:SingleLogoutService Binding="urn:oasis:names:tc:SAML:2.0:bindings:HTTP-Redirect" Location="{logout}"/>
        <md:AssertionConsumerService Binding="urn:oasis:names:tc:SAML:2.0:bindings:HTTP-Artifact"
            Location="{consumer}/artifact" index="0"/>
        <md:AssertionConsumerService Binding="urn:oasis:names:tc:SAML:2.0:bindings:HTTP-POST"
            Location="{consumer}" index="1"/>
        <md:AssertionConsumerService Binding="urn:oasis:names:tc:SAML:2.0:bindings:HTTP-POST"
            Location="{SECOND_CONSUMER}" index="2" isDefault="true"/>
      </md:SPSSODescriptor></md:EntityDescriptor>""".encode()


def request_xml(
    *,
    id: str = "_r1",
    issuer: str = f"<saml:Issuer>{ENTITY_ID}</saml:Issuer>",
    issued: datetime = NOW,
    destination: str | None = SSO,
    attributes: str = "",
    content: str = "",
) -> str:
    where = "" if destination is None else f'Destination="{destination}"'
    return (
        '<samlp:AuthnRequest xmlns:samlp="urn:oasis:names:tc:SAML:2.0:protocol" '
        f'xmlns:saml="urn:oasis:names:tc:SAML:2.0:assertion" ID="{id}" Version="2.0" '
        f'IssueInstant="{issued:%Y-%m-%dT%H:%M:%SZ}" {where} {attributes}>{issuer}{content}</samlp:AuthnRequest>'
    )


def deflated(xml: str | bytes) -> bytes:
    machine = zlib.compressobj(9, zlib.DEFLATED, -15)
    return machine.compress(xml.encode() if isinstance(xml, str) else xml) + machine.flush()


def query(
    xml: str | bytes,
    *,
    relay_state: str | None = "state-1",
    by: Pair | None = None,
    algorithm: str = SHA256,
    kind: str = "SAMLRequest",
    quote: object = quote_plus,
) -> bytes:
    """A query signed as the Redirect binding says, with cryptography."""
    assert callable(quote)
    parts = [f"{kind}={quote(base64.b64encode(deflated(xml)).decode())}"]
    if relay_state is not None:
        parts.append(f"RelayState={quote(relay_state)}")
    parts.append(f"SigAlg={quote(algorithm)}")
    signed = "&".join(parts)
    hash_ = hashes.SHA1() if algorithm == SHA1 else hashes.SHA256()
    value = (by or pair()).key.sign(signed.encode(), padding.PKCS1v15(), hash_)
    return f"{signed}&Signature={quote(base64.b64encode(value).decode())}".encode()


def signed_xml(xml: str | bytes, *, by: Pair | None = None) -> bytes:
    """The message with an enveloped signature after its Issuer, made by signxml."""
    root = etree.fromstring(xml.encode() if isinstance(xml, str) else xml)
    place = etree.SubElement(root, f"{{{DS}}}Signature", {"Id": "placeholder"}, nsmap={"ds": DS})
    root.insert(1, place)
    who = by or pair()
    signer = XMLSigner(
        method=methods.enveloped,
        signature_algorithm="rsa-sha256",
        digest_algorithm="sha256",
        c14n_algorithm="http://www.w3.org/2001/10/xml-exc-c14n#",
    )
    made = signer.sign(root, key=who.key, cert=[who.certificate], reference_uri=root.get("ID"), id_attribute="ID")
    return etree.tostring(made)


def form(xml: str | bytes, relay_state: str = "state-1", kind: str = "SAMLRequest") -> dict[str, list[str]]:
    content = xml.encode() if isinstance(xml, str) else xml
    return {kind: [base64.b64encode(content).decode()], "RelayState": [relay_state]}
