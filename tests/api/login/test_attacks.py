"""What attackers do to a login that is under way, or to what it leaves behind."""

import re
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from typing import Any

import httpx
import pyotp
import pytest

from idp.local_account import account_by_login
from idp.local_accounts.attempts import STRANGER
from idp.saml.names import MULTIPLE_FACTORS
from tests.api.login.browser import Browser
from tests.api.login.conftest import COOKIES, PASSWORD, Town
from tests.api.login.test_single_sign_on import logged_in
from tests.idp.staff import SYSTEM, in_days, state_account, stop


def protected(town: Town, login: str = "anje") -> tuple[Browser, str, list[str]]:
    """(a browser in which the owner has just set a second factor up, its secret, the recovery codes)."""
    browser = Browser()
    page = browser.get(f"{town.url}/login")
    own = browser.submit(page.form("/login"), login=login, password=PASSWORD)
    shown = browser.submit(own.form("/login/second-factor"))
    secret = re.search(r'<p class="code">([A-Z2-7]+)</p>', shown.text)[1]  # type: ignore[index]
    codes = browser.submit(shown.form("/login/second-factor/confirm"), code=pyotp.TOTP(secret).now())
    return browser, secret, re.findall(r'<li class="code">([^<]*)</li>', codes.text)


def new_code(town: Town, how: str, login: str = "anje") -> str:
    with town.driver.session() as session:
        account = session.execute_read(account_by_login, SYSTEM, login, in_days(0))
    assert account is not None
    return getattr(town.logins, how)(account, datetime.now(UTC), by="ida")  # type: ignore[no-any-return]


def test_a_flow_used_by_several_at_once_gives_one_assertion(town: Town) -> None:
    state_account(town.driver, "anje")
    town.give_password("anje")
    browser = Browser()
    page, _ = town.asked(browser)
    form = page.form("/login")

    def sent(_: int) -> httpx.Response:
        fields = {**form.fields, "login": "anje", "password": PASSWORD}
        cookies = "; ".join(f"{name}={value}" for name, value in browser.client.cookies.items())
        return httpx.post(form.action, data=fields, headers={"cookie": cookies}, timeout=60, trust_env=False)

    with ThreadPoolExecutor(4) as pool:
        answers = list(pool.map(sent, range(4)))
    assert sum("SAMLResponse" in each.text for each in answers) == 1
    assert {each.status_code for each in answers if "SAMLResponse" not in each.text} == {400}
    rows, _, _ = town.driver.execute_query("MATCH (e:LoginEvent {event: 'assertion'}) RETURN count(e) AS made")
    assert rows[0]["made"] == 1


def test_strangers_do_not_prevent_the_first_login(town: Town) -> None:
    """The browser in which the password was chosen is known from then on."""
    state_account(town.driver, "anje")
    browser, stranger = Browser(), Browser()
    page = browser.get(f"{town.url}/login/invitation")
    chosen = {"login": "anje", "code": new_code(town, "invite"), "password": PASSWORD, "again": PASSWORD}
    page = browser.submit(page.form(), **chosen)
    wrong = stranger.get(f"{town.url}/login")
    for _ in range(STRANGER.attempts + 1):
        wrong = stranger.submit(wrong.form("/login"), login="anje", password="Grøn traktor i solskin")
    assert stranger.submit(wrong.form("/login"), login="anje", password=PASSWORD).status == 401
    assert "logget ind som" in browser.submit(page.form("/login"), login="anje", password=PASSWORD).text


@pytest.mark.parametrize("what", ["stop", "reset", "invite"])
def test_between_the_password_and_the_code(town: Town, what: str) -> None:
    uuid = state_account(town.driver, "anje")
    town.give_password("anje")
    _, _, recovery = protected(town)
    attacker = Browser()
    page, _ = town.asked(attacker)
    asked = attacker.submit(page.form("/login"), login="anje", password=PASSWORD)
    form = asked.form("/login/code")
    if what == "stop":
        stop(town.driver, uuid)
    else:
        code = new_code(town, what)
        if what == "invite":  # the owner chooses another password: the old one counts for nothing from then on
            assert town.logins.accept_invitation("anje", code, "Grøn traktor i solskin", datetime.now(UTC))
    done = attacker.submit(form, code=recovery[0])
    assert done.status in (400, 401) and "SAMLResponse" not in done.text
    rows, _, _ = town.driver.execute_query(
        "MATCH (e:LoginEvent {event: 'login_refused'}) RETURN e.why AS why ORDER BY e.at DESC LIMIT 1"
    )
    assert rows[0]["why"] == {"stop": "stopped", "reset": "wrong_code", "invite": "password_changed"}[what]


