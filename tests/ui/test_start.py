"""The start page: where a login leads, and what it shows to whom."""

import pytest
from playwright.sync_api import expect

from tests.ui.axe import require_accessible
from tests.ui.conftest import Visits


@pytest.mark.parametrize(("language", "title"), [("da", "Hej"), ("en", "Hello")])
def test_a_login_leads_to_the_start_page(visit: Visits, language: str, title: str) -> None:
    page = visit("HR", language=language)
    expect(page.get_by_role("heading", level=1)).to_have_text(f"{title} Hanne Hede")
    require_accessible(page)


def test_a_person_without_rights_learns_which_and_who_gives_them(visit: Visits) -> None:
    page = visit("teaching assistant without AD")
    visit.expect(page, "400")
    refusal = page.get_by_role("alert")
    expect(refusal).to_contain_text("systemrollerne")
    expect(refusal.get_by_role("listitem")).to_have_text(["Hanne Hede"])
    require_accessible(page)
