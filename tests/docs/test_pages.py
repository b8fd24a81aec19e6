"""The pages themselves: links lead somewhere, named files exist, nothing refers to what a clone does not have."""

import re
from pathlib import Path

import pytest
from prometheus_client import generate_latest

from api.access import failed_logins, own_system
from api.access.rights import ROLES
from api.http import metrics
from api.login import web_routes
from graph.cpr.keyring import is_number
from graph.model import KINDS
from tests.docs.pages import DOCS, ROOT, committed

pytestmark = pytest.mark.whole

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


def test_the_glossary_has_every_kind_and_system_role() -> None:
    glossary = (DOCS / "glossary.md").read_text(encoding="utf-8")
    assert [kind for kind in KINDS if not re.search(rf"\b{kind}\b", glossary)] == []
    assert [role for role in ROLES if not re.search(rf"\b{role}\b", glossary)] == []


def test_metrics_that_pages_name_are_served() -> None:
    assert metrics.ANSWERS and failed_logins.FAILED and web_routes.BREAK_GLASS_USED  # what is loaded is served
    served = set(re.findall(r"^# TYPE (\w+) ", generate_latest().decode(), re.MULTILINE))
    named = {name for file in PAGES for name in re.findall(r"`(reconnect_[a-z_]+)`", file.read_text(encoding="utf-8"))}
    assert named
    assert sorted(named - served - {own_system.UNIT, own_system.FIELDS}) == []  # constraint types have such names, too
