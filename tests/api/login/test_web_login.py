"""People log in to REConnect itself, and ask by the cookie of their session."""

import asyncio
import json
from collections.abc import Callable
from datetime import date
from functools import partial
from typing import Any

import httpx
import pytest
from structlog.testing import capture_logs
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed, InvalidStatus

from api.access.tokens import TokenError, create
from api.callers import gate
from graph.change_log import Origin
from graph.connection import connect as connected
from graph.statements.statement import DatedLink, DatedValue, Ref, Statement
from graph.time import Period
from graph.writing.graph_writer import GraphWriter
from reconnect.embedded import Addresses
from tests.api.login.browser import Browser
from tests.api.login.conftest import COOKIES, PASSWORD, Town, serving_login
from tests.api.serving import Served
from tests.idp.own_rights import give, person_of
from tests.idp.staff import RING, RULES, state_account, stop

ME = "{ me { name roles } }"
COOKIE = COOKIES.session


def entered(town: Town, login: str = "anje", url: str | None = None) -> Browser:
    """A browser in which this person has logged in, from the start page."""
    browser = Browser()
    page = browser.get(f"{url or town.url}/")
    page = browser.submit(page.form("/login"), login=login, password=PASSWORD)
    assert page.url == f"{url or town.url}/", page.text
    return browser


def asked(url: str, browser: Browser, query: str = ME, **headers: str) -> httpx.Response:
    sent = {"origin": url, "sec-fetch-site": "same-origin", **headers}
    sent = {name: value for name, value in sent.items() if value}
    return browser.client.post(f"{url}/graphql", json={"query": query}, headers=sent)


def code(answer: httpx.Response) -> str:
    return str(answer.json()["errors"][0]["extensions"]["code"])


@pytest.fixture
def reader(town: Town) -> str:
    """The account of a person who may read."""
    account = state_account(town.driver, "anje")
    town.give_password("anje")
    give(town.driver, "reader", "anje")
    return account


def test_who_has_logged_in_asks_without_a_token(town: Town, reader: str) -> None:
    with capture_logs() as lines:
        browser = entered(town)
        page = browser.get(f"{town.url}/")
        assert "Anje Jensen" in page.text and "Læser" in page.text and '"/graphql"' in page.text
        answer = asked(town.url, browser)
        name = f"person:{person_of(town.driver, reader)}"
        assert answer.json()["data"]["me"] == {"name": name, "roles": ["READER"]}
        assert code(asked(town.url, browser, "{ runs { nodes { id } } }")) in ("forbidden", "bad_question")
        assert browser.client.get(f"{town.url}/schema.graphql").status_code == 200
    by = {each["by"] for each in lines if each["event"] == "request" and each["path"] == "/graphql"}
    assert by == {name} and "Jensen" not in str(lines)
    secret = browser.cookie(COOKIE)
    assert secret and len(secret) == 43
    rows, _, _ = town.driver.execute_query("MATCH (n) WHERE $secret IN [k IN keys(n) | n[k]] RETURN n", secret=secret)
    assert rows == [], "only a hash is kept"


def test_pages_of_others_can_not_use_the_session(town: Town, reader: str) -> None:
    browser = entered(town)
    for headers, status in _CASES:
        for path in ("/graphql", "/graphql/events"):
            sent = {"origin": town.url, "sec-fetch-site": "same-origin", "content-type": "application/json", **headers}
            answer = browser.client.post(
                f"{town.url}{path}",
                content=json.dumps({"query": ME}),
                headers={name: value for name, value in sent.items() if value},
            )
            assert answer.status_code == status, (headers, answer.text)


_CASES: list[tuple[dict[str, str], int]] = [
    ({}, 200),
    ({"sec-fetch-site": ""}, 200),  # an older browser
    ({"origin": "", "sec-fetch-site": ""}, 403),
    ({"origin": "https://evil.example", "sec-fetch-site": "cross-site"}, 403),
    ({"origin": "https://evil.example", "sec-fetch-site": ""}, 403),
    ({"origin": "null", "sec-fetch-site": ""}, 403),
    ({"sec-fetch-site": "same-site"}, 403),
    ({"sec-fetch-site": "cross-site"}, 403),
    ({"origin": "", "sec-fetch-site": "none"}, 403),
    ({"content-type": "text/plain"}, 415),
    ({"content-type": "application/x-www-form-urlencoded"}, 415),
    ({"authorization": "Bearer rc_unknown"}, 401),  # a token counts, and the cookie does not
]


