"""Passkeys, with a device in software: made with an invitation and later, and used alone and after a password."""

import json
import re
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import httpx
import pytest

from idp.local_account import account_by_login
from idp.local_accounts.passkeys import MOST, BadPasskey, Passkeys, RelyingParty, origin_of
from idp.saml.names import MULTIPLE_FACTORS
from idp.sealing import Seal
from tests.api.login.authenticator import ES256, PRESENT, RS256, VERIFIED, Authenticator, asked, octets, text
from tests.api.login.browser import Browser, Page
from tests.api.login.conftest import PASSWORD, Town
from tests.idp.staff import SYSTEM, in_days, state_account, stop

NOW = datetime(2026, 11, 29, 12, tzinfo=UTC)
QUESTIONS = Passkeys(
    RelyingParty("login.kommune.dk", "Kommune", "https://login.kommune.dk"), Seal("0123456789abcdef0123456789abcdef")
)


def own_page(town: Town, login: str = "anje") -> tuple[Browser, Page]:
    """The page of the own login, by password."""
    browser = Browser()
    page = browser.get(f"{town.url}/login")
    return browser, browser.submit(page.form("/login"), login=login, password=PASSWORD)


def added(town: Town, device: Authenticator, login: str = "anje") -> list[str]:
    """Add a passkey to an account that has none; the recovery codes."""
    browser, page = own_page(town, login)
    shown = browser.submit(
        page.form("/login/passkeys"), credential=device.make(asked(page.text, "create")), called="Min <telefon>"
    )
    return re.findall(r'<li class="code">([^<]*)</li>', shown.text)


def entered(town: Town, device: Authenticator, browser: Browser | None = None) -> Page:
    browser = browser or Browser()
    page = browser.get(f"{town.url}/login")
    return browser.submit(page.form("/login/passkey"), credential=device.get(asked(page.text, "get")))


def why(town: Town) -> str:
    rows, _, _ = town.driver.execute_query(
        "MATCH (e:LoginEvent {event: 'login_refused'}) RETURN e.why AS why ORDER BY e.at DESC LIMIT 1"
    )
    return str(rows[0]["why"])


@pytest.mark.parametrize("algorithm", [ES256, RS256])
def test_an_invitation_is_accepted_with_a_passkey(town: Town, algorithm: int) -> None:
    """There is no password then, and the login has two factors: the device, and how it knows its owner."""
    state_account(town.driver, "anje")
    with town.driver.session() as session:
        account = session.execute_read(account_by_login, SYSTEM, "anje", in_days(0))
    assert account is not None
    code = town.logins.invite(account, datetime.now(UTC), by="ida")
    device, browser = Authenticator(town.url, algorithm), Browser()
    page = browser.get(f"{town.url}/login/invitation/passkey")
    wrong = browser.submit(
        page.form(), login="anje", code="ffffff-ffffff-ffffff", credential=device.make(asked(page.text, "create"))
    )
    assert wrong.status == 400
    made = device.make(asked(wrong.text, "create"))
    done = browser.submit(wrong.form(), login="anje", code=code, credential=made)
    assert done.url == f"{town.url}/login"
    assert "logget ind som" in entered(town, device).text
    town.applications[0].settings["security"]["requestedAuthnContext"] = [MULTIPLE_FACTORS]
    asks, request = town.asked(browser)
    answer = browser.submit(asks.form("/login/passkey"), credential=device.get(asked(asks.text, "get")))
    auth = town.answered(answer, request)
    assert auth.get_errors() == [] and MULTIPLE_FACTORS in auth.get_last_response_xml()
    # The code is used up, and there is no password to guess.
    again = browser.submit(page.form(), login="anje", code=code, credential=device.make(asked(page.text, "create")))
    assert again.status == 400
    assert Browser().get(f"{town.url}/login").status == 200


