"""A run of a source or target is started on its page: first what it would change, then the run itself."""

import subprocess
import sys

from playwright.sync_api import Locator, Page, expect

from tests.ui.axe import require_accessible
from tests.ui.conftest import Town, Visits


def work() -> None:
    """What a worker does: the jobs on the queue."""
    subprocess.run([sys.executable, "-m", "reconnect", "worker", "--burst"], check=True, capture_output=True)


def start(page: Page, button: str) -> None:
    page.get_by_role("button", name=button).click()
    page.get_by_label("Hvorfor?").fill("Ny fil er kommet")
    page.get_by_role("button", name=button).click()


def last_run(page: Page) -> Locator:
    return page.locator("section").filter(has=page.get_by_role("heading", name="Seneste kørsel", exact=True))


def test_a_source_is_previewed_and_then_read(visit: Visits, town: Town) -> None:
    page = visit("administrator", "/sources/source/opus")
    last = last_run(page)
    start(page, "Forhåndsvis ændringerne")
    expect(last.get_by_text("I kø")).to_be_visible()
    expect(last.get_by_text("Ny fil er kommet")).to_be_visible()
    require_accessible(page)
    work()
    expect(last.get_by_text("dry run: ")).to_be_visible()
    start(page, "Kør den nu")
    expect(last.get_by_text("I kø")).to_be_visible()
    work()
    expect(last.get_by_text("bad records")).to_be_visible()
    expect(last.get_by_text("dry run: ")).to_have_count(0)
    require_accessible(page)


def test_a_target_is_previewed(visit: Visits, town: Town) -> None:
    page = visit("administrator", "/sources/target/plan2learn", width=390)
    start(page, "Forhåndsvis ændringerne")
    work()
    expect(last_run(page).get_by_text("dry run: ")).to_be_visible()
    require_accessible(page)
    rows, _, _ = town.driver.execute_query("MATCH (r:Run {type: 'export', dry: false}) RETURN count(r) AS runs")
    assert rows[0]["runs"] == 0, "nothing was sent"


def test_who_may_not_start_it_sees_how_it_went(visit: Visits, town: Town) -> None:
    page = visit("HR", "/sources/source/opus", language="en")
    expect(page.get_by_role("heading", name="The last run", exact=True)).to_be_visible()
    expect(page.get_by_role("button", name="Run it now")).to_have_count(0)
    require_accessible(page)
