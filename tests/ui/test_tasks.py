"""Tasks, cases and the board: a case is started, approved on a phone, and looked at."""

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import neo4j
import pytest
from playwright.sync_api import Locator, Page, expect

from graph.errors import ChangeRejected
from processes.cases import case_log, definitions, kept, tasks
from processes.cases.by_itself import switched_on
from processes.cases.happened import WATCHED
from processes.cases.service_work import carry_out_due
from processes.engine.extensions import Place
from processes.engine.known import Arguments
from processes.services import Call, Service
from tests.processes.engine.drawn import END, PLACE, START, flow, process, script, user
from tests.ui.addresses import require_address
from tests.ui.axe import require_accessible
from tests.ui.conftest import Town, Visits
from tests.ui.finding import person, unit

PHONE = 390
FORMS: dict[str, Any] = {
    "request": {
        "type": "object",
        "properties": {
            "person": {"type": "string", "format": "person", "title": "Hvem"},
            "unit": {"type": "string", "format": "unit", "title": "Hvor"},
            "first_day": {"type": "string", "format": "date", "title": "Første dag"},
        },
        "required": ["person", "unit", "first_day"],
    },
    "approval": {
        "type": "object",
        "properties": {
            "decision": {"enum": ["yes", "no"], "title": "Må ansættelsen gennemføres?"},
            "first_day": {"type": "string", "format": "date", "title": "Første dag"},
            "hours": {"type": "integer", "maximum": 37, "title": "Timer om ugen"},
            "why": {"type": "string", "title": "Hvorfor ikke?"},
        },
        "required": ["decision", "first_day"],
        "if": {"properties": {"decision": {"const": "no"}}, "required": ["decision"]},
        "then": {"required": ["why"]},
    },
}
FORGET = "MATCH (n:Case|Task|ServiceTask|CaseEntry|Process|ProcessVersion|Delegation) DETACH DELETE n"


@pytest.fixture(scope="module")
def approval(town: Town) -> Iterator[Town]:
    town.driver.execute_query(FORGET)
    drawn = (Path(__file__).parent / "processes" / "approval.bpmn").read_bytes()
    definitions.deploy(town.driver, "approval", {"approval.bpmn": drawn}, FORMS, "test", datetime.now(UTC))
    yield town
    town.driver.execute_query(FORGET)


def started(town: Town, who: str = "Theo Toft") -> str:
    """A case at a school, started by nobody; the id of its task."""
    values = {"person": person(town, who), "unit": unit(town, "Havneskolen"), "first_day": "2027-01-01"}
    case = tasks.start(town.driver, "approval", values, None, datetime.now(UTC))
    query = "MATCH (t:Task)-[:OF_CASE]->(:Case {id: $case}) RETURN t.id AS id"
    return str(town.driver.execute_query(query, case=case).records[0]["id"])


def choose(page: Page, label: str, text: str) -> None:
    group = page.get_by_role("group", name=label)
    group.get_by_role("searchbox").fill(text)
    group.get_by_role("button", name=text).first.click()


def tab_to(page: Page, wanted: Locator) -> None:
    """Presses Tab until this has the focus; each stop on the way is seen."""
    expect(wanted).to_be_visible()
    for _ in range(80):
        if wanted.evaluate("each => each === document.activeElement"):
            return
        page.keyboard.press("Tab")
        stop = page.evaluate("document.activeElement.outerHTML.slice(0, 200)")
        assert page.evaluate("getComputedStyle(document.activeElement).outlineStyle") != "none", stop
    raise AssertionError(f"Tab does not lead to {wanted}")


