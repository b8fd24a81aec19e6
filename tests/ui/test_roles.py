"""Roles: who has which, given, copied, substituted and ended, one or many; and the list as a file."""

import csv
import io
from datetime import timedelta
from pathlib import Path
from xml.etree import ElementTree
from zipfile import ZipFile

import pytest
from playwright.sync_api import Download, Page, Route, expect

from graph.time import today
from tests.ui.axe import require_accessible
from tests.ui.conftest import Town, Visits
from tests.ui.finding import person, questions_of, unit

_TEXT = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}t"
_FORGET = "MATCH (:Person {uuid: $person})-[:STANDS_IN]->(s:Substitution) DETACH DELETE s"
_ROW = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}row"


def choose(page: Page, label: str, text: str, name: str) -> None:
    group = page.get_by_role("group", name=label)
    group.get_by_role("searchbox").fill(text)
    group.get_by_role("button", name=name).first.click()


def carry_out(page: Page) -> None:
    page.get_by_role("button", name="Se, hvad der følger").click()
    page.get_by_role("button", name="Gennemfør").click()


def saved(download: Download, folder: Path) -> Path:
    file = folder / download.suggested_filename
    download.save_as(file)
    return file


@pytest.mark.parametrize(("language", "title", "role"), [
    ("da", "Roller og stedfortrædere", "Rolle"), ("en", "Roles and substitutes", "Role"),
])  # fmt: skip
def test_the_list_is_narrowed_and_the_address_keeps_how(
    visit: Visits, town: Town, language: str, title: str, role: str
) -> None:
    roles = f"/roles?unit={unit(town, 'Havneskolen')}"
    page, questions = questions_of(visit, "administrator", roles, language=language)
    expect(page.get_by_role("heading", level=1)).to_have_text(title)
    expect(page.get_by_role("row")).to_have_count(2)
    expect(page.get_by_role("link", name="Malene Mark")).to_be_visible()
    assert sorted(questions) == ["Assignments", "Me", "RoleNames", "UnitName"], "three questions, and the frame's"
    page.get_by_role("columnheader", name=role).get_by_role("button").click()
    expect(page.get_by_role("columnheader", name=role)).to_have_attribute("aria-sort", "descending")
    page.reload()
    expect(page.get_by_role("columnheader", name=role)).to_have_attribute("aria-sort", "descending")
    require_accessible(page)


def test_a_substitute_is_set_and_ended(visit: Visits, town: Town) -> None:
    page = visit("administrator", f"/roles?unit={unit(town, 'Havneskolen')}")
    expect(page.get_by_role("button", name="Afslut")).to_be_disabled()
    page.get_by_role("checkbox", name="Vælg Leder Malene Mark").check()
    page.get_by_role("button", name="Sæt en stedfortræder").click()
    choose(page, "Stedfortræder", "theo toft", "Theo Toft")
    page.get_by_label("Hvorfor?").fill("Ferie")
    carry_out(page)
    expect(page.get_by_role("status").filter(has_text="Theo Toft er stedfortræder fra")).to_be_visible()
    page.get_by_role("button", name="Luk", exact=True).click()
    standing = page.get_by_role("region", name="Stedfortrædere")
    expect(standing.get_by_role("link", name="Theo Toft")).to_be_visible()
    require_accessible(page)
    standing.get_by_role("checkbox").check()
    page.get_by_role("button", name="Afslut stedfortræderen").click()
    page.get_by_label("Fra hvilken dag?").fill(str(today() + timedelta(days=7)))
    page.get_by_label("Hvorfor?").fill("Ferien er slut")
    carry_out(page)
    expect(page.get_by_role("status").filter(has_text="Stedfortræderen slutter")).to_be_visible()
    page.get_by_role("button", name="Luk", exact=True).click()
    town.driver.execute_query(_FORGET, person=person(town, "Theo Toft"))


