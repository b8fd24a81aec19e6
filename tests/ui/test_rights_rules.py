"""What rights are made of: looked at, made and limited; and what people say of them."""

from datetime import timedelta

import pytest
from playwright.sync_api import expect

from graph.time import today
from tests.ui.axe import require_accessible
from tests.ui.conftest import Town, Visits
from tests.ui.finding import questions_of
from tests.ui.test_roles import carry_out, choose

_FORGET = """
MATCH (n:Grant|ConstraintSetting|Attestation)
WHERE n.key = $key OR n.round = $key OR EXISTS { (n)-[:OF]->(:Grant {key: $key}) }
OPTIONAL MATCH (n)-[:STATE]->(state)
OPTIONAL MATCH (record:SourceRecord)-[:TELLS]->(n)
DETACH DELETE n, state, record
"""


@pytest.mark.parametrize(("language", "title", "many"), [
    ("da", "Tildelinger og systemroller", "Systemroller"), ("en", "Grants and system roles", "System roles"),
])  # fmt: skip
def test_rights_are_listed_and_each_has_a_page(visit: Visits, language: str, title: str, many: str) -> None:
    page, questions = questions_of(visit, "HR", "/rights?show=SystemRole", language=language)
    expect(page.get_by_role("heading", level=1)).to_have_text(title)
    assert sorted(questions) == ["Me", "RightsRules"]
    roles = page.get_by_role("region", name=many, exact=True)
    roles.get_by_role("link").first.click()
    expect(page.get_by_text("URI")).to_be_visible()
    page.get_by_role("heading", name="Hvem har den?" if language == "da" else "Who holds it?").click()
    require_accessible(page)


def test_a_grant_is_made_limited_and_ended(visit: Visits, town: Town) -> None:
    key = f"proeve{town.url.rpartition(':')[2]}"
    page = visit("HR", "/rights")
    page.get_by_role("button", name="Ny tildeling").click()
    form = page.get_by_role("region", name="Ny tildeling")
    form.get_by_label("Titel").fill("Tildeling til prøve")
    form.get_by_label("Nøgle").fill(key)
    form.get_by_label("Giver").select_option(index=1)
    whom = form.get_by_role("group", name="Til", exact=True)
    whom.get_by_role("combobox").select_option("Leder")
    expect(whom.get_by_role("listitem")).to_contain_text("Leder")
    whom.get_by_role("button", name="Fjern Leder").click()
    whom.get_by_role("searchbox").fill("theo toft")
    whom.get_by_role("button", name="Theo Toft").first.click()
    form.get_by_label("Hvorfor?").fill("Prøve")
    require_accessible(page)
    carry_out(page)
    expect(page.get_by_text("Tildeling til prøve er oprettet.")).to_be_visible()
    page.get_by_role("button", name="Luk", exact=True).click()
    page.get_by_role("searchbox", name="Vis kun").fill("Tildeling til prøve")
    page.get_by_role("region", name="Tildelinger").get_by_role("link", name="Tildeling til prøve").click()
    expect(page.get_by_role("link", name="Theo Toft")).to_be_visible()
    page.get_by_role("button", name="Ret, hvem den gælder for").click()
    excepted = page.get_by_role("group", name="Undtagen")
    excepted.get_by_role("combobox").select_option("Leder")
    page.get_by_label("Hvorfor?").fill("Ikke lederne")
    carry_out(page)
    expect(page.get_by_text("Det gælder fra")).to_be_visible()
    page.get_by_role("button", name="Luk", exact=True).click()
    page.get_by_role("button", name="Sæt en dataafgrænsning").click()
    expect(page.get_by_label("Afledte værdier")).to_be_visible()
    require_accessible(page)
    page.get_by_role("button", name="Luk uden at gemme").click()
    page.get_by_role("button", name="Ret, hvornår den slutter").click()
    page.locator("label", has_text="Slutter").locator("input").fill(str(today() + timedelta(days=30)))
    page.get_by_label("Hvorfor?").fill("Kun en måned")
    carry_out(page)
    expect(page.get_by_role("status").filter(has_text="Den slutter")).to_be_visible()
    town.driver.execute_query(_FORGET, key=key)


def test_rights_are_attested_and_found_what_to_look_at(visit: Visits, town: Town) -> None:
    key = f"Runde {town.url.rpartition(':')[2]}"
    page, questions = questions_of(visit, "HR", "/rights/care")
    expect(page.get_by_role("heading", level=1)).to_have_text("Pleje af rettigheder")
    assert sorted(questions) == ["Me", "RightsCare"]
    page.get_by_role("button", name="Start en attestation").click()
    page.get_by_label("Attestation af").select_option("en person")
    page.get_by_label("Rundens navn").fill(key)
    choose(page, "Person", "frida frost", "Frida Frost")
    page.get_by_label("Hvorfor?").fill("Hvert halve år")
    require_accessible(page)
    carry_out(page)
    expect(page.get_by_text(f"Runden {key} er startet.")).to_be_visible()
    rounds = page.get_by_role("article").filter(has_text=key)
    expect(rounds.first).to_be_visible()
    count, asked = rounds.count(), rounds.first
    asked.get_by_role("button", name="Stadig nødvendig").click()
    asked.get_by_label("Hvorfor?").fill("Hun sidder i receptionen")
    asked.get_by_role("button", name="Stadig nødvendig").click()
    expect(rounds).to_have_count(count - 1)
    page.get_by_role("heading", name="Det bør ses efter").click()
    found = page.get_by_role("columnheader", name="Forklaring")
    expect(found.or_(page.get_by_text("Der er intet at se efter."))).to_be_visible()
    require_accessible(page)
    town.driver.execute_query(_FORGET, key=key)
