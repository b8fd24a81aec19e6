"""The account for when no other login works."""

from datetime import UTC, datetime, timedelta

import neo4j
from structlog.testing import capture_logs

from api.access.sessions import Sessions
from api.http.service import Service
from api.login.web_login import WebLogin
from api.login.web_routes import BREAK_GLASS_USED
from idp import break_glass
from reconnect.embedded import Addresses
from tests.api.login.browser import Browser
from tests.api.login.conftest import SEAL, running
from tests.api.login.test_web_login import asked
from tests.idp.staff import RING


def test_it_works_alone_for_some_hours_and_raises_the_alarm(clean_graph: neo4j.Driver, addresses: Addresses) -> None:
    """There are no people, no accounts, no rights and no identity provider."""
    told: list[str] = []

    def service(url: str, reading: neo4j.AsyncDriver) -> Service:
        sessions = Sessions(clean_graph, None, "own")
        login = WebLogin(clean_graph, sessions, SEAL, "REConnect", secure=False, can_log_in=False, alarm=told.append)
        return Service(clean_graph, reading, RING, web_login=login)

    now = datetime.now(UTC)
    code = break_glass.make(clean_graph, "safe", now, by="ida")
    used = BREAK_GLASS_USED._value.get()
    with running(addresses, service) as url, capture_logs() as lines:
        browser = Browser()
        assert browser.get(f"{url}/").status == 404
        page = browser.get(f"{url}/login/break-glass")
        assert browser.submit(page.form(), code="wrong").status == 401
        page = browser.submit(page.form(), code=f" {code.upper()} ")
        assert page.url == f"{url}/" and "break-glass:safe" in page.text and "Rettigheder" in page.text
        answer = asked(url, browser, "{ me { name roles mayReadCpr } }").json()["data"]["me"]
        assert answer["name"] == "break-glass:safe" and "RIGHTS" in answer["roles"] and not answer["mayReadCpr"]
        (opened,) = break_glass.accounts(clean_graph)
        assert opened.used is not None and opened.closes - opened.used == break_glass.LIFE_OPENED
        later = opened.closes - timedelta(seconds=1)
        assert break_glass.open_(clean_graph, code, later, None, None) is not None
        assert break_glass.open_(clean_graph, code, opened.closes, None, None) is None
        assert break_glass.accounts(clean_graph)[0].closes == opened.closes, "a second use makes it no longer"
        clean_graph.execute_query("MATCH (b:BreakGlass) SET b.closes = datetime()")
        assert browser.get(f"{url}/").status == 404, "the session closes with the account"
    assert len(told) == 1 and "safe" in told[0] and code not in told[0]
    assert BREAK_GLASS_USED._value.get() == used + 1
    assert [each["account"] for each in lines if each["event"] == "break_glass_used"] == ["safe"]
    rows, _, _ = clean_graph.execute_query("MATCH (e:LoginEvent) RETURN e.event AS event ORDER BY e.at")
    assert [row["event"] for row in rows][:3] == ["break_glass_made", "login_refused", "break_glass"]
    kept, _, _ = clean_graph.execute_query("MATCH (n:BreakGlass) RETURN toString(properties(n).hash) AS hash")
    assert code not in str(kept) and code not in str(lines)
