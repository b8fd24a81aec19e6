"""Files of a task: attached on a phone, scanned, and fetched from the case."""

import json
from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import FilePayload, Locator, Page, Route, expect

from processes.cases import claims, definitions, tasks
from reconnect.context import Context
from reconnect.demo.run import Demo
from reconnect.work.attachments import scan
from tests.ui.axe import require_accessible
from tests.ui.conftest import Town, Visits
from tests.ui.finding import person, unit
from tests.ui.test_tasks import FORGET, FORMS, PHONE, tab_to

SCANNER = {"kind": "command", "program": ["sh", "-c", "if grep -q EICAR; then echo Eicar; exit 1; fi"]}
PDF = b"%PDF-1.7\nLetter"
LETTER: dict[str, Any] = {
    "type": "object",
    "required": ["decision", "letter"],
    "properties": {
        "decision": {"enum": ["yes", "no"], "title": "Må ansættelsen gennemføres?"},
        "letter": {
            "type": "string", "format": "attachment", "title": "Ansættelsesbrev",
            "x-reconnect": {"types": ["pdf"], "megabytes": 0.1},
        },
        "more": {
            "type": "array", "items": {"type": "string"}, "format": "attachment", "title": "Bilag",
            "x-reconnect": {"types": ["pdf", "txt"]},
        },
    },
}  # fmt: skip


@pytest.fixture(scope="module")
def scanner(monkeypatch_module: pytest.MonkeyPatch) -> None:
    monkeypatch_module.setenv("RECONNECT__PROCESSES__ATTACHMENTS__SCANNER", json.dumps(SCANNER))
    monkeypatch_module.setenv("RECONNECT__PROCESSES__ATTACHMENTS__UNSCANNED", "false")


@pytest.fixture(scope="module")
def town(scanner: None, town: Town) -> Iterator[Town]:
    """With a scanner, and a process that takes files."""
    forget = FORGET.replace("n:Case OR", "n:Case OR n:Attachment OR")
    town.driver.execute_query(forget)
    drawn = (Path(__file__).parent / "processes" / "approval.bpmn").read_bytes()
    forms = {
        "request": FORMS["request"],
        "approval": LETTER | {"properties": {**FORMS["approval"]["properties"], **LETTER["properties"]}},
    }
    definitions.deploy(town.driver, "approval", {"approval.bpmn": drawn}, forms, "test", datetime.now(UTC))
    yield town
    town.driver.execute_query(forget)


@pytest.fixture
def scanned(town: Town) -> Callable[[], None]:
    """The worker looks once."""

    def look() -> None:
        with closing(Context(Demo(town.home).settings_file)) as context:
            scan(context)

    return look


@pytest.fixture
def task(town: Town) -> str:
    values = {"person": person(town, "Theo Toft"), "unit": unit(town, "Havneskolen"), "first_day": "2027-01-01"}
    case = tasks.start(town.driver, "approval", values, None, datetime.now(UTC))
    query = "MATCH (t:Task)-[:OF_CASE]->(:Case {id: $case}) RETURN t.id AS id"
    return str(town.driver.execute_query(query, case=case).records[0]["id"])


def field(page: Page, label: str) -> Locator:
    return page.get_by_label(label).and_(page.locator("input"))


def attach(page: Page, label: str, *files: tuple[str, bytes]) -> None:
    field(page, label).set_input_files(given(*files))


def given(*files: tuple[str, bytes]) -> list[FilePayload]:
    return [{"name": name, "mimeType": "application/octet-stream", "buffer": content} for name, content in files]


def answering(status: int, body: str) -> Callable[[Route], None]:
    """Answers a request with this, instead of the service."""
    return lambda route: route.fulfill(status=status, body=body)


def badge(page: Page, text: str) -> Locator:
    return page.locator(".badge", has_text=text)


