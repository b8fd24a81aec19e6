"""Logging in at an application through REConnect: a browser, python3-saml as the application, a real graph.

Numbers: docs/formats/saml.md §6.
"""

import re
import time
from datetime import UTC, datetime
from html import unescape
from urllib.parse import parse_qs, urlencode, urlsplit

import pyotp
import pytest
from onelogin.saml2.constants import OneLogin_Saml2_Constants as Constants
from onelogin.saml2.logout_response import OneLogin_Saml2_Logout_Response

from idp.local_account import account_by_login
from idp.saml.names import MULTIPLE_FACTORS, TRANSIENT
from tests.api.login.browser import Browser, Page
from tests.api.login.conftest import COOKIES, PASSWORD, Town
from tests.idp.staff import SYSTEM, in_days, state_account, stop

WRONG = "Blå traktor i solskin"


def logged_in(town: Town, browser: Browser, login: str = "anje", number: int = 0) -> tuple[Page, str]:
    page, request = town.asked(browser, number)
    return browser.submit(page.form("/login"), login=login, password=PASSWORD), request


def test_pitfall_1_a_login_at_an_application(town: Town) -> None:
    uuid = state_account(town.driver, "anje", email="åse@kommune.dk")
    town.give_password("anje")
    browser = Browser()
    page, request = town.asked(browser)
    assert page.status == 200 and "Brugernavn" in page.text
    wrong = browser.submit(page.form("/login"), login="anje", password=WRONG)
    assert wrong.status == 401 and PASSWORD not in wrong.text
    done = browser.submit(wrong.form("/login"), login="anje", password=PASSWORD)
    auth = town.answered(done, request)
    assert auth.get_errors() == [], auth.get_last_error_reason()
    assert auth.get_nameid() == uuid
    assert auth.get_attributes() == {"mail": ["åse@kommune.dk"], "name": ["Anje"]}


def test_pitfall_28_and_27_a_second_application_without_a_password(town: Town) -> None:
    state_account(town.driver, "anje")
    town.give_password("anje")
    browser = Browser()
    page, request = logged_in(town, browser)
    first = town.answered(page, request)
    page, request = town.asked(browser, 1)
    second = town.answered(page, request, 1)
    assert second.get_errors() == [] and second.get_nameid() == first.get_nameid()
    assert (
        re.search(r'AuthnInstant="([^"]*)"', first.get_last_response_xml())[1]
        == (  # type: ignore[index]
            re.search(r'AuthnInstant="([^"]*)"', second.get_last_response_xml())[1]  # type: ignore[index]
        )
    )
    page, request = town.asked(browser, 1, force_authn=True)
    assert "Adgangskode" in page.text
    again = browser.submit(page.form("/login"), login="anje", password=PASSWORD)
    assert town.answered(again, request, 1).get_errors() == []


def test_pitfall_25_passive(town: Town) -> None:
    state_account(town.driver, "anje")
    town.give_password("anje")
    browser = Browser()
    page, request = town.asked(browser, is_passive=True)
    assert "NoPassive" in town.answered(page, request).get_last_error_reason()
    logged_in(town, browser)
    page, request = town.asked(browser, is_passive=True)
    assert town.answered(page, request).get_errors() == []


def test_pitfall_23_and_24_a_request_counts_once(town: Town) -> None:
    state_account(town.driver, "anje")
    town.give_password("anje")
    browser = Browser()
    url = town.applications[0].auth(town.metadata).login(return_to="tilbage")
    page = browser.get(url)
    assert browser.get(url).status == 400
    assert Browser().get(page.url).status == 400  # the flow belongs to the first browser
    done = browser.submit(page.form("/login"), login="anje", password=PASSWORD)
    assert "SAMLResponse" in done.form().fields
    twice = browser.submit(page.form("/login"), login="anje", password=PASSWORD)
    assert twice.status == 400 and "SAMLResponse" not in twice.text


def test_a_name_id_for_one_login(town: Town) -> None:
    """Some peers ask for a transient one unless they are told otherwise: it is another one each time."""
    uuid = state_account(town.driver, "anje")
    town.give_password("anje")
    town.applications[0].name_id_format = TRANSIENT
    browser = Browser()
    found = []
    for page, request in (logged_in(town, browser), town.asked(browser)):
        auth = town.answered(page, request)
        assert auth.get_errors() == [] and auth.get_nameid_format() == TRANSIENT
        found.append(auth.get_nameid())
    assert len({*found, uuid}) == 3


