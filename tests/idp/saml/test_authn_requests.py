"""AuthnRequests as service providers and attackers send them. Numbers: docs/formats/saml.md §6."""

import base64
import tracemalloc
import zlib
from dataclasses import replace
from datetime import timedelta
from urllib.parse import quote, quote_plus

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature

from idp.saml.authn_requests import AuthnRequest, Known, authn_request, check_answerable
from idp.saml.bindings import from_form, from_query
from idp.saml.contexts import needs_second_factor
from idp.saml.errors import BadMessage, Declined
from idp.saml.names import PERSISTENT, POST
from idp.saml.service_providers import service_provider
from tests.idp.saml.peer import (
    CONSUMER,
    ENTITY_ID,
    NOW,
    SECOND_CONSUMER,
    SHA1,
    SSO,
    deflated,
    form,
    pair,
    query,
    request_xml,
    signed_xml,
    sp_metadata,
)

DS = "http://www.w3.org/2000/09/xmldsig#"


def known(sender: str) -> Known | None:
    return Known(service_provider(sp_metadata(), NOW)) if sender == ENTITY_ID else None


def by_query(raw: bytes) -> AuthnRequest:
    return authn_request(from_query(raw), known, SSO, NOW)


def by_form(xml: str | bytes) -> AuthnRequest:
    return authn_request(from_form(form(xml)), known, SSO, NOW)


def refused(asked: object, rule: str | None = None) -> BadMessage:
    assert callable(asked)
    with pytest.raises(BadMessage) as found:
        asked()
    assert rule is None or found.value.rule == rule
    return found.value


def test_pitfall_1_a_signed_redirect() -> None:
    request = by_query(query(request_xml(attributes=f'AssertionConsumerServiceURL="{CONSUMER}"')))
    assert (request.id, request.sender, request.relay_state) == ("_r1", ENTITY_ID, "state-1")
    assert request.consumer.location == CONSUMER
    assert not request.must_log_in and not request.is_passive


def test_pitfall_2_a_signed_form() -> None:
    assert by_form(signed_xml(request_xml())).id == "_r1"


def test_pitfall_3_a_form_that_is_deflated() -> None:
    assert by_form(deflated(signed_xml(request_xml()))).id == "_r1"


def test_pitfall_4_unsigned() -> None:
    plain = quote_plus(base64.b64encode(deflated(request_xml())).decode())
    refused(lambda: by_query(f"SAMLRequest={plain}".encode()), "unsigned")
    refused(lambda: by_form(request_xml()), "unsigned")


def test_pitfall_4_unsigned_where_the_settings_allow_it() -> None:
    lenient = Known(service_provider(sp_metadata(), NOW), unsigned=True)
    assert authn_request(from_form(form(request_xml())), lambda sender: lenient, SSO, NOW).id == "_r1"
    # A signature that is there must still be right.
    wrong = signed_xml(request_xml(), by=pair("another"))
    refused(lambda: authn_request(from_form(form(wrong)), lambda sender: lenient, SSO, NOW), "signature")


def test_pitfall_5_another_key_and_its_certificate_in_the_message() -> None:
    other = pair("attacker")
    refused(lambda: by_query(query(request_xml(), by=other)), "signature")
    signed = signed_xml(request_xml(), by=other)
    assert b"X509Certificate" in signed
    refused(lambda: by_form(signed), "signature")


@pytest.mark.parametrize(
    "change", [(b"state-1", b"state-2"), (b"rsa-sha256", b"rsa-sha512"), (b"RelayState=state-1&", b"")]
)
def test_pitfall_6_changed_after_signing(change: tuple[bytes, bytes]) -> None:
    refused(lambda: by_query(query(request_xml()).replace(*change)), "signature")


def test_pitfall_6_the_order_of_parameters_does_not_matter() -> None:
    parts = query(request_xml()).split(b"&")
    assert by_query(b"&".join(reversed(parts))).id == "_r1"


@pytest.mark.parametrize(
    "algorithm", [SHA1, f"{DS}hmac-sha1", "http://www.w3.org/2001/04/xmldsig-more#rsa-md5", "rsa-sha256", ""]
)
def test_pitfall_7_algorithms_that_are_not_allowed(algorithm: str) -> None:
    refused(lambda: by_query(query(request_xml(), algorithm=algorithm)), "algorithm")