def test_several_with_names_that_can_be_taken_away(town: Town) -> None:
    state_account(town.driver, "anje")
    town.give_password("anje")
    first, second = Authenticator(town.url), Authenticator(town.url, counts=False)
    assert len(added(town, first)) == 8
    browser = Browser()
    page = entered(town, first, browser)
    assert "Min &lt;telefon&gt;" in page.text
    page = browser.submit(
        page.form("/login/passkeys"), credential=second.make(asked(page.text, "create")), called="Nøgle"
    )
    assert "Nøgle" in page.text and "Gendannelseskoder" not in page.text
    with pytest.raises(AssertionError, match="this device has one already"):
        second.make(asked(page.text, "create"))
    for _ in range(2):  # a device without a counter
        assert "logget ind som" in entered(town, second).text
    removed = browser.submit(page.form("/login/passkeys/remove"))
    assert "Min &lt;telefon&gt;" not in removed.text and "Nøgle" in removed.text
    refused = entered(town, first)
    assert refused.status == 401 and why(town) == "unknown_passkey"


def test_it_is_a_second_factor_after_a_password(town: Town) -> None:
    """An account with a passkey is not opened by the password alone any more."""
    for login in ("anje", "boje"):
        state_account(town.driver, login)
        town.give_password(login)
    device, anothers = Authenticator(town.url), Authenticator(town.url)
    codes = added(town, device)
    added(town, anothers, "boje")
    for credential in (device, None):
        browser, page = own_page(town)
        assert "Bekræft" in page.text and "logget ind som" not in page.text
        refused = browser.submit(page.form("/login/passkey"), credential=anothers.get(asked(page.text, "get")))
        assert refused.status == 401 and why(town) == "wrong_passkey" and "Bekræft" in refused.text
        if credential is not None:
            done = browser.submit(refused.form("/login/passkey"), credential=device.get(asked(refused.text, "get")))
        else:
            done = browser.submit(refused.form("/login/code"), code=codes[0])
        assert "logget ind som" in done.text


def test_only_who_has_a_second_factor_changes_it(town: Town) -> None:
    """A session from before it was set up has one factor."""
    state_account(town.driver, "anje")
    town.give_password("anje")
    thief, page = own_page(town)
    device = Authenticator(town.url)
    added(town, device)
    stolen = Authenticator(town.url).make(asked(page.text, "create"))
    assert thief.submit(page.form("/login/passkeys"), credential=stolen, called="x").status == 400
    form = page.form("/login/passkeys")
    form.action = f"{town.url}/login/passkeys/remove"
    assert thief.submit(form, passkey=text(next(iter(device.credentials)))).status == 400
    assert "logget ind som" in entered(town, device).text


def test_a_browser_that_was_left_open_changes_no_login(town: Town) -> None:
    """A stolen session would become a login for good. Its owner is told of what was added soon after a login."""
    state_account(town.driver, "anje")
    town.give_password("anje")
    town.driver.execute_query("MATCH (:Person)-[:STATE]->(v) SET v.private_email = 'anje@hjemme.dk'")
    browser, page = own_page(town)
    town.driver.execute_query("MATCH (s:LoginSession) SET s.authenticated = datetime() - duration('PT11M')")
    device = Authenticator(town.url)
    made = {"credential": device.make(asked(page.text, "create")), "called": "x"}
    for action, typed in (("/login/passkeys", made), ("/login/second-factor", {})):
        refused = browser.submit(page.form(action), **typed)
        assert refused.status == 403 and "/login?again=1" in refused.text
    again = browser.get(f"{town.url}/login?again=1")
    own = browser.submit(again.form("/login"), login="anje", password=PASSWORD)
    assert town.post.sent == []
    made["credential"] = Authenticator(town.url).make(asked(own.text, "create"))
    assert browser.submit(own.form("/login/passkeys"), **made).status == 200
    deadline = time.monotonic() + 120
    while not town.post.sent:
        assert time.monotonic() < deadline, "the owner was not told"
        time.sleep(0.05)
    assert town.post.sent[0][0] == "anje@hjemme.dk" and "adgangsnøgle" in town.post.sent[0][1]


