"""Account rules, names and exceptions: what each would do is seen while it is written."""

from datetime import timedelta

import pytest
from playwright.sync_api import Page, expect

from graph.time import today
from tests.ui.axe import require_accessible
from tests.ui.conftest import Town, Visits
from tests.ui.finding import person, questions_of
from tests.ui.test_roles import carry_out, take_back

_FORGET = """
MATCH (n:AccountRule|AccountException|AccountRequest)
WHERE n.key = $key OR n.reason = $key OR n.login = $key
OPTIONAL MATCH (n)-[:STATE]->(state)
OPTIONAL MATCH (record:SourceRecord)-[:TELLS]->(n)
DETACH DELETE n, state, record
"""


def key_of(town: Town) -> str:
    """A name that no other run has given."""
    return f"proeve{town.url.rpartition(':')[2]}"


@pytest.mark.parametrize(("language", "title"), [("da", "Ny kontoregel"), ("en", "New account rule")])
def test_what_a_rule_would_do_is_seen_while_it_is_written(visit: Visits, town: Town, language: str, title: str) -> None:
    page, questions = questions_of(visit, "HR", "/accounts/rules/new", language=language)
    expect(page.get_by_role("heading", level=1)).to_have_text(title)
    assert sorted(questions) == ["Me", "RuleChoices"]
    english = language == "en"
    live = page.get_by_role("group", name="What the rule would do" if english else "Det ville reglen gøre")
    expect(live).to_contain_text("once the key and the system" if english else "når nøgle og system er udfyldt")
    page.get_by_label("Title" if english else "Titel").fill("Prøve")
    page.get_by_role("textbox", name="Key" if english else "Nøgle").fill(key_of(town))
    page.get_by_label("IT system" if english else "It-system").select_option("mail")
    expect(live.get_by_role("status")).to_contain_text("Would get an account:" if english else "Får en konto:")
    require_accessible(page)


def test_a_rule_is_made_changed_copied_and_ended(visit: Visits, town: Town) -> None:
    key = key_of(town)
    title = f"Regel {key}"
    page = visit("HR", "/accounts/rules/new")
    page.get_by_label("Titel").fill(title)
    page.get_by_label("Nøgle").fill(key)
    page.get_by_label("It-system").select_option("mail")
    page.get_by_label("Betingelse").fill("employment.typ == 'x'")
    live = page.get_by_role("group", name="Det ville reglen gøre")
    visit.expect(page, "400")
    expect(live.get_by_role("alert"), "the condition names what there is not").to_contain_text("typ")
    page.get_by_label("Betingelse").fill("employment.type == 'none such'")
    expect(live.get_by_role("status")).to_contain_text("Får en konto: 0.")
    page.get_by_label("Hvorfor?").fill("Prøve")
    carry_out(page)
    expect(page.get_by_text(f"Reglen {title} gælder fra")).to_be_visible()
    page.get_by_role("button", name="Luk", exact=True).click()
    page.get_by_role("link", name=title).click()
    expect(page.get_by_role("heading", level=1)).to_have_text(title)
    expect(page.get_by_text("employment.type == 'none such'")).to_be_visible()
    expect(page.get_by_text("Reglen giver ingen konti på den viste dag.")).to_be_visible()
    require_accessible(page)
    page.get_by_role("heading", name="Hvor oplysningerne kommer fra").click()
    page.get_by_role("button", name="Ret Virkning").click()
    page.get_by_role("combobox", name="Virkning").select_option("Giver ingen konto")
    page.get_by_label("Hvorfor?").fill("Den skal holde igen")
    carry_out(page)
    expect(page.get_by_text("Virkning er Giver ingen konto fra")).to_be_visible()
    take_back(page)
    page.get_by_role("button", name="Ret, hvornår den slutter").click()
    page.locator("label", has_text="Slutter").locator("input").fill(str(today() + timedelta(days=30)))
    page.get_by_label("Hvorfor?").fill("Ikke længere brug for den")
    require_accessible(page)
    carry_out(page)
    expect(page.get_by_text("Reglen slutter")).to_be_visible()
    take_back(page)
    page.get_by_role("button", name="Lav en kopi").click()
    page.get_by_label("Nøgle").fill(f"{key}b")
    page.get_by_label("Hvorfor?").fill("Også den")
    page.get_by_role("button", name="Se, hvad der følger").click()
    expect(page.get_by_text("Ingen får en anden leder")).to_be_visible()
    town.driver.execute_query(_FORGET, key=key)