@pytest.mark.parametrize("why", ["stopped", "ended"])
def test_pitfall_29_the_account_closes(town: Town, why: str) -> None:
    uuid = state_account(town.driver, "anje", start=in_days(-9))
    town.give_password("anje")
    browser = Browser()
    logged_in(town, browser)
    if why == "stopped":
        stop(town.driver, uuid)
    else:
        state_account(town.driver, "anje", start=in_days(-9), end=in_days(0))
    page, _ = town.asked(browser, 1)
    assert page.status == 200 and "SAMLResponse" not in page.text
    done = browser.submit(page.form("/login"), login="anje", password=PASSWORD)
    unknown = browser.submit(page.form("/login"), login="nobody", password=PASSWORD)
    assert done.status == unknown.status == 401
    # But for what a passkey is asked: that is another one each time.
    texts = {re.sub('data-options="[^"]*"', "", each) for each in (
        done.text.replace("anje", "x"), unknown.text.replace("nobody", "x"),
    )}  # fmt: skip
    assert len(texts) == 1


def test_pitfall_37_a_second_factor_is_asked_for(town: Town) -> None:
    state_account(town.driver, "anje")
    town.give_password("anje")
    town.applications[0].settings["security"]["requestedAuthnContext"] = [MULTIPLE_FACTORS]
    browser = Browser()
    page, request = logged_in(town, browser)
    assert "NoAuthnContext" in town.answered(page, request).get_last_error_reason()
    own = browser.get(f"{town.url}/login/account")
    setting_up = browser.submit(own.form("/login/second-factor"))
    secret = re.search(r'<p class="code">([A-Z2-7]+)</p>', setting_up.text)[1]  # type: ignore[index]
    codes = browser.submit(setting_up.form("/login/second-factor/confirm"), code=pyotp.TOTP(secret).now())
    recovery = re.findall(r'<li class="code">([^<]*)</li>', codes.text)
    assert len(recovery) == 8
    page, request = town.asked(browser)  # the session has one factor
    asked = browser.submit(page.form("/login"), login="anje", password=PASSWORD)
    wrong = browser.submit(asked.form("/login/code"), code="000000")
    assert wrong.status == 401
    done = browser.submit(wrong.form("/login/code"), code=recovery[0])
    auth = town.answered(done, request)
    assert auth.get_errors() == [] and MULTIPLE_FACTORS in auth.get_last_response_xml()


def test_pitfall_40_sessions_get_a_new_name(town: Town) -> None:
    state_account(town.driver, "anje")
    town.give_password("anje")
    browser = Browser()
    browser.client.cookies.set(COOKIES.session, "planted", domain="127.0.0.1")
    page, _ = logged_in(town, browser)
    first = browser.cookie(COOKIES.session)
    assert first and first != "planted"
    page, _ = town.asked(browser, force_authn=True)
    browser.submit(page.form("/login"), login="anje", password=PASSWORD)
    assert browser.cookie(COOKIES.session) not in (first, None)


@pytest.mark.parametrize("state", ["https://evil.dk", "//evil.dk", '"><script>alert(1)</script>'])
def test_pitfall_41_relay_state_is_echoed(town: Town, state: str) -> None:
    state_account(town.driver, "anje")
    town.give_password("anje")
    browser = Browser()
    page = browser.get(town.applications[0].auth(town.metadata).login(return_to=state))
    done = browser.submit(page.form("/login"), login="anje", password=PASSWORD)
    assert done.form().fields["RelayState"] == state and "<script>alert" not in done.text
    assert done.form().action == "https://first.kommune.dk/acs"


@pytest.mark.parametrize("to", ["https://evil.dk", "//evil.dk", "/\\evil.dk", "\\\\evil.dk", "javascript:alert(1)"])
def test_pitfall_41_returns_to_pages_of_ours(town: Town, to: str) -> None:
    state_account(town.driver, "anje")
    town.give_password("anje")
    browser = Browser()
    page = browser.get(f"{town.url}/login?to={to}")
    done = browser.submit(page.form("/login"), login="anje", password=PASSWORD)
    assert done.url == f"{town.url}/login/account"


def query_of(url: str) -> dict[str, str]:
    return {name: values[0] for name, values in parse_qs(urlsplit(unescape(url)).query).items()}


