"""What a process does by itself is drawn: services with what they are given, scripts, times, variables from outside."""

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from processes.cases import definitions
from processes.services import MAIL, OWN
from tests.ui.axe import require_accessible
from tests.ui.conftest import Town, Visits
from tests.ui.finding import ask

DRAWN = Path(__file__).parent / "processes" / "notify.bpmn"
FORM = {
    "type": "object",
    "properties": {"person": {"type": "string", "format": "person"}, "first_day": {"type": "string", "format": "date"}},
    "required": ["person", "first_day"],
}
FILES = '{ processDefinition(process: "notify") { version files { name content } } }'
FORGET = "MATCH (n:Process|ProcessVersion) DETACH DELETE n"


@pytest.fixture
def notify(town: Town) -> Iterator[Town]:
    """A process that calculates, waits and sends a mail."""
    town.driver.execute_query(FORGET)
    files, now, wanted = {"notify.bpmn": DRAWN.read_bytes()}, datetime.now(UTC), {MAIL: OWN[MAIL]}
    definitions.deploy(town.driver, "notify", files, {"request": FORM}, "test", now, wanted)
    yield town
    town.driver.execute_query(FORGET)


def choose(page: Page, element: str) -> None:
    elements = page.get_by_role("combobox", name="Element", exact=True)
    elements.focus()  # as whoever chooses does: what was typed before is kept then
    elements.select_option(element)


def test_steps_that_a_process_makes_by_itself_are_drawn(visit: Visits, notify: Town) -> None:
    page = visit("administrator", "/board/draw?process=notify")
    expect(page.get_by_role("combobox", name="Element", exact=True)).to_be_visible()
    choose(page, "count")
    expect(page.get_by_label("Beregning (CEL)")).to_have_value('text = "Velkommen"')
    page.get_by_label("Beregning (CEL)").fill("text = nowhere")
    page.get_by_role("button", name="Kontrollér").click()
    expect(page.get_by_role("alert")).to_contain_text("nowhere")
    page.get_by_label("Beregning (CEL)").fill('text = "Velkommen til os"')
    require_accessible(page)
    choose(page, "wait")
    when = page.get_by_role("group", name="Hvornår")
    expect(when.get_by_role("textbox")).to_have_value("1 day")
    when.get_by_label("Tiden er").select_option("timeDate")
    when.get_by_role("textbox").fill("3 days before first_day at 09:00")
    require_accessible(page)
    choose(page, "tell")
    expect(page.get_by_label("Hvad der gøres")).to_have_value("mail")
    page.get_by_label("Variabel, der får svaret").fill("sent")
    page.get_by_role("button", name="Fjern: Argument 2").click()
    page.get_by_role("button", name="Tilføj et argument").click()
    subject = page.get_by_role("group", name="Argument 3")
    subject.get_by_role("textbox", name="Argument").fill("subject")
    subject.get_by_role("textbox", name="Værdi (CEL)").fill('"Hej"')
    require_accessible(page)
    choose(page, "Besked (Process)")
    page.get_by_role("button", name="Tilføj en variabel").click()
    page.get_by_role("group", name="Variabel 1").get_by_role("textbox").fill("place")
    require_accessible(page)
    page.get_by_role("button", name="Kontrollér").click()
    expect(page.get_by_text("Processen kan køre.")).to_be_visible()
    page.get_by_role("button", name="Tag i brug").click()
    expect(page.get_by_text("Processen er taget i brug.")).to_be_visible()
    (file,) = [each for each in ask(page, FILES, {})["processDefinition"]["files"] if each["name"].endswith(".bpmn")]
    for part in (
        'text = "Velkommen til os"', "3 days before first_day at 09:00</", 'result="sent"', 'name="subject"',
        '<reconnect:data name="place"',
    ):  # fmt: skip
        assert part in file["content"], part


def test_what_is_typed_goes_to_the_element_for_which_it_was_typed(visit: Visits, notify: Town) -> None:
    """Also if another one is chosen while the field has the focus, from the list or in the drawing."""
    page = visit("administrator", "/board/draw?process=notify")
    elements = page.get_by_role("combobox", name="Element", exact=True)
    elements.select_option("count")
    page.get_by_label("Beregning (CEL)").fill('text = "Hej"')
    elements.select_option("tell")
    expect(page.get_by_label("Hvad der gøres")).to_have_value("mail")
    page.get_by_label("Variabel, der får svaret").fill("sent")
    page.locator('[data-element-id="count"] .djs-hit').first.click()
    expect(page.get_by_label("Beregning (CEL)")).to_have_value('text = "Hej"')
    page.get_by_label("Beregning (CEL)").fill('text = "Goddag"')
    page.locator('[data-element-id="start"] .djs-hit').first.click()
    expect(elements).to_have_value("start")
    page.get_by_role("textbox", name="Navn", exact=True).fill("Begynd")
    page.get_by_role("textbox", name="Id", exact=True).fill("begin")
    elements.select_option("tell")
    expect(page.get_by_label("Variabel, der får svaret")).to_have_value("sent")
    expect(elements.get_by_role("option", name="Begynd (")).to_have_attribute("value", "begin")
    elements.select_option("count")
    expect(page.get_by_label("Beregning (CEL)")).to_have_value('text = "Goddag"')
    page.get_by_role("textbox", name="Id", exact=True).fill("sum")
    page.get_by_role("textbox", name="Navn", exact=True).fill("Hilsen")
    page.get_by_label("Beregning (CEL)").fill('text = "Farvel"')
    elements.focus()
    expect(elements).to_have_value("sum")
    expect(page.get_by_label("Beregning (CEL)")).to_have_value('text = "Farvel"')