def test_pitfall_7_xml_algorithms_that_are_not_allowed() -> None:
    signed = signed_xml(request_xml())
    sha256 = b"http://www.w3.org/2001/04/xmldsig-more#rsa-sha256"
    for bad in (SHA1.encode(), f"{DS}hmac-sha1".encode(), b"http://www.w3.org/2001/04/xmldsig-more#hmac-sha256"):
        assert sha256 in signed
        changed = signed.replace(sha256, bad)
        refused(lambda changed=changed: by_form(changed), "algorithm")
    digest = signed.replace(b"http://www.w3.org/2001/04/xmlenc#sha256", f"{DS}sha1".encode())
    refused(lambda: by_form(digest), "algorithm")
    canonical = b"http://www.w3.org/2001/10/xml-exc-c14n#"
    refused(lambda: by_form(signed.replace(canonical, canonical + b"WithComments", 1)), "algorithm")


@pytest.mark.parametrize("name", ["SAMLRequest", "Signature", "RelayState", "SigAlg"])
def test_pitfall_8_duplicates(name: str) -> None:
    signed = query(request_xml())
    first = next(each for each in signed.split(b"&") if each.startswith(name.encode()))
    refused(lambda: by_query(signed + b"&" + first), "duplicate_parameter")
    refused(
        lambda: by_query(signed + b"&" + first.replace(b"S", b"%53", 1).replace(b"R", b"%52", 1)), "duplicate_parameter"
    )
    refused(lambda: from_form({**form("<a/>"), "SAMLRequest": ["YQ==", "YQ=="]}), "duplicate_parameter")


def test_pitfall_9_other_ways_to_escape() -> None:
    def lower(text: str) -> str:
        return "".join(each if each.isalnum() else f"%{ord(each):02x}" for each in text)

    assert by_query(query(request_xml(), relay_state="a b/ø", quote=quote_plus)).relay_state == "a b/ø"
    assert by_query(query(request_xml(), relay_state="a b/x", quote=lower)).relay_state == "a b/x"
    assert (
        by_query(query(request_xml(), relay_state="a b/", quote=lambda text: quote(text, safe=""))).relay_state
        == "a b/"
    )
    assert by_query(b"utm=1&" + query(request_xml()) + b"&client-request-id=2").id == "_r1"


def test_pitfall_10_wrapping() -> None:
    signed = signed_xml(request_xml())
    forged = request_xml(id="_evil", content=f"<samlp:Extensions>{signed.decode()}</samlp:Extensions>")
    refused(lambda: by_form(forged), "signature")
    # The signature moved out to the forged root still refers to the inner request.
    start, end = signed.index(b"<ds:Signature"), signed.index(b"</ds:Signature>") + len(b"</ds:Signature>")
    signature, inner = signed[start:end].decode(), (signed[:start] + signed[end:]).decode()
    issuer = f"<saml:Issuer>{ENTITY_ID}</saml:Issuer>{signature}"
    moved = request_xml(id="_evil", issuer=issuer, content=f"<samlp:Extensions>{inner}</samlp:Extensions>")
    refused(lambda: by_form(moved), "signature")
    same = request_xml(id="_r1", issuer=issuer, content=f"<samlp:Extensions>{inner}</samlp:Extensions>")
    refused(lambda: by_form(same), "duplicate_id")


def test_pitfall_11_twice() -> None:
    signed = signed_xml(request_xml()).decode()
    start, end = signed.index("<ds:Signature"), signed.index("</ds:Signature>") + len("</ds:Signature>")
    refused(lambda: by_form(signed[:end] + signed[start:end] + signed[end:]), "signature")
    reference = signed[signed.index("<ds:Reference") : signed.index("</ds:Reference>") + len("</ds:Reference>")]
    refused(lambda: by_form(signed.replace(reference, reference * 2)), "signature")
    for name in ("ID", "Id", "id", "xml:id"):
        twice = signed.replace("</samlp:AuthnRequest>", f'<x {name}="_r1"/></samlp:AuthnRequest>')
        refused(lambda twice=twice: by_form(twice), "duplicate_id")


def test_pitfall_12_two_documents_and_two_signed_infos() -> None:
    signed = signed_xml(request_xml()).decode()
    refused(lambda: by_form(signed + request_xml(id="_evil")), "not_well_formed")
    info = signed[signed.index("<ds:SignedInfo") : signed.index("</ds:SignedInfo>") + len("</ds:SignedInfo>")]
    refused(lambda: by_form(signed.replace(info, info * 2)), "signature")
    nested = signed.replace("</ds:SignatureValue>", f"</ds:SignatureValue><ds:Object>{info}</ds:Object>")
    refused(lambda: by_form(nested), "signature")


