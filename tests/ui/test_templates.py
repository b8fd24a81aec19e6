"""The texts of a process: read, tried with examples, a case and a person, rewritten, and given back."""

from collections.abc import Iterator
from datetime import UTC, datetime

import pytest
from playwright.sync_api import Locator, Page, expect

from processes.cases import definitions, letters, own_texts, tasks
from processes.cases.service_work import carry_out_due
from processes.services import LETTER, OWN, Service
from processes.templates import Written
from tests.processes.engine.drawn import END, START, flow, process
from tests.ui.axe import require_accessible
from tests.ui.conftest import Town, Visits
from tests.ui.finding import person, unit
from tests.ui.test_tasks import choose

FORM = {"type": "object", "properties": {
    "unit": {"format": "unit", "title": "Hvor"}, "person": {"format": "person", "title": "Hvem"},
}}  # fmt: skip
TEXTS = {
    "hello.da.letter": "Subject: Velkommen til {{ unit.name }}\n\nKære {{ person.name }}\n\nVi glæder os.\n",
    "told.da.mail": "Subject: Ny kollega\n\nI {{ unit.name }}\n",
    "told.en.mail": "Subject: New colleague\n\nIn {{ unit.name }}\n",
}
FORGET = "MATCH (n:Process|ProcessVersion|ProcessText|Case|ServiceTask|CaseEntry|Letter) DETACH DELETE n"
ADDRESS = "/board/texts?process=greets&text=hello"


@pytest.fixture
def greets(town: Town) -> Iterator[Town]:
    town.driver.execute_query(FORGET)
    letter = '<extensionElements><reconnect:service name="letter" template="hello"/></extensionElements>'
    element = f'<serviceTask id="do" name="Write">{letter}</serviceTask>'
    drawn = process(START, element, END, flow("start", "do", "end"), id="greets")
    now = datetime.now(UTC)
    definitions.deploy(town.driver, "greets", {"g.bpmn": drawn}, {"request": FORM}, "test", now, OWN, texts=TEXTS)
    values = {"unit": unit(town, "Havneskolen"), "person": person(town, "Theo Toft")}
    tasks.start(town.driver, "greets", values, None, now)
    yield town
    town.driver.execute_query(FORGET)


def own(town: Town) -> list[Written | None]:
    with town.driver.session() as session:
        return [each.written for each in own_texts.history(session, "greets")]


def write(page: Page, subject: str, why: str) -> None:
    page.get_by_role("textbox", name="Emne").fill(subject)
    page.get_by_role("textbox", name="Hvorfor?").fill(why)
    page.get_by_role("button", name="Se, hvad der følger").click()


def sent(page: Page) -> Locator:
    return page.get_by_role("group", name="Sådan er teksten nu")


def test_a_text_is_tried_rewritten_taken_back_and_used_again(visit: Visits, greets: Town) -> None:
    page = visit("administrator", "/board")
    page.locator("a[href='/board/texts?process=greets']").click()
    page.get_by_role("link", name="Velkommen til {{ unit.name }}").click()
    expect(sent(page)).to_contain_text("Kære {{ person.name }}")
    require_accessible(page)
    page.get_by_role("button", name="Skriv jeres egen").click()
    page.get_by_role("button", name="Vis teksten").click()
    expect(page.get_by_text("Velkommen til ‹unit.name›")).to_be_visible()
    write(page, "Hej i {{ wages }}", "Venligere")
    visit.expect(page, "400")
    expect(page.get_by_role("alert")).to_contain_text("wages")
    write(page, "Hej i {{ unit.name }}", "Venligere")
    require_accessible(page)
    page.get_by_role("button", name="Gennemfør", exact=True).click()
    expect(page.get_by_text("Fra nu af bruger alle sager i processen den.")).to_be_visible()
    assert [each and each.subject for each in own(greets)] == ["Hej i {{ unit.name }}"]
    expect(page.get_by_text("Egen tekst: Dansk")).to_be_visible()
    page.get_by_role("button", name="Fortryd").click()
    expect(page.get_by_text("Det er taget tilbage.")).to_be_visible()
    page.get_by_role("button", name="Luk", exact=True).click()
    expect(sent(page)).to_contain_text("Velkommen til {{ unit.name }}")
    page.get_by_text("Tidligere tekster").click()
    expect(page.get_by_text("Udgave 2: egen tekst fjernet")).to_be_visible()
    page.get_by_role("button", name="Brug udgave 1 igen").click()
    write(page, "Hej, {{ unit.name }}", "Alligevel")
    page.get_by_role("button", name="Gennemfør", exact=True).click()
    expect(page.get_by_text("Fra nu af bruger alle sager i processen den.")).to_be_visible()
    page.get_by_role("button", name="Luk", exact=True).click()
    page.get_by_role("button", name="Gå tilbage til den leverede tekst").click()
    page.get_by_label("Hvorfor?").fill("Den leverede er god")
    page.get_by_role("button", name="Gå tilbage til den leverede tekst").click()
    expect(page.get_by_text("Den leverede tekst", exact=True).first).to_be_visible()
    expect(sent(page)).to_contain_text("Velkommen til {{ unit.name }}")
    assert [each and each.subject for each in own(greets)] == [
        None, "Hej, {{ unit.name }}", None, "Hej i {{ unit.name }}",
    ]  # fmt: skip


