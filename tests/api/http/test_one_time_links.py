"""The page of a one-time link: a look opens nothing, the button does once, and what is kept can't be read."""

import time

import pytest
import redis
from starlette.applications import Starlette
from starlette.testclient import TestClient

from api.http.one_time_links import routes
from exporters.one_time_links import OneTimeLinks
from reconnect.embedded import Addresses

pytestmark = pytest.mark.slow
TEXT = "Brugernavn: anbe\nAdgangskode: <b>Hest-4</b>"


@pytest.fixture
def links(addresses: Addresses) -> OneTimeLinks:
    return OneTimeLinks(addresses.redis_url)


@pytest.fixture
def browser(addresses: Addresses) -> TestClient:
    return TestClient(Starlette(routes=routes(addresses.redis_url)), "https://reconnect.example")


def test_it_is_shown_once_and_only_when_asked(links: OneTimeLinks, browser: TestClient) -> None:
    link = links.make("https://reconnect.example/", TEXT, 1)
    for _ in range(2):  # by the mail server, and by the manager
        looked = browser.get(link)
        assert looked.status_code == 200 and "Hest" not in looked.text and "<script" not in looked.text
    assert browser.head(link).status_code == 200
    shown = browser.post(link)
    assert "Adgangskode: &lt;b&gt;Hest-4&lt;/b&gt;" in shown.text
    assert (shown.headers["cache-control"], shown.headers["referrer-policy"]) == ("no-store", "no-referrer")
    for again in (browser.get(link), browser.post(link)):
        assert again.status_code == 404 and "Hest" not in again.text and "it-support" in again.text
    assert browser.get("/login/assets/pages.css").status_code == 200


def test_what_is_kept_can_not_be_read_and_ends(links: OneTimeLinks, addresses: Addresses) -> None:
    with redis.Redis.from_url(addresses.redis_url) as store:
        before = set(store.keys("*"))
        link = links.make("https://reconnect.example", TEXT, 2)
        code = link.rpartition("/")[2]
        (key,) = set(store.keys("*")) - before
        assert 7000 < store.ttl(key) <= 7200
        assert code.encode() not in key and b"Hest" not in store.get(key)
        wrong = code[:-2] + ("AA" if code[-2:] != "AA" else "BB")
        assert links.open(wrong) is None and links.is_there(code)
        store.pexpire(key, 1)
        while store.exists(key):
            time.sleep(0.01)
    assert not links.is_there(code) and links.open(code) is None


@pytest.mark.parametrize("code", ["x", "x" * 5000, "%00", "..%2F..", "æøå"])
def test_another_code_shows_nothing(browser: TestClient, code: str) -> None:
    for answer in (browser.get(f"/secret/{code}"), browser.post(f"/secret/{code}")):
        assert answer.status_code == 404


def test_a_store_that_is_away_uses_no_link_up() -> None:
    browser = TestClient(Starlette(routes=routes("redis://127.0.0.1:1/0")), "https://reconnect.example")
    for answer in (browser.get("/secret/x"), browser.post("/secret/x")):
        assert answer.status_code == 503 and "ikke brugt" in answer.text
    with pytest.raises(OSError, match="could not be kept"):
        OneTimeLinks("redis://127.0.0.1:1/0").make("https://reconnect.example", TEXT, 1)