def test_pitfall_12_another_element_in_place_of_the_signed_info() -> None:
    """What is checked is what xmlsec verifies: a KeyInfo with the parts of a SignedInfo does not stand for it."""
    signed = signed_xml(request_xml()).decode()
    info = signed[signed.index("<ds:SignedInfo") : signed.index("</ds:SignedInfo>") + len("</ds:SignedInfo>")]
    strong = info.replace("ds:SignedInfo", "ds:KeyInfo")
    weak = signed.replace("rsa-sha256", "rsa-md5").replace("<ds:SignedInfo", f"{strong}<ds:SignedInfo", 1)
    assert "unexpected parts" in str(refused(lambda: by_form(weak), "signature"))


def test_a_declared_context_is_not_ignored() -> None:
    wanted = (
        "<samlp:RequestedAuthnContext><saml:AuthnContextDeclRef>https://sp.kommune.dk/card</saml:AuthnContextDeclRef>"
        "</samlp:RequestedAuthnContext>"
    )
    with pytest.raises(Declined):
        needs_second_factor(by_query(query(request_xml(content=wanted))).context)


@pytest.mark.parametrize("issued", ["0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-14:00", "2026-11-29T24:00:00Z"])
def test_instants_that_are_none(issued: str) -> None:
    given = request_xml().replace(f"{NOW:%Y-%m-%dT%H:%M:%SZ}", issued)
    refused(lambda: by_query(query(given)), "instant")


@pytest.mark.parametrize("curve", [ec.SECP256R1(), ec.SECP384R1(), ec.SECP521R1()])
def test_a_query_signed_with_an_elliptic_curve(curve: ec.EllipticCurve) -> None:
    """Of two keys in the metadata, RSA first; r and s beside each other, or in DER."""
    key = ec.generate_private_key(curve)
    name = x509.Name([])
    builder = x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key())
    builder = builder.serial_number(7).not_valid_before(NOW).not_valid_after(NOW + timedelta(days=1))
    provider = service_provider(sp_metadata(), NOW)
    two = replace(provider, signing=(*provider.signing, builder.sign(key, hashes.SHA256())))
    signed = query(request_xml(), algorithm="http://www.w3.org/2001/04/xmldsig-more#ecdsa-sha256")
    octets = signed.partition(b"&Signature=")[0]
    der = key.sign(octets, ec.ECDSA(hashes.SHA256()))
    size = (curve.key_size + 7) // 8
    plain = b"".join(each.to_bytes(size, "big") for each in decode_dss_signature(der))
    for value in (der, plain):
        given = octets + b"&Signature=" + quote_plus(base64.b64encode(value)).encode()
        assert authn_request(from_query(given), lambda _: Known(two), SSO, NOW).id == "_r1"
        refused(lambda given=given: by_query(given), "signature")  # not with the RSA key alone


def test_pitfall_13_comments_cut_nothing_off() -> None:
    split = ENTITY_ID.replace("kommune", "kom<!-- x -->mune")
    assert by_query(query(request_xml(issuer=f"<saml:Issuer>{split}</saml:Issuer>"))).sender == ENTITY_ID
    longer = f"<saml:Issuer>{ENTITY_ID}<!-- x -->.evil.dk</saml:Issuer>"
    refused(lambda: by_query(query(request_xml(issuer=longer))), "unknown_sender")
    named = "<saml:Subject><saml:NameID>alice<!-- x -->.evil</saml:NameID></saml:Subject>"
    assert by_query(query(request_xml(content=named))).subject == "alice.evil"


@pytest.mark.parametrize(
    "before",
    [
        '<!DOCTYPE x [<!ENTITY a "b">]>',
        '<!DOCTYPE x SYSTEM "file:///etc/passwd">',
        '<!DOCTYPE x [<!ENTITY % p SYSTEM "http://127.0.0.1:1/x"> %p;]>',
        '<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;">]>',
    ],
)
def test_pitfall_14_document_types(before: str) -> None:
    refused(lambda: by_query(query(before + request_xml())), "document_type")


def test_pitfall_15_a_bomb_is_not_unpacked() -> None:
    machine = zlib.compressobj(9, zlib.DEFLATED, -15)
    bomb = b"".join(machine.compress(bytes(1_000_000)) for _ in range(64)) + machine.flush()
    given = f"SAMLRequest={quote_plus(base64.b64encode(bomb[:40_000]).decode())}".encode()[:64_000]
    tracemalloc.start()
    refused(lambda: from_query(given))
    refused(lambda: from_form({"SAMLRequest": [base64.b64encode(bomb).decode()]}), "too_large")
    assert tracemalloc.get_traced_memory()[1] < 5_000_000
    tracemalloc.stop()


def test_pitfall_16_transforms() -> None:
    signed = signed_xml(request_xml()).decode()
    first = signed.index("<ds:Transform ")
    for added in (
        '<ds:Transform Algorithm="http://www.w3.org/TR/1999/REC-xslt-19991116"><x/></ds:Transform>',
        '<ds:Transform Algorithm="http://www.w3.org/TR/1999/REC-xpath-19991116"><ds:XPath>1</ds:XPath></ds:Transform>',
    ):
        refused(lambda added=added: by_form(signed[:first] + added + signed[first:]), "transform")


