"""What a page may cost: bytes of script, requests and questions, counted; no test of time."""

from urllib.parse import urlsplit

from playwright.sync_api import Request, expect

from api.http.pages import BUILT
from tests.ui.conftest import Town, Visits
from tests.ui.finding import operation
from tests.ui.routes import addresses

SCRIPT = 200_000
"""Bytes of script that a page loads at most, compressed."""
WITH_DRAWINGS = {"/board/draw": 350_000, "/cases/[id]": 350_000}
"""Pages that draw processes load bpmn-js."""
QUESTIONS = 3
"""Questions that a page asks to show itself, beside the frame's, which is asked once."""
REQUESTS = 60
"""Files and questions that a page asks for at most when it is opened for the first time."""


def size(path: str) -> int:
    """Bytes of a script as it is sent."""
    file = BUILT / path.removeprefix("/")
    packed = file.with_name(file.name + ".gz")
    return (packed if packed.is_file() else file).stat().st_size


def test_every_page_keeps_to_its_budget(visit: Visits, town: Town) -> None:
    page = visit("administrator")
    visit.expect(page, "Failed to load resource")  # what has no such id
    expect(page.get_by_role("heading", level=1)).to_contain_text("Olga")
    asked: list[Request] = []
    page.on("request", lambda each: asked.append(each))
    found = {}
    for route, address in addresses(town).items():
        page.goto("about:blank")  # the page before may still be asking
        asked.clear()
        page.goto(town.url + address)
        expect(page.get_by_role("heading", level=1)).not_to_be_empty()
        page.wait_for_load_state("networkidle")
        questions = [name for each in asked for name in operation(each) if name != "Me"]
        scripts = {path for each in asked if (path := urlsplit(each.url).path).endswith(".js")}
        found[route] = (sum(map(size, scripts)), len(asked), questions)
    over = {
        route: each
        for route, each in found.items()
        if each[0] > WITH_DRAWINGS.get(route, SCRIPT) or each[1] > REQUESTS or len(each[2]) > QUESTIONS
    }
    assert over == {}
    assert all(script > 50_000 for script, _, _ in found.values()), "the scripts were counted"
