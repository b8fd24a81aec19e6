"""The start page: where a login leads, and what it shows to whom."""

from datetime import timedelta

import pytest
from playwright.sync_api import expect

from graph.runs.brakes import keep_stopped
from graph.time import today
from tests.ui.axe import require_accessible
from tests.ui.conftest import Town, Visits
from tests.ui.finding import ask, person, questions_of

ABSENT = """
mutation($person: ID!, $from: Date!, $to: Date!) {
  setAbsence(person: $person, absent: true, from: $from, to: $to, reason: "Prøve") { uuid }
}
"""
PRESENT = """
mutation($person: ID!, $from: Date!) {
  releaseValue(kind: Person, thing: $person, property: "absent", from: $from, reason: "Prøve") { uuid }
}
"""


@pytest.mark.parametrize(("language", "title"), [("da", "Hej"), ("en", "Hello")])
def test_a_login_leads_to_the_start_page(visit: Visits, language: str, title: str) -> None:
    page = visit("HR", language=language)
    expect(page.get_by_role("heading", level=1)).to_have_text(f"{title} Hanne Hede")
    require_accessible(page)


def test_a_person_without_rights_learns_which_and_who_gives_them(visit: Visits) -> None:
    page = visit("teaching assistant without AD")
    visit.expect(page, "400")
    refusal = page.get_by_role("alert")
    expect(refusal).to_contain_text("systemrollerne")
    expect(refusal.get_by_role("listitem")).to_have_text(["Hanne Hede"])
    require_accessible(page)


def test_it_shows_what_waits_and_what_changed_with_three_questions(visit: Visits, town: Town) -> None:
    brake = keep_stopped(town.driver, "opus", "run-of-a-test", "00112233445566aa", ["9 employments would end"], None)
    page, questions = questions_of(visit, "administrator", "/")
    waits = page.locator("section", has=page.get_by_role("heading", name="Det venter"))
    expect(waits).to_contain_text("stoppet af bremsen")
    expect(page.get_by_role("heading", name="Folk, der kommer og går")).to_be_visible()
    expect(page.get_by_role("heading", name="Det er ændret")).to_be_visible()
    expect(page.locator("section", has=page.get_by_role("heading", name="Min enhed"))).to_contain_text("HR-partnere")
    assert sorted(questions) == ["Me", "Own", "People", "Waiting"], "three questions, and the frame's"
    require_accessible(page)
    waits.get_by_role("link", name="stoppet af bremsen").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Kilder og aftagere")
    town.driver.execute_query("MATCH (b:Brake {id: $id}) DETACH DELETE b", id=brake)


@pytest.mark.parametrize(("language", "mine", "away"), [
    ("da", "Mine folk", "Fraværende nu"), ("en", "My people", "Away now"),
])  # fmt: skip
def test_a_manager_sees_who_is_away(visit: Visits, town: Town, language: str, mine: str, away: str) -> None:
    theo = person(town, "Theo Toft")
    office = visit("administrator")
    expect(office.get_by_role("heading", level=1)).to_contain_text("Olga")
    ask(office, ABSENT, {"person": theo, "from": str(today()), "to": str(today() + timedelta(days=60))})
    page = visit("manager", language=language)
    people = page.locator("section", has=page.get_by_role("heading", name=mine))
    group = people.locator("section", has=page.get_by_role("heading", name=away))
    expect(group).to_contain_text("Theo Toft")
    expect(page.get_by_role("heading", name="Det venter")).to_have_count(0)
    require_accessible(page)
    ask(office, PRESENT, {"person": theo, "from": str(today())})
    page.reload()
    expect(people).not_to_contain_text("Theo Toft")
