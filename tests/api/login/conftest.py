"""The login pages, served, with one service provider: python3-saml."""

import socket
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
import neo4j
import pytest
import uvicorn
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from onelogin.saml2.auth import OneLogin_Saml2_Auth
from onelogin.saml2.constants import OneLogin_Saml2_Constants as Constants
from onelogin.saml2.idp_metadata_parser import OneLogin_Saml2_IdPMetadataParser
from onelogin.saml2.settings import OneLogin_Saml2_Settings

from api.access.sessions import Sessions
from api.http import connections
from api.http.app import create_app
from api.http.service import Service
from api.login.browser import Cookies
from api.login.routes import Login
from api.login.web_login import WebLogin
from graph.connection import connect_async
from idp.local_account import account_by_login
from idp.local_accounts.authenticating import LocalLogins
from idp.local_accounts.handing_over import HandingOver
from idp.local_accounts.passkey_logins import PasskeyLogins
from idp.local_accounts.passkeys import Passkeys, RelyingParty
from idp.providers import Providers
from idp.released import Releasing
from idp.saml.metadata import IdentityProvider
from idp.saml.names import PERSISTENT
from idp.sealing import Seal
from idp.settings import ServiceProviderSettings
from idp.signing_keys import SigningKeys
from idp.single_sign_on import SingleSignOn
from reconnect.embedded import Addresses
from tests.api.login.browser import Browser, Page
from tests.idp.saml.peer import pair
from tests.idp.staff import RING, SYSTEM, in_days

PASSWORD = "Blå traktor i regnvejr"
SEAL = Seal("0123456789abcdef0123456789abcdef")
COOKIES = Cookies.of(SEAL, secure=False)
ATTRIBUTES = {
    "mail": "account.email",
    "name": "person.given_name",
    "units": "employments.map(e, e.unit.name)",
    "numbers": "person.cpr",
}


@dataclass
class Application:
    """A service provider that runs python3-saml."""

    name: str
    settings: dict[str, Any]
    host: str = field(default="", init=False)
    name_id_format: str = PERSISTENT

    def __post_init__(self) -> None:
        self.host = f"{self.name}.kommune.dk"

    @classmethod
    def named(cls, name: str) -> "Application":
        who = pair(name)
        at = f"https://{name}.kommune.dk"
        return cls(
            name,
            {
                "strict": True,
                "sp": {
                    "entityId": f"{at}/metadata",
                    "assertionConsumerService": {"url": f"{at}/acs", "binding": Constants.BINDING_HTTP_POST},
                    "singleLogoutService": {"url": f"{at}/slo", "binding": Constants.BINDING_HTTP_REDIRECT},
                    "x509cert": who.certificate.public_bytes(Encoding.PEM).decode(),
                    "privateKey": who.key.private_bytes(
                        Encoding.PEM, PrivateFormat.TraditionalOpenSSL, NoEncryption()
                    ).decode(),
                },
                "security": {
                    "authnRequestsSigned": True,
                    "logoutRequestSigned": True,
                    "logoutResponseSigned": True,
                    "wantAssertionsSigned": True,
                    "wantMessagesSigned": True,
                    "wantAssertionsEncrypted": True,
                    "signatureAlgorithm": Constants.RSA_SHA256,
                    "digestAlgorithm": Constants.SHA256,
                    "requestedAuthnContext": False,
                    "rejectDeprecatedAlgorithm": True,
                },
            },
        )

    def metadata(self) -> bytes:
        made = OneLogin_Saml2_Settings(self.settings, sp_validation_only=True).get_sp_metadata()
        return made if isinstance(made, bytes) else made.encode()

    def auth(self, identity: bytes, path: str = "/acs", **data: dict[str, str]) -> OneLogin_Saml2_Auth:
        """Its session with the identity provider of these metadata."""
        asked = {"https": "on", "http_host": self.host, "script_name": path, "get_data": {}, "post_data": {}, **data}
        found = OneLogin_Saml2_IdPMetadataParser.parse(identity)
        merged = OneLogin_Saml2_IdPMetadataParser.merge_settings(self.settings, found)
        merged["sp"]["NameIDFormat"] = self.name_id_format
        return OneLogin_Saml2_Auth(asked, merged)


@dataclass
class Post:
    """Takes messages to people: (address or number, text)."""

    sent: list[tuple[str, str]] = field(default_factory=list)

    def mail(self, address: str, subject: str, text: str) -> None:
        self.sent.append((address, text))

    def sms(self, number: str, text: str) -> None:
        self.sent.append((number, text))


