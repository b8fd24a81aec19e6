"""What every page has: its policy, its address, its states."""

import httpx
from playwright.sync_api import Route, expect

from api.http.pages import BUILT, Pages
from tests.ui.addresses import require_address
from tests.ui.axe import require_accessible
from tests.ui.conftest import Town, Visits


def test_an_address_works_after_a_reload(visit: Visits) -> None:
    page = visit("HR", "/nowhere/at/all?day=2026-01-01")
    expect(page.get_by_role("heading", level=1)).to_have_text("Siden findes ikke")
    page.reload()
    expect(page.get_by_role("heading", level=1)).to_have_text("Siden findes ikke")
    require_address(page, "/nowhere/at/all?day=2026-01-01")
    require_accessible(page)


def test_no_page_runs_inline_script_or_is_kept(town: Town) -> None:
    answer = httpx.get(f"{town.url}/", headers={"accept": "text/html"})
    assert (answer.status_code, answer.headers["location"]) == (303, "/login?to=/")
    assert any("query Person(" in each for each in Pages().questions), "what is asked ahead"
    page = (BUILT / "index.html").read_text()
    assert "<script>" not in page and "<style" not in page
    for path in ("/_app/immutable/../../index.html", "/_app/immutable/nothing.js", "/_app/"):
        assert httpx.get(f"{town.url}{path}", headers={"accept": "*/*"}).status_code == 404


def test_the_page_is_not_kept_and_its_files_are(visit: Visits, town: Town) -> None:
    seen = {}
    page = visit("HR")
    page.on("response", lambda answer: seen.setdefault(answer.url.removeprefix(town.url), answer.headers))
    page.reload()
    expect(page.get_by_role("heading", level=1)).to_contain_text("Hanne")
    page.wait_for_load_state("networkidle")
    assert seen["/"]["cache-control"] == "no-store"
    policy = seen["/"]["content-security-policy"]
    assert "script-src 'self';" in policy and "unsafe-inline" not in policy and "default-src 'none'" in policy
    scripts = {path: each for path, each in seen.items() if path.endswith(".js")}
    assert scripts and all("immutable" in each["cache-control"] for each in scripts.values())


def test_nothing_of_a_person_stays_in_the_browser(visit: Visits) -> None:
    page = visit("HR")
    expect(page.get_by_role("heading", level=1)).to_contain_text("Hanne")
    stored = page.evaluate("JSON.stringify([{...localStorage}, {...sessionStorage}])")
    assert "Hanne" not in stored and "Hede" not in stored


def test_language_and_colours_are_chosen_and_kept(visit: Visits) -> None:
    page = visit("HR")
    page.get_by_role("button", name="English").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Hello Hanne Hede")
    assert page.locator("html").get_attribute("lang") == "en"
    page.get_by_label("Colours").select_option("Dark")
    expect(page.locator("body")).to_have_css("background-color", "rgb(22, 24, 28)")
    page.reload()
    expect(page.locator("html")).to_have_attribute("data-theme", "dark")
    require_accessible(page)


def test_without_a_connection_it_says_so_and_goes_on(visit: Visits) -> None:
    page = visit("HR")
    visit.expect(page, "ERR_FAILED")
    expect(page.get_by_role("heading", level=1)).to_contain_text("Hanne")
    page.route("**/graphql", lambda route: route.abort())
    page.reload()
    expect(page.get_by_role("alert")).to_contain_text("Der er ingen forbindelse")
    require_accessible(page)
    page.route("**/graphql", lambda route: route.continue_())  # what is asked from now on
    page.get_by_role("button", name="Prøv igen").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("Hanne")


def test_a_failure_shows_the_id_that_stands_in_the_log(visit: Visits) -> None:
    page = visit("HR")
    visit.expect(page, "500")
    body = '{"errors": [{"message": "failed", "extensions": {"code": "internal", "id": "4f1c9b02"}}]}'
    page.route("**/graphql", lambda route: route.fulfill(status=500, content_type="application/json", body=body))
    page.reload()
    expect(page.get_by_role("alert")).to_contain_text("4f1c9b02")
    require_accessible(page)


def test_a_session_that_ended_leads_back_here_after_the_login(visit: Visits) -> None:
    page = visit("HR")
    visit.expect(page, "401")
    body = '{"errors": [{"message": "no", "extensions": {"code": "unauthenticated"}}]}'
    page.route("**/graphql", lambda route: route.fulfill(status=401, content_type="application/json", body=body))
    page.reload()
    expect(page.get_by_role("alert")).to_contain_text("Du er logget ud")
    expect(page.get_by_role("button", name="Log ind")).to_be_visible()
    require_accessible(page)


def test_who_waits_sees_that_something_comes(visit: Visits) -> None:
    page = visit("HR")
    expect(page.get_by_role("heading", level=1)).to_contain_text("Hanne")
    held: list[Route] = []
    page.route("**/graphql", lambda route: held.append(route))
    page.reload()
    expect(page.get_by_role("status")).to_have_text("Henter …")
    require_accessible(page)
    page.route("**/graphql", lambda route: route.continue_())  # what is asked from now on
    for each in held:
        each.continue_()
    expect(page.get_by_role("heading", level=1)).to_contain_text("Hanne")


def test_the_session_page_ends_the_session(visit: Visits) -> None:
    page = visit("manager")
    page.get_by_role("link", name="Konto og log ud").click()
    expect(page.get_by_role("button", name="Log ud")).to_be_visible()
    expect(page.get_by_text("Malene Mark")).to_be_visible()
