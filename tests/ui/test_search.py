"""The search: one key from everywhere, by whatever people know things by."""

import re

import pytest
from playwright.sync_api import Locator, Page, Route, expect

from tests.ui.axe import require_accessible
from tests.ui.conftest import Town, Visits
from tests.ui.finding import operation


def somebody_with_a_number(town: Town) -> tuple[str, str]:
    """Name and CPR number of someone who is employed."""
    rows, _, _ = town.driver.execute_query(
        """
        MATCH (p:Person {active: true})-[:HAS]->(:Employment {active: true})
        MATCH (p)-[state:STATE]->(now)
        WHERE p.cpr_cipher IS NOT NULL AND state.to IS NULL AND now.name IS NOT NULL
        RETURN now.name AS name, p.cpr_cipher AS cipher, p.cpr_key AS key
        ORDER BY name LIMIT 1
        """
    )
    return rows[0]["name"], town.keyring.decrypt(rows[0]["cipher"], rows[0]["key"])


def look_for(page: Page, text: str) -> None:
    page.keyboard.press("/")
    page.keyboard.type(text)


def hits(page: Page) -> Locator:
    """The hits of all that was typed: on a busy machine those of its first letters are there before."""
    found = page.get_by_role("dialog").get_by_role("list")
    expect(found).to_have_attribute("aria-busy", "false")
    return found.get_by_role("link")


@pytest.mark.parametrize(("language", "count"), [("da", "Én fundet"), ("en", "One found")])
def test_one_key_finds_a_person_and_enter_opens_the_page(visit: Visits, language: str, count: str) -> None:
    page = visit("administrator", language=language)
    expect(page.get_by_role("heading", level=1)).to_contain_text("Olga")
    look_for(page, "malene mark")
    dialog = page.get_by_role("dialog")
    expect(hits(page)).to_contain_text(["Malene Mark"])
    expect(hits(page)).to_contain_text(["Skoleleder, Havneskolen"])
    expect(dialog.get_by_role("status")).to_have_text(count)
    require_accessible(page)
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text("Malene Mark")
    assert "alene" not in page.url and "q=" not in page.url
    expect(dialog).to_be_hidden()


def test_the_number_of_an_employment_finds_its_person(visit: Visits, town: Town) -> None:
    rows, _, _ = town.driver.execute_query(
        """
        MATCH (p:Person {active: true})-[:HAS]->(e:Employment {active: true})-[state:STATE]->(of)
        MATCH (p)-[named:STATE]->(who)
        WHERE state.to IS NULL AND of.number IS NOT NULL AND named.to IS NULL
        RETURN of.number AS number, who.name AS name ORDER BY number LIMIT 1
        """
    )
    page = visit("administrator")
    page.get_by_role("button", name="Søg").click()
    page.keyboard.type(rows[0]["number"])
    hit = hits(page).filter(has_text=rows[0]["name"])
    expect(hit).to_contain_text(f"Nummer {rows[0]['number']}")


def test_enter_opens_a_hit_of_all_that_was_typed(visit: Visits) -> None:
    """However late the answer is: nobody comes to somebody else by typing fast."""
    page = visit("administrator")
    expect(page.get_by_role("heading", level=1)).to_contain_text("Olga")
    look_for(page, "mal")
    expect(hits(page)).not_to_have_count(1)
    late: list[Route] = []
    page.route("**/graphql", lambda route: late.append(route))
    with page.expect_request(lambda request: "Search" in operation(request)):
        page.keyboard.type("ene mark")
        page.keyboard.press("Enter")
    assert page.url == visit.town.url + "/"
    expect(page.get_by_role("dialog").get_by_role("list")).to_have_attribute("aria-busy", "true")
    page.route("**/graphql", lambda route: route.continue_())  # what is asked from now on
    for each in late:
        each.continue_()
    expect(page.get_by_role("heading", level=1)).to_have_text("Malene Mark")


def test_the_key_opens_it_again_at_once(visit: Visits) -> None:
    page = visit("administrator")
    expect(page.get_by_role("heading", level=1)).to_contain_text("Olga")
    page.keyboard.press("/")
    expect(page.get_by_role("dialog")).to_be_visible()
    for _ in range(5):
        page.keyboard.press("Escape")
        page.keyboard.press("/")
    page.keyboard.type("malene mark")
    expect(hits(page)).to_have_text([re.compile("Malene Mark")])


def test_arrows_walk_through_the_hits_of_a_kind(visit: Visits) -> None:
    page = visit("administrator")
    expect(page.get_by_role("heading", level=1)).to_contain_text("Olga")
    look_for(page, "skole")
    dialog = page.get_by_role("dialog")
    dialog.get_by_role("button", name="Enheder").click()
    expect(hits(page)).to_have_count(2)
    dialog.get_by_role("searchbox").focus()
    page.keyboard.press("ArrowDown")
    expect(dialog.get_by_role("link").first).to_be_focused()
    page.keyboard.press("ArrowDown")
    expect(dialog.get_by_role("link").last).to_be_focused()
    page.keyboard.press("ArrowUp")
    page.keyboard.press("ArrowUp")
    expect(dialog.get_by_role("searchbox")).to_be_focused()
    page.keyboard.press("Escape")
    expect(dialog).to_be_hidden()


def test_a_position_shows_who_has_it(visit: Visits) -> None:
    page = visit("administrator")
    expect(page.get_by_role("heading", level=1)).to_contain_text("Olga")
    look_for(page, "skoleleder")
    page.get_by_role("dialog").get_by_role("button", name="Stillinger").click()
    page.get_by_role("dialog").get_by_role("link", name="Skoleleder").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Skoleleder")
    expect(page.get_by_role("heading", level=2)).to_contain_text("Har stillingen")
    require_accessible(page)


def test_nothing_found_says_what_to_do(visit: Visits) -> None:
    page = visit("manager")
    expect(page.get_by_role("heading", level=1)).to_contain_text("Malene")
    look_for(page, "xyzzyq")
    expect(page.get_by_role("dialog")).to_contain_text("Intet passer")
    require_accessible(page)


def test_a_cpr_number_is_looked_up_and_stays_out_of_the_address(visit: Visits) -> None:
    name, number = somebody_with_a_number(visit.town)
    page = visit("administrator")
    expect(page.get_by_role("heading", level=1)).to_contain_text("Olga")
    look_for(page, number)
    hit = hits(page)
    expect(hit).to_contain_text("CPR-nummer")
    hit.click()
    expect(page.get_by_role("heading", level=1)).to_have_text(name)
    stored = page.evaluate("JSON.stringify([{...localStorage}, {...sessionStorage}, history.state])")
    assert number not in page.url and number not in stored


def test_the_key_can_be_turned_off(visit: Visits) -> None:
    page = visit("administrator")
    page.get_by_label("Tasten / åbner søgning").uncheck()
    page.get_by_role("heading", level=1).click()
    page.keyboard.press("/")
    expect(page.get_by_role("dialog")).to_be_hidden()
    page.keyboard.press("Control+k")
    expect(page.get_by_role("dialog")).to_be_visible()
