"""What counts once, or ends, counts at every service: two of them in processes of their own, on one graph."""

import base64
import time
import zlib
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
import neo4j
from lxml import etree

from idp.saml.authn_requests import AuthnRequest
from idp.saml.keys import SigningKey, new_key
from idp.saml.metadata import IdentityProvider, metadata
from idp.saml.names import PASSWORD, PERSISTENT, POST
from idp.saml.profiles import PROFILES
from idp.saml.responses import Assertion, response
from idp.saml.service_providers import Endpoint
from tests.idp.own_rights import give, person_of
from tests.idp.saml.peer import ENTITY_ID, query, request_xml, sp_metadata
from tests.idp.staff import in_days, state_account, stop
from tests.reconnect.shell import Run, beside
from tests.reconnect.test_login import _free_port, _wait_for

ADFS = "http://adfs.kommune.dk/adfs/services/trust"
HERE = "https://login.kommune.dk"
COOKIES = ("__Host-reconnect-login", "__Host-reconnect-session")
SECONDS = 60.0
"""In which what was ended has ended everywhere, as issue 14 allows."""


@dataclass
class Two:
    """The two services, and ADFS's key."""

    urls: tuple[str, str]
    key: SigningKey

    def asked(self, at: int, query: str, **headers: str) -> httpx.Response:
        return httpx.post(
            f"{self.urls[at]}/graphql", json={"query": query}, headers=headers, timeout=120, trust_env=False
        )

    def asserted(self, account: str) -> tuple[dict[str, str], str]:
        """(the form with which ADFS says who it is, the cookie of the browser that asked) of a login begun here."""
        begun = httpx.get(f"{self.urls[0]}/login/saml", timeout=120, trust_env=False)
        sent = parse_qs(urlsplit(begun.headers["location"]).query)
        asked = etree.fromstring(zlib.decompress(base64.b64decode(sent["SAMLRequest"][0]), -15))
        consumer = Endpoint(POST, f"{HERE}/login/saml/acs", f"{HERE}/login/saml/acs")
        who = f"{HERE}/login/saml/metadata"
        request = AuthnRequest(
            asked.get("ID") or "", who, consumer, None, False, False, None, None, None, (), None
        )  # fmt: skip
        now = datetime.now(UTC)
        said = Assertion(account, PERSISTENT, "_s", now, PASSWORD, now + timedelta(hours=8))
        made, _ = response(ADFS, request, said, self.key, PROFILES["adfs"], None, now)
        form = {"SAMLResponse": base64.b64encode(made).decode(), "RelayState": sent["RelayState"][0]}
        return form, _cookie(begun, COOKIES[0])

    def sent(self, at: int, form: dict[str, str]) -> httpx.Response:
        return httpx.post(f"{self.urls[at]}/login/saml/acs", data=form, timeout=120, trust_env=False)

    def session(self, account: str) -> str:
        """The cookie of a browser that has logged in."""
        form, browser = self.asserted(account)
        done = self.sent(0, form).headers["location"]
        # The other service goes on where the first one took the answer.
        answer = httpx.get(f"{self.urls[1]}{done}", headers={"cookie": browser}, timeout=120, trust_env=False)
        return _cookie(answer, COOKIES[1])

    def me(self, at: int, cookie: str) -> int:
        return self.asked(at, "{ me { name } }", cookie=cookie, origin=HERE).status_code


def _cookie(answer: httpx.Response, name: str) -> str:
    (found,) = [each for each in answer.headers.get_list("set-cookie") if each.startswith(f"{name}-")]
    assert "Secure" in found and "HttpOnly" in found and "Path=/" in found and "Domain" not in found
    return found.partition(";")[0]


def _ended(status: Callable[[], int]) -> bool:
    deadline = time.monotonic() + SECONDS
    while time.monotonic() < deadline:
        if status() == 401:
            return True
        time.sleep(0.5)
    return False