def test_a_text_is_tried_with_a_case_and_for_a_person(visit: Visits, greets: Town) -> None:
    page = visit("administrator", ADDRESS)
    page.get_by_role("combobox", name="Med", exact=True).select_option("værdierne fra en sag")
    page.get_by_role("combobox", name="Sag", exact=True).select_option(index=1)
    page.get_by_role("button", name="Vis teksten").click()
    expect(page.get_by_text("Velkommen til Havneskolen")).to_be_visible()
    page.get_by_role("combobox", name="Med", exact=True).select_option("en person, som om sagen handlede om personen")
    choose(page, "Person", "Malene Mark")
    page.get_by_role("button", name="Vis teksten").click()
    expect(page.get_by_text("Kære Malene Mark")).to_be_visible()
    require_accessible(page)


def test_whoever_was_first_is_shown_with_both_texts(visit: Visits, greets: Town) -> None:
    page = visit("administrator", ADDRESS)
    page.get_by_role("button", name="Skriv jeres egen").click()
    expect(page.get_by_role("textbox", name="Emne")).to_have_value("Velkommen til {{ unit.name }}")
    with greets.driver.session() as session:
        session.execute_write(
            own_texts.add, "greets", "hello", "da", Written("Et andet emne", "Hej"), "anna", datetime.now(UTC), "x", 0
        )
    visit.expect(page, "409")
    visit.expect(page, "400")
    write(page, "Mit emne", "Venligere")
    expect(page.get_by_role("alert")).to_contain_text("anna har ændret det imens")
    expect(page.get_by_role("alert")).to_contain_text("Et andet emne")
    page.get_by_role("button", name="Se, hvad der følger").click()
    page.get_by_role("button", name="Gennemfør", exact=True).click()
    expect(page.get_by_text("Fra nu af bruger alle sager i processen den.")).to_be_visible()
    assert [each and each.subject for each in own(greets)] == ["Mit emne", "Et andet emne"]


@pytest.mark.parametrize(("language", "title", "chosen"), [
    ("da", "Processernes tekster", "Tekstens sprog"), ("en", "Texts of processes", "Language of the text"),
])  # fmt: skip
def test_both_languages_of_a_text_on_a_phone(
    visit: Visits, greets: Town, language: str, title: str, chosen: str
) -> None:
    page = visit("administrator", "/board/texts?process=greets&text=told", width=320, dark=True, language=language)
    expect(page.get_by_role("heading", level=1)).to_have_text(title)
    expect(page.get_by_text("I {{ unit.name }}")).to_be_visible()
    page.get_by_label(chosen).select_option("en")
    expect(page.get_by_text("In {{ unit.name }}")).to_be_visible()
    require_accessible(page)
    page.goto(page.url.replace("text=told", "text=hello"))
    expect(
        page.get_by_text("Den danske sendes i stedet." if language == "da" else "The Danish one is sent")
    ).to_be_visible()


def test_who_may_not_read_them_is_told_so(visit: Visits, greets: Town) -> None:
    page = visit("HR", "/board")
    expect(page.get_by_role("heading", level=1)).to_have_text("Processer")
    expect(page.get_by_role("link", name="Processernes tekster")).to_have_count(0)
    visit.expect(page, "403")
    page.goto(visit.town.url + ADDRESS)
    expect(page.get_by_role("alert")).to_contain_text("Det har du ikke ret til.")


@pytest.mark.parametrize(("language", "title", "saves"), [
    ("da", "Breve", "Gem til udskrift: Write"), ("en", "Letters", "Save to print: Write"),
])  # fmt: skip
def test_a_case_shows_its_letters(visit: Visits, greets: Town, language: str, title: str, saves: str) -> None:
    written = {LETTER: Service(OWN[LETTER], letters.write, in_graph=True)}
    assert carry_out_due(greets.driver, written, lambda: datetime.now(UTC)).done == 1
    case = greets.driver.execute_query("MATCH (c:Case) RETURN c.id AS id").records[0]["id"]
    page = visit("administrator", f"/cases/{case}", language=language)
    shown = page.get_by_role("heading", name=title, exact=True).locator("..")
    expect(shown.get_by_text("Kære Theo Toft")).to_be_hidden()
    shown.get_by_text("Write", exact=True).click()
    expect(shown.get_by_text("Kære Theo Toft")).to_be_visible()
    expect(shown.get_by_text("Velkommen til Havneskolen")).to_be_visible()
    require_accessible(page)
    with page.expect_download() as saving:
        page.get_by_role("button", name=saves).click()
    assert '<h1 dir="auto">Velkommen til Havneskolen</h1>' in saving.value.path().read_text()
    other = visit("teaching assistant without AD", language=language)
    visit.expect(other, "400")
    visit.expect(other, "404")
    other.goto(page.url)
    expect(other.get_by_role("heading", level=1)).to_be_visible()
    expect(other.get_by_role("alert")).to_be_visible()
    expect(other.get_by_role("heading", name=title, exact=True)).to_have_count(0)
