"""A unit is made below another, gets KLE numbers, and ends."""

from datetime import timedelta

from playwright.sync_api import expect

from graph.time import today
from tests.ui.axe import require_accessible
from tests.ui.conftest import Town, Visits
from tests.ui.finding import ask, unit
from tests.ui.test_roles import carry_out, take_back


def test_a_unit_is_created_tagged_and_ended(visit: Visits, town: Town) -> None:
    name = f"Vikarteam {town.url.rpartition(':')[2]}"
    page = visit("administrator", f"/organisation/{unit(town, 'Havneskolen')}")
    page.get_by_role("button", name="Opret en enhed her").click()
    page.get_by_label("Navn", exact=True).fill(name)
    page.get_by_label("Hvorfor?").fill("Nyt team")
    require_accessible(page)
    carry_out(page)
    expect(page.get_by_text(f"{name} findes fra")).to_be_visible()
    page.get_by_role("button", name="Luk", exact=True).click()
    page.get_by_role("main").get_by_role("listitem").get_by_role("link", name=name).click()
    expect(page.get_by_role("heading", level=1)).to_have_text(name)
    page.get_by_role("button", name="Sæt KLE").click()
    performed = page.get_by_role("group", name="Udfører")
    performed.get_by_role("searchbox").fill("27.12")
    performed.get_by_role("button").filter(has_text="27.12").first.click()
    page.get_by_label("Hvorfor?").fill("Teamets opgave")
    require_accessible(page)
    carry_out(page)
    take_back(page)
    page.get_by_role("button", name="Nedlæg", exact=True).click()
    page.get_by_label("Fra hvilken dag?").fill(str(today() + timedelta(days=1)))
    page.get_by_label("Hvorfor?").fill("Alligevel ikke")
    carry_out(page)
    expect(page.get_by_text("Nedlægges")).to_be_visible()


_TAG = """
mutation($unit: ID!, $from: Date!) {
  setValue(kind: Unit, thing: $unit, property: "tags", texts: ["Løn, ferie", "Skole"], from: $from, reason: "Prøve") {
    uuid
  } }
"""


def test_a_tag_with_a_comma_stays_one_tag_when_tags_are_changed(visit: Visits, town: Town) -> None:
    school = unit(town, "Strandskolen")
    page = visit("administrator", f"/organisation/{school}")
    ask(page, _TAG, {"unit": school, "from": str(today())})
    page.reload()
    expect(page.locator(".badge").get_by_text("Løn, ferie", exact=True)).to_be_visible()
    page.get_by_text("Hvor oplysningerne kommer fra").click()
    page.get_by_role("button", name="Ret Mærkater").click()
    expect(page.get_by_role("textbox", name="Mærkater")).to_have_value("Løn, ferie\nSkole")
