"""Letters composed (NFC) or taken apart (NFD, NFKD), in time that grows with the text and no faster.

Unicode puts the marks of a letter in order, and Python does that by insertion: a text of 300,000 marks, which a form or
a request may have, would hold the whole process for minutes. No language has more than 30 marks in a row (UAX #15, 13,
"stream-safe text"): the rest is left out first.
"""

import re
import unicodedata
from functools import lru_cache
from typing import Literal

Form = Literal["NFC", "NFD", "NFKC", "NFKD"]
MOST_MARKS = 30
_MAY_HAVE_MORE = re.compile(f"[\u0300-\U0010ffff]{{{MOST_MARKS + 1}}}")
"""No mark comes before U+0300: Danish texts, however long, need no closer look."""


def in_form(form: Form, text: str) -> str:
    """The text in a form of Unicode, with at most MOST_MARKS marks in a row."""
    return unicodedata.normalize(form, _bounded(text))


def is_composed(text: str) -> bool:
    """Whether ``in_form("NFC", text)`` is the same text."""
    return _bounded(text) == text and unicodedata.is_normalized("NFC", text)


def _bounded(text: str) -> str:
    if not _MAY_HAVE_MORE.search(text):
        return text
    kept: list[str] = []
    marks = 0
    for each in text:
        marks = marks + 1 if _is_mark(each) else 0
        if marks <= MOST_MARKS:
            kept.append(each)
    return "".join(kept)


@lru_cache(4_096)
def _is_mark(letter: str) -> bool:
    """Whether it belongs to the letter before, as it is or once it is taken apart."""
    return unicodedata.combining(unicodedata.normalize("NFKD", letter)[0]) != 0
