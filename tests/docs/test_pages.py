"""The pages themselves: links lead somewhere, named files exist, nothing refers to what a clone does not have."""

import re
from pathlib import Path

import pytest

from graph.cpr.keyring import is_number
from tests.docs.pages import DOCS, ROOT, committed

PAGES = [file for file in committed() if file.suffix == ".md"]
_LINK = re.compile(r"\]\((?!https?://|mailto:|#)([^)#\s]+)")
_CODE_PATH = re.compile(
    r"`((?:api|benchmarks|docs|exporters|graph|importers|protocols|reconnect|rules|sample|tests|tools)/[\w./-]*)`"
)
_OTHERS_FILES = re.compile(r"`[\w-]+/[\w.-]+: ")
"""A line that names files of another repository: `owner/name: path`."""
# Documents of those who plan REConnect, and places of the machines on which it is written.
_OUTSIDE = re.compile(r"\.\./shared|\bshared/(?:data|formats)|\b(?:HOUSE|STYLE|DESIGN)(?:\.md\b| §)")
_TEN_DIGITS = re.compile(r"(?<![\w-])(\d{6})-?(\d{4})(?![\w-])")
_WEIGHTS = (4, 3, 2, 7, 6, 5, 4, 3, 2, 1)


def _name(file: Path) -> str:
    return file.relative_to(ROOT).as_posix()


@pytest.mark.parametrize("file", PAGES, ids=_name)
def test_links_and_named_files_exist(file: Path) -> None:
    text = file.read_text(encoding="utf-8")
    gone = [each for each in _LINK.findall(text) if not (file.parent / each).exists()]
    ours = (line for line in text.splitlines() if not _OTHERS_FILES.search(line))
    gone += [each for line in ours for each in _CODE_PATH.findall(line) if not (ROOT / each).exists()]
    assert not gone


def test_nothing_refers_to_documents_that_are_not_in_the_repository() -> None:
    wrong = [
        f"{_name(file)}: {found[0]}"
        for file in committed()
        if not _name(file).startswith(("tests/official/", "tests/docs/", ".ci/"))
        for found in _OUTSIDE.finditer(file.read_text(encoding="utf-8", errors="ignore"))
    ]
    assert not wrong, "\n".join(wrong)


@pytest.mark.parametrize("file", sorted(DOCS.rglob("*.md")), ids=_name)
def test_no_cpr_number_on_a_page_can_belong_to_anyone(file: Path) -> None:
    """cpr.md §10: it fails modulus 11, and is not born on 1 January."""
    for first, last in _TEN_DIGITS.findall(file.read_text(encoding="utf-8")):
        number = first + last
        if is_number(number):
            assert sum(int(each) * weight for each, weight in zip(number, _WEIGHTS, strict=True)) % 11, number
            assert not number.startswith("0101"), number
