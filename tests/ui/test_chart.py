"""The organisation chart: from any unit, on any day, folded and opened by keyboard, and as a list."""

import pytest
from playwright.sync_api import expect

from tests.ui.addresses import require_address
from tests.ui.axe import require_accessible
from tests.ui.conftest import Town, Visits
from tests.ui.finding import unit


@pytest.mark.parametrize(("language", "title", "same"), [
    ("da", "Organisationsdiagram", "Det samme som en liste"), ("en", "Organisation chart", "The same as a list"),
])  # fmt: skip
def test_it_opens_and_folds_by_keyboard_and_is_a_list_too(visit: Visits, language: str, title: str, same: str) -> None:
    page = visit("administrator", "/chart", language=language)
    expect(page.get_by_role("heading", level=1)).to_have_text(title)
    picture = page.locator("svg")
    expect(picture.get_by_role("link", name="Børn og Læring")).to_be_visible()
    expect(picture.get_by_role("link", name="Havneskolen")).to_have_count(0)
    fold = picture.get_by_role("button", name="Børn og Læring")
    expect(fold).to_have_attribute("aria-expanded", "false")
    fold.focus()
    page.keyboard.press("Enter")
    school = picture.get_by_role("link", name="Havneskolen")
    expect(school).to_contain_text("Malene Mark")
    page.get_by_text(same).click()
    expect(page.get_by_role("listitem").get_by_role("link", name="Havneskolen")).to_be_visible()
    require_accessible(page)
    fold.press("Enter")
    expect(school).to_have_count(0)


def test_it_begins_at_any_unit_and_leads_up(visit: Visits, town: Town) -> None:
    page = visit("administrator", f"/organisation/{unit(town, 'Havneskolen')}")
    page.get_by_role("link", name="Vis som diagram").click()
    picture = page.locator("svg")
    expect(picture.get_by_role("link")).to_have_count(1)
    page.get_by_role("button", name="Op til Børn og Læring").click()
    expect(picture.get_by_role("link", name="Strandskolen")).to_be_visible()
    require_address(page, f"/chart?root={unit(town, 'Børn og Læring')}")
