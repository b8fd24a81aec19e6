"""What HR does to people: one without pay is created and invited, is absent, and two records become one person."""

import pytest
from playwright.sync_api import expect

from graph.time import today
from tests.ui.axe import require_accessible
from tests.ui.conftest import Town, Visits
from tests.ui.finding import person
from tests.ui.test_roles import carry_out, choose, take_back

_WITHOUT_LOGIN = """
MATCH (a:PlannedAccount {login: $login})
MATCH (c:LocalCredential {account: a.uuid})
DETACH DELETE c
"""


def test_a_person_without_pay_gets_a_place_an_absence_and_is_joined(visit: Visits, town: Town) -> None:
    """From the login to the person who works: what a school does for a substitute teacher."""
    page = visit("administrator", "/person/new")
    page.get_by_label("Navn").fill("Vera Vikar")
    page.get_by_label("Hvorfor?").fill("Ny vikar")
    require_accessible(page)
    page.get_by_role("button", name="Opret personen").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Vera Vikar")
    choose(page, "Enhed", "Havneskolen", "Havneskolen")
    page.get_by_label("Til hvilken dag?").fill(f"{today().year + 1}-06-30")
    page.get_by_label("Hvorfor?").fill("Vikar i foråret")
    require_accessible(page)
    carry_out(page)
    expect(page.get_by_text("Vera Vikar hører til Havneskolen fra")).to_be_visible()
    page.get_by_role("button", name="Luk", exact=True).click()
    page.get_by_role("button", name="Ret slutdagen").click()
    page.get_by_label("Til hvilken dag?").fill(f"{today().year + 1}-07-31")
    page.get_by_label("Hvorfor?").fill("Også juli")
    carry_out(page)
    take_back(page)
    page.get_by_role("button", name="Meld fraværende").click()
    page.get_by_label("Hvorfor?").fill("Syg")
    carry_out(page)
    take_back(page)
    page.get_by_role("button", name="Saml med en anden").click()
    choose(page, "Den anden", "theo toft", "Theo Toft")
    expect(page.get_by_text("Lærervikar").last).to_be_visible()
    require_accessible(page)
    page.get_by_label("Hvorfor?").fill("Samme person")
    carry_out(page)
    expect(page.get_by_text("De er samlet i Vera Vikar.")).to_be_visible()
    take_back(page)
    page.get_by_role("button", name="Del i to personer").click()
    expect(page.get_by_text("Personen har kun én post")).to_be_visible()
    require_accessible(page)


@pytest.mark.parametrize(("language", "invite", "how", "send", "sheet"), [
    ("da", "Inviter", "Hvordan får personen koden?", "Send invitationen", "Giv arket til personen selv."),
    ("en", "Invite", "How does the person get the code?", "Send the invitation", "Hand the sheet to the person."),
])  # fmt: skip
def test_a_manager_invites_one_of_her_people(
    visit: Visits, town: Town, language: str, invite: str, how: str, send: str, sheet: str
) -> None:
    town.driver.execute_query(_WITHOUT_LOGIN, login=town.people["teaching assistant without AD"].login)
    page = visit("manager", f"/person/{person(town, 'Theo Toft')}", language=language)
    expect(page.get_by_role("heading", level=1)).to_have_text("Theo Toft")
    page.get_by_role("button", name=invite).click()
    page.get_by_label(how).select_option("PAPER")
    page.get_by_role("textbox", name="Hvorfor?" if language == "da" else "Why?").fill("Første dag")
    require_accessible(page)
    page.get_by_role("button", name=send).click()
    expect(page.get_by_text(sheet)).to_be_visible()
    require_accessible(page)


def test_it_tells_which_right_a_person_has_and_why_not_another(visit: Visits, town: Town) -> None:
    page = visit("administrator", f"/person/{person(town, 'Malene Mark')}")
    page.get_by_role("heading", name="Rettigheder i it-systemer").click()
    expect(page.get_by_text("Tildeling: REConnect: managers")).to_be_visible()
    choice = page.get_by_role("combobox", name="Rettighed")
    expect(choice.get_by_role("option", name="HR", exact=True)).to_be_attached()
    choice.select_option(label="HR")
    expect(page.get_by_text("Tildelingen nævner ikke personen").first).to_be_visible()
    require_accessible(page)