def test_at_two_services(run: Run, environment: dict[str, str], clean_graph: neo4j.Driver, tmp_path: Path) -> None:
    key = new_key(ADFS, "active", datetime.now(UTC) - timedelta(days=1), 2048)
    described = metadata(IdentityProvider(ADFS, "https://adfs.kommune.dk/ls", "https://adfs.kommune.dk/x"), [key], ())
    (tmp_path / "adfs.xml").write_bytes(described)
    (tmp_path / "sp.xml").write_bytes(sp_metadata())
    settings = tmp_path / "reconnect.toml"
    settings.write_text(
        f"""
[idp]
system = "idp"
address = "{HERE}"

[idp.providers.first]
metadata_file = "{tmp_path / "sp.xml"}"

[login]
through = "saml"

[login.saml]
metadata_file = "{tmp_path / "adfs.xml"}"
matches = "uuid"
"""
    )
    settings.chmod(0o600)
    anje, bo = (state_account(clean_graph, each) for each in ("anje", "bo"))
    state_account(clean_graph, "gone", end=in_days(-1))
    for role in ("reader", "rights", "hr"):
        give(clean_graph, role, "anje")
    give(clean_graph, "hr", "bo")
    ports = _free_port(), _free_port()
    two = Two((f"http://127.0.0.1:{ports[0]}", f"http://127.0.0.1:{ports[1]}"), key)
    with (
        beside(["serve", "--port", str(ports[0])], environment, tmp_path, tmp_path),
        beside(["serve", "--port", str(ports[1])], environment, tmp_path, tmp_path),
    ):
        for url in two.urls:
            _wait_for(url)
        _a_response_counts_once(two, anje)
        _a_request_counts_once(two)
        _two_people_at_two_services(two, clean_graph, run, anje, bo)
        _a_client_is_revoked(two, run)
        _sessions_are_ended(two, clean_graph, run, anje, bo)


def _a_response_counts_once(two: Two, account: str) -> None:
    """One after the other, and at the same time."""
    form, _ = two.asserted(account)
    assert [two.sent(at, form).status_code for at in (0, 1, 0)] == [303, 400, 400]
    form, _ = two.asserted(account)
    with ThreadPoolExecutor(6) as pool:
        answers = list(pool.map(lambda number: two.sent(number % 2, form).status_code, range(6)))
    assert sorted(answers) == [303, *[400] * 5]


def _a_request_counts_once(two: Two) -> None:
    """Of an application that sends people here."""
    sent = request_xml(id="_once", issued=datetime.now(UTC), destination=f"{HERE}/saml/sso")
    asked = query(sent).decode()
    answers = [
        httpx.get(f"{url}/saml/sso?{asked}", timeout=120, trust_env=False).status_code for url in (*two.urls, *two.urls)
    ]
    assert answers == [303, 400, 400, 400] and ENTITY_ID in sent


def _two_people_at_two_services(two: Two, driver: neo4j.Driver, run: Run, *accounts: str) -> None:
    one, other = (person_of(driver, each) for each in accounts)
    tokens = {
        name: run("token", "create", name, "--role", "hr", "--person", person).stdout.strip()
        for name, person in (("first", one), ("second", one), ("third", other))
    }

    def erase(at: int, name: str, person: str = "gone") -> str:
        asked = f'mutation {{ erasePerson(person: "{person}", reason: "x") {{ uuids }} }}'
        answer = two.asked(at, asked, authorization=f"Bearer {tokens[name]}").json()
        return str(answer["errors"][0]["extensions"]["code"]) if "errors" in answer else ""

    assert erase(0, "first") == "second_person"
    assert erase(1, "second") == "second_person", "another token of the same person"
    assert erase(1, "third") == ""
    # At the same time: it is carried out once.
    state_account(driver, "late", end=in_days(-1))
    with ThreadPoolExecutor(4) as pool:
        done = list(pool.map(lambda n: erase(n % 2, ("first", "third")[n % 2], "late"), range(4)))
    assert done.count("") == 1, done
    # STOP: whoever has made it does not end it at the other service, and a stopped person's tokens are over.
    stopping = f'mutation {{ stopPerson(person: "{other}", reason: "x") {{ uuid }} }}'
    assert "errors" not in two.asked(0, stopping, authorization=f"Bearer {tokens['first']}").json()
    ending = f'mutation {{ endStop(person: "{other}", reason: "x") {{ uuid }} }}'
    refused = two.asked(1, ending, authorization=f"Bearer {tokens['second']}").json()
    assert refused["errors"][0]["extensions"]["code"] == "second_person"
    for at in (0, 1):
        bearer = {"authorization": f"Bearer {tokens['third']}"}
        assert _ended(lambda at=at, bearer=bearer: two.asked(at, "{ me { name } }", **bearer).status_code)  # type: ignore[misc]
    ended = run("token", "create", "hr", "--role", "hr").stdout.strip()
    assert "errors" not in two.asked(1, ending, authorization=f"Bearer {ended}").json()


