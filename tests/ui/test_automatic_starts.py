"""Before cases start by themselves: what changes and time would have started, and when the first would start."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
from playwright.sync_api import expect

from graph.time import today
from processes.cases import definitions
from processes.cases.last_starts import DAYS
from tests.processes.engine.drawn import END, flow, process, script
from tests.ui.axe import require_accessible
from tests.ui.conftest import Town, Visits

FORGET = "MATCH (n:Process|ProcessVersion) DETACH DELETE n"


@pytest.fixture
def weekly(town: Town) -> Iterator[Town]:
    """Starts each week, and by nothing else."""
    town.driver.execute_query(FORGET)
    trigger = '<extensionElements><reconnect:trigger every="1 week"/></extensionElements>'
    start = f'<startEvent id="start">{trigger}</startEvent>'
    drawn = process(start, script("note", "week = 1"), END, flow("start", "note", "end"), id="weekly")
    definitions.deploy(town.driver, "weekly", {"weekly.bpmn": drawn}, {}, "test", datetime.now(UTC))
    yield town
    town.driver.execute_query(FORGET)


@pytest.mark.parametrize(("language", "on", "lately", "first", "by_change"), [
    ("da", "Slå til: weekly", f"Efter tidsplanen ville {DAYS // 7} være startet", "Slås det til nu, starter den første",
     "ved ændringer"),
    ("en", "Switch on: weekly", f"By time it would have been {DAYS // 7}", "Switched on now, the first one starts",
     "by changes"),
])  # fmt: skip
def test_what_time_would_have_started_is_shown_before_it_is_switched_on(
    visit: Visits, weekly: Town, language: str, on: str, lately: str, first: str, by_change: str
) -> None:
    page = visit("administrator", "/board", language=language)
    page.get_by_role("button", name=on).click()
    expect(page.get_by_text(lately)).to_be_visible()
    expect(page.get_by_text(first)).to_be_visible()
    expect(page.get_by_text(by_change)).to_have_count(0)
    require_accessible(page)
    page.locator("input[type=date][min]").fill((today() + timedelta(days=2)).isoformat())
    expect(page.get_by_text(first)).to_have_count(0)
