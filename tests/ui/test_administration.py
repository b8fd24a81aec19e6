"""What administrators look at: one source, one target, KLE, tokens, reads, settings; and what nobody answers for."""

from datetime import timedelta

import pytest
from playwright.sync_api import expect

from api.access.tokens import create
from graph.runs.brakes import keep_stopped
from graph.time import today
from tests.ui.addresses import require_address
from tests.ui.axe import require_accessible
from tests.ui.conftest import Town, Visits
from tests.ui.finding import ask, unit

_GIVE = """
mutation($unit: ID!, $from: Date!, $to: Date!) {
  createAssignment(holder: {employment: "f_login_malene_job"}, role: "administrator", units: [{unit: $unit}],
                   about: ["system:ad_pilot"], from: $from, to: $to, reason: "Prøve") { uuid }
}
"""
_TAKE_BACK = """
mutation($made: ID!) { changeAssignment(assignment: $made, withdraw: true, reason: "Prøve") { uuid } }
"""


def test_a_source_and_a_target_have_a_page_each(visit: Visits, town: Town) -> None:
    brake = keep_stopped(town.driver, "export:plan2learn", "a-run", "0f1e2d3c4b5a6978", ["9 people would end"], None)
    page = visit("administrator", "/sources")
    page.get_by_role("link", name="KMD Opus").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("KMD Opus")
    expect(page.get_by_role("heading", name="Seneste kørsler")).to_be_visible()
    expect(page.get_by_role("heading", name="Afviste og tvivlsomme poster")).to_be_visible()
    require_accessible(page)
    page.get_by_role("link", name="Kilder og aftagere").last.click()
    page.get_by_role("link", name="plan2learn").click()
    expect(page.get_by_text("9 people would end")).to_be_visible()
    page.get_by_role("combobox", name="Vis").select_option("DRIFT")
    expect(page.get_by_text("Intet passer.")).to_be_visible()
    require_address(page, "/sources/target/plan2learn?state=DRIFT")
    require_accessible(page)
    town.driver.execute_query("MATCH (b:Brake {id: $id}) DETACH DELETE b", id=brake)


@pytest.mark.parametrize(("language", "ended", "none"), [
    ("da", "Udgået, men i brug", "Intet KLE-nummer i brug er udgået."),
    ("en", "Ended, but in use", "No KLE number in use has ended."),
])  # fmt: skip
def test_kle_shows_what_ended_and_is_in_use(visit: Visits, language: str, ended: str, none: str) -> None:
    page = visit("HR", "/kle", language=language)
    expect(page.get_by_role("heading", name=ended)).to_be_visible()
    expect(page.get_by_text(none)).to_be_visible()
    require_accessible(page)


def test_tokens_and_settings_are_shown_to_who_looks_after_the_service(visit: Visits, town: Town) -> None:
    name = f"intranet {town.url.rpartition(':')[2]}"
    create(town.driver, name, ["reader"], fields=["contact"])
    caller = f"forms {town.url.rpartition(':')[2]}"
    create(town.driver, caller, ["hr"])
    town.driver.execute_query("MATCH (t:Token {name: $name}) SET t.processes = ['hire']", name=caller)
    page = visit("administrator", "/access")
    page.get_by_role("heading", name="Programmer med adgang").click()
    row = page.get_by_role("row").filter(has_text=name)
    expect(row).to_contain_text("Gyldig")
    expect(row).to_contain_text("arbejdstelefon og e-mail")
    of_webhooks = page.get_by_role("row").filter(has_text=caller)
    expect(of_webhooks).to_contain_text("Kun webhooks for hire")
    expect(of_webhooks).not_to_contain_text("hele organisationen", ignore_case=True)
    require_accessible(page)
    page.get_by_role("link", name="Indstillinger").click()
    row = page.get_by_role("row").filter(has_text="redis.url")
    expect(row).to_contain_text("RECONNECT__REDIS__URL")
    expect(page.get_by_role("row").filter(has_text="neo4j.password")).to_contain_text("•••")
    require_accessible(page)
    town.driver.execute_query("MATCH (t:Token) WHERE t.name IN $names DETACH DELETE t", names=[name, caller])
    other = visit("HR", "/settings")
    visit.expect(other, "400")
    expect(other.get_by_role("alert")).to_contain_text("Det har du ikke ret til.")


def test_what_nobody_answers_for_leads_to_who_can_be_appointed(visit: Visits, town: Town) -> None:
    page = visit("administrator", "/vacancies?days=1", language="en")
    expect(page.get_by_text("Every responsibility has a holder all the time.")).to_be_visible()
    require_accessible(page)
    ended = {"unit": unit(town, "Havneskolen"), "from": str(today() - timedelta(days=9)), "to": str(today())}
    made = ask(page, _GIVE, ended)["createAssignment"]["uuid"]
    page.reload()
    row = page.get_by_role("row").filter(has_text="Havneskolen")
    expect(row).to_contain_text("now")
    require_accessible(page)
    row.get_by_role("link", name="Appoint somebody").click()
    expect(page.get_by_role("region", name="Give a role")).to_be_visible()
    ask(page, _TAKE_BACK, {"made": made})