def test_a_case_is_started_and_its_manager_approves_it_on_a_phone(visit: Visits, approval: Town) -> None:
    page = visit("HR", "/tasks/start")
    page.get_by_role("link", name="Ansættelse").click()
    choose(page, "Hvem", "Theo Toft")
    choose(page, "Hvor", "Havneskolen")
    page.get_by_label("Første dag").fill("2027-02-01")
    require_accessible(page)
    page.get_by_role("button", name="Start sagen").click()
    expect(page.get_by_text("Venter på: Godkend ansættelsen")).to_be_visible()
    require_accessible(page)

    phone = visit("manager", "/tasks", width=PHONE)
    require_accessible(phone)
    phone.get_by_role("link", name="Godkend ansættelsen").click()
    expect(phone.get_by_text("Malene Mark er Leder i Havneskolen.")).to_be_visible()
    expect(phone.get_by_label("Første dag")).to_have_value("2027-02-01")
    expect(phone.get_by_label("Hvorfor ikke?")).to_have_count(0)
    phone.get_by_label("Nej").check()
    expect(phone.get_by_label("Hvorfor ikke?")).to_be_visible()
    require_accessible(phone)
    phone.get_by_label("Ja").check()
    phone.get_by_label("Timer om ugen").evaluate("each => each.removeAttribute('max')")
    phone.get_by_label("Timer om ugen").fill("50")
    visit.expect(phone, "400")
    phone.get_by_role("button", name="Afslut opgaven").click()
    expect(phone.get_by_role("alert")).to_contain_text("Det kan feltet ikke være.")
    phone.get_by_label("Timer om ugen").fill("30")
    phone.get_by_role("button", name="Afslut opgaven").click()
    expect(phone.get_by_text("Opgaven er udført.")).to_be_visible()
    expect(phone.get_by_text("Udført af Malene Mark")).to_be_visible()

    page.reload()
    page.get_by_role("link", name="Ansættelse").click()
    expect(page.get_by_role("heading", name="Hvad der er sket")).to_be_visible()
    expect(page.get_by_text("Hanne Hede").first).to_be_visible()
    expect(page.locator(".diagram .is-done[data-element-id=approve]")).to_be_visible()
    require_accessible(page)


def test_a_task_is_done_by_keyboard_alone(visit: Visits, approval: Town) -> None:
    """From the skip link on, one sees at each step where one is."""
    task = started(approval)
    page = visit("manager", "/tasks")
    link = page.locator(f"a[href='/tasks/{task}']")
    expect(link).to_be_visible()
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="Gå til indholdet")).to_be_focused()
    page.keyboard.press("Enter")
    tab_to(page, link)
    page.keyboard.press("Enter")
    expect(page.get_by_text("Malene Mark er Leder i Havneskolen.")).to_be_visible()
    tab_to(page, page.get_by_label("Ja"))
    page.keyboard.press("ArrowDown")
    expect(page.get_by_label("Nej")).to_be_checked()
    tab_to(page, page.get_by_label("Hvorfor ikke?"))
    page.keyboard.type("Stillingen er besat")
    tab_to(page, page.get_by_role("button", name="Afslut opgaven"))
    page.keyboard.press("Enter")
    expect(page.get_by_text("Opgaven er udført.")).to_be_visible()


def test_a_task_is_taken_given_back_and_handed_on(visit: Visits, approval: Town) -> None:
    task = started(approval)
    page = visit("manager", width=PHONE)
    expect(page.get_by_role("heading", name="Mine opgaver")).to_be_visible()
    page.locator(f"a[href='/tasks/{task}']").click()
    page.get_by_role("button", name="Tag opgaven").click()
    expect(page.get_by_text("Taget af Malene Mark")).to_be_visible()
    page.get_by_role("button", name="Giv den tilbage").click()
    expect(page.get_by_role("button", name="Tag opgaven")).to_be_visible()
    page.get_by_role("button", name="Giv den til en kollega").click()
    choose(page, "Kollega", "Theo Toft")
    page.get_by_role("button", name="Giv opgaven videre").click()
    expect(page.get_by_text("Theo Toft har taget opgaven.")).to_be_visible()
    expect(page.get_by_text("Malene Mark har opgaven og lader Theo Toft udføre den.")).to_be_visible()
    require_accessible(page)


def test_tasks_are_delegated_and_it_is_ended(visit: Visits, approval: Town) -> None:
    started(approval)
    page = visit("manager", "/tasks/delegations", width=PHONE)
    page.get_by_label("Proces").select_option("Ansættelse")
    choose(page, "Kollega", "Theo Toft")
    require_accessible(page)
    page.get_by_role("button", name="Aftal", exact=True).click()
    expect(page.get_by_text("Theo Toft udfører mine opgaver")).to_be_visible()
    page.get_by_role("button", name="Afslut i dag").click()
    expect(page.get_by_text("Intet er aftalt.")).to_be_visible()


