"""The person: where somebody works and under whom, roles, accounts, private data, and values set by hand."""

from datetime import UTC, datetime, timedelta

from playwright.sync_api import Page, expect

from api.access.read_log import Asked, reads
from graph.time import today
from tests.ui.axe import require_accessible
from tests.ui.conftest import Town, Visits
from tests.ui.finding import person, questions_of


def test_a_person_shows_work_manager_roles_and_accounts(visit: Visits, town: Town) -> None:
    malene = f"/person/{person(town, 'Malene Mark')}"
    page, questions = questions_of(visit, "administrator", malene, language="en")
    expect(page.get_by_role("heading", level=1)).to_have_text("Malene Mark")
    work = page.get_by_role("article")
    expect(work).to_contain_text("Skoleleder")
    expect(work).to_contain_text("Manages the unit in person. The nearest manager was therefore found in")
    expect(page.get_by_text("Leder Havneskolen")).to_be_visible()
    expect(page.get_by_role("strong").filter(has_text="malema")).to_be_visible()
    assert sorted(questions) == ["AccountsOf", "Logins", "Me", "Person"]
    require_accessible(page)


def test_private_data_is_hidden_until_somebody_says_why(visit: Visits, town: Town) -> None:
    whose = person(town, "Theo Toft")
    page = visit("administrator", f"/person/{whose}")
    page.get_by_role("button", name="Vis private oplysninger").click()
    expect(page.get_by_text("Hjemmeadresse")).to_have_count(0)
    page.get_by_label("Hvorfor har du brug for dem?").fill("Brev til hjemmet")
    require_accessible(page)
    page.get_by_role("button", name="Vis", exact=True).click()
    expect(page.get_by_text("Hjemmeadresse")).to_be_visible()
    page.get_by_role("button", name="Skjul igen").click()
    expect(page.get_by_text("Hjemmeadresse")).to_have_count(0)
    since, found, left = datetime.now(UTC) - timedelta(minutes=10), [], 120
    while not found and left:  # the log is written twice a second
        page.wait_for_timeout(500)
        found = [each for each in reads(town.driver, Asked(since, datetime.now(UTC), person=whose)) if each.reason]
        left -= 1
    assert found[0].reason == "Brev til hjemmet" and "private" in found[0].groups


def test_a_value_is_set_by_hand_taken_back_and_in_the_log(visit: Visits, town: Town) -> None:
    page = visit("administrator", f"/person/{person(town, 'Theo Toft')}")
    page.get_by_role("heading", name="Hvor oplysningerne kommer fra").click()
    page.get_by_role("button", name="Ret Fornavn").click()
    page.get_by_role("textbox", name="Fornavn").fill("Theodor")
    page.get_by_role("textbox", name="Hvorfor?").fill("Kaldes sådan")
    page.get_by_role("button", name="Se, hvad der følger").click()
    expect(page.get_by_text("Ingen får en anden leder")).to_be_visible()
    require_accessible(page)
    page.get_by_role("button", name="Gennemfør").click()
    expect(page.get_by_text("Fornavn er Theodor fra")).to_be_visible()
    page.get_by_role("button", name="Fortryd").click()
    expect(page.get_by_text("Det er taget tilbage.")).to_be_visible()
    page.get_by_role("heading", name="Ændringslog").click()
    expect(page.get_by_text("Begrundelse: Fortrudt: Kaldes sådan").first).to_be_visible()
    expect(page.get_by_role("link", name="Olga Olesen").first).to_be_visible()


def test_a_manager_sees_a_person_without_what_she_may_not_read(visit: Visits, town: Town) -> None:
    page = visit("manager", f"/person/{person(town, 'Theo Toft')}")
    expect(page.get_by_role("article")).to_contain_text("Havneskolen")
    expect(page.get_by_role("button", name="Vis private oplysninger")).to_have_count(0)
    expect(page.get_by_role("heading", name="Hvor oplysningerne kommer fra")).to_have_count(0)
    require_accessible(page)


def test_a_stop_has_a_reason_and_a_day_and_another_person_ends_it(visit: Visits, town: Town) -> None:
    whose, until = person(town, "Theo Toft"), str(today() + timedelta(days=30))
    page = visit("administrator", f"/person/{whose}")
    page.get_by_role("button", name="STOP", exact=True).click()
    page.get_by_label("Til hvilken dag?").fill(until)
    page.get_by_label("Hvorfor?").fill("Bortvist")
    page.get_by_role("button", name="Se, hvad der følger").click()
    require_accessible(page)
    page.get_by_role("button", name="Gennemfør").click()
    expect(page.get_by_text("Theo Toft er stoppet.")).to_be_visible()
    page.get_by_role("button", name="Luk", exact=True).click()
    expect(page.get_by_text("Personen er stoppet til")).to_be_visible()
    visit.expect(page, "400")
    begin_to_end_stop(page)
    expect(page.get_by_role("alert")).to_contain_text("Det skal en anden gøre.")
    other = visit("HR", f"/person/{whose}")
    begin_to_end_stop(other)
    other.get_by_role("button", name="Gennemfør").click()
    expect(other.get_by_text("Theo Toft er ikke længere stoppet.")).to_be_visible()


def begin_to_end_stop(page: Page) -> None:
    page.get_by_role("button", name="Ophæv STOP").click()
    page.get_by_label("Hvorfor?").fill("Sagen er lukket")
    page.get_by_role("button", name="Se, hvad der følger").click()


def test_an_erasure_says_what_it_is_and_takes_two(visit: Visits, town: Town) -> None:
    page = visit("administrator", f"/person/{person(town, 'Theo Toft')}", language="en")
    page.get_by_role("button", name="Erase the person").click()
    expect(page.get_by_text("It cannot be undone.")).to_be_visible()
    require_accessible(page)
    manager = visit("manager", f"/person/{person(town, 'Theo Toft')}")
    expect(manager.get_by_role("heading", name="Roller og ansvar")).to_be_visible()
    expect(manager.get_by_role("heading", name="Indgreb")).to_have_count(0)