def test_roles_are_given_copied_and_ended_and_each_is_taken_back(visit: Visits, town: Town) -> None:
    page = visit("administrator", f"/roles?unit={unit(town, 'Havneskolen')}")
    roles = page.get_by_role("region", name="Roller", exact=True)
    expect(roles.get_by_role("link")).to_have_text(["Malene Mark"])
    page.get_by_role("button", name="Giv en rolle").click()
    choose(page, "Person", "theo toft", "Theo Toft")
    page.get_by_role("region", name="Giv en rolle").get_by_label("Rolle").select_option("Leder")
    page.get_by_label("Hvorfor?").fill("Vikar")
    carry_out(page)
    expect(roles.get_by_role("link", name="Theo Toft")).to_be_visible()
    take_back(page)
    expect(roles.get_by_role("link")).to_have_text(["Malene Mark"])
    page.get_by_role("checkbox", name="Vælg Leder Malene Mark").check()
    page.get_by_role("searchbox", name="Vis kun").fill("theo")
    expect(roles.get_by_role("link"), "what is chosen stays in sight").to_have_text(["Malene Mark"])
    page.get_by_role("button", name="Giv rollen til en mere").click()
    choose(page, "Person", "theo toft", "Theo Toft")
    page.get_by_label("Hvorfor?").fill("Delt ledelse")
    carry_out(page)
    expect(roles.get_by_role("link", name="Theo Toft")).to_be_visible()
    page.get_by_role("checkbox", name="Vælg Leder Theo Toft").check()
    take_back(page)
    expect(roles.get_by_role("link", name="Theo Toft")).to_have_count(0)
    page.get_by_role("searchbox", name="Vis kun").fill("")
    page.get_by_role("checkbox", name="Vælg Leder Malene Mark").check()
    page.get_by_role("button", name="Afslut rollen").click()
    page.get_by_label("Hvorfor?").fill("Går på pension")
    carry_out(page)
    expect(page.get_by_role("status").filter(has_text="Rollen slutter")).to_be_visible()
    take_back(page)


def take_back(page: Page) -> None:
    page.get_by_role("button", name="Fortryd").click()
    expect(page.get_by_text("Det er taget tilbage.")).to_be_visible()
    page.get_by_role("button", name="Luk", exact=True).click()


def test_a_list_is_saved_as_it_is_seen(visit: Visits, town: Town, tmp_path: Path) -> None:
    page = visit("manager", f"/roles?hide=about.substitutes.to&unit={unit(town, 'Havneskolen')}")
    expect(page.get_by_role("link", name="Malene Mark")).to_be_visible()
    with page.expect_download() as given:
        page.get_by_role("button", name="Hent som CSV").click()
    text = saved(given.value, tmp_path).read_text(encoding="utf-8-sig")
    rows = [["Rolle", "Person", "Enhed"], ["Leder", "Malene Mark", "Havneskolen"]]
    assert list(csv.reader(io.StringIO(text), delimiter=";")) == rows
    with page.expect_download() as given:
        page.get_by_role("button", name="Hent til Excel").click()
    with ZipFile(saved(given.value, tmp_path)) as book:
        sheet = ElementTree.fromstring(book.read("xl/sheet.xml"))
    assert [[each.text for each in row.iter(_TEXT)] for row in sheet.iter(_ROW)] == rows


def test_what_looks_like_a_formula_is_data(visit: Visits, town: Town, tmp_path: Path) -> None:
    """A unit may be called anything; a programme for sheets must not carry it out."""
    page = visit("manager", f"/roles?unit={unit(town, 'Havneskolen')}")
    expect(page.get_by_role("link", name="Malene Mark")).to_be_visible()

    def with_formula(route: Route) -> None:
        answer = route.fetch()
        text = answer.text().replace('"name":"Malene Mark"', '"name":"＝HYPERLINK(\\"x\\";\\"Malene\\")"')
        route.fulfill(response=answer, body=text)

    page.route("**/graphql", with_formula)
    page.reload()
    expect(page.get_by_role("link", name="＝HYPERLINK")).to_be_visible()
    with page.expect_download() as given:
        page.get_by_role("button", name="Hent som CSV").click()
    text = saved(given.value, tmp_path).read_text(encoding="utf-8-sig")
    assert next(csv.reader(text.splitlines()[1:], delimiter=";"))[1] == '\'＝HYPERLINK("x";"Malene")'
