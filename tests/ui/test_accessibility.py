"""The page of the accessibility statement, and the address at which every Danish public site has it."""

import json

import httpx
import pytest
from playwright.sync_api import expect
from starlette.requests import Request

from api.computed.contract import Statement
from api.http.app import to_accessibility_statement
from tests.ui.axe import require_accessible
from tests.ui.conftest import Town, Visits

ADDRESS = "https://www.was.digst.dk/reconnect-klit-example"


@pytest.mark.parametrize(("language", "title", "gap"), [
    ("da", "Tilgængelighedserklæring", "At tegne en proces kræver mus"),
    ("en", "Accessibility statement", "Drawing a process takes a mouse"),
])  # fmt: skip
def test_it_says_what_cannot_be_used_and_who_answers(visit: Visits, language: str, title: str, gap: str) -> None:
    page = visit("manager", language=language)
    page.get_by_role("link", name=title).click()
    expect(page.get_by_role("heading", level=1)).to_have_text(title)
    expect(page.get_by_text(gap)).to_be_visible()
    expect(page.get_by_text("accessibility.statement")).to_be_visible()
    expect(page.get_by_text("accessibility.email")).to_be_visible()
    require_accessible(page)
    stated = {"statement": ADDRESS, "email": "webadgang@klit.example", "phone": "99 99 99 99"}
    body = json.dumps({"data": {"accessibility": {"__typename": "Accessibility", **stated}}})
    page.route(
        "**/graphql",
        lambda route: (
            route.fulfill(content_type="application/json", body=body)
            if route.request.post_data_json["operationName"] == "Accessibility"
            else route.continue_()
        ),
    )
    page.reload()
    expect(page.locator(f"a[href='{ADDRESS}']")).to_be_visible()
    expect(page.get_by_role("link", name="webadgang@klit.example")).to_be_visible()
    expect(page.get_by_text("accessibility.")).to_have_count(0)


def test_people_without_any_role_read_it_too(visit: Visits) -> None:
    page = visit("teaching assistant without AD", "/accessibility")
    visit.expect(page, "Failed to load resource")  # of the frame's question
    expect(page.get_by_text("accessibility.statement")).to_be_visible()


def test_anybody_finds_it_without_a_login(town: Town) -> None:
    answer = httpx.get(f"{town.url}/was")
    assert (answer.status_code, answer.headers["location"]) == (303, "/accessibility")
    stated = to_accessibility_statement(Statement(ADDRESS), Request({"type": "http"}))
    assert (stated.status_code, stated.headers["location"]) == (303, ADDRESS)
