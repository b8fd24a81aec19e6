"""Single logout messages. Numbers: docs/formats/saml.md §6."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from lxml import etree

from idp.saml.bindings import Carried, from_form, from_query, redirect_to
from idp.saml.errors import BadMessage
from idp.saml.keys import new_key
from idp.saml.logout import logout_answer, logout_request, new_logout_answer, new_logout_request
from idp.saml.names import PARTIAL_LOGOUT, PERSISTENT, RESPONDER, SUCCESS
from idp.saml.service_providers import ServiceProvider, service_provider
from idp.saml.signatures import RSA_SHA256
from tests.idp.saml.peer import (
    DS,
    ENTITY_ID,
    ISSUER,
    NOW,
    SHA1,
    SHA256,
    SLO,
    form,
    pair,
    query,
    signed_xml,
    sp_metadata,
)

PROVIDER: ServiceProvider = service_provider(sp_metadata(), NOW)


def request(name_id: str = "<saml:NameID>3f2c</saml:NameID>", attributes: str = "") -> str:
    return (
        '<samlp:LogoutRequest xmlns:samlp="urn:oasis:names:tc:SAML:2.0:protocol" '
        'xmlns:saml="urn:oasis:names:tc:SAML:2.0:assertion" ID="_l1" Version="2.0" '
        f'IssueInstant="{NOW:%Y-%m-%dT%H:%M:%SZ}" Destination="{SLO}" {attributes}>'
        f"<saml:Issuer>{ENTITY_ID}</saml:Issuer>{name_id}<samlp:SessionIndex>_s</samlp:SessionIndex></samlp:LogoutRequest>"
    )


@pytest.mark.parametrize("carried", [from_query(query(request())), from_form(form(signed_xml(request())))])
def test_pitfall_50_signed(carried: Carried) -> None:
    found = logout_request(carried, PROVIDER, SLO, NOW)
    assert (found.name_id, found.session_indexes, found.relay_state) == ("3f2c", ("_s",), "state-1")


def test_pitfall_51_unsigned_or_for_nobody() -> None:
    for carried in (
        from_form(form(request())),
        from_query(query(request(), by=pair("attacker"))),
        from_query(query(request(name_id=""))),
        from_query(query(request(name_id="<saml:NameID>a</saml:NameID>" * 2))),
        from_query(query(request().replace(SLO, "https://evil.dk"))),
    ):
        with pytest.raises(BadMessage):
            logout_request(carried, PROVIDER, SLO, NOW)


def test_a_skewed_clock_is_allowed_for_in_logout_too() -> None:
    for minutes, is_accepted in ((-4, True), (-6, False)):
        ends = NOW + timedelta(minutes=minutes)
        carried = from_query(query(request(attributes=f'NotOnOrAfter="{ends:%Y-%m-%dT%H:%M:%SZ}"')))
        if is_accepted:
            assert logout_request(carried, PROVIDER, SLO, NOW).id == "_l1"
        else:
            with pytest.raises(BadMessage):
                logout_request(carried, PROVIDER, SLO, NOW)


@pytest.mark.parametrize(("status", "succeeded"), [((SUCCESS, None), True), ((RESPONDER, PARTIAL_LOGOUT), False)])
def test_our_messages_can_be_read_back(status: tuple[str, str | None], succeeded: bool) -> None:
    """By the code that reads those of others: it trusts only the key in the metadata."""
    key = new_key(ISSUER, "active", NOW, bits=2048)
    provider = ServiceProvider(ISSUER, (), (), (key.certificate,), (), None)
    sent, identity = new_logout_request(ISSUER, SLO, "3f2c", PERSISTENT, "_s", NOW)
    address = redirect_to(SLO, "SAMLRequest", sent, "æ&?", RSA_SHA256, key.sign_octets)
    found = logout_request(from_query(address.partition("?")[2].encode()), provider, SLO, NOW)
    assert (found.id, found.name_id, found.relay_state) == (identity, "3f2c", "æ&?")
    answer = new_logout_answer(ISSUER, SLO, identity, status, NOW)
    address = redirect_to(f"{SLO}?x=1", "SAMLResponse", answer, None, RSA_SHA256, key.sign_octets)
    carried = from_query(address.partition("?")[2].encode())
    back = logout_answer(carried, provider, SLO, NOW)
    assert (back.in_response_to, back.succeeded) == (identity, succeeded)
    assert etree.fromstring(carried.xml).get("Destination") == SLO


def ended(name_id: str = "3f2c") -> str:
    return request(name_id=f"<saml:NameID>{name_id}</saml:NameID>")


def refused(carried: Callable[[], Carried], rule: str | None = None) -> None:
    with pytest.raises(BadMessage) as found:
        logout_request(carried(), PROVIDER, SLO, NOW)
    assert rule is None or found.value.rule == rule


def test_pitfall_10_a_logout_wrapped_around_a_signed_one() -> None:
    signed = signed_xml(ended()).decode()
    forged = ended("another").replace('ID="_l1"', 'ID="_evil"')
    for inner in (signed, f"<samlp:Extensions>{signed}</samlp:Extensions>"):
        whole = forged.replace("</saml:Issuer>", f"</saml:Issuer>{inner}")
        refused(lambda whole=whole: from_form(form(whole)), "signature")
    start, end = signed.index("<ds:Signature"), signed.index("</ds:Signature>") + len("</ds:Signature>")
    signature, bare = signed[start:end], signed[:start] + signed[end:]
    hidden = signature.replace("</ds:Signature>", f"<ds:Object>{bare}</ds:Object></ds:Signature>")
    refused(lambda: from_form(form(forged.replace("</saml:Issuer>", f"</saml:Issuer>{hidden}"))), "signature")
    same = forged.replace('ID="_evil"', 'ID="_l1"')
    refused(lambda: from_form(form(same.replace("</saml:Issuer>", f"</saml:Issuer>{hidden}"))))


def test_pitfall_11_a_logout_with_one_id_twice() -> None:
    signed = signed_xml(ended()).decode()
    for name in ("ID", "Id", "id", "xml:id"):
        twice = signed.replace("</samlp:LogoutRequest>", f'<x {name}="_l1"/></samlp:LogoutRequest>')
        refused(lambda twice=twice: from_form(form(twice)), "duplicate_id")


def test_pitfall_13_a_comment_in_a_logout_cuts_nothing_off() -> None:
    for carried in (
        from_query(query(ended("3f2c<!-- x -->.evil"))),
        from_form(form(signed_xml(ended("3f2c<!-- x -->.evil")))),
    ):
        assert logout_request(carried, PROVIDER, SLO, NOW).name_id == "3f2c.evil"


def test_pitfalls_7_and_14_weak_algorithms_and_document_types_in_a_logout() -> None:
    for algorithm in (SHA1, f"{DS}hmac-sha1", "http://www.w3.org/2001/04/xmldsig-more#rsa-md5"):
        refused(lambda algorithm=algorithm: from_query(query(ended(), algorithm=algorithm)), "algorithm")
        weak = signed_xml(ended()).replace(SHA256.encode(), algorithm.encode())
        refused(lambda weak=weak: from_form(form(weak)), "algorithm")
    refused(lambda: from_query(query("<!DOCTYPE x []>" + ended())), "document_type")


@pytest.mark.parametrize(("minutes", "is_accepted"), [(-4, True), (4, True), (-10, False), (10, False)])
def test_pitfall_22_the_clock_of_who_asks_to_log_out(minutes: int, is_accepted: bool) -> None:
    moment = NOW + timedelta(minutes=minutes)
    told = ended().replace(f"{NOW:%Y-%m-%dT%H:%M:%SZ}", f"{moment:%Y-%m-%dT%H:%M:%SZ}")
    for sent in (query(told), signed_xml(told)):
        carried = from_query(sent) if sent.startswith(b"SAMLRequest") else from_form(form(sent))
        if is_accepted:
            assert logout_request(carried, PROVIDER, SLO, NOW).name_id == "3f2c"
        else:
            refused(lambda carried=carried: carried, "instant")