@pytest.mark.parametrize(("language", "title", "lacks"), [
    ("da", "Processer", "Organisationen mangler en Leder"), ("en", "Processes", "The organisation lacks a Leder"),
])  # fmt: skip
def test_the_board_shows_how_processes_fare(
    visit: Visits, approval: Town, language: str, title: str, lacks: str
) -> None:
    task = started(approval)
    approval.driver.execute_query(
        "MATCH (a:Assignment)-[:OF]->(:Role {key: 'manager'}), (a)<-[:HOLDS]-(h) OPTIONAL MATCH (h)<-[:HAS]-(p:Person) "
        "WITH collect(DISTINCT coalesce(p.uuid, h.uuid)) AS all MATCH (t:Task {id: $task}) SET t.exclude = all",
        task=task,
    )
    page = visit("administrator", "/board", language=language)
    expect(page.get_by_role("heading", level=1)).to_have_text(title)
    expect(page.get_by_text(lacks).first).to_be_visible()
    require_accessible(page)


def test_without_a_system_role_ones_own_tasks_are_on_the_start_page(visit: Visits, approval: Town) -> None:
    page = visit("teaching assistant without AD")
    visit.expect(page, "400")
    expect(page.get_by_role("heading", name="Mine opgaver")).to_be_visible()
    page.get_by_role("link", name="Opgaver", exact=True).click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Opgaver")
    shown = page.get_by_role("link", name="Godkend ansættelsen").or_(page.get_by_text("Du har ingen opgaver."))
    expect(shown.first).to_be_visible()
    require_accessible(page)


def test_a_process_is_drawn_checked_and_brought_into_use(visit: Visits, approval: Town) -> None:
    page = visit("administrator", "/board")
    page.get_by_role("link", name="Tegn en proces").click()
    require_address(page, "/board/draw")  # the board has a field of this name, too
    page.get_by_role("combobox", name="Proces", exact=True).select_option("Ansættelse")
    page.get_by_role("combobox", name="Element", exact=True).select_option("approve")
    expect(page.get_by_role("combobox", name="Rolle", exact=True)).to_have_value("manager")
    page.get_by_role("textbox", name="Navn", exact=True).fill("Godkend den nye kollega")
    require_accessible(page)
    page.get_by_role("textbox", name="Enhed Hvor").fill("nowhere")
    page.get_by_role("button", name="Kontrollér").click()
    expect(page.get_by_role("alert")).to_contain_text("nowhere")
    page.get_by_role("textbox", name="Enhed Hvor").fill("unit")
    page.get_by_role("textbox", name="Opgaver, hvis udførere").fill("approve")
    page.get_by_role("combobox", name="Element", exact=True).select_option("start")
    page.get_by_role("button", name="Tilføj en starter").click()
    starter = page.get_by_role("group", name="Starter 1")
    starter.get_by_role("combobox", name="Rolle").select_option("manager")
    starter.get_by_role("textbox", name="Enhed").fill("unit")
    page.get_by_role("button", name="Tilføj en udløser").click()
    page.get_by_role("button", name="Tilføj en værdi").click()
    page.get_by_role("button", name="Fjern: Udløser 1").click()
    page.get_by_role("button", name="Fjern: Værdi 1").click()
    expect(page.get_by_role("button", name="Tilføj en værdi")).to_have_count(0)
    page.get_by_role("button", name="Tilføj en udløser").click()
    trigger = page.get_by_role("group", name="Udløser 1")
    for kind in WATCHED:
        trigger.get_by_role("combobox", name="Hvad der ændres").select_option(kind)
    trigger.get_by_role("combobox", name="Hvad der ændres").select_option("Person")
    trigger.get_by_role("textbox", name="Hvad der sker med det").fill("vanished")
    page.get_by_role("button", name="Kontrollér").click()
    expect(page.get_by_role("alert")).to_contain_text("'vanished' does not happen to it")
    trigger.get_by_role("textbox", name="Hvad der sker med det").fill("created")
    page.get_by_role("button", name="Tilføj en værdi").click()
    given = page.get_by_role("group", name="Værdi 1")
    given.get_by_role("textbox", name="Felt").fill("person")
    given.get_by_role("textbox", name="Værdi").fill("person.uuid")
    page.get_by_role("button", name="Tilføj en udløser").click()
    page.get_by_role("button", name="Fjern: Udløser 2").click()
    require_accessible(page)
    page.get_by_role("combobox", name="Element", exact=True).select_option("Ansættelse (Process)")
    owner = page.get_by_role("group", name="Processens ejer")
    owner.get_by_role("combobox", name="Rolle").select_option("manager")
    owner.get_by_role("textbox", name="Enhed Hvor").fill("unit")
    # The field is left before axe scrolls: it would come back into view later, and take the alert away.
    owner.get_by_role("textbox", name="Enhed Hvor").press("Tab")
    require_accessible(page)
    page.get_by_role("button", name="Kontrollér").click()
    expect(page.get_by_text("Processen kan køre.")).to_be_visible()
    drawn = (Path(__file__).parent / "processes" / "approval.bpmn").read_bytes() + b"<!-- of somebody else -->"
    definitions.deploy(approval.driver, "approval", {"approval.bpmn": drawn}, FORMS, "test", datetime.now(UTC))
    page.get_by_role("button", name="Tag i brug").click()
    expect(page.get_by_role("alert")).to_contain_text("En anden har i mellemtiden taget udgave")
    expect(page.get_by_role("button", name="Tag i brug")).to_be_disabled()
    page.get_by_role("button", name="Behold min tegning").click()
    page.get_by_role("button", name="Tag i brug").click()
    expect(page.get_by_text("Processen er taget i brug.")).to_be_visible()
    with approval.driver.session() as session:
        version = definitions.current(session, "approval")
    definition = version.definition
    approve = definition.nodes["approve"]
    assert (version.number, approve.name, approve.place.exclude_who_did) == (3, "Godkend den nye kollega", ("approve",))
    assert definition.owner == Place(role="manager", unit="unit")
    assert definition.starters == (Place(role="manager", unit="unit"),)
    assert [(each.kind, each.operations) for each in definition.triggers] == [("Person", {"created"})]
    assert definition.given == {"person": "person.uuid"}
    cases_start_by_themselves(page, approval)


