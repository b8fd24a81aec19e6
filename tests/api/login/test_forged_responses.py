"""Responses to REConnect as an attacker writes them: by hand, and signed with signxml, not by what builds our own.

Numbers: docs/formats/saml.md §6.
"""

import base64
import zlib
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import neo4j
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.x509.oid import NameOID
from lxml import etree

from api.login.saml_peer import SamlRefused
from api.login.saml_service import SamlService
from tests.api.login.test_saml_login import ADFS, now, service_for
from tests.idp.own_rights import give, person_of
from tests.idp.saml.peer import DS, SHA1, SHA256, Pair, pair, signed_xml
from tests.idp.staff import state_account

SAML = "urn:oasis:names:tc:SAML:2.0:assertion"
SAMLP = "urn:oasis:names:tc:SAML:2.0:protocol"
EVIL = "evil.example"


@cache
def adfs() -> Pair:
    return pair("adfs", datetime.now(UTC) + timedelta(days=30))


def described() -> bytes:
    return f"""<md:EntityDescriptor xmlns:md="urn:oasis:names:tc:SAML:2.0:metadata"
        xmlns:ds="{DS}" entityID="{ADFS}">
      <md:IDPSSODescriptor protocolSupportEnumeration="{SAMLP}">
        <md:KeyDescriptor use="signing"><ds:KeyInfo><ds:X509Data><ds:X509Certificate>{adfs().text}</ds:X509Certificate>
        </ds:X509Data></ds:KeyInfo></md:KeyDescriptor>
        <md:SingleLogoutService Binding="urn:oasis:names:tc:SAML:2.0:bindings:HTTP-Redirect"
            Location="https://adfs.kommune.dk/slo"/>
        <md:SingleSignOnService Binding="urn:oasis:names:tc:SAML:2.0:bindings:HTTP-Redirect"
            Location="https://adfs.kommune.dk/adfs/ls"/>
      </md:IDPSSODescriptor></md:EntityDescriptor>""".encode()


def written(moment: datetime) -> str:
    return f"{moment:%Y-%m-%dT%H:%M:%SZ}"


@dataclass(frozen=True)
class Forger:
    """REConnect, an identity provider that it trusts, and what an attacker makes of that one's messages."""

    service: SamlService
    account: str
    other: str
    """Another person's account: whom the attacker would like to be."""

    def begun(self) -> tuple[str, str]:
        """(RelayState, id of the request) of a login that the attacker's browser has begun."""
        sent = parse_qs(urlsplit(self.service.begin("b", "/", now())).query)
        root = etree.fromstring(zlib.decompress(base64.b64decode(sent["SAMLRequest"][0]), -15))
        return sent["RelayState"][0], str(root.get("ID"))

    def assertion(self, request: str, name_id: str | None = None, id: str = "_a1") -> str:
        moment = now()
        ends = written(moment + timedelta(minutes=5))
        return (
            f'<saml:Assertion xmlns:saml="{SAML}" ID="{id}" Version="2.0" IssueInstant="{written(moment)}">'
            f"<saml:Issuer>{ADFS}</saml:Issuer>"
            '<saml:Subject><saml:NameID Format="urn:oasis:names:tc:SAML:2.0:nameid-format:persistent">'
            f"{name_id or self.account}</saml:NameID>"
            '<saml:SubjectConfirmation Method="urn:oasis:names:tc:SAML:2.0:cm:bearer"><saml:SubjectConfirmationData '
            f'InResponseTo="{request}" Recipient="{self.service.consumer}" NotOnOrAfter="{ends}"/>'
            "</saml:SubjectConfirmation></saml:Subject>"
            f'<saml:Conditions NotBefore="{written(moment - timedelta(minutes=1))}" NotOnOrAfter="{ends}">'
            f"<saml:AudienceRestriction><saml:Audience>{self.service.entity_id}</saml:Audience>"
            "</saml:AudienceRestriction></saml:Conditions>"
            f'<saml:AuthnStatement AuthnInstant="{written(moment)}" SessionIndex="_s"><saml:AuthnContext>'
            "<saml:AuthnContextClassRef>urn:oasis:names:tc:SAML:2.0:ac:classes:PasswordProtectedTransport"
            "</saml:AuthnContextClassRef></saml:AuthnContext></saml:AuthnStatement></saml:Assertion>"
        )

    def response(self, request: str, content: str, id: str = "_p1") -> str:
        return (
            f'<samlp:Response xmlns:samlp="{SAMLP}" xmlns:saml="{SAML}" ID="{id}" Version="2.0" '
            f'IssueInstant="{written(now())}" Destination="{self.service.consumer}" InResponseTo="{request}">'
            f"<saml:Issuer>{ADFS}</saml:Issuer>"
            '<samlp:Status><samlp:StatusCode Value="urn:oasis:names:tc:SAML:2.0:status:Success"/></samlp:Status>'
            f"{content}</samlp:Response>"
        )

    def take(self, made: str | bytes, relay_state: str) -> str:
        content = made.encode() if isinstance(made, str) else made
        return self.service.take(base64.b64encode(content).decode(), relay_state, now())


def signed(xml: str, by: Pair | None = None) -> str:
    return signed_xml(xml, by=by or adfs()).decode()


@pytest.fixture
def forger(clean_graph: neo4j.Driver, tmp_path: Path) -> Forger:
    (tmp_path / "adfs.xml").write_bytes(described())
    account, other = (state_account(clean_graph, each) for each in ("anje", "bo"))
    for each in ("anje", "bo"):
        give(clean_graph, "reader", each)
    return Forger(service_for(clean_graph, tmp_path / "adfs.xml"), account, other)