def _a_client_is_revoked(two: Two, run: Run) -> None:
    secret = run("client", "create", "payroll", "--role", "reader").stdout.strip()
    given: dict[str, Any] = httpx.post(
        f"{two.urls[0]}/oauth/token",
        data={"grant_type": "client_credentials"},
        auth=("payroll", secret),
        timeout=120,
        trust_env=False,
    ).json()
    bearer = {"authorization": f"Bearer {given['access_token']}"}
    assert [two.asked(at, "{ me { name } }", **bearer).status_code for at in (0, 1)] == [200, 200]
    assert run("client", "revoke", "payroll").returncode == 0
    for at in (0, 1):
        assert _ended(lambda at=at: two.asked(at, "{ me { name } }", **bearer).status_code)  # type: ignore[misc]


def _sessions_are_ended(two: Two, driver: neo4j.Driver, run: Run, anje: str, bo: str) -> None:
    """By id, by person, by the person's own hand, by a command and by a STOP."""

    def mine(cookie: str) -> list[str]:
        answer = two.asked(1, "{ mySessions { id } }", cookie=cookie, origin=HERE)
        return [each["id"] for each in answer.json()["data"]["mySessions"]]

    cookies, ids = [], []
    for _ in range(3):
        cookies.append(two.session(anje))
        ids += [each for each in mine(cookies[-1]) if each not in ids]
    others = two.session(bo)
    assert {two.me(at, each) for at in (0, 1) for each in (*cookies, others)} == {200}
    assert len(ids) == 3 and len(mine(others)) == 1
    listed = two.asked(0, "{ sessions { id personUuid way } }", cookie=cookies[0], origin=HERE).json()["data"]
    assert {each["personUuid"] for each in listed["sessions"]} == {person_of(driver, each) for each in (anje, bo)}
    assert {each["way"] for each in listed["sessions"]} == {"SAML"}
    theirs = two.asked(0, "{ sessions { id } }", cookie=others, origin=HERE).json()
    assert theirs["errors"][0]["extensions"]["code"] == "forbidden", "hr does not list sessions"
    end = 'mutation {{ endSession(id: "{}", reason: "x") {{ count }} }}'
    refused = two.asked(0, end.format(ids[0]), cookie=others, origin=HERE).json()
    assert refused["errors"][0]["extensions"]["code"] == "unknown_session", "another's"
    assert two.asked(1, end.format(ids[0]), cookie=cookies[0], origin=HERE).json()["data"]["endSession"]["count"] == 1
    assert _ended(lambda: two.me(0, cookies[0])) and two.me(0, cookies[1]) == 200
    shown = run("login", "sessions", "--person", person_of(driver, anje)).stdout
    assert ids[0] not in shown and ids[1] in shown and ids[2] in shown
    assert run("login", "end").returncode == 2 and run("login", "end", "unknown").returncode == 1
    assert "1 ended" in run("login", "end", ids[1]).stdout
    assert "1 ended" in run("login", "end", "--person", person_of(driver, anje)).stdout
    assert all(_ended(lambda at=at, each=each: two.me(at, each)) for at in (0, 1) for each in cookies)  # type: ignore[misc]
    assert {two.me(at, others) for at in (0, 1)} == {200}
    again = two.session(anje)
    all_of = f'mutation {{ endSessionsOf(person: "{person_of(driver, bo)}", reason: "x") {{ count }} }}'
    forbidden = two.asked(1, all_of, cookie=others, origin=HERE).json()
    assert forbidden["errors"][0]["extensions"]["code"] == "forbidden"
    assert two.asked(1, all_of, cookie=again, origin=HERE).json()["data"]["endSessionsOf"]["count"] == 1
    assert _ended(lambda: two.me(0, others))
    stop(driver, anje)
    assert all(_ended(lambda at=at: two.me(at, again)) for at in (0, 1))  # type: ignore[misc]