def cases_start_by_themselves(page: Page, approval: Town) -> None:
    """After somebody has switched it on, on the board; the task says whom it excludes."""
    page.get_by_role("link", name="Processer").first.click()
    require_address(page, "/board")
    page.get_by_role("button", name="Slå til: Ansættelse").click()
    expect(page.get_by_text("sager være startet ved ændringer")).to_be_visible()
    page.get_by_role("textbox", name="Hvorfor?").fill("Aftalt med HR")
    require_accessible(page)
    page.get_by_role("button", name="Lad sager starte af sig selv").click()
    expect(page.get_by_text("Sager i Ansættelse starter af sig selv fra nu af.")).to_be_visible()
    expect(page.get_by_text("Slået til", exact=True)).to_be_visible()
    with approval.driver.session() as session:
        assert list(switched_on(session)) == ["approval"]
    page.get_by_role("button", name="Slå fra: Ansættelse").click()
    page.get_by_role("textbox", name="Hvorfor?").fill("Ikke nu")
    page.get_by_role("button", name="Lad dem ikke starte længere").click()
    expect(page.get_by_text("Slået fra", exact=True)).to_be_visible()
    page.goto(page.url.replace("/board", f"/tasks/{started(approval)}"))
    expect(page.get_by_text("Den, der udfører »Godkend den nye kollega«, må ikke udføre denne opgave")).to_be_visible()


def test_a_task_tells_tasks_apart_that_are_called_alike(visit: Visits, approval: Town) -> None:
    """Of three, the one that is done excludes nobody."""
    place = PLACE.replace("/>", ' excludeWhoDid="two three"/>')
    alike = [user(id).replace(">", ' name="Godkend">', 1) for id in ("one", "two", "three")]
    parts = (START, *alike, user("pay", place=place), END, flow("start", "one", "pay", "two", "three", "end"))
    drawn, now = process(*parts, id="alike"), datetime.now(UTC)
    definitions.deploy(approval.driver, "alike", {"alike.bpmn": drawn}, FORMS, "test", now)
    manager = person(approval, "Malene Mark")
    values = {"person": person(approval, "Theo Toft"), "unit": unit(approval, "Havneskolen"), "first_day": "2027-01-01"}
    case = tasks.start(approval.driver, "alike", values, None, now)
    with approval.driver.session() as session:
        (one,) = kept.tasks_of(session, case)
    tasks.complete(approval.driver, one.id, manager, {"decision": "yes", "first_day": "2027-01-01"}, now)
    with approval.driver.session() as session:
        (pay,) = [each for each in kept.tasks_of(session, case) if each.state == "open"]
    page = visit("manager", f"/tasks/{pay.id}")
    expect(page.get_by_role("heading", name="Oplyst indtil nu")).to_be_visible()
    expect(page.get_by_text("Den, der udfører »Godkend«, må ikke udføre denne opgave")).to_have_count(2)


