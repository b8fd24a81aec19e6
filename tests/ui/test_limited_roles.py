"""Every page as somebody whose role is limited to field groups: it shows what the role shows, and says what it leaves
out."""

from playwright.sync_api import expect

from tests.ui.axe import require_accessible
from tests.ui.conftest import Town, Visits
from tests.ui.finding import person
from tests.ui.routes import addresses

OPEN = {
    "/", "/accessibility", "/chart", "/organisation", "/organisation/[uuid]", "/person/[uuid]", "/roles", "/tasks",
    "/tasks/delegations", "/tasks/start", "/thing/[uuid]",
}  # fmt: skip
"""Pages of what identifies units, people, work and responsibilities."""


def test_every_page_opens_or_says_what_the_role_lacks(visit: Visits, town: Town) -> None:
    """What the menu leads to opens; the address of any other page says which right it takes."""
    page = visit("receptionist")
    visit.expect(page, "Failed to load resource")  # refusals
    expect(page.get_by_role("heading", level=1)).to_have_text("Hej Frida Frost")
    menu = {each.get_attribute("href") for each in page.get_by_role("navigation").get_by_role("link").all()}
    pages = addresses(town)
    assert pages.keys() >= OPEN
    assert {"/roles", "/organisation"} <= menu <= set(pages.values())
    wrong = []
    for route, address in pages.items():
        page.goto(town.url + address)
        expect(page.get_by_role("heading", level=1)).not_to_be_empty()
        page.wait_for_load_state("networkidle")
        refusals = page.get_by_role("alert").all_inner_texts()
        content = page.get_by_role("main").inner_text().split("\n", 1)
        if route in OPEN or address in menu:
            if refusals or len(content) == 1:
                wrong.append((route, refusals))
        elif not all("har du ikke ret til" in each or "Det findes ikke" in each for each in refusals):
            wrong.append((route, refusals))
    assert wrong == []


def test_the_page_of_a_person_tells_what_it_leaves_out(visit: Visits, town: Town) -> None:
    page = visit("receptionist")
    page.get_by_role("button", name="Søg").click()
    page.keyboard.type("theo toft")
    page.get_by_role("dialog").get_by_role("link", name="Theo Toft").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Theo Toft")
    expect(page.get_by_text("Kontaktoplysninger må du ikke se")).to_be_visible()
    expect(page.get_by_text("Konti må du ikke se")).to_be_visible()
    expect(page.get_by_role("article").get_by_role("link", name="Malene Mark")).to_be_visible()
    expect(page.get_by_role("button", name="Vis private oplysninger")).to_have_count(0)
    require_accessible(page)
    page = visit("administrator", f"/person/{person(town, 'Theo Toft')}")
    expect(page.get_by_text("Ingen kilde oplyser arbejdsmail eller telefon")).to_be_visible()
    expect(page.get_by_text("Konti må du ikke se")).to_have_count(0)