def cut(text: str, tag: str) -> tuple[str, str]:
    """(the first element of this tag, the text without it)."""
    start, end = text.index(f"<{tag}"), text.index(f"</{tag}>") + len(f"</{tag}>")
    return text[start:end], text[:start] + text[end:]


Forged = Callable[[Forger, str], str]


def inner_signed_in_extensions(forger: Forger, request: str) -> str:
    """The signed assertion is moved away, and one about another person takes its place (XSW)."""
    extension = f"<samlp:Extensions>{signed(forger.assertion(request))}</samlp:Extensions>"
    return forger.response(request, forger.assertion(request, forger.other, "_evil")).replace(
        "<samlp:Status>", f"{extension}<samlp:Status>"
    )


def signature_of_another(forger: Forger, request: str) -> str:
    """The forged assertion has the signature, which is of the one that is hidden in it."""
    whole = signed(forger.assertion(request))
    signature, bare = cut(whole, "ds:Signature")
    hidden = signature.replace("</ds:Signature>", f"<ds:Object>{bare}</ds:Object></ds:Signature>")
    issuer = f"<saml:Issuer>{ADFS}</saml:Issuer>"
    return forger.response(
        request, forger.assertion(request, forger.other, "_evil").replace(issuer, issuer + hidden, 1)
    )


def same_id(forger: Forger, request: str) -> str:
    """Two assertions of one id: one is verified, and the other read."""
    return forger.response(request, forger.assertion(request, forger.other) + signed(forger.assertion(request)))


def signed_response_alone(forger: Forger, request: str) -> str:
    """The whole is signed by another key than the provider's, beside a good assertion of somebody else's."""
    return signed(forger.response(request, forger.assertion(request, forger.other)), pair("attacker"))


def assertion_without_signature(forger: Forger, request: str) -> str:
    return forger.response(request, forger.assertion(request))


def weak_signature(forger: Forger, request: str) -> str:
    return forger.response(
        request,
        signed(forger.assertion(request)).replace(SHA256, SHA1),
    )


def weak_digest(forger: Forger, request: str) -> str:
    return forger.response(
        request, signed(forger.assertion(request)).replace("http://www.w3.org/2001/04/xmlenc#sha256", f"{DS}sha1")
    )


def hmac_with_the_certificate(forger: Forger, request: str) -> str:
    return forger.response(
        request,
        signed(forger.assertion(request)).replace(SHA256, "http://www.w3.org/2001/04/xmldsig-more#hmac-sha256"),
    )


def own_key_in_the_message(forger: Forger, request: str) -> str:
    key, name = pair("attacker").key, x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "adfs")])
    builder = x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key())
    builder = builder.serial_number(7).not_valid_before(datetime(2020, 1, 1)).not_valid_after(datetime(2040, 1, 1))
    look_alike = Pair(key, builder.sign(key, hashes.SHA256()))
    return forger.response(request, signed(forger.assertion(request, forger.other), look_alike))


def changed_after_signing(forger: Forger, request: str) -> str:
    return forger.response(request, signed(forger.assertion(request)).replace(forger.account, forger.other))


def two_signed(forger: Forger, request: str) -> str:
    """Both are the provider's own: which of them counts would be a guess."""
    return forger.response(
        request, signed(forger.assertion(request)) + signed(forger.assertion(request, forger.other, "_a2"))
    )


def not_success(forger: Forger, request: str) -> str:
    return forger.response(request, signed(forger.assertion(request))).replace("status:Success", "status:Responder")


@pytest.mark.parametrize(
    "forged",
    [
        inner_signed_in_extensions, signature_of_another, same_id, signed_response_alone, assertion_without_signature,
        weak_signature, weak_digest, hmac_with_the_certificate, own_key_in_the_message, changed_after_signing,
        two_signed, not_success,
    ],
)  # fmt: skip
def test_pitfalls_5_7_10_and_11_nobody_comes_in_with_a_forged_response(forger: Forger, forged: Forged) -> None:
    relay_state, request = forger.begun()
    with pytest.raises(SamlRefused) as refused:
        forger.take(forged(forger, request), relay_state)
    assert refused.value.rule != "unsolicited"
    # What was refused has used nothing up.
    assert forger.take(forger.response(request, signed(forger.assertion(request))), relay_state)


@pytest.mark.parametrize("place", ["before", "within"])
def test_pitfall_13_a_comment_cuts_nothing_off(forger: Forger, place: str) -> None:
    """A provider that lets people choose a name may sign one that begins with another's."""
    relay_state, request = forger.begun()
    name = {
        "before": f"{forger.other}<!-- x -->.{EVIL}",
        "within": f"{forger.other[:9]}<!-- x -->{forger.other[9:]}.{EVIL}",
    }[place]
    with pytest.raises(SamlRefused, match="unknown_user"):
        forger.take(forger.response(request, signed(forger.assertion(request, name))), relay_state)


def test_a_comment_within_the_right_name_does_no_harm(forger: Forger) -> None:
    relay_state, request = forger.begun()
    name = f"{forger.account[:9]}<!-- x -->{forger.account[9:]}"
    ticket = forger.take(forger.response(request, signed(forger.assertion(request, name))), relay_state)
    found = forger.service.use(ticket, "b", now())
    assert found is not None and found.person == person_of(forger.service.driver, forger.account)


def test_pitfall_63_another_response_with_the_same_assertion(forger: Forger) -> None:
    relay_state, request = forger.begun()
    assertion = signed(forger.assertion(request))
    forger.take(forger.response(request, assertion), relay_state)
    forger.service.driver.execute_query("MATCH (l:SamlLogin) REMOVE l.ticket")
    with pytest.raises(SamlRefused, match="repeated"):
        forger.take(forger.response(request, assertion, "_p2"), relay_state)