def test_pitfall_17_an_unknown_sender() -> None:
    other = request_xml(issuer="<saml:Issuer>https://unknown.dk</saml:Issuer>")
    refused(lambda: by_query(query(other)), "unknown_sender")
    refused(lambda: by_query(query(request_xml(issuer=""))), "issuer")
    refused(lambda: by_query(query(request_xml(issuer=f"<saml:Issuer>{ENTITY_ID}</saml:Issuer>" * 2))), "issuer")


@pytest.mark.parametrize(
    "address", ["https://evil.dk/acs", f"{CONSUMER}/", f"{CONSUMER}?x=1", CONSUMER.upper(), "javascript:alert(1)"]
)
def test_pitfall_18_an_address_that_is_not_in_the_metadata(address: str) -> None:
    given = request_xml(attributes=f'AssertionConsumerServiceURL="{address}"')
    refused(lambda: by_query(query(given)), "consumer")


def test_pitfall_20_the_address_by_its_index() -> None:
    def at(attributes: str) -> str:
        return by_query(query(request_xml(attributes=attributes))).consumer.location

    assert at('AssertionConsumerServiceIndex="1"') == CONSUMER
    assert at("") == SECOND_CONSUMER  # isDefault
    for unknown in ("9", "0", "-1", "x", "01"):
        refused(lambda unknown=unknown: at(f'AssertionConsumerServiceIndex="{unknown}"'), "consumer")
    refused(lambda: at(f'AssertionConsumerServiceIndex="1" AssertionConsumerServiceURL="{CONSUMER}"'), "consumer")


@pytest.mark.parametrize("destination", ["https://evil.dk/saml/sso", f"{SSO}/", SSO.replace("https", "http"), "", None])
def test_pitfall_21_another_destination(destination: str | None) -> None:
    refused(lambda: by_query(query(request_xml(destination=destination))), "destination")


def test_pitfall_22_clocks() -> None:
    for minutes in (-4, 4):
        assert by_query(query(request_xml(issued=NOW + timedelta(minutes=minutes)))).id == "_r1"
    for minutes in (-10, 10):
        wrong = refused(
            lambda minutes=minutes: by_query(query(request_xml(issued=NOW + timedelta(minutes=minutes)))), "instant"
        )
        assert "start again" in str(wrong)


def test_pitfall_26_and_39_what_can_not_be_met() -> None:
    both = by_query(query(request_xml(attributes='IsPassive="true" ForceAuthn="1"')))
    with pytest.raises(Declined) as found:
        check_answerable(both, (PERSISTENT,))
    assert found.value.status[0].endswith("Requester")
    policy = '<samlp:NameIDPolicy Format="urn:oasis:names:tc:SAML:2.0:nameid-format:kerberos"/>'
    with pytest.raises(Declined) as found:
        check_answerable(by_query(query(request_xml(content=policy))), (PERSISTENT,))
    assert str(found.value.status[1]).endswith("InvalidNameIDPolicy")
    artifact = 'ProtocolBinding="urn:oasis:names:tc:SAML:2.0:bindings:HTTP-Artifact"'
    with pytest.raises(Declined):
        check_answerable(by_query(query(request_xml(attributes=artifact))), (PERSISTENT,))
    check_answerable(by_query(query(request_xml(attributes=f'ProtocolBinding="{POST}"'))), (PERSISTENT,))


@pytest.mark.parametrize(
    ("raw", "rule"),
    [
        (b"", "no_message"),
        (b"SAMLRequest=", "not_deflated"),
        (b"SAMLRequest=%F0%28", "not_base64"),
        (b"SAMLRequest=YQ&SAMLResponse=YQ", "duplicate_parameter"),
        (b"SAMLRequest=" + b"A" * 70_000, "too_large"),
        (query(request_xml()).partition(b"&Signature")[0], "signature"),
    ],
)
def test_queries_that_are_none(raw: bytes, rule: str) -> None:
    refused(lambda: by_query(raw), rule)


def test_another_message_or_version() -> None:
    refused(lambda: by_query(query(request_xml().replace("AuthnRequest", "LogoutRequest"))), "not_expected")
    refused(lambda: by_query(query(request_xml().replace('Version="2.0"', 'Version="1.1"'))), "version")
    refused(lambda: by_query(query(request_xml(id="1 2"))), "id")
    refused(lambda: by_query(query(signed_xml(request_xml()))), "signature")