def test_a_case_is_repaired_and_another_ended(visit: Visits, approval: Town) -> None:
    parts = (START, script("count", "twice = hours + hours"), user("note"), END, flow("start", "count", "note", "end"))
    counted = process(*parts)
    definitions.deploy(approval.driver, "main", {"main.bpmn": counted}, FORMS, "test", datetime.now(UTC))
    values = {"person": person(approval, "Theo Toft"), "unit": unit(approval, "Havneskolen"), "first_day": "2027-01-01"}
    case = tasks.start(approval.driver, "main", values, None, datetime.now(UTC))
    page = visit("administrator", f"/cases/{case}")
    expect(page.get_by_text("Gået i stå")).to_be_visible()
    page.get_by_role("button", name="Ret oplysninger").click()
    page.get_by_label("Timer om ugen").fill("30")
    page.get_by_label("Hvorfor rettes det?").fill("Timerne manglede")
    require_accessible(page)
    page.get_by_role("button", name="Ret, og prøv igen").click()
    expect(page.get_by_text("I gang")).to_be_visible()
    expect(page.get_by_text("Timerne manglede")).to_be_visible()
    expect(page.get_by_role("heading", name="Oplysninger rettet: count")).to_be_visible()
    page.get_by_role("button", name="Afslut sagen før tid").click()
    page.get_by_label("Begrundelsen står i sagens log").fill("Forkert enhed")
    require_accessible(page)
    page.get_by_role("button", name="Afslut", exact=True).click()
    expect(page.get_by_text("Forkert enhed")).to_be_visible()
    expect(page.get_by_role("button", name="Afslut sagen før tid")).to_have_count(0)


def test_the_owner_of_a_process_tries_its_incidents_again_on_a_phone(visit: Visits, approval: Town) -> None:
    owner = '<extensionElements><reconnect:owner role="manager" unit="unit"/></extensionElements>'
    parts = (owner, START, script("count", "twice = person + 1"), END, flow("start", "count", "end"))
    definitions.deploy(approval.driver, "main", {"main.bpmn": process(*parts)}, FORMS, "test", datetime.now(UTC))
    values = {"person": person(approval, "Theo Toft"), "unit": unit(approval, "Havneskolen"), "first_day": "2027-01-01"}
    case = tasks.start(approval.driver, "main", values, None, datetime.now(UTC))
    query = "MATCH (t:Task)-[:OF_CASE]->(:Case {id: $case}) RETURN t.id AS id"
    (task,) = [row["id"] for row in approval.driver.execute_query(query, case=case).records]
    page = visit("manager", f"/tasks/{task}", width=PHONE)
    expect(page.get_by_text("Et trin kan ikke udføres: count")).to_be_visible()
    require_accessible(page)
    page.get_by_role("button", name="Prøv igen").click()
    expect(page.get_by_text("Opgaven er udført.")).to_be_visible()


def test_the_owner_of_a_process_skips_a_step_that_was_done_by_hand(visit: Visits, approval: Town) -> None:
    owner = '<extensionElements><reconnect:owner role="manager" unit="unit"/></extensionElements>'
    order = '<extensionElements><reconnect:service name="order"/></extensionElements>'
    step = f'<serviceTask id="key" name="Bestil nøglen">{order}</serviceTask>'

    def refuse(_: neo4j.Driver, call: Call) -> None:
        raise ChangeRejected("refused", "no such key")

    now, wanted = datetime.now(UTC), {"order": Arguments()}
    drawn = process(owner, START, step, END, flow("start", "key", "end"))
    definitions.deploy(approval.driver, "main", {"main.bpmn": drawn}, FORMS, "test", now, wanted)
    values = {"person": person(approval, "Theo Toft"), "unit": unit(approval, "Havneskolen"), "first_day": "2027-01-01"}
    case = tasks.start(approval.driver, "main", values, None, now)
    carry_out_due(approval.driver, {"order": Service(Arguments(), refuse)}, lambda: now)
    with approval.driver.session() as session:
        (task,) = kept.tasks_of(session, case)
    page = visit("manager", f"/tasks/{task.id}")
    expect(page.get_by_text("no such key")).to_be_visible()
    page.get_by_role("button", name="Spring trinnet over").click()
    page.get_by_role("textbox", name="Hvorfor kan det springes over?").fill("Nøglen er udleveret")
    require_accessible(page)
    page.get_by_role("button", name="Spring over", exact=True).click()
    expect(page.get_by_text("Trinnet er sprunget over.")).to_be_visible()
    with approval.driver.session() as session:
        done = [(each.action, each.reason) for each in case_log.log_of(session, case)]
    assert ("skipped", "Nøglen er udleveret") in done
