"""What axe finds on a page, and whether it fits the narrowest screen."""

from functools import cache
from pathlib import Path
from typing import Any

from playwright.sync_api import Page

_SCRIPT = Path(__file__).resolve().parents[2] / "ui" / "node_modules" / "axe-core" / "axe.min.js"
_LOOK = """
async () => (await axe.run(document, {
    runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'best-practice'],
    resultTypes: ['violations']
})).violations.map(each => ({rule: each.id, where: each.nodes.map(node => node.html + ' ' + node.failureSummary)}))
"""
NARROW = 320
"""CSS pixels; also what 400 % zoom makes of a screen of 1280."""


@cache
def _script() -> str:
    return _SCRIPT.read_text(encoding="utf-8")


def require_accessible(page: Page) -> None:
    """As the page is now, in both colours; then as narrow as can be, without scrolling sideways."""
    page.get_by_role("main").wait_for()
    page.evaluate(_script())
    before = page.viewport_size
    assert before is not None
    for scheme in ("light", "dark"):
        page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
        found: list[dict[str, Any]] = page.evaluate(_LOOK)
        assert found == [], f"{page.url}, {scheme}: {found}"
    page.set_viewport_size({"width": NARROW, "height": before["height"]})
    found = page.evaluate(_LOOK)
    assert found == [], f"{page.url}, {NARROW} px: {found}"
    assert page.evaluate("document.documentElement.scrollWidth") <= NARROW, f"{page.url} is wider than {NARROW} px"
    page.set_viewport_size(before)