def test_a_person_without_rights_learns_what_is_missing(town: Town) -> None:
    state_account(town.driver, "anje")
    state_account(town.driver, "ruth")
    town.give_password("anje")
    give(town.driver, "rights", "ruth")
    browser = entered(town)
    page = browser.get(f"{town.url}/")
    assert "ingen rettigheder" in page.text and "Ruth Jensen" in page.text
    answer = asked(town.url, browser)
    told = answer.json()["errors"][0]
    assert "Ruth Jensen" in told["message"]
    assert told["extensions"]["code"] == "no_rights" and "reconnect:hr" in told["extensions"]["missing"]
    assert [each["name"] for each in told["extensions"]["givenBy"]] == ["Ruth Jensen"]
    assert asked(town.url, browser, "{ myTasks { id } myCases { id } }").json()["data"] == {
        "myTasks": [],
        "myCases": [],
    }
    assert code(asked(town.url, browser, "{ myTasks { id } me { name } }")) == "no_rights"
    give(town.driver, "reader", "anje")
    assert "Læser" in browser.get(f"{town.url}/").text


def test_it_is_the_person_who_has_changed_something(town: Town) -> None:
    account = state_account(town.driver, "anje")
    town.give_password("anje")
    give(town.driver, "organisation", "anje")
    browser = entered(town)
    made = asked(town.url, browser, 'mutation { createUnit(name: "Ny", from: "2026-01-01", reason: "x") { change } }')
    assert "errors" not in made.json(), made.text
    rows, _, _ = town.driver.execute_query("MATCH (c:Change {kind: 'Unit', source: 'manual'}) RETURN c.user AS user")
    assert [row["user"] for row in rows] == [f"person:{person_of(town.driver, account)}"]
    for name in ("person:x", "break-glass:x", " Client:x"):
        with pytest.raises(TokenError, match="begins with"):
            create(town.driver, name, ["reader"])


async def subscribed(url: str, cookie: str, **headers: str) -> Any:
    address = url.replace("http", "ws") + "/graphql"
    return await connect(
        address,
        subprotocols=["graphql-transport-ws"],  # type: ignore[list-item]
        additional_headers={"cookie": f"{COOKIE}={cookie}", **headers},
    )


def test_a_websocket_of_another_page_gets_no_session(town: Town, reader: str) -> None:
    cookie = entered(town).cookie(COOKIE) or ""

    async def refused(origin: str | None) -> int:
        try:
            socket = await subscribed(town.url, cookie, **({"origin": origin} if origin else {}))
        except InvalidStatus as closed:
            return closed.response.status_code
        async with socket:
            await socket.send('{"type": "connection_init"}')
            with pytest.raises(ConnectionClosed) as closed_later:
                await asyncio.wait_for(socket.recv(), 120)
        assert closed_later.value.rcvd is not None
        return closed_later.value.rcvd.code

    for origin in ("https://evil.example", "null", None):
        assert asyncio.run(refused(origin)) == (4403 if origin is None else 403)


