"""People log in to REConnect through another identity provider."""

import base64
import re
import zlib
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from html import unescape
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
import neo4j
import pytest
from lxml import etree
from pydantic import ValidationError
from structlog.testing import capture_logs

from api.access.sessions import Sessions
from api.callers import gate
from api.http.service import Service
from api.login import pacing
from api.login.saml_peer import SamlRefused
from api.login.saml_service import SamlService
from api.login.settings import SamlLoginSettings
from api.login.web_login import WebLogin
from graph.change_log import Origin
from graph.connection import connect
from graph.statements.statement import DatedLink, DatedValue, Ref, Statement
from graph.time import Period
from graph.writing.graph_writer import GraphWriter
from idp.saml import signatures
from idp.saml.authn_requests import AuthnRequest
from idp.saml.keys import SigningKey, new_key
from idp.saml.metadata import IdentityProvider, metadata
from idp.saml.names import PASSWORD, PERSISTENT, SAML, SAMLP
from idp.saml.profiles import PROFILES
from idp.saml.responses import Assertion, response
from idp.saml.service_providers import Endpoint
from idp.settings import ServiceProviderSettings
from idp.signing_keys import SigningKeys
from protocols.http.errors import AnswerLost
from reconnect.embedded import Addresses
from tests.api.login.browser import Browser
from tests.api.login.conftest import SEAL, give_password, running, serving_login
from tests.api.login.test_web_login import PASSWORD as TYPED
from tests.api.login.test_web_login import asked
from tests.idp.own_rights import give, person_of
from tests.idp.staff import RING, RULES, SYSTEM, state_account, stop

ADFS = "http://adfs.kommune.dk/adfs/services/trust"
HERE = "https://reconnect.kommune.dk"


@dataclass
class Peer:
    """An identity provider that asserts whatever a test wants, and REConnect, which trusts it."""

    driver: neo4j.Driver
    key: SigningKey
    service: SamlService
    account: str

    def begun(self, browser: str = "b") -> tuple[str, AuthnRequest]:
        """(RelayState, the request) of a login that a browser has begun."""
        url = self.service.begin(browser, "/", now())
        query = parse_qs(urlsplit(url).query)
        assert query["Signature"], "requests are signed"
        sent = etree.fromstring(zlib.decompress(base64.b64decode(query["SAMLRequest"][0]), -15))
        consumer = Endpoint(
            "urn:oasis:names:tc:SAML:2.0:bindings:HTTP-POST", self.service.consumer, self.service.consumer
        )
        request = AuthnRequest(
            sent.get("ID") or "", self.service.entity_id, consumer, None, False, False, None, None, None, (), None
        )
        return query["RelayState"][0], request

    def answer(self, request: AuthnRequest, **other: Any) -> str:
        """A response in Base64. ``other``: key, issuer, moment or name_id, if not the right one."""
        moment = other.get("moment", now())
        name_id = other.get("name_id", self.account)
        assertion = Assertion(
            name_id, PERSISTENT, "_s", moment, PASSWORD, moment + timedelta(hours=8), other.get("values", {})
        )
        profile = replace(PROFILES["adfs"], sign_response=other.get("sign_response", False))
        made, _ = response(
            other.get("issuer", ADFS), request, assertion, other.get("key", self.key), profile, None, moment
        )
        return base64.b64encode(other.get("changed", lambda same: same)(made)).decode()

    def take(self, made: str, relay_state: str, service: SamlService | None = None) -> str:
        return (service or self.service).take(made, relay_state, now())


def now() -> datetime:
    return datetime.now(UTC)


@pytest.fixture(scope="module")
def key() -> SigningKey:
    return new_key(ADFS, "active", now() - timedelta(days=1), 2048)


@pytest.fixture
def peer(clean_graph: neo4j.Driver, tmp_path: Path, key: SigningKey) -> Peer:
    described = metadata(
        IdentityProvider(ADFS, "https://adfs.kommune.dk/adfs/ls", "https://adfs.kommune.dk/x"), [key], ()
    )
    (tmp_path / "adfs.xml").write_bytes(described)
    account = state_account(clean_graph, "anje")
    give(clean_graph, "reader", "anje")
    return Peer(clean_graph, key, service_for(clean_graph, tmp_path / "adfs.xml"), account)


def service_for(driver: neo4j.Driver, file: Path) -> SamlService:
    settings = SamlLoginSettings(metadata_file=file, matches="uuid")
    return SamlService(driver, settings, HERE, SigningKeys(driver, SEAL, HERE), lambda url, largest: b"")


