"""The pages of ``docs`` by what can be cited of them: sections, items of sections, pitfalls; and decisions of cases."""

import re
import subprocess
from dataclasses import dataclass
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
DOCS = ROOT / "docs"
CASES = ROOT / "tests" / "acceptance" / "nearest.yaml"

_HEADING = re.compile(r"^#{2,3} (\d+(?:\.\d+)*)\.? (.*)$|^\*\*(\d+\.\d+) (.*)$", re.MULTILINE)
_ITEM = re.compile(r"^(\d+)\. ", re.MULTILINE)


@dataclass(frozen=True)
class Page:
    """``sections``: number → its text. An item of a numbered list in a section counts as a section of it: 6.7."""

    sections: dict[str, str]
    pitfalls: frozenset[int]

    def has(self, section: str, words: str = "") -> bool:
        return section in self.sections and words.casefold() in self.sections[section].casefold()


def page_of(text: str) -> Page:
    """Reads a page. The section whose heading begins with "Pitfalls" holds the pitfalls."""
    heads = list(_HEADING.finditer(text))
    sections: dict[str, str] = {}
    pitfalls: set[int] = set()
    for place, head in enumerate(heads):
        number = head[1] or head[3]
        end = next((each.start() for each in heads[place + 1 :] if not _within(each, number)), len(text))
        sections[number] = text[head.start() : end]
        items = [int(each) for each in _ITEM.findall(sections[number])]
        sections |= {f"{number}.{each}": sections[number] for each in items if f"{number}.{each}" not in sections}
        if (head[2] or "").startswith("Pitfalls"):
            pitfalls.update(items)
    return Page(sections, frozenset(pitfalls))


def _within(head: re.Match[str], number: str) -> bool:
    return (head[1] or head[3]).startswith(f"{number}.")


@cache
def pages() -> dict[str, Page]:
    """Every page with numbered sections, by file name."""
    files = [DOCS / "architecture.md", *sorted((DOCS / "formats").glob("*.md"))]
    return {file.name: page_of(file.read_text(encoding="utf-8")) for file in files}


@cache
def decisions() -> frozenset[str]:
    """The decisions at the top of the acceptance cases: A1, A2 …"""
    return frozenset(re.findall(r"^#   (A\d+) ", CASES.read_text(encoding="utf-8"), re.MULTILINE))


@cache
def committed() -> tuple[Path, ...]:
    """Every text file that git knows, but what others wrote (locks)."""
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT, check=True, capture_output=True, text=True,
    ).stdout.splitlines()  # fmt: skip
    return tuple(
        ROOT / each for each in listed if not each.endswith((".lock", "-lock.json")) and (ROOT / each).is_file()
    )