@pytest.mark.parametrize("heard", ["success", "failure", "nothing", "forged"])
def test_pitfall_50_logout(town: Town, heard: str) -> None:
    """The application that asks is told whether the others confirmed it."""
    state_account(town.driver, "anje")
    town.give_password("anje")
    browser = Browser()
    page, request = logged_in(town, browser)
    first = town.answered(page, request)
    page, request = town.asked(browser, 1)
    town.answered(page, request, 1)
    auth = town.applications[0].auth(town.metadata)
    url = auth.logout(name_id=first.get_nameid(), session_index=first.get_session_index(), return_to="ude")
    done = browser.get(url)
    framed = re.findall(r'<iframe src="([^"]*)">', done.text)
    assert len(framed) == 1 and framed[0].startswith("https://second.kommune.dk/slo?SAMLRequest=")
    other = town.applications[1].auth(town.metadata, "/slo", get_data=query_of(framed[0]))
    back = other.process_slo(keep_local_session=True)
    assert other.get_errors() == [], other.get_last_error_reason()
    if heard == "failure":
        forged = town.applications[1].auth(town.metadata)
        made = OneLogin_Saml2_Logout_Response(forged.get_settings())
        made.build(other.get_last_message_id(), "urn:oasis:names:tc:SAML:2.0:status:Responder")
        given = {"SAMLResponse": made.get_response()}
        forged.add_response_signature(given, Constants.RSA_SHA256)
        back = f"{town.url}/saml/logout?{urlencode(given)}"
    if heard == "forged":  # the application that asked may not answer for another
        forged = town.applications[0].auth(town.metadata)
        made = OneLogin_Saml2_Logout_Response(forged.get_settings())
        made.build(other.get_last_message_id())
        given = {"SAMLResponse": made.get_response()}
        forged.add_response_signature(given, Constants.RSA_SHA256)
        assert browser.get(f"{town.url}/saml/logout?{urlencode(given)}").status == 400
    elif heard != "nothing":
        assert browser.get(back).status == 204
        assert browser.get(back).status == 400  # it counts once
    then = re.search(r'<meta http-equiv="refresh" content="4;url=([^"]*)">', done.text)[1]  # type: ignore[index]
    looked, shown = town.url + unescape(then), None
    for _ in range(4):
        answer = browser.client.get(looked)
        if answer.is_redirect:
            break
        looked = town.url + unescape(re.search(r'content="2;url=([^"]*)"', answer.text)[1])  # type: ignore[index]
    shown = answer.headers["location"]
    assert shown.startswith("https://first.kommune.dk/slo?SAMLResponse=")
    answered = town.applications[0].auth(town.metadata, "/slo", get_data=query_of(shown))
    answered.process_slo(keep_local_session=True, request_id=auth.get_last_request_id())
    assert answered.get_errors() == [], answered.get_last_error_reason()
    assert ("PartialLogout" in answered.get_last_response_xml()) is (heard != "success")
    assert browser.client.get(looked).status_code == 200  # a logout is answered once
    page, _ = town.asked(browser, 1)
    assert "Adgangskode" in page.text


def test_a_logout_here_tells_who_has_not_confirmed_it(town: Town) -> None:
    state_account(town.driver, "anje")
    town.give_password("anje")
    browser = Browser()
    for number in (0, 1):
        page, request = town.asked(browser, number)
        if number == 0:
            page = browser.submit(page.form("/login"), login="anje", password=PASSWORD)
        town.answered(page, request, number)
    own = browser.get(f"{town.url}/login/account")
    done = browser.submit(own.form("/logout"))
    framed = re.findall(r'<iframe src="([^"]*)">', done.text)
    assert len(framed) == 2
    other = town.applications[1].auth(town.metadata, "/slo", get_data=query_of(framed[1]))
    assert browser.get(other.process_slo(keep_local_session=True)).status == 204
    then = re.search(r'content="4;url=([^"]*)"', done.text)[1]  # type: ignore[index]
    told = browser.get(f"{town.url}{unescape(then)}&look=3")
    assert "first.kommune.dk" in told.text and "second.kommune.dk" not in told.text


def test_pitfall_51_logouts_that_end_nothing(town: Town) -> None:
    state_account(town.driver, "anje")
    town.give_password("anje")
    browser = Browser()
    page, request = logged_in(town, browser)
    first = town.answered(page, request)
    for name_id, index in (("another", first.get_session_index()), (first.get_nameid(), "_another")):
        url = town.applications[0].auth(town.metadata).logout(name_id=name_id, session_index=index)
        assert browser.get(url).status == 400
    # The second application has no assertion of this session.
    url = town.applications[1].auth(town.metadata).logout(name_id=first.get_nameid())
    assert browser.get(url).status == 400
    unsigned = re.sub(r"&(SigAlg|Signature)=[^&]*", "", url)
    assert browser.get(unsigned).status == 400
    page, request = town.asked(browser, 1)
    assert town.answered(page, request, 1).get_errors() == []