def without_signatures(made: bytes) -> bytes:
    root = etree.fromstring(made)
    for each in root.findall(".//{http://www.w3.org/2000/09/xmldsig#}Signature"):
        each.getparent().remove(each)  # type: ignore[union-attr]
    return etree.tostring(root)


def other_name(made: bytes) -> bytes:
    return made.replace(b"urn:oasis:names:tc:SAML:2.0:ac", b"urn:oasis:names:tc:SAML:2.0:AC")


def wrapped(made: bytes) -> bytes:
    """The signed assertion moves into an extension; a forged one takes its place."""
    root = etree.fromstring(made)
    signed = root.find(f"{{{SAML}}}Assertion")
    assert signed is not None
    forged = etree.fromstring(without_signatures(etree.tostring(signed)))
    forged.set("ID", "_forged")
    extensions = etree.Element(f"{{{SAMLP}}}Extensions")
    root.replace(signed, forged)
    extensions.append(signed)
    root.insert(1, extensions)
    return etree.tostring(root)


def two(made: bytes) -> bytes:
    root = etree.fromstring(made)
    signed = root.find(f"{{{SAML}}}Assertion")
    assert signed is not None
    root.append(etree.fromstring(without_signatures(etree.tostring(signed))))
    return etree.tostring(root)


def with_dtd(made: bytes) -> bytes:
    return b'<!DOCTYPE r [<!ENTITY a "a">]>' + made


CHANGES: dict[str, Callable[[bytes], bytes]] = {
    "unsigned": without_signatures,
    "changed": other_name,
    "wrapped": wrapped,
    "two assertions": two,
    "a document type": with_dtd,  # saml.md pitfall 65
    "no XML": lambda made: b"no XML",
    "half": lambda made: made[:400],
}


def test_a_name_is_looked_up_in_the_systems_of_the_identity_provider_alone(peer: Peer, tmp_path: Path) -> None:
    """saml.md pitfalls 54 and 55: the same user name in another system may be another person's."""
    described = {"metadata_file": tmp_path / "adfs.xml", "matches": "login"}
    with pytest.raises(ValidationError, match="needs systems"):
        SamlLoginSettings.model_validate(described)
    give(peer.driver, "reader", "bo")
    state_account(peer.driver, "bo")
    for system, login, owner in (("ad", "anje", "anje"), ("school", "bo", "bo"), ("school", "anje", "bo")):
        observed(peer.driver, system, login, owner)
    settings = SamlLoginSettings.model_validate({**described, "systems": ["ad"]})
    service = replace(peer.service, settings=settings, domains={"KOMMUNE": "ad", "SKOLE": "school"})
    for user in ("bo", "SKOLE\\bo", "SKOLE\\anje"):
        relay_state, request = peer.begun()
        with pytest.raises(SamlRefused, match="unknown"):
            peer.take(peer.answer(request, name_id=user), relay_state, service)
    for user in ("anje", "KOMMUNE\\anje"):
        relay_state, request = peer.begun()
        assert peer.take(peer.answer(request, name_id=user), relay_state, service)


def observed(driver: neo4j.Driver, system: str, login: str, owner: str) -> None:
    """An account that a directory has, of a person who is known by the account rules."""
    GraphWriter(driver, RING).state(
        RULES,
        [
            Statement("ItSystem", system, values={"key": (DatedValue(Period(), system),)}),
            Statement(
                "Account",
                f"{system}:{login}",
                exists=(Period(),),
                values={"login": (DatedValue(Period(), login),), "enabled": (DatedValue(Period(), True),)},
                links={
                    "owner": (DatedLink(Period(), Ref("Person", owner, "source")),),
                    "system": (DatedLink(Period(), Ref("ItSystem", system, "natural")),),
                },
            ),
        ],
        Origin(RULES),
    )


