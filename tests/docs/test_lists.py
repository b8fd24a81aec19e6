"""What the README and the page of pages list: every source, every target, every page about a system."""

from pathlib import Path

import pytest

from reconnect import folders

pytestmark = pytest.mark.whole

ROOT = Path(__file__).resolve().parents[2]


def test_the_readme_lists_every_source_and_target() -> None:
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    rooms = {"importers": folders.source_names(), "exporters": folders.target_names()}
    wanted = [f"| [`{room}/{name}`]({room}/{name}/README.md) |" for room, names in rooms.items() for name in names]
    assert [each for each in wanted if each not in text] == []


def test_the_page_of_pages_lists_every_page_about_a_system() -> None:
    text = (ROOT / "docs" / "README.md").read_text(encoding="utf-8")
    pages = sorted(each.name for each in (ROOT / "docs" / "formats").glob("*.md"))
    assert [each for each in pages if f"(formats/{each})" not in text] == []