def test_a_letter_is_attached_on_a_phone_and_fetched_from_the_case(
    visit: Visits, task: str, scanned: Callable[[], None]
) -> None:
    phone = visit("manager", f"/tasks/{task}", width=PHONE)
    visit.expect(phone, "415")
    attach(phone, "Ansættelsesbrev", ("brev.pdf", b"<html><script>alert(1)</script></html>"))
    alert = phone.get_by_role("alert")
    expect(alert).to_contain_text("filens indhold passer ikke til dens navn")
    attach(phone, "Ansættelsesbrev", ("stort.pdf", PDF + b"x" * 200_000))
    expect(alert).to_have_text("stort.pdf: Filen er større end 0,1 MB.")
    require_accessible(phone)
    attach(phone, "Ansættelsesbrev", ("Ansættelsesbrev til Theo Toft.pdf", PDF))
    expect(badge(phone, "Venter på virusscanning")).to_be_visible()
    expect(alert).to_have_count(0)
    require_accessible(phone)
    phone.get_by_label("Ja").check()
    phone.get_by_label("Første dag").fill("2027-01-01")
    visit.expect(phone, "400")
    phone.get_by_role("button", name="Afslut opgaven").click()
    expect(alert).to_contain_text("En fil venter på virusscanneren.")
    scanned()
    expect(badge(phone, "Scannet for virus")).to_be_visible()  # the page asks by itself, and says so
    expect(phone.get_by_role("status").filter(has_text="Theo Toft.pdf: Scannet for virus")).to_have_count(1)
    attach(phone, "Bilag", ("virus.txt", b"EICAR"), ("note.txt", b"Note"))
    expect(badge(phone, "Venter på virusscanning")).to_have_count(2)
    scanned()
    expect(badge(phone, "Afvist af virusscanneren")).to_be_visible()
    expect(phone.locator("li", has_text="virus.txt").get_by_text("Eicar")).to_be_visible()  # the scanner's reason
    require_accessible(phone)
    phone.get_by_role("button", name="Fjern virus.txt").click()
    expect(phone.locator("li", has_text="virus.txt")).to_have_count(0)
    expect(field(phone, "Bilag")).to_be_focused()

    # On another device, what was attached is there without a draft that was kept.
    other = visit("manager", f"/tasks/{task}", width=PHONE, language="en")
    expect(other.get_by_role("link", name="Ansættelsesbrev til Theo Toft.pdf")).to_be_visible()
    expect(other.get_by_role("link", name="note.txt")).to_be_visible()
    expect(badge(other, "Scanned for viruses")).to_have_count(2)
    require_accessible(other)

    phone.get_by_role("button", name="Afslut opgaven").click()
    expect(phone.get_by_text("Opgaven er udført.")).to_be_visible()
    with phone.expect_download() as fetched:
        phone.get_by_role("link", name="Ansættelsesbrev til Theo Toft.pdf").first.click()
    assert fetched.value.suggested_filename == "Ansættelsesbrev til Theo Toft.pdf"
    assert fetched.value.path().read_bytes() == PDF

    # The task is done meanwhile, and the other device still has its form.
    visit.expect(other, "409")
    attach(other, "Bilag", ("late.txt", b"Late"))
    expect(other.get_by_role("alert")).to_have_text("late.txt: The task is done already.")


def test_a_page_that_is_left_asks_no_more_about_its_files(visit: Visits, task: str) -> None:
    page = visit("manager", f"/tasks/{task}")
    page.on("dialog", lambda each: each.accept())
    held: list[Route] = []

    def hold(route: Route) -> None:
        if "query Attached" in (route.request.post_data or ""):
            held.append(route)
        else:
            route.continue_()

    page.route("**/graphql", hold)
    page.clock.install()
    attach(page, "Bilag", ("note.txt", b"Note"))
    expect(badge(page, "Venter på virusscanning")).to_be_visible()
    page.clock.run_for(3_000)
    expect(badge(page, "Venter på virusscanning")).to_be_visible()
    assert len(held) == 1
    page.get_by_role("link", name="Til mine opgaver").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Opgaver")
    with page.expect_response("**/graphql"):
        held[0].continue_()
    page.clock.run_for(60_000)
    expect(page.get_by_role("heading", level=1)).to_have_text("Opgaver")
    assert len(held) == 1