def test_who_is_asserted_is_let_in_once(peer: Peer, tmp_path: Path, addresses: Addresses) -> None:
    """saml.md pitfalls 63 and 64: a response counts once, in every process, and for the browser that asked alone."""
    relay_state, request = peer.begun("mine")
    made = peer.answer(request)
    ticket = peer.take(made, relay_state)
    with connect(addresses.bolt_uri, addresses.user, addresses.password) as second:
        other = service_for(second, tmp_path / "adfs.xml")
        for service in (peer.service, other):
            with pytest.raises(SamlRefused, match="unsolicited"):
                peer.take(made, relay_state, service)
        again, _ = peer.begun("mine")
        with pytest.raises(SamlRefused, match="response_"):  # another login's
            peer.take(made, again, other)
        assert other.use(ticket, "theirs", now()) is None
        found = other.use(ticket, "mine", now())
        assert found is not None and found.person == person_of(peer.driver, peer.account)
        assert peer.service.use(ticket, "mine", now()) is None
    # The same assertion in a response to a login that is under way still.
    third, asked_again = peer.begun("mine")
    kept: list[bytes] = []
    first = peer.answer(asked_again, changed=lambda whole: kept.append(whole) or whole)
    peer.driver.execute_query("MATCH (l:SamlLogin) WHERE l.ticket IS NULL SET l.touched = 1")
    peer.take(first, third)
    peer.driver.execute_query("MATCH (l:SamlLogin) REMOVE l.ticket")
    with pytest.raises(SamlRefused, match="repeated"):
        peer.take(base64.b64encode(kept[0]).decode(), third)


@pytest.mark.parametrize("sign_response", [False, True])
def test_responses_that_open_nothing(peer: Peer, key: SigningKey, sign_response: bool) -> None:
    stranger = new_key(ADFS, "active", now(), 2048)

    def refused(made: str, relay_state: str) -> str:
        with pytest.raises(SamlRefused) as wrong:
            peer.take(made, relay_state)
        return wrong.value.rule

    with capture_logs() as lines:
        for name, change in CHANGES.items():
            relay_state, request = peer.begun()
            made = peer.answer(request, changed=change, sign_response=sign_response)
            assert refused(made, relay_state) != "unsolicited", name
        relay_state, request = peer.begun()
        elsewhere = replace(request.consumer, location=f"{HERE}/login/saml/acs/more")
        others: dict[str, tuple[AuthnRequest, dict[str, Any]]] = {
            "by another key": (request, {"key": stranger}),
            "by another issuer": (request, {"issuer": "https://evil.example"}),
            "for another application": (replace(request, sender="https://other.kommune.dk"), {}),
            "to another address": (replace(request, consumer=elsewhere), {}),
            "to another request": (replace(request, id="_other"), {}),
            "to no request": (replace(request, id=""), {}),
            "too old": (request, {"moment": now() - timedelta(minutes=20)}),
            "too new": (request, {"moment": now() + timedelta(minutes=20)}),
        }
        for name, (meant, other) in others.items():
            made = peer.answer(meant, sign_response=sign_response, **other)
            assert refused(made, relay_state) != "unsolicited", name
        assert refused(peer.answer(request), "") == "unsolicited"  # begun at the identity provider
        assert refused(peer.answer(request), "https://evil.example") == "unsolicited"
        assert refused("", relay_state) and refused("=" * 3, relay_state)
        # The clock of either side may be four minutes off, and the login is still under way after all of that.
        peer.take(peer.answer(request, moment=now() + timedelta(minutes=4)), relay_state)
    assert peer.account not in str([each for each in lines if each["event"].startswith("saml")])
    assert "PRIVATE" not in str(lines)


def test_nobody_is_created_and_only_the_active_come_in(peer: Peer) -> None:
    def rule(name_id: str) -> tuple[str, int]:
        relay_state, request = peer.begun()
        with pytest.raises(SamlRefused) as wrong:
            peer.take(peer.answer(request, name_id=name_id), relay_state)
        return wrong.value.rule, wrong.value.status

    before, _, _ = peer.driver.execute_query("MATCH (p:Person) RETURN count(p) AS people")
    assert rule("00000000-0000-4000-8000-000000000000") == ("unknown_user", 403)
    stop(peer.driver, peer.account)
    assert rule(peer.account) == ("inactive_user", 403)
    after, _, _ = peer.driver.execute_query("MATCH (p:Person) RETURN count(p) AS people")
    assert after[0]["people"] == before[0]["people"]