def test_pitfall_70_forms_and_frames(town: Town) -> None:
    state_account(town.driver, "anje")
    town.give_password("anje")
    browser = Browser()
    page, _ = town.asked(browser)
    assert "frame-ancestors 'none'" in page.headers["content-security-policy"]
    assert page.headers["cache-control"] == "no-store"
    form = page.form("/login")
    form.fields["token"] = "0" * 64
    assert browser.submit(form, login="anje", password=PASSWORD).status == 400
    other = Browser()
    stolen = page.form("/login")
    assert other.submit(stolen, login="anje", password=PASSWORD).status == 400  # without the browser's cookie
    logged_in(town, browser)
    assert other.client.post(f"{town.url}/logout", data={"token": form.fields["token"]}).status_code == 400


def test_an_invitation_in_the_browser(town: Town) -> None:
    state_account(town.driver, "anje")
    with town.driver.session() as session:
        account = session.execute_read(account_by_login, SYSTEM, "anje", in_days(0))
    assert account is not None
    code = town.logins.invite(account, datetime.now(UTC), by="ida")
    browser = Browser()
    page = browser.get(f"{town.url}/login/invitation")
    typed = {"login": "anje", "code": code}
    short = browser.submit(page.form(), **typed, password="kort", again="kort")
    assert short.status == 400 and "mindst 12 tegn" in short.text
    unlike = browser.submit(short.form(), **typed, password=PASSWORD, again=WRONG)
    assert unlike.status == 400
    done = browser.submit(unlike.form(), **typed, password=PASSWORD, again=PASSWORD)
    assert done.status == 200
    shown = browser.submit(done.form("/login"), login="anje", password=PASSWORD)
    assert "logget ind som" in shown.text
    gone = browser.submit(shown.form("/logout"))
    assert "logget ud" in gone.text
    assert browser.get(f"{town.url}/login/account").form("/login").action == f"{town.url}/login"


def test_pitfall_69_nothing_secret_is_logged(town: Town, capfd: pytest.CaptureFixture[str]) -> None:
    state_account(town.driver, "anje")
    town.give_password("anje")
    browser = Browser()
    page, _ = town.asked(browser)
    browser.submit(page.form("/login"), login=PASSWORD, password="anje")  # typed into the wrong field
    browser.submit(page.form("/login"), login="anje", password=PASSWORD)
    logged = "".join(capfd.readouterr())
    kept, _, _ = town.driver.execute_query("MATCH (e:LoginEvent) RETURN e {.*} AS entry ORDER BY e.at")
    for text in (logged, str(kept)):
        assert PASSWORD not in text and "PRIVATE KEY" not in text
    assert {each["entry"]["event"] for each in kept[-2:]} == {"login", "assertion"}


def test_who_forgot_a_password_gets_the_same_page_as_everyone(town: Town) -> None:
    """Whether there is such an account or not, the answer is the same, and is sent before anyone looks."""
    state_account(town.driver, "anje")
    town.give_password("anje")
    town.driver.execute_query("MATCH (:Person)-[:STATE]->(v) SET v.private_email = 'anje@hjemme.dk'")
    browser = Browser()
    shown = [
        browser.submit(browser.get(f"{town.url}/login/forgotten").form("/login/forgotten"), login=login).text
        for login in ("anje", "unknown", "anje", "")
    ]
    assert len(set(shown)) == 1
    deadline = time.monotonic() + 120
    while not town.post.sent:
        assert time.monotonic() < deadline, "no code was sent"
        time.sleep(0.05)
    ((to, text),) = town.post.sent
    assert to == "anje@hjemme.dk" and f"{town.url}/login/invitation" in text
    code = re.findall(r"koden (\S+)", text)[0]
    page = browser.get(f"{town.url}/login/invitation")
    done = browser.submit(page.form(), login="anje", code=code, password=WRONG, again=WRONG)
    assert done.status == 200 and done.url == f"{town.url}/login"
    assert "logget ind som" in browser.submit(done.form("/login"), login="anje", password=WRONG).text
