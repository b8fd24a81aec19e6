"""A reorganisation is written as a plan, looked at, approved by somebody else, and withdrawn."""

import re
from datetime import timedelta

from playwright.sync_api import expect

from graph.time import today
from tests.ui.axe import require_accessible
from tests.ui.conftest import Town, Visits
from tests.ui.finding import ask

OTHER = """
mutation($name: String!, $day: Date!) { createPlan(name: $name, day: $day, reason: "En anden vej",
  changes: [{mutation: "createUnit", arguments: "{\\"name\\": \\"Vikarer\\"}"}]) { id } }
"""
MOVE_DAY = 'mutation($plan: String!, $day: Date!) { changePlan(plan: $plan, day: $day, reason: "En anden dag") { id } }'


def test_a_plan_is_written_looked_at_approved_and_withdrawn(visit: Visits, town: Town) -> None:
    name = f"Ny vikarordning {town.url.rpartition(':')[2]}"
    page = visit("administrator", "/plans")
    page.get_by_role("button", name="Lav en plan").click()
    page.get_by_label("Planens navn").fill(name)
    page.get_by_label("Hvorfor?").fill("Vikarer samles")
    page.get_by_label("Hvad skal ændres?").select_option("Opret en enhed")
    page.get_by_label("Navn", exact=True).fill("Vikarer")
    page.get_by_role("searchbox", name="Hører under").fill("Havneskolen")
    page.get_by_role("group", name="Hører under").get_by_role("button").filter(has_text="Havneskolen").first.click()
    page.get_by_role("button", name="Tilføj", exact=True).click()
    page.get_by_label("Hvad skal ændres?").select_option("Omdøb en enhed")
    page.get_by_role("button", name=re.compile("^Vikarer")).click()
    page.get_by_label("Nyt navn").fill("Vikarkorps")
    require_accessible(page)
    page.get_by_role("button", name="Tilføj", exact=True).click()
    expect(page.get_by_text("Andre ændringer bygger på den.")).to_be_visible()
    page.get_by_role("button", name="Gem planen").click()
    expect(page.get_by_role("heading", level=1)).to_have_text(name)
    expect(page.get_by_text("Opret Vikarer under Havneskolen")).to_be_visible()
    expect(page.get_by_text("Omdøb Vikarer til Vikarkorps")).to_be_visible()
    expect(page.get_by_text("en anden skal godkende den")).to_be_visible()
    page.get_by_role("button", name="Se, hvad der følger").click()
    expect(page.get_by_role("status").filter(has_text="Det berører")).to_be_visible()
    require_accessible(page)

    other_way = {"name": f"En anden vej {town.url.rpartition(':')[2]}", "day": str(today() + timedelta(days=1))}
    ask(page, OTHER, other_way)
    page.get_by_role("heading", name="Sammenlign med en anden plan").click()
    page.get_by_label("Den anden plan").select_option(index=1)
    expect(page.get_by_role("heading", name="Følger kun af denne plan")).to_be_visible()
    require_accessible(page)

    later = str(today() + timedelta(days=40))
    page.get_by_role("button", name="Ret planen").click()
    page.get_by_label("Hvorfor?").fill("Kun en anden grund")
    ask(page, MOVE_DAY, {"plan": page.url.rpartition("/")[2], "day": later})
    page.get_by_role("link", name="Planlagte omlægninger").click()
    page.get_by_role("link", name=name).click()
    page.get_by_role("button", name="Ret planen").click()
    expect(page.get_by_label("Hvorfor?"), "the draft stays").to_have_value("Kun en anden grund")
    page.get_by_role("button", name="Gem planen").click()
    expect(page.get_by_role("alert"), "it would undo the other day").to_contain_text("En anden kom først.")
    page.get_by_role("button", name="Begynd med planen, som den er nu").click()
    expect(page.get_by_label("Gennemføres den")).to_have_value(later)
    page.get_by_label("Planens navn").fill(f"{name}, rettet")
    latest = str(today() + timedelta(days=41))
    ask(page, MOVE_DAY, {"plan": page.url.rpartition("/")[2], "day": latest})
    page.get_by_role("button", name="Gem planen").click()
    overtaken = page.get_by_role("group", name="En anden har ændret planen, siden du begyndte")
    expect(overtaken.get_by_role("listitem")).to_have_count(2)
    expect(page.get_by_role("button", name="Gem planen")).to_be_disabled()
    require_accessible(page)
    overtaken.get_by_role("button", name="Behold det, der står her").click()
    page.get_by_role("button", name="Gem planen").click()
    expect(page.get_by_role("heading", level=1)).to_have_text(f"{name}, rettet")

    other = visit("HR", "/plans")
    other.get_by_role("link", name=name).click()
    expect(other.get_by_text("Du kan ikke godkende den"), "HR makes no units").to_contain_text("organisation")
    expect(other.get_by_role("button", name="Godkend planen")).to_have_count(0)

    second = visit("organisation consultant", "/plans")
    second.get_by_role("link", name=name).click()
    second.get_by_role("button", name="Godkend planen").click()
    second.get_by_label("Hvorfor?").fill("Det er aftalt")
    ask(page, MOVE_DAY, {"plan": page.url.rpartition("/")[2], "day": latest})
    second.get_by_role("button", name="Godkend planen").click()
    expect(second.get_by_role("alert"), "it is not the plan that was shown").to_contain_text("En anden kom først.")
    second.get_by_role("button", name="Godkend planen").click()
    expect(second.get_by_text("Den gennemføres af sig selv")).to_be_visible()
    second.get_by_role("button", name="Opgiv planen").click()
    second.get_by_label("Hvorfor?").fill("Alligevel ikke")
    second.get_by_role("button", name="Opgiv planen").click()
    expect(second.get_by_text("Opgivet")).to_be_visible()
