"""Decisions that need a field or two: each form makes a change that the API takes."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.ui.axe import require_accessible
from tests.ui.conftest import Town, Visits
from tests.ui.finding import person, unit
from tests.ui.test_roles import choose


def look(page: Page) -> Locator:
    """What would follow, which is worked out by the same change; nothing is carried out."""
    page.get_by_label("Hvorfor?").fill("Prøve")
    require_accessible(page)
    page.get_by_role("button", name="Se, hvad der følger").click()
    return page.get_by_role("button", name="Gennemfør")


def school(town: Town) -> str:
    return f"/organisation/{unit(town, 'Havneskolen')}"


def theo(town: Town) -> str:
    return f"/person/{person(town, 'Theo Toft')}"


def roles(_: Town) -> str:
    return "/roles"


def pays(page: Page) -> None:
    choose(page, "Løn udbetales af", "Strandskolen", "Strandskolen")


def role(page: Page) -> None:
    form = page.get_by_role("region", name="Ny rolle")
    form.get_by_label("Titel").fill("Tillidsvalgt til prøve")
    form.get_by_label("Nøgle").fill("ui_test_role")


def numbers(page: Page) -> None:
    choose(page, "KLE", "27", "27")


def right(page: Page) -> None:
    page.get_by_role("region", name="Bed om en rettighed").get_by_label("Rettighed").select_option(index=1)


@pytest.mark.parametrize(("who", "where", "opened", "name", "fill"), [
    ("administrator", school, None, "Ret, hvem der udbetaler løn", pays),
    ("HR", roles, None, "Ny rolle", role),
    ("administrator", theo, None, "Vælg stilling", lambda page: None),
    ("administrator", theo, None, "Sæt KLE", numbers),
    ("administrator", theo, "Rettigheder i it-systemer", "Bed om en rettighed", right),
], ids=["paying unit", "role", "position", "kle", "right"])  # fmt: skip
def test_what_would_follow_is_shown(
    visit: Visits, town: Town, who: str, where: Callable[[Town], str], opened: str | None, name: str,
    fill: Callable[[Page], None],
) -> None:  # fmt: skip
    page = visit(who, where(town))
    if opened:
        page.get_by_role("heading", name=opened).click()
    page.get_by_role("button", name=name).first.click()
    fill(page)
    expect(look(page)).to_be_visible()


def test_a_login_is_unlocked_and_all_sessions_of_a_person_are_ended(visit: Visits, town: Town) -> None:
    theirs = visit("receptionist")
    expect(theirs.get_by_role("heading", level=1)).to_have_text("Hej Frida Frost")
    page = visit("administrator", f"/person/{person(town, 'Frida Frost')}")
    page.get_by_role("button", name="Nulstil").first.click()
    expect(page.get_by_text("gælder ikke længere")).to_be_visible()
    page.get_by_role("button", name="Luk uden at gemme").click()
    page.get_by_role("button", name="Lås op").first.click()
    page.get_by_label("Hvorfor?").fill("Hun ringede")
    require_accessible(page)
    page.get_by_role("button", name="Lås op").first.click()
    expect(page.get_by_label("Hvorfor?")).to_have_count(0)
    page.goto(f"{town.url}/access")
    page.get_by_role("button", name="Afslut alle: Frida Frost").first.click()
    form = page.get_by_role("form", name="Afslut alle: Frida Frost")
    form.get_by_label("Hvorfor?").fill("Hendes telefon er væk")
    form.get_by_role("button", name="Afslut alle").click()
    expect(page.get_by_role("link", name="Frida Frost")).to_have_count(0)
    visit.town.states.pop("receptionist")
