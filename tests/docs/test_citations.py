"""What code, tests and READMEs cite exists: pages, sections, pitfalls, cases (docs/README.md "Citing a rule")."""

import re
from collections.abc import Iterator

import pytest

from tests.acceptance.cases import QUERIES, REFUSALS
from tests.docs.pages import ROOT, Page, committed, decisions, page_of, pages

pytestmark = pytest.mark.whole

TEXTS = (".md", ".py", ".xsd", ".wsdl", ".yaml", ".yml", ".cypher", ".graphql", ".sh")
# Pages that define what others cite; docs/README.md shows the form, with examples.
NOT_CITING = ("docs/formats/", "docs/architecture.md", "docs/README.md", "tests/docs/")

# A source's or target's own folders may leave the page out. The page is named as the folder, but for these.
ROOMS = re.compile(r"(?:importers|exporters|tests/importers|tests/exporters|tests/official)/(\w+)/")
PAGE_OF_ROOM = {"school_ad": "active_directory.md", "fk_adm": "kombit_access.md"}

_NUMBERS = r"\d+(?:(?:, | and | to |–)\d+)*"
_PLACE = rf'§(\d+(?:\.\d+)*)(?: "([^"]+)")?|[Pp]itfalls? ({_NUMBERS})'
_PLAIN = re.sub(r"\((?!\?)", "(?:", _PLACE)
_CITATION = re.compile(rf"\b(\w+\.md)((?:(?:[,;]| and| to|–)? ?(?:{_PLAIN}))+)")
_OF_OTHERS = re.compile(r"\b(?:RFC \d+|SP 800-\w+|Act) §[\d.]+")
_TEST = re.compile(r"def test_pitfall_(\d+)(?:_and_(\d+)(?=_))?")
# Tests of exports name the pitfall without the word: of their target's page (of Plan2Learn's, if they are of none).
_TEST_OF_EXPORT = re.compile(r"def test_(files_)?(\d\d)_")
_NUMBERED_TEST = re.compile(r"def test_((?:\d{1,2}_)+)\w")
_CASE = re.compile(r"\b(A\d{1,2}|[nr]\d\d)\b")


def flat(text: str) -> str:
    """Without the line breaks of comments and docstrings."""
    return re.sub(r"\s*\n\s*(?:#+ )?", " ", text)


def numbers(text: str) -> Iterator[int]:
    """``1, 8 to 10`` is 1, 8, 9 and 10."""
    for first, last in re.findall(r"(\d+)(?:(?: to |–)(\d+))?", text):
        yield from range(int(first), int(last or first) + 1)


def missing(page: Page, places: str) -> Iterator[str]:
    """What ``places`` names and the page does not have."""
    for section, words, pitfalls in re.findall(_PLACE, places):
        if section and not page.has(section, words):
            yield f"§{section}" + (f' "{words}"' if words else "")
        yield from (f"pitfall {each}" for each in numbers(pitfalls) if each not in page.pitfalls)


def faults(path: str, text: str) -> Iterator[str]:
    """What the text at ``path`` cites and does not exist."""
    text = _OF_OTHERS.sub("", flat(text))
    for name, places in _CITATION.findall(text):
        if name in pages():
            yield from (f"{name} {each}" for each in missing(pages()[name], places))
        else:
            yield f"{name}{places}: there is no such page"
    loose = [found[0] for found in re.finditer(_PLAIN, _CITATION.sub("", text))]
    room = ROOMS.match(path)
    own = pages().get(PAGE_OF_ROOM.get(room[1], f"{room[1]}.md")) if room else None
    if own is None:
        yield from (f"{each}: of which page?" for each in loose)
    else:
        named = [int(each) for found in _TEST.findall(text) for each in found if each]
        yield from missing(own, " ".join([*loose, *(f"pitfall {each}" for each in named)]))
    if path.startswith("tests/exporters/"):
        for of_files, number in _TEST_OF_EXPORT.findall(text):
            page = pages()["files_and_rest.md"] if of_files else own or pages()["plan2learn.md"]
            yield from missing(page, f"pitfall {int(number)}")
    if "nearest.yaml" in text or "nearest" in path:
        known = decisions() | {each["id"] for each in (*QUERIES, *REFUSALS)}
        yield from (f"nearest.yaml {each}" for each in _CASE.findall(text) if each not in known)


