"""The page at /graphql: all that it loads is ours, and it says what to do where its files are missing."""

import asyncio
import re
from collections.abc import Callable, Coroutine, Mapping
from typing import Any

import httpx
import pytest
from starlette.applications import Starlette
from starlette.routing import Route

from api.http.app import create_app
from api.http.graphiql import FETCHED, GraphiQL
from api.http.service import Service
from graph.connection import connect, connect_async
from graph.cpr.keyring import Keyring

FILES = {name: f"content of {name}".encode() for name in FETCHED}


def get(path: str, fetched: Mapping[str, bytes] | None = FILES, **headers: str) -> httpx.Response:
    """The answer of the whole application, whose graph is out of reach: the page needs none."""

    async def ask() -> httpx.Response:
        nowhere = ("bolt://127.0.0.1:9", "neo4j", "x")
        service = Service(connect(*nowhere), connect_async(*nowhere), Keyring.generate(), graphiql=fetched)
        transport = httpx.ASGITransport(create_app(service))
        async with service.reading, httpx.AsyncClient(transport=transport, base_url="http://test") as client:
            answer = await client.get(path, headers=headers)
        service.driver.close()
        return answer

    return asyncio.run(ask())


def loaded(page: str) -> list[str]:
    return re.findall(r'(?:src|href)="([^"]*)"', page)


def test_everything_the_page_loads_is_served_here() -> None:
    page = get("/graphql")
    addresses = loaded(page.text)
    assert page.status_code == 200
    assert {address.partition("?")[0].rpartition("/")[2] for address in addresses} == {*FETCHED, "page.css", "page.js"}
    for address in addresses:
        assert address.startswith("/graphql/assets/")
        answer = get(address)
        kind = "text/css" if ".css" in address else "text/javascript"
        assert (answer.status_code, answer.headers["content-type"]) == (200, f"{kind}; charset=utf-8")


def test_the_page_names_no_other_server_and_runs_nothing_inline() -> None:
    page = get("/graphql").text
    for text in (page, get("/graphql/assets/page.js").text, get("/graphql/assets/page.css").text):
        assert "//" not in re.sub(r"^\s*//.*", "", text, flags=re.MULTILINE)
    assert not re.search(r"<script>|<style|style=|\son\w+=", page)


@pytest.mark.parametrize("fetched", [FILES, None])
def test_the_policy_lets_no_other_server_in(fetched: Mapping[str, bytes] | None) -> None:
    policy = dict(
        each.split(" ", 1) for each in get("/graphql", fetched).headers["content-security-policy"].split("; ")
    )
    assert policy["default-src"] == "'none'"
    assert policy["script-src"] == policy["connect-src"] == "'self'"
    assert {source for sources in policy.values() for source in sources.split()} <= {"'none'", "'self'", "data:"}


def test_a_file_is_kept_by_the_browser_until_its_content_changes() -> None:
    address = "/graphql/assets/graphiql.min.js"
    first = get(address)
    assert first.content == FILES["graphiql.min.js"]
    assert "max-age=31536000" in first.headers["cache-control"]
    again = get(address, **{"If-None-Match": first.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")
    newer = FILES | {"graphiql.min.js": b"a newer version"}
    assert get(address, newer, **{"If-None-Match": first.headers["etag"]}).content == b"a newer version"
    assert set(loaded(get("/graphql").text)) != set(loaded(get("/graphql", newer).text))
    assert get("/graphql").headers["cache-control"] == "no-cache"


def test_without_its_files_the_page_says_what_to_do() -> None:
    page = get("/graphql", fetched=None)
    assert page.status_code == 503
    assert "RECONNECT_MAVEN" in page.text
    assert loaded(page.text) == []
    assert get("/graphql/assets/graphiql.min.js", fetched=None).status_code == 404
    assert get("/health/live", fetched=None).status_code == 200


@pytest.mark.parametrize(
    "path",
    ["__init__.py", "page.html", "../__init__.py", "%2e%2e/app.py", "..%2f..%2fpyproject.toml", "%2fetc%2fpasswd", ""],
)
def test_no_path_leads_out_of_the_assets(path: str) -> None:
    raw: dict[str, Any] = {}

    async def ask(app: Callable[..., Coroutine[Any, Any, None]]) -> None:
        # By hand: a client would take the dots out before it asks.
        scope = {
            "type": "http",
            "method": "GET",
            "path": "/graphql/assets/" + path.replace("%2e", ".").replace("%2f", "/"),
            "query_string": b"",
            "headers": [],
        }

        async def send(message: Any) -> None:
            raw.update(message)

        async def receive() -> Any:
            return {"type": "http.disconnect"}

        await app(scope, receive, send)

    asyncio.run(ask(Starlette(routes=[Route("/graphql/assets/{name}", GraphiQL(FILES).asset)])))
    assert raw["status"] == 404