def test_it_ends_in_every_process(
    town: Town, reader: str, addresses: Addresses, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also an open subscription: it does not count as use, and ends with the session."""
    monkeypatch.setattr(gate, "REMEMBERED", 0.0)
    monkeypatch.setattr(gate, "_PATIENCE", 120.0)  # what changes here lets Neo4j plan rights anew, for seconds
    with (
        connected(addresses.bolt_uri, addresses.user, addresses.password) as second,
        serving_login(second, addresses, {}) as (url, _),
    ):
        for end in ("logout", "idle", "absolute", "rights", "stop"):
            give(town.driver, "auditor", "anje")
            browser = entered(town)
            cookie = browser.cookie(COOKIE) or ""
            other = Browser(httpx.Client(cookies={COOKIE: cookie}, timeout=180, trust_env=False))
            assert asked(url, other).status_code == 200
            over = asyncio.run(_followed(url, cookie, partial(_end, town, browser, reader, end)))
            assert over["type"] == "error"
            assert over["payload"][0]["extensions"]["code"] == ("forbidden" if end == "rights" else "unauthenticated")
            for at in (url, town.url):
                assert asked(at, other).status_code == (200 if end == "rights" else 401)


async def _followed(url: str, cookie: str, end: Callable[[], None]) -> Any:
    """The last message of a subscription during which something happens."""
    async with await subscribed(url, cookie, origin=url) as socket:
        await socket.send('{"type": "connection_init"}')
        assert json.loads(await socket.recv())["type"] == "connection_ack"
        payload = {"query": "subscription { changes { number } }"}
        await socket.send(json.dumps({"type": "subscribe", "id": "1", "payload": payload}))
        await asyncio.sleep(1)
        await asyncio.to_thread(end)
        while True:
            message = json.loads(await asyncio.wait_for(socket.recv(), 120))
            if message["type"] != "next":
                return message


def _end(town: Town, browser: Browser, account: str, how: str) -> None:
    if how == "stop":
        stop(town.driver, account)
    elif how == "logout":
        browser.submit(browser.get(f"{town.url}/").form("/logout"))
    elif how == "rights":
        give(town.driver, "auditor", "anje", Period(date(2020, 1, 1), date(2020, 2, 1)))
    else:
        past = "used = datetime() - duration({hours: 2})" if how == "idle" else "ends = datetime()"
        town.driver.execute_query(f"MATCH (s:LoginSession) SET s.{past}")
    state_account(town.driver, f"after_{how}")  # the subscription hears of something


def test_who_has_no_role_does_what_the_nearest_manager_may_and_nothing_else(town: Town) -> None:
    """Mutations that check themselves are open to people without rights; the rest is not."""
    bo = person_of(town.driver, state_account(town.driver, "bo"))
    account = state_account(town.driver, "anje")
    town.give_password("bo")
    for person in ("bo", "anje"):
        give(town.driver, "reader", person)  # makes their employments
        give(town.driver, "reader", person, Period(date(2020, 1, 1), date(2020, 2, 1)))
    always = Period()
    linked = {
        "role": Ref("Role", "manager", "natural"),
        "holder": Ref("Employment", "bo_job"),
        "unit": Ref("Unit", "office"),
    }
    GraphWriter(town.driver, RING).state(
        RULES,
        [
            Statement("Role", "manager", values={"key": (DatedValue(always, "manager"),)}),
            Statement(
                "Assignment",
                "bo_manages",
                exists=(always,),
                links={name: (DatedLink(always, to),) for name, to in linked.items()},
            ),
        ],
        Origin(RULES),
    )
    browser = entered(town, "bo")
    assert code(asked(town.url, browser)) == "no_rights"
    inviting = f'mutation {{ inviteToLogin(account: "{account}", by: PAPER, reason: "x") {{ login code }} }}'
    invited = asked(town.url, browser, inviting).json()["data"]["inviteToLogin"]
    assert invited["login"] == "anje" and invited["code"]
    for other in (
        f'resetLogin(account: "{account}", by: PAPER, reason: "x") {{ login }}',
        f'stopPerson(person: "{bo}", reason: "x") {{ uuid }}',
        f'splitPerson(person: "{bo}", reason: "x") {{ uuid }}',
        f'endSessionsOf(person: "{bo}", reason: "x") {{ count }}',
    ):
        assert code(asked(town.url, browser, f"mutation {{ {other} }}")) == "forbidden", other


def test_a_person_who_is_joined_into_another_is_logged_in_no_longer(town: Town, reader: str) -> None:
    """splitPerson makes two persons of one again, and opens no session that was over."""
    token = create(town.driver, "hr", ["hr", "reader"])
    mine = create(town.driver, "mine", ["reader"], person=person_of(town.driver, reader))
    anje, keep = person_of(town.driver, reader), person_of(town.driver, state_account(town.driver, "bo"))
    browser = entered(town)
    served = Served(town.url, town.driver)
    joined = served.post(f'mutation {{ joinPersons(keep: "{keep}", other: "{anje}", reason: "x") {{ uuid }} }}', token)
    assert "errors" not in joined.json(), joined.text
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(gate, "REMEMBERED", 0.0)
        # The account is the survivor's now, and so is what it opens: a token stays its person's.
        assert served.post(ME, mine).status_code == 401
        assert anje not in asked(town.url, browser).text
        split = f'mutation {{ splitPerson(person: "{keep}", into: "{anje}", reason: "x") {{ uuid }} }}'
        assert "errors" not in served.post(split, token).json()
        assert served.post(ME, mine).status_code == 200
