"""Changes of a unit: what follows is shown first, a change is undone, drafts stay, and of two the second sees both."""

from playwright.sync_api import Page, expect

from tests.ui.axe import require_accessible
from tests.ui.conftest import Town, Visits
from tests.ui.finding import unit


def fill(page: Page, button: str, **fields: str) -> None:
    page.get_by_role("button", name=button, exact=True).click()
    for label, text in fields.items():
        page.get_by_label(label.replace("_", " ")).fill(text)
    page.get_by_label("Hvorfor?").fill("Prøve")


def test_a_unit_is_renamed_and_the_name_taken_back(visit: Visits, town: Town) -> None:
    page = visit("administrator", f"/organisation/{unit(town, 'Havneskolen')}")
    fill(page, "Omdøb", Nyt_navn="Havneskolen og SFO")
    page.get_by_role("link", name="Start", exact=True).click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("Olga")
    page.go_back()
    page.get_by_role("button", name="Omdøb", exact=True).click()
    expect(page.get_by_label("Nyt navn"), "the draft is kept").to_have_value("Havneskolen og SFO")
    page.get_by_role("button", name="Se, hvad der følger").click()
    expect(page.get_by_text("Ingen får en anden leder")).to_be_visible()
    require_accessible(page)
    page.get_by_role("button", name="Gennemfør").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Havneskolen og SFO")
    page.get_by_role("button", name="Fortryd").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Havneskolen")


def test_a_move_shows_who_gets_another_manager_first(visit: Visits, town: Town) -> None:
    page = visit("administrator", f"/organisation/{unit(town, 'HR-partnere')}")
    fill(page, "Flyt")
    page.get_by_role("searchbox", name="Flyt til at høre under").fill("Havneskolen")
    page.get_by_role("button", name="Havneskolen").click()
    page.get_by_role("button", name="Se, hvad der følger").click()
    follows = page.get_by_role("status").filter(has_text="Det berører")
    expect(follows).to_contain_text("Olga Olesen")
    expect(follows).to_contain_text("Får Malene Mark")
    require_accessible(page)
    page.get_by_role("button", name="Gennemfør").click()
    above = page.get_by_role("navigation", name="Enhederne ovenover")
    expect(above).to_contain_text("Havneskolen")
    page.get_by_role("button", name="Fortryd").click()
    expect(above).not_to_contain_text("Havneskolen")


def test_of_two_the_second_sees_both_and_decides(visit: Visits, town: Town) -> None:
    school = unit(town, "Havneskolen")
    page = visit("administrator", f"/organisation/{school}")
    fill(page, "Omdøb", Nyt_navn="Min skole")
    other = visit("administrator", f"/organisation/{school}")
    fill(other, "Omdøb", Nyt_navn="Deres skole")
    other.get_by_role("button", name="Se, hvad der følger").click()
    other.get_by_role("button", name="Gennemfør").click()
    expect(other.get_by_role("heading", level=1)).to_have_text("Deres skole")
    visit.expect(page, "400")
    page.get_by_role("button", name="Se, hvad der følger").click()
    both = page.get_by_role("alert")
    expect(both).to_contain_text("Olga Olesen har ændret det imens")
    expect(both).to_contain_text("Min skole")
    expect(both).to_contain_text("Deres skole")
    require_accessible(page)
    page.get_by_role("button", name="Luk uden at gemme").click()
    other.get_by_role("button", name="Fortryd").click()
    expect(other.get_by_role("heading", level=1)).to_have_text("Havneskolen")