def test_a_code_alone_takes_no_account_over_that_has_a_second_factor(town: Town) -> None:
    state_account(town.driver, "anje")
    town.give_password("anje")
    added(town, Authenticator(town.url))
    with town.driver.session() as session:
        account = session.execute_read(account_by_login, SYSTEM, "anje", in_days(0))
    assert account is not None
    browser, device = Browser(), Authenticator(town.url)
    page = browser.get(f"{town.url}/login/invitation/passkey")
    given = {"login": "anje", "code": town.logins.invite(account, datetime.now(UTC), by="ida")}
    refused = browser.submit(page.form(), **given, credential=device.make(asked(page.text, "create")))
    assert refused.status == 400 and why(town) == "has_second_factor"
    given["code"] = town.logins.reset(account, datetime.now(UTC), by="ida")
    done = browser.submit(refused.form(), **given, credential=device.make(asked(refused.text, "create")))
    assert done.url == f"{town.url}/login" and "logget ind som" in entered(town, device).text


@pytest.mark.parametrize(
    "how", ["replayed", "another browser", "copied", "not verified", "not present", "another site", "framed", "stopped"]
)
def test_answers_that_open_nothing(town: Town, how: str) -> None:
    uuid = state_account(town.driver, "anje")
    town.give_password("anje")
    device = Authenticator(town.url)
    added(town, device)
    browser = Browser()
    page = browser.get(f"{town.url}/login")
    form, options = page.form("/login/passkey"), asked(page.text, "get")
    if how == "replayed":
        answer = device.get(options)
        assert "logget ind som" in browser.submit(form, credential=answer).text
    elif how == "another browser":
        answer = device.get(asked(Browser().get(f"{town.url}/login").text, "get"))
    elif how == "copied":
        assert "logget ind som" in entered(town, device).text
        for each in device.credentials.values():
            each.count -= 1
        answer = device.get(options)
    elif how in ("not verified", "not present"):
        device.flags = PRESENT if how == "not verified" else VERIFIED
        answer = device.get(options)
    elif how == "another site":
        device.origin = "https://login.kommune.dk.evil.dk"
        answer = device.get(options)
    elif how == "framed":
        device.client = {"crossOrigin": True}
        answer = device.get(options)
    else:
        stop(town.driver, uuid)
        answer = device.get(options)
    done = browser.submit(form, credential=answer)
    assert done.status == 401 and "logget ind som" not in done.text
    expected = {"replayed": "repeated_passkey", "copied": "copied_passkey", "stopped": "stopped"}
    assert why(town) == expected.get(how, "wrong_passkey")


def test_one_answer_used_by_several_at_once_counts_once(town: Town) -> None:
    state_account(town.driver, "anje")
    town.give_password("anje")
    device = Authenticator(town.url, counts=False)
    added(town, device)
    browser = Browser()
    page = browser.get(f"{town.url}/login")
    form = page.form("/login/passkey")
    given = {**form.fields, "credential": device.get(asked(page.text, "get"))}
    cookies = "; ".join(f"{name}={value}" for name, value in browser.client.cookies.items())

    def sent(_: int) -> int:
        answer = httpx.post(form.action, data=given, headers={"cookie": cookies}, timeout=60, trust_env=False)
        return answer.status_code

    with ThreadPoolExecutor(4) as pool:
        assert sorted(pool.map(sent, range(4))) == [303, 401, 401, 401]


def test_the_account_has_a_limit(town: Town) -> None:
    state_account(town.driver, "anje")
    town.give_password("anje")
    device = Authenticator(town.url)
    added(town, device)
    town.driver.execute_query(
        """
        MATCH (k:Passkey)
        UNWIND range(2, $most) AS n
        CREATE (:Passkey {
            id: toString(1000 + n), account: k.account, handle: k.handle, name: 'x', public_key: k.public_key,
            sign_count: 0, created: k.created
        })
        """,
        most=MOST,
    )
    browser = Browser()
    page = entered(town, device, browser)
    options = {**asked(page.text, "create"), "excludeCredentials": []}
    one_more = Authenticator(town.url).make(options)
    assert browser.submit(page.form("/login/passkeys"), credential=one_more, called="x").status == 400
    assert why(town) == "too_many_passkeys"


