"""Login, tokens for machines and claims while Neo4j is away: each caller is told within seconds, and it comes back."""

import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from urllib.parse import urlsplit

import httpx
import neo4j
import pytest

from api import availability
from api.access.sessions import Sessions
from api.http.service import Service
from api.login.claims import ClaimsService
from api.login.routes import Login
from api.login.web_login import WebLogin
from graph.connection import connect
from idp.local_accounts.authenticating import LocalLogins
from idp.local_accounts.passkey_logins import PasskeyLogins
from idp.local_accounts.passkeys import Passkeys, RelyingParty
from idp.providers import Providers
from idp.released import Releasing
from idp.saml.metadata import IdentityProvider
from idp.signing_keys import SigningKeys
from idp.single_sign_on import SingleSignOn
from reconnect.embedded import Addresses
from tests.api.login.conftest import COOKIES, SEAL, running
from tests.idp.staff import RING, SYSTEM
from tests.proxy import Proxy, proxied

ROOT = Path(__file__).resolve().parents[3]


@pytest.fixture
def proxy(addresses: Addresses) -> Iterator[Proxy]:
    port = urlsplit(addresses.bolt_uri).port
    assert port is not None
    with proxied(port) as opened:
        yield opened


@pytest.fixture
def url(
    clean_graph: neo4j.Driver, addresses: Addresses, proxy: Proxy, monkeypatch: pytest.MonkeyPatch
) -> Iterator[str]:
    """Of a service behind the proxy; it loses patience sooner than it does otherwise."""
    monkeypatch.setattr(availability, "_PATIENCE", 5.0)
    monkeypatch.setattr(availability, "_EVERY", 0.2)
    behind = replace(addresses, bolt_uri=f"bolt://127.0.0.1:{proxy.port}")
    with connect(behind.bolt_uri, behind.user, behind.password, is_asked=True) as driver:

        def service(url: str, reading: neo4j.AsyncDriver) -> Service:
            logins = LocalLogins(driver, SYSTEM, SEAL)
            entity_id = f"{url}/saml/metadata"
            single_sign_on = SingleSignOn(
                driver,
                IdentityProvider(entity_id, f"{url}/saml/sso", f"{url}/saml/logout"),
                SigningKeys(driver, SEAL, entity_id),
                Providers({}, driver, lambda url, largest: b""),
                Releasing(RING),
            )
            questions = Passkeys(RelyingParty("127.0.0.1", "Kommune", url), SEAL)
            passkeys = PasskeyLogins(driver, SYSTEM, SEAL, questions, logins)
            return Service(
                driver,
                reading,
                RING,
                login=Login(driver, logins, passkeys, single_sign_on, SEAL, SYSTEM, "Kommune", secure=False),
                web_login=WebLogin(driver, Sessions(driver, SYSTEM, "own"), SEAL, "Kommune", secure=False),
                claims=ClaimsService(driver, "12345678"),
            )

        with running(behind, service) as at:
            yield at
            proxy.go_on()  # threads that still wait for an answer end


def asked(url: str) -> dict[str, int]:
    """The status of each answer. Every 503 says when to ask again."""
    cookies = {COOKIES.session: "x"}
    answers = {
        "page": httpx.get(f"{url}/login/account", cookies=cookies, timeout=60),
        "session": httpx.get(f"{url}/login/session", cookies=cookies, timeout=60),
        "metadata": httpx.get(f"{url}/saml/metadata", timeout=60),
        "token": httpx.post(
            f"{url}/oauth/token", data={"grant_type": "client_credentials"}, auth=("client", "secret"), timeout=60
        ),
        "claims": httpx.get(f"{url}/api/adfs/v1/users/anna/claims", headers={"ApiKey": "x"}, timeout=60),
    }
    for name, answer in answers.items():
        assert answer.status_code != 503 or int(answer.headers["retry-after"]) > 0, name
    return {name: answer.status_code for name, answer in answers.items()}


@pytest.mark.parametrize("how", ["hang", "cut"])
def test_logins_are_answered_while_neo4j_is_away(url: str, proxy: Proxy, how: str) -> None:
    there = asked(url)
    assert 503 not in there.values()
    getattr(proxy, how)()
    for _ in range(2):  # the first one, and one that finds out that Neo4j is known to be away
        assert set(asked(url).values()) == {503}
    (proxy.go_on if how == "hang" else proxy.come_back)()
    deadline = time.monotonic() + 120
    while httpx.get(f"{url}/health/ready", timeout=60).status_code != 200:
        assert time.monotonic() < deadline
        time.sleep(0.1)
    assert asked(url) == there


def test_no_request_waits_for_the_thread_that_it_started() -> None:
    """Mutations go on in theirs: the change log has their result."""
    waiting = [
        f"{path.relative_to(ROOT)}"
        for folder in ("api/login", "api/access", "api/http")
        for path in sorted((ROOT / folder).rglob("*.py"))
        for call in path.read_text().split("to_thread.run_sync(")[1:]
        if "abandon_on_cancel=True" not in call.partition("\n\n")[0]
    ]
    assert waiting == []
