"""An open page stays true: what somebody else changes is shown without a reload, but not under an open form."""

from playwright.sync_api import expect

from graph.time import today
from tests.ui.conftest import Town, Visits
from tests.ui.finding import ask, unit

_SET = """
mutation($unit: ID!, $from: Date!, $value: String) {
  setValue(kind: Unit, thing: $unit, property: "phone", value: $value, from: $from, reason: "Prøve") { uuid } }
"""
_RELEASE = """
mutation($unit: ID!, $from: Date!) {
  releaseValue(kind: Unit, thing: $unit, property: "phone", from: $from, reason: "Prøve") { uuid } }
"""
_TRIES = 24
_WAIT = 5_000
"""Milliseconds for a change that is made before the page follows the log: then the next one is seen."""


def test_what_others_change_is_shown_but_not_under_an_open_form(visit: Visits, town: Town) -> None:
    school = {"unit": unit(town, "Strandskolen"), "from": str(today())}
    page = visit("administrator", f"/organisation/{school['unit']}")
    expect(page.get_by_role("heading", level=1)).to_have_text("Strandskolen")
    seen = page.get_by_text("Det er læst igen.")
    for number in range(_TRIES):
        ask(page, _SET, {**school, "value": f"700000{number:02}"})
        try:
            expect(seen).to_be_visible(timeout=_WAIT)
            break
        except AssertionError:
            continue
    expect(page.locator("a[href^='tel:700000']")).to_be_visible()
    page.get_by_role("button", name="Omdøb").click()
    ask(page, _SET, {**school, "value": "70999999"})
    expect(page.get_by_text("Det læses igen, når formularen er lukket.")).to_be_visible()
    expect(page.locator("a[href='tel:70999999']")).to_have_count(0)
    page.get_by_role("button", name="Luk uden at gemme").click()
    expect(page.locator("a[href='tel:70999999']")).to_be_visible()
    ask(page, _RELEASE, school)