def test_a_session_without_the_second_factor_does_not_change_it(town: Town) -> None:
    """Of two browsers with the password, the one that was first with its code keeps the account."""
    state_account(town.driver, "anje")
    town.give_password("anje")
    thief = Browser()
    page = thief.get(f"{town.url}/login")
    own = thief.submit(page.form("/login"), login="anje", password=PASSWORD)
    shown = thief.submit(own.form("/login/second-factor"))
    secret = re.search(r'<p class="code">([A-Z2-7]+)</p>', shown.text)[1]  # type: ignore[index]
    protected(town)
    for form, typed in (
        (shown.form("/login/second-factor/confirm"), {"code": pyotp.TOTP(secret).now()}),
        (own.form("/login/second-factor"), {}),
    ):
        assert thief.submit(form, **typed).status == 400


def test_another_password_ends_the_other_sessions(town: Town) -> None:
    """The owner knows the old one, or its thief: who has a session with it has none any more."""
    state_account(town.driver, "anje")
    town.give_password("anje")
    thief, owner = Browser(), Browser()
    for browser in (thief, owner):
        own = browser.submit(browser.get(f"{town.url}/login").form("/login"), login="anje", password=PASSWORD)
    form, better = own.form("/login/password"), "Grøn traktor i solskin"
    assert owner.submit(form, password=better, again=PASSWORD).status == 400
    assert "mindst 12 tegn" in owner.submit(form, password="kort", again="kort").text
    assert Browser().submit(form, password=better, again=better).status == 400, "without the browser's cookies"
    form.fields["token"] = thief.get(f"{town.url}/login/account").form("/login/password").fields["token"]
    assert owner.submit(form, password=better, again=better).status == 400, "another browser's form"
    shown = owner.get(f"{town.url}/login/account")
    assert "logget ind som" in owner.submit(shown.form("/login/password"), password=better, again=better).text
    assert thief.get(f"{town.url}/login/account").url.endswith("/login")
    for password, status in ((PASSWORD, 401), (better, 200)):
        stranger = Browser()
        form = stranger.get(f"{town.url}/login").form("/login")
        assert stranger.submit(form, login="anje", password=password).status == status


def test_who_has_another_telephone_sets_the_app_up_anew(town: Town) -> None:
    """With a recovery code; the app before counts no more."""
    state_account(town.driver, "anje")
    town.give_password("anje")
    _, before, recovery = protected(town)
    browser = Browser()
    asked = browser.submit(browser.get(f"{town.url}/login").form("/login"), login="anje", password=PASSWORD)
    own = browser.submit(asked.form("/login/code"), code=recovery[0])
    assert "Brug en anden app" in own.text
    shown = browser.submit(own.form("/login/second-factor"))
    secret = re.search(r'<p class="code">([A-Z2-7]+)</p>', shown.text)[1]  # type: ignore[index]
    assert secret != before
    codes = browser.submit(shown.form("/login/second-factor/confirm"), code=pyotp.TOTP(secret).now()).text
    assert recovery[1] not in codes and codes.count('<li class="code">') == len(recovery)


def test_a_stop_between_the_login_and_the_next_assertion(town: Town) -> None:
    uuid = state_account(town.driver, "anje")
    town.give_password("anje")
    browser = Browser()
    logged_in(town, browser)
    url = town.applications[1].auth(town.metadata).login(return_to="tilbage", is_passive=True)
    stop(town.driver, uuid)
    page = browser.get(url)
    # Passive: the application gets a status, and no assertion.
    assert "SAMLResponse" in page.form().fields
    auth = town.applications[1].auth(town.metadata, post_data=page.form().fields)
    auth.process_response()
    assert not auth.is_authenticated() and "NoPassive" in (auth.get_last_error_reason() or "")


