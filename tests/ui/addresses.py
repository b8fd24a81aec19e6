"""The address that a page has come to."""

import re

from playwright.sync_api import Page, expect


def require_address(page: Page, end: str) -> None:
    """Waits until the address ends so: it follows what is shown, and may come after it."""
    expect(page).to_have_url(re.compile(f"{re.escape(end)}$"))
