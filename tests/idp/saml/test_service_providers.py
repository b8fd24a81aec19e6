"""Metadata of service providers: what is read of it, and what is refused. Numbers: docs/formats/saml.md §6."""

import base64
from datetime import timedelta

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.hazmat.primitives.serialization import Encoding
from lxml import etree

from idp.saml.errors import BadMetadata
from idp.saml.service_providers import service_provider
from tests.idp.saml.peer import CONSUMER, ENTITY_ID, NOW, SECOND_CONSUMER, pair, signed_xml, sp_metadata


def with_key(
    key: rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey | ed25519.Ed25519PrivateKey,
    changed: bytes = b"",
    into: bytes = b"",
) -> bytes:
    """Metadata with this key; ``changed``: octets of its certificate that are replaced, such as the kind of key."""
    name = x509.Name([])
    builder = x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key())
    builder = builder.serial_number(7).not_valid_before(NOW).not_valid_after(NOW + timedelta(days=1))
    made = builder.sign(key, None if isinstance(key, ed25519.Ed25519PrivateKey) else hashes.SHA256())
    octets = made.public_bytes(Encoding.DER)
    assert changed in octets
    text = base64.b64encode(octets.replace(changed, into) if changed else octets)
    return sp_metadata().replace(pair().text.encode(), text)


def test_what_is_read() -> None:
    found = service_provider(sp_metadata(signing=(pair(), pair("next"))), NOW)
    assert found.entity_id == ENTITY_ID
    assert [each.location for each in found.consumers] == [CONSUMER, SECOND_CONSUMER]  # the artifact one is left out
    assert found.signing == (pair().certificate, pair("next").certificate)
    assert found.encryption == (pair().certificate,)


@pytest.mark.parametrize(
    "address",
    [
        "javascript:alert(1)",
        "data:text/html,x",
        "http://sp.kommune.dk/acs",
        "//sp.kommune.dk/acs",
        "https://",
        "https://a@sp.kommune.dk/acs",
        "https://sp.kommune.dk\\@evil.dk/acs",
        "https://sp.kommune.dk:port/acs",
        "https://[::1/acs",
        "https://sp.kommune.dk/acs#here",
        "https://sp.kommune.dk/a cs",
        "",
    ],
)
def test_pitfall_19_addresses(address: str) -> None:
    with pytest.raises(BadMetadata):
        service_provider(sp_metadata(consumer=address), NOW)
    with pytest.raises(BadMetadata):
        service_provider(sp_metadata(logout=address), NOW)


def test_http_on_this_machine_only() -> None:
    assert service_provider(sp_metadata(consumer="http://127.0.0.1:8080/acs"), NOW).entity_id == ENTITY_ID


@pytest.mark.parametrize(
    "document",
    [
        b"",
        b"<html><body>500 Internal Server Error</body></html>",
        b"<!DOCTYPE x>" + sp_metadata(),
        sp_metadata()[:-30],
        sp_metadata(attributes='validUntil="2026-11-29T09:59:59Z"'),
        sp_metadata(attributes='validUntil="next year"'),
        sp_metadata(signing=(pair("short", bits=1024),)),
        sp_metadata().replace(b'index="2"', b'index="1"'),
        sp_metadata().replace(b"SPSSODescriptor", b"IDPSSODescriptor"),
        sp_metadata().replace(b"bindings:HTTP-POST", b"bindings:PAOS"),
        sp_metadata().replace(pair().text[:40].encode(), b"@"),
        sp_metadata(attributes='validUntil="0001-01-01T00:00:00+14:00"'),
        sp_metadata(entity_id="https://sp.kommune.dk&#10;saml"),
        with_key(ec.generate_private_key(ec.SECP224R1())),
        with_key(ed25519.Ed25519PrivateKey.generate()),
        with_key(ec.generate_private_key(ec.SECP256R1()), bytes.fromhex("2a8648ce3d030107"), b"*\x86H\xce=\x03\x01c"),
        with_key(pair().key, bytes.fromhex("2a864886f70d010101"), bytes.fromhex("2a864886f70d010163")),
    ],
)
def test_pitfall_48_documents_that_can_not_be_used(document: bytes) -> None:
    with pytest.raises(BadMetadata):
        service_provider(document, NOW)


def test_pitfall_48_another_entity() -> None:
    with pytest.raises(BadMetadata):
        service_provider(sp_metadata(entity_id="https://evil.dk"), NOW, ENTITY_ID)


def test_pitfall_49_what_adfs_has_beside_it() -> None:
    federation = (
        '<md:RoleDescriptor xmlns:fed="http://docs.oasis-open.org/wsfed/federation/200706" '
        'xsi:type="fed:SecurityTokenServiceType" protocolSupportEnumeration="http://schemas.xmlsoap.org/ws/2005/02/trust">'
        f"<md:KeyDescriptor use='signing'><ds:KeyInfo><ds:X509Data><ds:X509Certificate>{pair('fed').text}"
        "</ds:X509Certificate></ds:X509Data></ds:KeyInfo></md:KeyDescriptor></md:RoleDescriptor>"
        '<md:IDPSSODescriptor protocolSupportEnumeration="urn:oasis:names:tc:SAML:2.0:protocol">'
        '<md:SingleSignOnService Binding="urn:oasis:names:tc:SAML:2.0:bindings:HTTP-POST" '
        'Location="https://adfs.kommune.dk/adfs/ls/"/></md:IDPSSODescriptor>'
    )
    found = service_provider(sp_metadata(signing=(pair(), pair("next")), beside=federation), NOW)
    assert found.signing == (pair().certificate, pair("next").certificate)


def test_one_of_several_entities() -> None:
    many = b'<md:EntitiesDescriptor xmlns:md="urn:oasis:names:tc:SAML:2.0:metadata">%s%s</md:EntitiesDescriptor>' % (
        sp_metadata(),
        sp_metadata(entity_id="https://other.dk"),
    )
    assert service_provider(many, NOW, "https://other.dk").entity_id == "https://other.dk"
    with pytest.raises(BadMetadata, match="entity_id"):
        service_provider(many, NOW)


def test_signed_metadata() -> None:
    root = etree.fromstring(sp_metadata())
    good = signed_xml(etree.tostring(root))
    assert service_provider(good, NOW, signed_by=[pair().certificate]).entity_id == ENTITY_ID
    for document in (good.replace(CONSUMER.encode(), b"https://evil.dk/acs"), sp_metadata()):
        with pytest.raises(BadMetadata):
            service_provider(document, NOW, signed_by=[pair().certificate])


def test_the_end_is_known() -> None:
    ends = NOW + timedelta(days=3)
    found = service_provider(sp_metadata(attributes=f'validUntil="{ends:%Y-%m-%dT%H:%M:%SZ}"'), NOW)
    assert found.valid_until == ends
