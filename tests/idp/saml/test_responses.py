"""Responses, as other implementations read them: python3-saml (strict), signxml, and cryptography alone."""

import base64
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from lxml import etree
from onelogin.saml2.auth import OneLogin_Saml2_Auth
from onelogin.saml2.idp_metadata_parser import OneLogin_Saml2_IdPMetadataParser
from signxml.verifier import XMLVerifier

from idp.saml.authn_requests import AuthnRequest
from idp.saml.encryption import usable
from idp.saml.errors import CannotEncrypt, SamlError
from idp.saml.keys import SigningKey, new_key
from idp.saml.metadata import IdentityProvider, metadata
from idp.saml.names import AUTHN_FAILED, PASSWORD, PERSISTENT, POST, RESPONDER
from idp.saml.profiles import PROFILES, ProfileName
from idp.saml.responses import Assertion, response, status_response
from idp.saml.service_providers import Endpoint
from idp.saml.signatures import canonical
from tests.idp.saml.peer import CONSUMER, ENTITY_ID, ISSUER, SLO, SSO, Pair, pair

NS = {
    "saml": "urn:oasis:names:tc:SAML:2.0:assertion",
    "samlp": "urn:oasis:names:tc:SAML:2.0:protocol",
    "xenc": "http://www.w3.org/2001/04/xmlenc#",
    "ds": "http://www.w3.org/2000/09/xmldsig#",
}
NOW = datetime.now(UTC)
IDENTITY = IdentityProvider(ISSUER, SSO, SLO)
REQUEST = AuthnRequest(
    "_r1", ENTITY_ID, Endpoint(POST, CONSUMER, CONSUMER, 1), "s", False, False, None, None, None, (), None
)
ATTRIBUTES = {
    "https://data.gov.dk/model/core/eid/email": ["åse@kommune.dk"],
    "names": ['Åse "Ås" <b> & Co', "two\nlines", ""],
    "none": [],
}
ASSERTION = Assertion(
    "3f2c", PERSISTENT, "_session", NOW - timedelta(minutes=20), PASSWORD, NOW + timedelta(hours=8), ATTRIBUTES
)


@pytest.fixture(scope="module")
def key() -> SigningKey:
    return new_key(ISSUER, "active", NOW, bits=2048)


def made(key: SigningKey, profile: ProfileName = "modern", encrypt: bool = True, **changes: Any) -> bytes:
    now = datetime.now(UTC)  # python3-saml reads the clock
    certificate = usable([pair().certificate], now) if encrypt else None
    return response(ISSUER, REQUEST, replace(ASSERTION, **changes), key, PROFILES[profile], certificate, now)[0]


def accepted(document: bytes, keys: list[SigningKey], wanted: str = "_r1") -> OneLogin_Saml2_Auth:
    """What python3-saml makes of it, in strict mode, knowing our metadata only."""
    found = OneLogin_Saml2_IdPMetadataParser.parse(metadata(IDENTITY, keys, []))
    who = pair()
    settings = {
        **found,
        "strict": True,
        "sp": {
            "entityId": ENTITY_ID,
            "assertionConsumerService": {"url": CONSUMER},
            "x509cert": who.certificate.public_bytes(Encoding.PEM).decode(),
            "privateKey": who.key.private_bytes(
                Encoding.PEM, PrivateFormat.TraditionalOpenSSL, NoEncryption()
            ).decode(),
        },
        "security": {"wantAssertionsSigned": True, "rejectDeprecatedAlgorithm": True},
    }
    asked = {
        "https": "on",
        "http_host": "sp.kommune.dk",
        "script_name": "/acs",
        "get_data": {},
        "post_data": {"SAMLResponse": base64.b64encode(document).decode()},
    }
    auth = OneLogin_Saml2_Auth(asked, settings)
    auth.process_response(request_id=wanted)
    return auth


@pytest.mark.parametrize("profile", ["modern", "adfs"])
@pytest.mark.parametrize("encrypt", [True, False])
def test_pitfall_1_python3_saml_accepts_it(key: SigningKey, profile: ProfileName, encrypt: bool) -> None:
    auth = accepted(made(key, profile, encrypt), [key])
    assert auth.get_errors() == [], auth.get_last_error_reason()
    assert auth.get_nameid() == "3f2c"
    assert auth.get_session_index() == "_session"


def test_pitfall_45_values_come_back_as_they_were(key: SigningKey) -> None:
    found = accepted(made(key), [key]).get_attributes()
    assert found["names"] == ['Åse "Ås" <b> & Co', "two\nlines"] and "none" not in found  # it drops empty values
    values = etree.fromstring(made(key, encrypt=False)).findall(".//saml:Attribute[@Name='names']/*", NS)
    assert [each.text or "" for each in values] == ATTRIBUTES["names"]
    assert found["https://data.gov.dk/model/core/eid/email"] == ["åse@kommune.dk"]
    with pytest.raises(SamlError):
        made(key, attributes={"x": ["a\x00b"]})


def test_an_answer_to_another_request_is_not_accepted(key: SigningKey) -> None:
    assert accepted(made(key), [key], wanted="_other").get_errors()


