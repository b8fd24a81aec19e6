"""The organisation: the tree, the unit and its manager, and the days."""

from datetime import date, timedelta
from typing import Any

import pytest
from playwright.sync_api import Route, expect

from graph.time import today
from tests.ui.addresses import require_address
from tests.ui.axe import require_accessible
from tests.ui.conftest import Town, Visits
from tests.ui.finding import operation, person, questions_of, unit


def test_the_tree_is_walked_by_keyboard_and_opens_level_by_level(visit: Visits) -> None:
    page = visit("administrator", "/organisation")
    asked: list[str] = []
    expect(page.get_by_role("treeitem", name="Børn og Læring")).to_have_attribute("aria-expanded", "false")
    page.on("request", lambda each: asked.extend(operation(each)))
    top = page.get_by_role("treeitem", name="Klitkøbing Kommune")
    top.focus()
    page.keyboard.press("ArrowDown")
    expect(page.get_by_role("treeitem", name="Børn og Læring")).to_be_focused()
    page.keyboard.press("ArrowRight")
    school = page.get_by_role("treeitem", name="Havneskolen")
    expect(school).to_have_attribute("aria-level", "3")
    assert asked == ["Level"]
    page.keyboard.press("h")
    expect(school).to_be_focused()
    page.keyboard.press("ArrowLeft")
    expect(page.get_by_role("treeitem", name="Børn og Læring")).to_be_focused()
    page.keyboard.press("ArrowLeft")
    expect(school).to_have_count(0)
    page.keyboard.press("End")
    expect(page.get_by_role("treeitem", name="Stab")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text("Stab")
    expect(page.get_by_role("treeitem", name="Stab")).to_have_attribute("aria-selected", "true")
    require_accessible(page)


@pytest.mark.parametrize(("language", "manager", "here"), [
    ("da", "Nærmeste leder", "Er leder for enheden selv."), ("en", "Nearest manager", "Manages the unit itself."),
])  # fmt: skip
def test_a_unit_shows_its_people_and_how_its_manager_was_found(
    visit: Visits, town: Town, language: str, manager: str, here: str
) -> None:
    school = f"/organisation/{unit(town, 'Havneskolen')}"
    page, questions = questions_of(visit, "administrator", school, language=language)
    expect(page.get_by_role("heading", level=1)).to_have_text("Havneskolen")
    card = page.locator("section", has=page.get_by_role("heading", name=manager))
    expect(card).to_contain_text("Malene Mark")
    expect(card).to_contain_text(here)
    expect(page.get_by_role("link", name="Theo Toft")).to_be_visible()
    expect(page.get_by_role("treeitem", name="Havneskolen")).to_have_attribute("aria-selected", "true")
    assert sorted(questions) == ["Me", "Tree", "Unit", "UnitTimes"], "three questions, and the frame's"
    require_accessible(page)


def test_a_unit_without_a_manager_says_where_the_nearest_was_found(visit: Visits, town: Town) -> None:
    page = visit("administrator", f"/organisation/{unit(town, 'HR-partnere')}")
    card = page.locator("section", has=page.get_by_role("heading", name="Nærmeste leder"))
    expect(card).to_contain_text("Der er ledt her: HR-partnere → Klitkøbing Kommune")


def test_the_day_stands_in_the_address_and_in_every_link(visit: Visits, town: Town) -> None:
    school = unit(town, "Havneskolen")
    before = town_began() - timedelta(days=1)
    page = visit("administrator", f"/organisation/{school}?day={before}")
    expect(page.get_by_text("Enheden findes ikke på den viste dag")).to_be_visible()
    require_accessible(page)
    page.get_by_role("button", name="Gå til i dag").click()
    expect(page.get_by_role("link", name="Theo Toft")).to_be_visible()
    require_address(page, f"/organisation/{school}")
    page.get_by_label("Vis dagen").fill(str(town_began()))
    theo = f"/person/{person(town, 'Theo Toft')}?day={town_began()}"
    expect(page.get_by_role("link", name="Theo Toft")).to_have_attribute("href", theo)
    require_address(page, f"?day={town_began()}")


def test_marks_lead_from_change_to_change(visit: Visits, town: Town) -> None:
    page = visit("administrator", f"/organisation/{unit(town, 'Klitkøbing Kommune')}")
    button = page.get_by_role("button", name="Forrige ændring")
    expect(button).to_be_enabled()
    button.click()
    expect(page.get_by_text("Denne dag ændres:")).to_be_visible()
    shown = date.fromisoformat(page.get_by_label("Vis dagen").input_value())
    assert shown < today()
    require_address(page, f"?day={shown}")
    slider = page.get_by_role("slider")
    slider.focus()
    slider.press("ArrowRight")
    expect(page.get_by_label("Vis dagen")).to_have_value(str(shown + timedelta(days=1)))


def test_each_value_says_where_it_comes_from_and_what_happened(visit: Visits, town: Town) -> None:
    page = visit("administrator", f"/organisation/{unit(town, 'Strandskolen')}")
    page.get_by_role("heading", name="Hvor oplysningerne kommer fra").click()
    expect(page.get_by_text("KMD Opus").first).to_be_visible()
    page.get_by_text("Hvorfor gælder det?").first.click()
    expect(page.get_by_text("Kun KMD Opus oplyser noget.").first).to_be_visible()
    page.get_by_role("heading", name="Ændringslog").click()
    expect(page.get_by_text("Oprettet").last).to_be_visible()
    require_accessible(page)


def test_a_manager_sees_the_part_that_she_manages(visit: Visits) -> None:
    page = visit("manager", "/organisation")
    expect(page.get_by_role("treeitem")).to_have_text(["Havneskolen"])
    page.get_by_role("treeitem").get_by_role("link").click()
    expect(page.get_by_role("link", name="Theo Toft")).to_be_visible()
    expect(page.get_by_role("button", name="Flyt")).to_have_count(0)
    expect(page.get_by_role("heading", name="Ændringslog")).to_have_count(0)


def test_a_unit_that_there_is_not_says_so(visit: Visits) -> None:
    page = visit("manager", "/organisation/00000000-0000-4000-8000-000000000000")
    visit.expect(page, "400")
    expect(page.get_by_role("alert")).to_contain_text("Det findes ikke.")
    require_accessible(page)


def test_a_long_level_is_read_in_full_and_only_what_is_seen_is_drawn(visit: Visits) -> None:
    """The units are made up here: no municipality of the tests has as many."""
    many, step = 2_500, 1_000

    def branch(number: int, below: int = 0) -> dict[str, Any]:
        uuid = f"{number:08x}-0000-4000-8000-000000000000"
        return {"__typename": "Unit", "uuid": uuid, "name": f"Hold {number:04}", "childCount": below}

    def part(nodes: list[dict[str, Any]], following: int | None) -> dict[str, Any]:
        shown = {"__typename": "PageInfo", "hasNextPage": following is not None, "endCursor": str(following)}
        return {"__typename": "UnitConnection", "nodes": nodes, "pageInfo": shown}

    top = branch(0, many)

    def answer(route: Route) -> None:
        asked = route.request.post_data_json
        if asked["operationName"] == "Tree":
            opened = {"__typename": "UnitConnection", "nodes": []}
            route.fulfill(json={"data": {"tops": part([top], None), "opened": opened}})
        elif asked["operationName"] == "Level":
            begin = int(asked["variables"].get("after") or 1)
            end = min(begin + step, many + 1)
            nodes = [branch(each) for each in range(begin, end)]
            level = part(nodes, end if end <= many else None)
            unit_ = {"__typename": "Unit", "uuid": top["uuid"], "childrenConnection": level}
            route.fulfill(json={"data": {"unit": unit_}})
        else:
            route.continue_()

    page = visit("administrator", "/nowhere")
    page.route("**/graphql", answer)
    page.goto(f"{visit.town.url}/organisation")
    expect(page.get_by_role("treeitem", name="Hold 0001")).to_have_attribute("aria-setsize", str(many))
    page.get_by_role("treeitem", name="Hold 0000").focus()
    page.keyboard.press("End")
    last = page.get_by_role("treeitem", name="Hold 2500")
    expect(last).to_be_focused()
    expect(last).to_be_in_viewport()
    expect(last).to_have_attribute("aria-posinset", str(many))
    expect(page.get_by_role("treeitem", name="Hold 2495")).to_be_visible()
    assert page.get_by_role("treeitem").count() < 200
    page.keyboard.press("ArrowUp")
    expect(page.get_by_role("treeitem", name="Hold 2499")).to_be_focused()
    require_accessible(page)
    page.keyboard.press("Home")
    expect(page.get_by_role("treeitem", name="Hold 0000")).to_be_in_viewport()


def town_began() -> date:
    """Since when the sample's people who log in have worked there."""
    return today() - timedelta(days=700)
