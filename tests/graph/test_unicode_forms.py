"""Letters are composed in time that grows with the text: what anybody may send must not hold the process."""

import re
import unicodedata
from itertools import groupby
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from graph import unicode_forms
from graph.collation import folded
from graph.errors import ChangeRejected
from graph.name_patterns import latin
from graph.questions.search import _question
from graph.statements.normal_text import normal
from graph.unicode_forms import MOST_MARKS, in_form, is_composed

ROOT = Path(__file__).parents[2]
MANY = 100_000
HOSTILE = {
    "marks of two classes": "a" + "\u0301\u0316" * (MANY // 2),
    "marks that are taken apart": "a" + "\u0344\u0316" * (MANY // 2),
    "letters that are taken apart into marks": "a" + "\u0f73\u0316" * (MANY // 2),
    "half-width marks": "a" + "\uff9e\u0301\u0316" * (MANY // 3),
}
OFTEN = st.text(st.sampled_from("aåA\u030a\u0301\u0316\u0f73\uff9e 漢Ω"), max_size=80)


class _Watched:
    """Python's own, but for texts that would take it long: it sorts marks in a row by insertion."""

    combining = staticmethod(unicodedata.combining)

    def normalize(self, form, text):
        assert _longest_row(text) <= MOST_MARKS
        return unicodedata.normalize(form, text)

    def is_normalized(self, form, text):
        assert _longest_row(text) <= MOST_MARKS
        return unicodedata.is_normalized(form, text)


def _longest_row(text):
    """How many marks stand in a row, as they are or once they are taken apart."""
    rows = groupby(text, lambda each: unicodedata.combining(unicodedata.normalize("NFKD", each)[0]) != 0)
    return max((sum(1 for _ in row) for are_marks, row in rows if are_marks), default=0)


@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE)
@pytest.mark.parametrize("made", [normal, folded, latin, is_composed, lambda text: in_form("NFKD", text)])
def test_many_marks_are_never_sorted_in_one_row(made, text, monkeypatch):
    assert _longest_row(text) > MANY // 2
    monkeypatch.setattr(unicode_forms, "unicodedata", _Watched())
    made(text)


@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE)
def test_a_search_refuses_them_before_the_work(text):
    with pytest.raises(ChangeRejected, match="letters at most"):
        _question(text)


@given(OFTEN)
def test_what_people_write_is_composed_as_unicode_says(text):
    if not re.search(f"[\u0300-\uffff]{{{MOST_MARKS + 1}}}", text):
        assert in_form("NFC", text) == unicodedata.normalize("NFC", text)
        assert is_composed(text) == unicodedata.is_normalized("NFC", text)


@given(OFTEN)
def test_composing_twice_changes_nothing(text):
    once = in_form("NFC", text)
    assert is_composed(once)
    assert in_form("NFC", once) == once


def test_long_texts_of_other_scripts_stay():
    text = "漢字" * 500 + "שָׁלוֹם" * 200
    assert in_form("NFC", text) == unicodedata.normalize("NFC", text)


@pytest.mark.whole
@pytest.mark.parametrize("folder", ["graph", "idp", "api", "processes", "rules"])
def test_nothing_else_composes_what_others_send(folder):
    """A second place would lack the bound."""
    found = [
        str(file.relative_to(ROOT))
        for file in (ROOT / folder).rglob("*.py")
        if re.search(r"unicodedata\.(is_)?normal", file.read_text())
    ]
    assert found == (["graph/unicode_forms.py"] if folder == "graph" else [])
