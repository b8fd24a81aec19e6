"""What browsers get that send what no page of ours sends, or that come while the graph is away."""

from collections.abc import Iterator
from typing import Any

import anyio
import httpx
import neo4j
import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.routing import Route

from api.availability import Availability
from api.http import access_log
from api.login import pages
from api.login.browser import BadForm, Cookies, form_of
from api.login.pacing import Pace
from api.login.routes import Login, routes
from idp.local_accounts.authenticating import LocalLogins
from idp.local_accounts.passkey_logins import PasskeyLogins
from idp.local_accounts.passkeys import Passkeys, RelyingParty
from idp.providers import Providers
from idp.released import Releasing
from idp.saml.metadata import IdentityProvider
from idp.sealing import Seal
from idp.signing_keys import SigningKeys
from idp.single_sign_on import SingleSignOn
from tests.idp.staff import RING, SYSTEM

SEAL = Seal("0123456789abcdef0123456789abcdef")
COOKIES = Cookies.of(SEAL, secure=True)
AT = "https://login.kommune.dk"
AVAILABLE = Availability(driver=None)
"""Of a graph that nobody watches."""


class Client:
    """Sends requests to an application in this process."""

    def __init__(self, app: Starlette) -> None:
        self._app = app

    def get(self, path: str, **more: Any) -> httpx.Response:
        return anyio.run(self._sent, "GET", path, more)

    def head(self, path: str) -> httpx.Response:
        return anyio.run(self._sent, "HEAD", path, {})

    def post(self, path: str, **more: Any) -> httpx.Response:
        return anyio.run(self._sent, "POST", path, more)

    async def _sent(self, method: str, path: str, more: dict[str, Any]) -> httpx.Response:
        address = more.pop("address", "127.0.0.1")
        transport = httpx.ASGITransport(self._app, client=(address, 50_000))
        async with httpx.AsyncClient(transport=transport, base_url=AT) as client:
            return await client.request(method, path, **more)


@pytest.fixture(scope="module")
def login() -> Iterator[Login]:
    """Login over https, where nothing answers for the graph."""
    with neo4j.GraphDatabase.driver(
        "bolt://127.0.0.1:1", auth=("neo4j", "x"), max_transaction_retry_time=0, connection_timeout=5
    ) as driver:
        single_sign_on = SingleSignOn(
            driver,
            IdentityProvider(f"{AT}/saml/metadata", f"{AT}/saml/sso", f"{AT}/saml/logout"),
            SigningKeys(driver, SEAL, AT),
            Providers({}, driver, lambda url, largest: b""),
            Releasing(RING),
        )
        logins = LocalLogins(driver, SYSTEM, SEAL)
        questions = Passkeys(RelyingParty("login.kommune.dk", "Kommune", AT), SEAL)
        passkeys = PasskeyLogins(driver, SYSTEM, SEAL, questions, logins)
        yield Login(driver, logins, passkeys, single_sign_on, SEAL, SYSTEM, "Kommune <By>", secure=True)


@pytest.fixture(scope="module")
def away(login: Login) -> Client:
    return Client(Starlette(routes=routes(login, AVAILABLE)))


def test_the_access_log_knows_every_page(login: Login) -> None:
    paths = {each.path for each in routes(login, AVAILABLE) if isinstance(each, Route) and "{" not in each.path}
    assert len(paths) > 8 and paths <= set(access_log._PATHS)


@pytest.mark.parametrize("path", ["/login/account", "/saml/metadata", "/saml/sso?SAMLRequest=YQ"])
def test_the_graph_is_away(away: Client, path: str) -> None:
    answer = away.get(path, headers={"cookie": f"{COOKIES.session}=x"})
    assert answer.headers["content-type"].startswith("text/html")
    if "sso" not in path:
        assert answer.status_code == 503 and answer.headers["retry-after"]
    assert "Kommune &lt;By&gt;" in answer.text


@pytest.mark.parametrize("path", ["/login", "/saml/sso?SAMLRequest=YQ", "/saml/logout"])
def test_a_look_at_a_link_does_nothing(away: Client, path: str) -> None:
    """Without the graph, whatever did something would fail."""
    answer = away.head(path)
    assert (answer.status_code, answer.content) == (200, b"")


def test_the_login_page_needs_no_graph(away: Client) -> None:
    """A look at it writes nothing, so that it fills nothing either."""
    answer = away.get("/login?to=/login/account")
    assert answer.status_code == 200 and "Adgangskode" in answer.text