def test_names_are_tried_while_a_policy_is_written(visit: Visits) -> None:
    page, questions = questions_of(visit, "HR", "/accounts/names")
    expect(page.get_by_role("heading", level=1)).to_have_text("Navnepolitikker")
    assert sorted(questions) == ["Me", "NamePolicies"]
    page.get_by_role("button", name="Ny navnepolitik").click()
    form = page.get_by_role("region", name="Ny navnepolitik")
    form.get_by_label("Titel").fill("Prøve")
    form.get_by_label("Nøgle").fill("proeve")
    form.get_by_label("Mønstre for brugernavn").fill("qx{given:2}{last:2}\nqx{given:3}{last:3}")
    tried = form.get_by_role("group", name="Hvad ville den næste hedde?")
    tried.get_by_label("Fornavn").fill("Anna")
    tried.get_by_label("Efternavn").fill("Berg")
    tried.get_by_role("button", name="Prøv").click()
    expect(tried.get_by_role("status")).to_contain_text("qxanbe")
    require_accessible(page)
    form.get_by_label("Hvorfor?").fill("Prøve")
    form.get_by_role("button", name="Se, hvad der følger").click()
    expect(page.get_by_text("Ingen får en anden leder")).to_be_visible()


def test_an_exception_shows_what_it_opens_and_its_end_is_changed(visit: Visits, town: Town) -> None:
    reason, whose = f"Undtagelse {key_of(town)}", person(town, "Theo Toft")
    page = visit("HR", f"/person/{whose}")
    open_extra(page)
    page.get_by_role("button", name="Ny undtagelse").click()
    page.get_by_label("Hvad gør den?").select_option("Har en konto")
    page.get_by_label("It-system").select_option("Active Directory, to kontorer")
    page.get_by_label("Til hvilken dag?").fill(str(today() + timedelta(days=30)))
    page.get_by_label("Hvorfor?").fill(reason)
    expect(page.get_by_role("status").filter(has_text="åbner")).to_be_visible()
    require_accessible(page)
    carry_out(page)
    expect(page.get_by_text("Undtagelsen for")).to_be_visible()
    page.goto(f"{town.url}/accounts/exceptions")
    own = page.get_by_role("article").filter(has_text=reason)
    expect(own.locator(f"a[href='/person/{whose}']")).to_be_visible()
    own.get_by_role("button", name="Ret slutdagen").click()
    own.get_by_label("Til hvilken dag?").fill(str(today() + timedelta(days=10)))
    own.get_by_label("Hvorfor?").fill("Den er ikke nødvendig så længe")
    require_accessible(page)
    own.get_by_role("button", name="Se, hvad der følger").click()
    own.get_by_role("button", name="Gennemfør").click()
    expect(own.get_by_text("Undtagelsen slutter")).to_be_visible()
    town.driver.execute_query(_FORGET, key=reason)


def test_an_extra_account_is_asked_for_on_the_page_of_a_person(visit: Visits, town: Town) -> None:
    login = f"extra{key_of(town)}"[:20]
    page = visit("administrator", f"/person/{person(town, 'Theo Toft')}")
    open_extra(page)
    expect(page.get_by_role("button", name="Giv en ekstra konto")).to_have_count(0)
    page.get_by_role("button", name="Bed om en ekstra konto").click()
    page.get_by_label("It-system").select_option("mail")
    page.get_by_label("Brugernavn").fill(login)
    page.get_by_label("Til hvilken dag?").fill(str(today() + timedelta(days=30)))
    page.get_by_label("Hvorfor?").fill("Drift")
    require_accessible(page)
    carry_out(page)
    expect(page.get_by_text(f"Anmodningen om {login} venter på en afgørelse.")).to_be_visible()
    expect(page.get_by_role("listitem").filter(has_text=login)).to_contain_text("Venter på en afgørelse")
    town.driver.execute_query(_FORGET, key=login)


def open_extra(page: Page) -> None:
    page.get_by_role("heading", name="Særlige konti og undtagelser").click()
