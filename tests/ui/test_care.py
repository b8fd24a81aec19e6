"""The pages for those who look after data, sources, accounts and access."""

import pytest
from playwright.sync_api import expect

from graph.change_log import Origin
from graph.runs.brakes import keep_stopped
from graph.statements.statement import By, DatedLink, DatedValue, Ref, Statement
from graph.time import Period
from graph.writing.graph_writer import GraphWriter
from tests.ui.axe import require_accessible
from tests.ui.conftest import Town, Visits


@pytest.mark.parametrize(("language", "all_in_order", "sources"), [
    ("da", "Alt, hvad kilderne har sendt, er på plads.", "Måske samme person"),
    ("en", "Everything that the sources have sent has its place.", "Perhaps the same person"),
])  # fmt: skip
def test_data_quality_is_one_list(visit: Visits, language: str, all_in_order: str, sources: str) -> None:
    page = visit("administrator", "/quality", language=language)
    expect(page.get_by_role("heading", name=sources)).to_be_visible()
    expect(page.get_by_text(all_in_order)).to_be_visible()
    require_accessible(page)


def test_a_stopped_run_is_shown_and_approved_by_two(visit: Visits, town: Town) -> None:
    brake = keep_stopped(town.driver, "opus", "run-of-a-test", "0123456789abcdef", ["12 employments would end"], None)
    page = visit("administrator", "/sources")
    stopped = page.get_by_role("article").filter(has_text=brake)
    expect(stopped).to_contain_text("12 employments would end")
    expect(page.get_by_role("heading", name="KMD Opus").first).to_be_visible()
    require_accessible(page)
    stopped.get_by_label("Hvorfor er det rigtigt?").fill("En skole lukker")
    stopped.get_by_role("button", name="Godkend").click()
    expect(stopped.get_by_role("alert")).to_contain_text("Det kræver to personer.")
    town.driver.execute_query("MATCH (b:Brake {id: $id}) DETACH DELETE b", id=brake)


def test_who_may_not_approve_reads_who_can(visit: Visits, town: Town) -> None:
    brake = keep_stopped(town.driver, "opus", "run-of-a-test", "fedcba9876543210", ["3 units would end"], None)
    page = visit("HR", "/sources")
    stopped = page.get_by_role("article").filter(has_text=brake)
    expect(stopped).to_contain_text("Det kan godkendes af dem, der har systemrollen Drift.")
    town.driver.execute_query("MATCH (b:Brake {id: $id}) DETACH DELETE b", id=brake)


@pytest.mark.parametrize(("language", "title", "gives"), [
    ("da", "Konti", "Giver konto"), ("en", "Accounts", "Gives an account"),
])  # fmt: skip
def test_accounts_show_what_comes_and_the_rules(visit: Visits, language: str, title: str, gives: str) -> None:
    page = visit("administrator", "/accounts", language=language)
    expect(page.get_by_role("heading", level=1)).to_have_text(title)
    expect(page.get_by_role("article").filter(has_text="HR-partnere")).to_contain_text(gives)
    require_accessible(page)


def test_a_sensitive_grant_is_approved_as_it_was_shown(visit: Visits, town: Town) -> None:
    def links(kind: str, name: str, by: By) -> tuple[DatedLink, ...]:
        return (DatedLink(Period(), Ref(kind, name, by)),)

    olga = town.driver.execute_query("MATCH (p:Person {name: 'Olga Olesen'}) RETURN p.uuid AS uuid").records[0]["uuid"]
    grant = Statement(
        "Grant",
        "of a test",
        exists=(Period(),),
        values={
            name: (DatedValue(Period(), each),) for name, each in (("key", "ui"), ("title", "Tildeling til prøve"))
        },
        links={"gives": links("SystemRole", "reconnect:auditor", "natural"), "given_to": links("Person", olga, "uuid")},
    )
    GraphWriter(town.driver, town.keyring).state("ui test", [grant], Origin("ui test"))
    page = visit("HR", "/access")
    page.get_by_role("button", name="Vis, hvad der venter").click()
    waiting = page.get_by_role("article").filter(has_text="Tildeling til prøve")
    waiting.get_by_role("button", name="Vis, hvad det giver").click()
    expect(waiting).to_contain_text("Personer, der har noget gennem det, når det er godkendt: 1")
    expect(waiting.get_by_role("link", name="Olga Olesen")).to_be_visible()
    expect(waiting).to_contain_text("ikke begrænset, da intet er sat for den")
    require_accessible(page)
    waiting.get_by_label("Hvorfor?").fill("Hun reviderer")
    waiting.get_by_role("button", name="Se, hvad der følger").click()
    waiting.get_by_role("button", name="Gennemfør").click()
    expect(waiting.get_by_role("status")).to_contain_text("Ændringen er godkendt, som den blev vist.")
    town.driver.execute_query("MATCH (g:Grant {key: 'ui'}) DETACH DELETE g")


def test_access_shows_sessions_and_who_holds_a_role(visit: Visits) -> None:
    page = visit("HR", "/access")
    expect(page.get_by_role("heading", name="Hvem der er logget ind")).to_be_visible()
    expect(page.get_by_role("link", name="Hanne Hede").first).to_be_visible()
    page.get_by_label("Systemrolle").select_option("HR")
    holder = page.get_by_role("listitem").filter(has_text="Olga Olesen").filter(has_text="Tildeling")
    expect(holder).to_contain_text("i hele organisationen")
    require_accessible(page)


def test_a_session_of_ones_own_is_ended(visit: Visits) -> None:
    page = visit("manager", "/access")
    page.get_by_role("button", name="Afslut").first.click()
    expect(page.get_by_text("Du er logget ud overalt.")).to_be_visible()
    visit.town.states.pop("manager")
