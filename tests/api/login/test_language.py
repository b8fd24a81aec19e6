"""The login pages in Danish and English: no text is missing, and none stands outside its language's module."""

import re
from dataclasses import fields
from html import escape
from pathlib import Path

import httpx
import pytest

from api.access.roles import ROLES
from api.login import language, pages
from api.login.danish import DANISH
from api.login.english import ENGLISH
from api.login.texts import Texts
from tests.api.login.browser import Browser
from tests.api.login.conftest import PASSWORD, Town
from tests.idp.staff import state_account

SAME = {"roles", "reference"}  # some words are the same
HERE = Path(language.__file__).parent


def test_no_text_is_missing_in_a_language() -> None:
    used = "".join(each.read_text() for each in HERE.glob("*.py") if each.stem not in ("danish", "english", "texts"))
    for field in fields(Texts):
        danish, english = getattr(DANISH, field.name), getattr(ENGLISH, field.name)
        if isinstance(danish, str):
            assert danish.strip() and english.strip() and (danish != english or field.name in SAME), field.name
        else:
            assert list(danish) == list(english) and all(english.values()), field.name
            assert field.name in SAME or not set(danish.values()) & set(english.values())
        assert re.search(rf"\b(?:t|texts\(\)|other|found)\.{field.name}\b", used), f"{field.name} is used nowhere"
    assert tuple(DANISH.roles) == ROLES


def test_no_text_stands_in_the_code() -> None:
    """Between tags, in a label or a button; and nothing Danish anywhere else."""
    for each in HERE.glob("*.py"):
        if each.stem not in ("danish", "english"):
            source = each.read_text()
            assert not re.search("[æøåÆØÅ]", source), each
            assert set(re.findall(r">([A-Za-z][^<{}\"']+)<", source)) <= {"GraphiQL"}, each


@pytest.mark.parametrize(
    ("header", "wanted"),
    [
        ("", "da"),
        ("en", "en"),
        ("en-GB,en;q=0.9,da;q=0.8", "en"),
        ("de, en;q=0.5, da;q=0.7", "da"),
        ("nb-NO, en;q=0.9", "da"),
        ("fr", "da"),
        ("da;q=0, en;q=0.1", "en"),
        ("en;q=x, ;;,", "da"),
        ("*", "da"),
        ("x," * 10_000 + "en", "da"),
    ],
)
def test_the_browser_says_which_language(header: str, wanted: str) -> None:
    assert language._asked_for(header).language == wanted


def test_a_person_chooses_the_language(town: Town) -> None:
    state_account(town.driver, "anje")
    town.give_password("anje")
    browser = Browser()
    page, _ = town.asked(browser)
    assert 'lang="da"' in page.text and ">English<" in page.text
    switch = re.search(r'<a href="([^"]*)">English</a>', page.text)[1].replace("&amp;", "&")  # type: ignore[index]
    page = browser.get(f"{town.url}/login{switch}")
    assert 'lang="en"' in page.text and "User name" in page.text and ">Dansk<" in page.text
    wrong = browser.submit(page.form("/login"), login="anje", password="no")
    assert escape(ENGLISH.wrong_login) in wrong.text and ">Dansk<" not in wrong.text
    assert page.form("/login").fields["flow"], "the login for the application goes on"
    done = browser.submit(wrong.form("/login"), login="anje", password=PASSWORD)
    assert "SAMLResponse" in done.text and ENGLISH.being_sent_on in done.text
    assert ENGLISH.logged_in_as in browser.get(f"{town.url}/login/account").text
    assert DANISH.logged_in_as in browser.get(f"{town.url}/login/account?language=da").text
    for other in ("xx", "en&language=da", '"><script>'):
        shown = httpx.get(f"{town.url}/login?language={other}&to=/x", timeout=60, trust_env=False)
        assert "<script>" not in shown.text and shown.status_code == 200
    english = httpx.get(f"{town.url}/login", headers={"accept-language": "en"}, timeout=60, trust_env=False)
    assert "User name" in english.text and "set-cookie" in english.headers
    assert language.COOKIE not in english.headers["set-cookie"]


def test_an_unknown_rule_has_a_page_too() -> None:
    assert DANISH.else_wrong in bytes(pages.failed("x", "a new rule").body).decode()