def test_pitfall_46_and_47_signed_with_one_of_the_published_keys(key: SigningKey) -> None:
    follower = new_key(ISSUER, "next", NOW, bits=2048)
    both = etree.fromstring(metadata(IDENTITY, [key, follower], []))
    assert len(both.findall(".//{*}KeyDescriptor")) == 2
    for each in (key, follower):
        assert accepted(made(each), [key, follower]).get_errors() == []
    gone = [replace(key, state="retired"), replace(follower, state="active")]
    assert len(etree.fromstring(metadata(IDENTITY, gone, [])).findall(".//{*}KeyDescriptor")) == 1
    assert accepted(made(key), gone).get_errors()


def test_signxml_finds_both_signatures_right(key: SigningKey) -> None:
    document = made(key, encrypt=False)
    for part in (etree.fromstring(document), etree.fromstring(document).find("saml:Assertion", NS)):
        assert part is not None
        XMLVerifier().verify(etree.tostring(part), x509_cert=key.certificate, id_attribute="ID")


@pytest.mark.parametrize("profile", PROFILES)
@pytest.mark.parametrize("encrypt", [True, False])
def test_the_whole_is_in_the_form_that_is_signed(key: SigningKey, profile: ProfileName, encrypt: bool) -> None:
    document = made(key, profile, encrypt)
    assert canonical(etree.fromstring(document)) == document


def test_pitfall_42_an_assertion_stands_on_its_own(key: SigningKey) -> None:
    clear = opened(made(key), pair())
    assert clear.tag == f"{{{NS['saml']}}}Assertion"
    XMLVerifier().verify(etree.tostring(clear), x509_cert=key.certificate, id_attribute="ID")


@pytest.mark.parametrize(
    ("profile", "cipher", "transport", "signed"),
    [
        ("modern", "2009/xmlenc11#aes256-gcm", "2001/04/xmlenc#rsa-oaep-mgf1p", True),
        ("adfs", "2001/04/xmlenc#aes256-cbc", "2001/04/xmlenc#rsa-oaep-mgf1p", True),
        ("oiosaml3", "2009/xmlenc11#aes256-gcm", "2009/xmlenc11#rsa-oaep", False),
    ],
)
def test_pitfall_43_algorithms(
    key: SigningKey, profile: ProfileName, cipher: str, transport: str, signed: bool
) -> None:
    root = etree.fromstring(made(key, profile))
    methods = [each.get("Algorithm") for each in root.iter(f"{{{NS['xenc']}}}EncryptionMethod")]
    assert methods == [f"http://www.w3.org/{each}" for each in (cipher, transport)]
    assert (root.find("ds:Signature", NS) is not None) is signed
    assert b"3f2c" not in etree.tostring(root)


def test_pitfall_43_oiosaml3_is_read_with_sha_256(key: SigningKey) -> None:
    assert (
        opened(made(key, "oiosaml3"), pair(), hashes.SHA256()).findtext("saml:Subject/saml:NameID", None, NS) == "3f2c"
    )


def test_pitfall_44_no_certificate_no_assertion() -> None:
    for certificates in ([], [pair("old", NOW - timedelta(days=1)).certificate]):
        with pytest.raises(CannotEncrypt):
            usable(certificates, NOW)
    assert usable([pair("old", NOW - timedelta(days=1)).certificate, pair().certificate], NOW) == pair().certificate


def test_what_it_says(key: SigningKey) -> None:
    root = etree.fromstring(made(key, encrypt=False))
    assert root.get("Destination") == CONSUMER and root.get("InResponseTo") == "_r1"
    data = root.find(".//saml:SubjectConfirmationData", NS)
    assert data is not None
    assert data.get("Recipient") == CONSUMER and data.get("InResponseTo") == "_r1" and data.get("NotBefore") is None
    assert root.findtext(".//saml:Audience", None, NS) == ENTITY_ID
    statement = root.find(".//saml:AuthnStatement", NS)
    assert statement is not None
    # A reused session keeps the instant of the login.
    assert statement.get("AuthnInstant") == (NOW - timedelta(minutes=20)).strftime("%Y-%m-%dT%H:%M:%SZ")


def test_a_status(key: SigningKey) -> None:
    document = status_response(ISSUER, REQUEST, (RESPONDER, AUTHN_FAILED), key, NOW)
    root = etree.fromstring(document)
    assert [each.get("Value") for each in root.iter(f"{{{NS['samlp']}}}StatusCode")] == [RESPONDER, AUTHN_FAILED]
    assert root.find(".//saml:Assertion", NS) is None
    XMLVerifier().verify(document, x509_cert=key.certificate, id_attribute="ID")
    assert not accepted(document, [key]).is_authenticated()


def opened(document: bytes, who: Pair, digest: hashes.HashAlgorithm | None = None) -> etree._Element:
    """The assertion, decrypted with cryptography alone (AES-GCM)."""
    data = etree.fromstring(document).find(".//xenc:EncryptedData", NS)
    assert data is not None
    texts = [base64.b64decode(each.text or "") for each in data.iter(f"{{{NS['xenc']}}}CipherValue")]
    used = digest or hashes.SHA1()
    secret = who.key.decrypt(texts[0], padding.OAEP(padding.MGF1(used), used, None))
    clear = AESGCM(secret).decrypt(texts[1][:12], texts[1][12:], None)
    return etree.fromstring(clear)