def test_what_is_cited_exists() -> None:
    wrong = [
        f"{path}: {each}"
        for path, file in ((file.relative_to(ROOT).as_posix(), file) for file in committed() if file.suffix in TEXTS)
        if not path.startswith(NOT_CITING)
        for each in faults(path, file.read_text(encoding="utf-8"))
    ]
    assert not wrong, "\n".join(wrong)


def named_by_tests(page: str) -> set[int]:
    """The pitfalls of a page that tests name: in the name or the docstring of one in the page's own rooms, or anywhere
    together with the page."""
    found: set[int] = set()
    for file in committed():
        path = file.relative_to(ROOT).as_posix()
        if not (path.startswith("tests/") and file.suffix == ".py") or path.startswith(NOT_CITING):
            continue
        text = flat(file.read_text(encoding="utf-8"))
        room = ROOMS.match(path)
        cited = [places for name, places in _CITATION.findall(text) if name == page]
        if room and PAGE_OF_ROOM.get(room[1], f"{room[1]}.md") == page:
            found |= {int(each) for name in _NUMBERED_TEST.findall(text) for each in re.findall(r"\d+", name)}
            cited.append(_CITATION.sub("", text))
        found |= {each for places in cited for _, _, named in re.findall(_PLACE, places) for each in numbers(named)}
    return found


@pytest.mark.parametrize("page", ["active_directory.md"])
def test_every_pitfall_has_a_test_that_names_it(page: str) -> None:
    assert sorted(pages()[page].pitfalls - named_by_tests(page)) == []


def test_every_page_has_sections_and_every_format_pitfalls() -> None:
    assert len(decisions()) == 24
    for name, page in pages().items():
        assert {"1", "2", "3"} <= set(page.sections), name
        assert page.pitfalls or name == "architecture.md", name


@pytest.mark.parametrize(
    ("path", "text", "wrong"),
    [
        ("graph/x.py", '# kle.md §6.7 and architecture.md §4 "Merge"; nearest.yaml A14\n# RFC 4511 §4.5.2', []),
        ("graph/x.py", "# kle.md §6.10, §8", ["kle.md §6.10"]),
        ("graph/x.py", "# kle.md pitfalls 5, 16 to 18", ["kle.md pitfall 18"]),
        ("graph/x.py", "# (kle.md\n# §99)", ["kle.md §99"]),
        ("graph/x.py", '# architecture.md §4 "Marge"', ['architecture.md §4 "Marge"']),
        ("graph/x.py", "# nothing.md §1", ["nothing.md §1: there is no such page"]),
        ("graph/x.py", "# nearest.yaml A25, r99", ["nearest.yaml A25", "nearest.yaml r99"]),
        ("graph/x.py", "# pitfall 3", ["pitfall 3: of which page?"]),
        ("graph/x.py", "# §4", ["§4: of which page?"]),
        ("importers/kle/x.py", "# §6.7; pitfall 17", []),
        ("importers/kle/x.py", "# §11; pitfall 18", ["§11", "pitfall 18"]),
        ("importers/school_ad/x.py", "# pitfall 50", []),
        ("tests/importers/kle/test_x.py", "def test_pitfall_18_x", ["pitfall 18"]),
        ("tests/importers/kle/test_x.py", '"""Pitfall 18: x."""', ["pitfall 18"]),
        ("tests/exporters/files/test_x.py", "def test_23_x\ndef test_files_28_x", []),
        ("tests/exporters/files/test_x.py", "def test_24_x\ndef test_files_29_x", ["pitfall 24", "pitfall 29"]),
        ("tests/importers/kle/test_x.py", "def test_pitfall_17_and_18_x", ["pitfall 18"]),
    ],
)
def test_a_citation_of_what_is_missing_is_found(path: str, text: str, wrong: list[str]) -> None:
    assert list(faults(path, text)) == wrong


def test_a_page_is_read_with_its_sections_items_and_pitfalls() -> None:
    page = page_of(
        "## 1. One\n1. first\n\n### 1.1 Part\n**2.1 Bold.** text\n\n## 2. Pitfalls (each a test)\n3. x\n10. y\n"
    )
    assert {"1", "1.1", "2"} <= set(page.sections)
    assert page.pitfalls == {3, 10}
    assert page.has("1", "first")
    assert not page.has("2", "first")