@dataclass
class Town:
    """The service, and what belongs to it."""

    url: str
    driver: neo4j.Driver
    logins: LocalLogins
    applications: tuple[Application, Application]
    post: Post

    @property
    def metadata(self) -> bytes:
        return httpx.get(f"{self.url}/saml/metadata", trust_env=False, timeout=60).content

    def give_password(self, login: str) -> None:
        give_password(self.driver, self.logins, login)

    def asked(self, browser: Browser, number: int = 0, **how: Any) -> tuple[Page, str]:
        """(the page that a browser sees that comes from an application, the id of the request)."""
        auth = self.applications[number].auth(self.metadata)
        url = auth.login(return_to="tilbage", **how)
        return browser.get(url), auth.get_last_request_id()

    def answered(self, page: Page, request: str, number: int = 0) -> OneLogin_Saml2_Auth:
        """What the application makes of the answer that the page sends."""
        form = page.form()
        assert form.action == f"https://{self.applications[number].host}/acs"
        assert form.fields["RelayState"] == "tilbage"
        auth = self.applications[number].auth(self.metadata, post_data=form.fields)
        auth.process_response(request_id=request)
        return auth


def give_password(driver: neo4j.Driver, logins: LocalLogins, login: str) -> None:
    """Invite the account's owner, who chooses ``PASSWORD``."""
    with driver.session() as session:
        account = session.execute_read(account_by_login, SYSTEM, login, in_days(0))
    assert account is not None
    now = datetime.now(UTC)
    assert logins.accept_invitation(login, logins.invite(account, now, by="ida"), PASSWORD, now) is not None


@pytest.fixture
def town(clean_graph: neo4j.Driver, addresses: Addresses, tmp_path: Path) -> Iterator[Town]:
    applications = (Application.named("first"), Application.named("second"))
    settings = {}
    for each in applications:
        (tmp_path / f"{each.name}.xml").write_bytes(each.metadata())
        settings[each.name] = ServiceProviderSettings(
            metadata_file=tmp_path / f"{each.name}.xml",
            attributes={name: text for name, text in ATTRIBUTES.items() if name != "numbers" or each.name == "first"},
            cpr=each.name == "first",
        )
    post = Post()
    with serving_login(clean_graph, addresses, settings, post) as (url, logins):
        yield Town(url, clean_graph, logins, applications, post)


@contextmanager
def serving_login(
    driver: neo4j.Driver,
    addresses: Addresses,
    settings: Mapping[str, ServiceProviderSettings],
    post: Post | None = None,
) -> Iterator[tuple[str, LocalLogins]]:
    """(the address of the service, its local accounts) while the block runs. ``post``: takes the messages."""
    post = post or Post()
    logins = LocalLogins(driver, SYSTEM, SEAL)

    def service(url: str, reading: neo4j.AsyncDriver) -> Service:
        entity_id = f"{url}/saml/metadata"
        single_sign_on = SingleSignOn(
            driver,
            IdentityProvider(entity_id, f"{url}/saml/sso", f"{url}/saml/logout"),
            SigningKeys(driver, SEAL, entity_id),
            Providers(settings, driver, lambda url, largest: b""),
            Releasing(RING),
        )
        questions = Passkeys(RelyingParty("127.0.0.1", "Kommune", url), SEAL)
        passkeys = PasskeyLogins(driver, SYSTEM, SEAL, questions, logins)
        handing = HandingOver(driver, logins, post, "Kommune", url)
        login = Login(driver, logins, passkeys, single_sign_on, SEAL, SYSTEM, "Kommune", secure=False, handing=handing)
        web_login = WebLogin(driver, Sessions(driver, SYSTEM, "own"), SEAL, "Kommune <By>", secure=False)
        return Service(driver, reading, RING, login=login, handing=handing, web_login=web_login)

    with running(addresses, service) as url:
        yield url, logins


@contextmanager
def running(
    addresses: Addresses, service: Callable[[str, neo4j.AsyncDriver], Service], host: str = "127.0.0.1"
) -> Iterator[str]:
    """The address of a service while the block runs. ``service``: makes it for its address."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    url = f"http://{host}:{port}"
    reading = connect_async(addresses.bolt_uri, addresses.user, addresses.password)
    server = uvicorn.Server(connections.config(create_app(service(url, reading)), "127.0.0.1", port))
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    deadline = time.monotonic() + 120
    while not server.started:
        assert time.monotonic() < deadline, "the service did not start"
        time.sleep(0.02)
    yield url
    server.should_exit = True
    thread.join(30)