def test_a_second_factor_is_never_claimed_without_one(town: Town) -> None:
    """Not by a session from before the second factor was set up."""
    state_account(town.driver, "anje")
    town.give_password("anje")
    before, _, _ = protected(town)
    town.applications[0].settings["security"]["requestedAuthnContext"] = [MULTIPLE_FACTORS]
    page, _ = town.asked(before)
    assert "Adgangskode" in page.text and "SAMLResponse" not in page.text


def test_what_was_not_foreseen_is_a_page(town: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    def failing(*given: Any, **named: Any) -> None:
        raise KeyError("Anje Jensen 010190-1234")

    monkeypatch.setattr("idp.flows.flow_of", failing)
    page = Browser().get(f"{town.url}/login?flow=x")
    assert page.status == 500 and page.headers["content-type"].startswith("text/html")
    assert re.search(r'<span class="code">[0-9a-f]{12}</span>', page.text) and "Anje" not in page.text


def test_refused_messages_fill_neither_the_graph_nor_the_log(town: Town) -> None:
    """Of an address that sends many, the first ones are written down."""
    for number in range(60):
        answer = httpx.get(f"{town.url}/saml/sso?SAMLRequest=YQ{number}", timeout=60, trust_env=False)
        assert answer.status_code == 400 and ("Reference" in answer.text) is (number < 20), number
        httpx.get(f"{town.url}/login?to=/{number}", timeout=60, trust_env=False)
    rows, _, _ = town.driver.execute_query("MATCH (n:LoginEvent|LoginFlow) RETURN labels(n)[0] AS label, count(*) AS n")
    assert {row["label"]: row["n"] for row in rows} == {"LoginEvent": 20}


def test_no_page_of_others_logs_anybody_out(town: Town) -> None:
    """Neither a form of theirs, which brings no cookie, nor a stranger's own request to log out."""
    for login in ("anje", "bo"):
        state_account(town.driver, login)
        town.give_password(login)
    victim, stranger = Browser(), Browser()
    logged_in(town, victim)
    for path in ("/login/end", "/logout"):
        answer = httpx.post(f"{town.url}{path}", data={"token": "x"}, timeout=60, trust_env=False)
        assert "set-cookie" not in answer.headers, path
    page, request = logged_in(town, stranger, "bo")
    theirs = town.answered(page, request)
    url = (
        town.applications[0]
        .auth(town.metadata)
        .logout(name_id=theirs.get_nameid(), session_index=theirs.get_session_index())
    )
    victim.client.get(url)
    assert "logget ind som <strong>anje" in victim.get(f"{town.url}/login/account").text
    assert stranger.get(f"{town.url}/login/account").url.endswith("/login"), "it was the stranger's own session"


def test_a_session_planted_before_the_login_is_worth_nothing_after_it(town: Town) -> None:
    """Nor does a stranger's session, planted in a browser, become the owner's, or bring its applications along."""
    for login in ("anje", "bo"):
        state_account(town.driver, login)
        town.give_password(login)
    stranger, victim = Browser(), Browser()
    logged_in(town, stranger, "bo")
    planted = stranger.cookie(COOKIES.session)
    victim.client.cookies.set(COOKIES.session, str(planted), domain="127.0.0.1")
    page = victim.get(f"{town.url}/login?again=1")
    victim.client.cookies.set(COOKIES.session, str(planted), domain="127.0.0.1")
    own = victim.submit(page.form("/login"), login="anje", password=PASSWORD)
    assert "logget ind som <strong>anje" in own.text
    rows, _, _ = town.driver.execute_query("MATCH (s:LoginSession) RETURN s.visited AS visited")
    assert [row["visited"] for row in rows] == [[]], "the planted session is over, and what it had visited is not ours"
    assert stranger.get(f"{town.url}/login/account").url.endswith("/login")


@pytest.mark.parametrize(
    "to", ["https://evil.example", "//evil.example", "/\\evil.example", "/\t/evil.example", "evil"]
)
def test_no_login_leads_to_another_host(town: Town, to: str) -> None:
    state_account(town.driver, "anje")
    town.give_password("anje")
    browser = Browser()
    page = browser.get(str(httpx.URL(f"{town.url}/login", params={"to": to})))
    form = page.form("/login")
    for sent in (form.fields["to"], to):  # as the page has it, and as a page of others would send it
        answer = browser.client.post(
            form.action, data={**form.fields, "to": sent, "login": "anje", "password": PASSWORD}
        )
        assert answer.headers["location"] == "/login/account"