@pytest.fixture
def both(clean_graph: neo4j.Driver, addresses: Addresses, tmp_path: Path) -> Iterator[tuple[str, str]]:
    """(REConnect, its identity provider): the addresses of two services; the second is this project's own."""
    with ExitStack() as opened:
        settings = {"reconnect": ServiceProviderSettings(metadata_file=tmp_path / "sp.xml")}
        idp, logins = opened.enter_context(serving_login(clean_graph, addresses, settings))
        made: list[SamlService] = []

        def service(url: str, reading: neo4j.AsyncDriver) -> Service:
            described = SamlLoginSettings(metadata_url=f"{idp}/saml/metadata", matches="uuid")
            saml = SamlService(
                clean_graph, described, url, SigningKeys(clean_graph, SEAL, url),
                lambda url, largest: httpx.get(url, trust_env=False).content,
            )  # fmt: skip
            made.append(saml)
            sessions = Sessions(clean_graph, SYSTEM, "saml")
            login = WebLogin(clean_graph, sessions, SEAL, "REConnect", secure=False, through="saml", saml=saml)
            return Service(clean_graph, reading, RING, web_login=login)

        here = opened.enter_context(running(addresses, service, "localhost"))
        (tmp_path / "sp.xml").write_bytes(made[0].metadata(now()))
        state_account(clean_graph, "anje")
        give(clean_graph, "reader", "anje")
        give_password(clean_graph, logins, "anje")
        yield here, idp


def entered(here: str, browser: Browser) -> None:
    page = browser.get(f"{here}/")
    page = browser.submit(page.form("/login"), login="anje", password=TYPED)
    assert browser.submit(page.form()).url == f"{here}/"