@pytest.mark.parametrize(
    "header", [{"sec-purpose": "prefetch;prerender"}, {"purpose": "prefetch"}, {"x-moz": "prefetch"}]
)
@pytest.mark.parametrize("path", ["/saml/sso?SAMLRequest=YQ", "/login?flow=x", "/saml/logout?SAMLRequest=YQ"])
def test_a_page_that_is_fetched_ahead_uses_nothing_up(away: Client, path: str, header: dict[str, str]) -> None:
    """Without the graph, whatever did something would fail. The browser asks again for the visit."""
    answer = away.get(path, headers=header)
    assert (answer.status_code, answer.content) == (503, b"")


def test_an_address_that_asks_for_too_much_is_refused_before_the_work(
    login: Login, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("api.login.pacing.requests", lambda: Pace(5, 10_000))
    client = Client(Starlette(routes=routes(login, AVAILABLE)))
    assert [client.get("/login/invitation").status_code for _ in range(7)] == [200] * 5 + [429] * 2
    # The graph is away: what reached it would be a 503.
    for path in ("/login/account", "/saml/metadata", "/saml/sso?SAMLRequest=YQ", "/logout/done?logout=x"):
        refused = client.get(path, headers={"cookie": f"{COOKIES.session}=x"})
        assert refused.status_code == 429 and refused.headers["retry-after"] and "for mange" in refused.text
    assert client.post("/login", data={"token": "x"}).status_code == 429
    assert client.get("/login/assets/pages.css").status_code == 200
    assert client.get("/login/invitation", address="10.0.0.2").status_code == 200


@pytest.mark.parametrize("token", ["æ", "", "\x00", "a" * 10_000])
@pytest.mark.parametrize("path", ["/login", "/login/code", "/login/invitation"])
def test_tokens_that_are_none(away: Client, path: str, token: str) -> None:
    answer = away.post(path, data={"token": token}, headers={"cookie": f"{COOKIES.browser}=x"})
    assert answer.status_code == 400 and "udløbet" in answer.text


@pytest.mark.parametrize("path", ["/login/code", "/login/second-factor", "/login/second-factor/confirm", "/logout"])
def test_who_comes_back_to_a_form_is_led_to_a_page(away: Client, path: str) -> None:
    answer = away.get(path)
    assert (answer.status_code, answer.headers["location"]) == (303, "/login/account")


def test_two_installations_on_one_host_keep_apart() -> None:
    """Browsers send a cookie to every port of a host."""
    other = Seal("another key of another installation")
    assert Cookies.of(SEAL, secure=True) == Cookies.of(Seal("0123456789abcdef0123456789abcdef"), secure=True)
    for name in ("session", "browser", "device"):
        names = [getattr(Cookies.of(seal, secure=secure), name) for seal in (SEAL, other) for secure in (True, False)]
        assert len(set(names)) == 4


def test_cookies_over_https(away: Client) -> None:
    answer = away.get("/login/invitation")
    name, _, rest = answer.headers["set-cookie"].partition("=")
    assert name == COOKIES.browser and name.startswith("__Host-reconnect-login-")
    said = {each.strip().lower() for each in rest.split(";")[1:]}
    assert {"secure", "httponly", "path=/", "samesite=lax"} <= said and not any("domain" in each for each in said)


@pytest.mark.parametrize(
    ("kind", "content"),
    [
        ("application/json", b"{}"),
        ("", b"token=x"),
        ("multipart/form-data; boundary=x", b"--x--"),
        ("application/x-www-form-urlencoded", b"a=\xff\xfe"),
        ("application/x-www-form-urlencoded", b"&".join(b"a%d=1" % number for number in range(40))),
        ("application/x-www-form-urlencoded", b"a=" + b"1" * 900_000),
    ],
)
def test_forms_that_are_none(away: Client, kind: str, content: bytes) -> None:
    answer = away.post("/login", content=content, headers={"content-type": kind})
    assert answer.status_code == 400 and "kunne ikke læses" in answer.text


def test_a_form_that_is_half_sent() -> None:
    async def gone() -> dict[str, Any]:
        return {"type": "http.disconnect"}

    request = Request(
        {"type": "http", "method": "POST", "headers": [(b"content-type", b"Application/X-WWW-form-urlencoded")]}, gone
    )
    with pytest.raises(BadForm, match="ended"):
        anyio.run(form_of, request)


def test_an_application_may_lead_on_to_another_host() -> None:
    """Browsers apply form-action to the redirects after a form, too: ADFS leads on to the application."""
    policy = pages.post_form("https://adfs.kommune.dk/adfs/ls/", b"<x/>", None).headers["content-security-policy"]
    assert "form-action https:;" in f"{policy};" and "default-src 'none'" in policy
    framed = pages.logged_out("Kommune", ["https://sp.kommune.dk:8443/slo?SAMLRequest=x"], "/logout/done?logout=x")
    assert "frame-src 'self' https://sp.kommune.dk:8443" in framed.headers["content-security-policy"]