def test_the_pages_run_no_script_but_ours(town: Town) -> None:
    page = Browser().get(f"{town.url}/login")
    assert re.findall("<script[^>]*>", page.text) == ['<script src="/login/assets/passkey.js" defer>']
    assert "script-src 'self';" in page.headers["content-security-policy"] and "onclick" not in page.text
    script = httpx.get(f"{town.url}/login/assets/passkey.js", trust_env=False)
    assert script.headers["content-type"].startswith("text/javascript") and "eval" not in script.text


def test_nothing_is_written_before_an_answer_is_right(town: Town) -> None:
    for _ in range(3):
        Browser().get(f"{town.url}/login")
        Browser().get(f"{town.url}/login/invitation/passkey")
    rows, _, _ = town.driver.execute_query(
        "MATCH (n:UsedMessage|LoginFlow|Passkey|LocalCredential|LoginEvent) RETURN count(n) AS written"
    )
    assert rows[0]["written"] == 0


def test_a_challenge_is_of_one_browser_one_use_and_some_minutes() -> None:
    device = Authenticator("https://login.kommune.dk")
    made = device.make(json.loads(QUESTIONS.to_make("browser", "account", NOW)))
    assert octets(QUESTIONS.made(made, "browser", "account", NOW).id) in device.credentials
    for browser, use, late in (
        ("another", "account", timedelta()),
        ("browser", "another", timedelta()),
        ("browser", "account", timedelta(minutes=15)),
    ):
        with pytest.raises(BadPasskey):
            QUESTIONS.made(made, browser, use, NOW + late)
    for use in ("account", "another"):
        options = json.loads(QUESTIONS.to_make("browser", use, NOW))
        assert "account" not in octets(options["user"]["id"]).decode("latin-1")
    first, second = (json.loads(QUESTIONS.to_make("browser", "account", NOW)) for _ in range(2))
    assert first["user"]["id"] == second["user"]["id"] and first["challenge"] != second["challenge"]


@pytest.mark.parametrize("answer", ["", "[]", "{}", "[" * 50_000, '{"response": {}}', '{"response": []}', "x" * 70_000])
def test_answers_that_are_none(answer: str) -> None:
    with pytest.raises(BadPasskey):
        QUESTIONS.made(answer, "browser", "account", NOW)


def test_answers_that_were_changed() -> None:
    """Whatever octet is another, nothing is made, and nothing but a refusal comes of it."""
    device = Authenticator("https://login.kommune.dk")
    whole = json.loads(device.make(json.loads(QUESTIONS.to_make("browser", "account", NOW))))
    for part in ("clientDataJSON", "attestationObject"):
        content = octets(whole["response"][part])
        step = max(1, len(content) // 40)
        for cut in [content[:place] for place in range(0, len(content), step)]:
            changed = {**whole, "response": {**whole["response"], part: text(cut)}}
            with pytest.raises(BadPasskey):
                QUESTIONS.made(json.dumps(changed), "browser", "account", NOW)
    for changed in (
        {**whole, "id": "AA"},
        {**whole, "type": "password"},
        {**whole, "rawId": 7},
        {**whole, "response": 1},
    ):
        with pytest.raises(BadPasskey):
            QUESTIONS.made(json.dumps(changed), "browser", "account", NOW)


@pytest.mark.parametrize(
    ("address", "origin"),
    [
        ("https://login.kommune.dk", "https://login.kommune.dk"),
        ("https://login.kommune.dk:443/", "https://login.kommune.dk"),
        ("https://Login.Kommune.dk:8443", "https://login.kommune.dk:8443"),
        ("http://localhost:8000", "http://localhost:8000"),
        ("http://[::1]:8000", "http://[::1]:8000"),
    ],
)
def test_origins(address: str, origin: str) -> None:
    assert origin_of(address) == origin