def test_a_logout_ends_both_sessions(
    both: tuple[str, str], clean_graph: neo4j.Driver, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whichever of the two is left."""
    monkeypatch.setattr(gate, "REMEMBERED", 0.0)
    here, idp = both
    browser = Browser()
    entered(here, browser)
    left = browser.submit(browser.get(f"{here}/").form("/login/end"))
    there = unescape(re.search(rf'url=({idp}[^"]*)"', left.text)[1])  # type: ignore[index]
    page = browser.get(there)
    assert page.url.startswith(f"{here}/login/saml/logout?SAMLResponse=") and "logget ud" in page.text
    assert browser.get(f"{idp}/login/account").url == f"{idp}/login"
    entered(here, browser)
    told = browser.submit(browser.get(f"{idp}/login/account").form("/logout"))
    frame = unescape(re.search(r'<iframe src="([^"]*)"', told.text)[1])  # type: ignore[index]
    assert frame.startswith(f"{here}/login/saml/logout?SAMLRequest=")
    assert asked(here, browser).status_code == 200
    sender = Browser()
    assert sender.client.get(frame.replace("SAMLRequest=", "SAMLRequest=A")).status_code == 400
    assert asked(here, browser).status_code == 200, "what is not signed ends nothing"
    assert sender.client.get(frame).status_code == 303, "a frame of another site brings no cookies"
    assert asked(here, browser).status_code == 401
    assert sender.client.get(frame).status_code == 400, "a request counts once"
    rows, _, _ = clean_graph.execute_query("MATCH (e:LoginEvent {event: 'logout'}) RETURN count(e) AS ended")
    assert rows[0]["ended"] >= 2


def test_the_last_good_metadata_outlast_a_restart(peer: Peer, tmp_path: Path) -> None:
    good = (tmp_path / "adfs.xml").read_bytes()
    other = good.replace(ADFS.encode(), b"https://evil.example")
    settings = SamlLoginSettings(metadata_url="https://adfs.kommune.dk/metadata", matches="uuid")  # type: ignore[arg-type]

    def service(document: bytes | None) -> SamlService:
        def fetch(url: str, largest: int) -> bytes:
            if document is None:
                raise AnswerLost("503")
            return document

        return SamlService(peer.driver, settings, HERE, SigningKeys(peer.driver, SEAL, HERE), fetch)

    with pytest.raises(SamlRefused, match="no_identity_provider"):
        service(None).begin("b", "/", now())
    assert service(good).begin("b", "/", now()).startswith("https://adfs.kommune.dk/")
    for bad in (None, b"", b"<html/>", other, good[:300]):
        assert service(bad).begin("b", "/", now()).startswith("https://adfs.kommune.dk/"), bad
    ended = good.replace(b"entityID=", b'validUntil="2020-01-01T00:00:00Z" entityID=', 1)
    assert service(ended).begin("b", "/", now()).startswith("https://adfs.kommune.dk/")
    hour = f"{now() + timedelta(hours=1):%Y-%m-%dT%H:%M:%SZ}".encode()
    service(good.replace(b"entityID=", b'validUntil="%s" entityID=' % hour, 1)).begin("b", "/", now())
    with pytest.raises(SamlRefused, match="no_identity_provider"):
        service(None).begin("b", "/", now() + timedelta(hours=2))


def test_without_a_name_id_only_an_attribute_says_who_it_is(peer: Peer, tmp_path: Path) -> None:
    def nameless(made: bytes) -> bytes:
        root = etree.fromstring(without_signatures(made))
        for name in ("NameID", "Subject/NameID"):
            path = "/".join(f"{{{SAML}}}{each}" for each in name.split("/"))
            found = root.find(f"{{{SAML}}}Assertion/{path}")
            if found is not None:
                found.getparent().remove(found)  # type: ignore[union-attr]
        assertion = root.find(f"{{{SAML}}}Assertion")
        assert assertion is not None
        signed = signatures.signed(signatures.canonical(assertion), str(assertion.get("ID")), peer.key)
        root.replace(assertion, etree.fromstring(signed))
        return etree.tostring(root)

    relay_state, request = peer.begun()
    with pytest.raises(SamlRefused):
        peer.take(peer.answer(request, changed=nameless), relay_state)
    peer.service.settings = peer.service.settings.model_copy(update={"attribute": "who"})
    made = peer.answer(request, changed=nameless, values={"who": [peer.account]})
    found = peer.service.use(peer.take(made, relay_state), "b", now())
    assert found is not None and found.person == person_of(peer.driver, peer.account)
    assert peer.service.farewell(found.subject, now()) is None, "the identity provider can't be told whom to log out"


def test_one_address_begins_so_many_logins(both: tuple[str, str], clean_graph: neo4j.Driver) -> None:
    here, idp = both
    client = httpx.Client(timeout=60, trust_env=False)
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(pacing.Pace, "take", lambda self, address: 7 if self.at_once == 300 else 0)
        for url in (f"{here}/login/saml", f"{idp}/saml/sso?SAMLRequest=x"):
            late = client.get(url)
            assert late.status_code == 429 and late.headers["retry-after"] == "7"
    rows, _, _ = clean_graph.execute_query("MATCH (n:SamlLogin|LoginFlow) RETURN count(n) AS begun")
    assert rows[0]["begun"] == 0


@pytest.mark.parametrize("proto", ["http", "https"])
def test_cookies_given_over_https_stay_there(both: tuple[str, str], proto: str) -> None:
    """Also where only the proxy speaks https, and idp.address is not set."""
    here, idp = both
    for url in (f"{here}/login/break-glass", f"{idp}/login"):
        answer = httpx.get(url, headers={"x-forwarded-proto": proto}, timeout=60, trust_env=False)
        cookies = answer.headers.get_list("set-cookie")
        assert cookies and all(("Secure" in each) is (proto == "https") for each in cookies)


def test_a_login_from_page_to_page(both: tuple[str, str], clean_graph: neo4j.Driver) -> None:
    here, idp = both
    browser = Browser()
    page = browser.get(f"{here}/")
    assert page.url.startswith(f"{idp}/login")
    page = browser.submit(page.form("/login"), login="anje", password=TYPED)
    form = page.form()
    assert form.action == f"{here}/login/saml/acs"
    stranger = Browser()
    stolen = stranger.client.post(form.action, data=form.fields)
    assert stolen.status_code == 303, "whoever posts it, it counts for the browser that asked"
    assert stranger.get(f"{here}{stolen.headers['location']}").status == 400
    page = browser.get(f"{here}{stolen.headers['location']}")
    assert page.url == f"{here}/" and "Anje Jensen" in page.text and "Læser" in page.text
    assert browser.submit(form).status == 400, "it is answered only once"
    assert asked(here, browser).status_code == 200
    # A session here opens nothing at the identity provider, and the other way round.
    assert asked(here, Browser(httpx.Client(cookies=browser.client.cookies, trust_env=False))).status_code == 200
    rows, _, _ = clean_graph.execute_query(
        "MATCH (s:LoginSession {way: 'saml'}) RETURN s.hash AS hash, s.person AS person"
    )
    assert len(rows) == 1
    left = browser.submit(browser.get(f"{here}/").form("/login/end"))
    assert "logget ud" in left.text and f"{idp}/saml/logout?SAMLRequest=" in left.text
    assert asked(here, browser).status_code == 401
    for sent in ("", "x", base64.b64encode(b"<!DOCTYPE a []><a/>").decode()):
        refused = browser.client.post(f"{here}/login/saml/acs", data={"SAMLResponse": sent, "RelayState": "x"})
        assert refused.status_code == 400, "never 500 (saml.md pitfall 65)"
    for to in ("https://evil.example", "//evil.example", "/\\evil.example"):
        assert "evil" not in (browser.client.get(f"{here}/login/saml", params={"to": to}).headers["location"])