def test_files_are_attached_by_keyboard_and_what_goes_wrong_is_said_in_plain_words(
    visit: Visits, town: Town, task: str
) -> None:
    page = visit("manager", f"/tasks/{task}")
    page.on("dialog", lambda each: each.accept())  # leaving asks first, as something was typed
    page.on("filechooser", lambda each: None)  # the browser's own dialogue opens no more, from here on
    more = field(page, "Bilag")
    tab_to(page, more)
    with page.expect_file_chooser() as opened:
        page.keyboard.press("Enter")
    opened.value.set_files(given(("note.txt", b"A"), ("note.txt", b"B")))
    notes = page.locator("li", has_text="note.txt")
    expect(notes).to_have_count(2)  # of the same name, and each by itself
    page.keyboard.press("Shift+Tab")
    expect(notes.last.get_by_role("button")).to_be_focused()
    page.keyboard.press("Enter")
    expect(notes).to_have_count(1)
    expect(more).to_be_focused()

    # The page is loaded again while a file is sent.
    address = "**/attachments/*/more"
    page.route(address, lambda route: None)
    attach(page, "Bilag", ("half.txt", b"Half"))
    expect(page.get_by_role("progressbar", name="Sender half.txt")).to_be_visible()
    require_accessible(page)
    assert more.evaluate("each => each.validationMessage") == "Vent, til half.txt er sendt."
    page.reload()
    page.unroute(address)
    expect(notes).to_have_count(1)
    expect(page.locator("li", has_text="half.txt")).to_have_count(0)

    visit.expect(page, "Failed to load resource")
    alert = page.get_by_role("alert")
    for status, code, words in (
        (413, None, "Filen er for stor."),  # a proxy's own page
        (507, "no_space", "Der er ikke plads til filen. Kontakt driften."),
        (503, "no_scanner", "Der kan ikke vedhæftes filer, fordi der ikke er en virusscanner. Kontakt driften."),
        (503, "unavailable", "Tjenesten har travlt. Vent et øjeblik, og prøv igen."),
        (504, None, "Tjenesten har travlt. Vent et øjeblik, og prøv igen."),
    ):
        error = {"errors": [{"message": "In English", "extensions": {"code": code}}]}
        body = "<html>" if code is None else json.dumps(error)
        page.route(address, answering(status, body))
        attach(page, "Bilag", ("x.txt", b"X"))
        expect(alert).to_have_text(f"x.txt: {words}")
        page.unroute(address)
    page.route(address, lambda route: route.abort())
    attach(page, "Bilag", ("x.txt", b"X"))
    expect(alert).to_contain_text("Der er ingen forbindelse.")
    page.unroute(address)
    attach(page, "Bilag", ("stor.txt", b"x" * 21_000_000))  # more than the installation takes
    expect(alert).to_have_text("stor.txt: Filen er for stor.")

    # A page of others can't send in one's name, though the browser sends the cookie along.
    for headers in ({}, {"origin": "https://other.example"}):
        sent = page.request.post(
            f"{town.url}/attachments/{task}/more",
            headers={"content-disposition": "attachment; filename=x.txt", **headers},
            data=b"X",
        )
        assert (sent.status, sent.json()["errors"][0]["extensions"]["code"]) == (403, "cross_site")
    # A colleague gets the task meanwhile; then the session ends.
    manager, colleague = person(town, "Malene Mark"), person(town, "Hanne Hede")
    claims.hand(town.driver, task, manager, colleague, datetime.now(UTC))
    attach(page, "Bilag", ("x.txt", b"X"))
    expect(alert).to_have_text("x.txt: En kollega har taget opgaven.")
    page.context.clear_cookies()
    attach(page, "Bilag", ("x.txt", b"X"))
    expect(alert).to_contain_text("Du er logget ud.")
    expect(notes).to_have_count(1)
