"""Functions for shapes: from the model's values to a target's text (files_and_rest.md §1 "Shape functions")."""

import re
from collections.abc import Iterable, Sequence
from datetime import date
from typing import Literal, TypeVar

from graph.statements.written_numbers import only_digits

T = TypeVar("T")
PhoneForm = Literal["e164", "eight"]

_NOT_DIALLED = re.compile(r"[\s().\-/]")
_DANISH = re.compile(r"(?:\+45|0045|45(?=\d{8}$))?([1-9]\d{7})", re.ASCII)
_FOREIGN = re.compile(r"(?:\+|00)([1-9]\d{6,14})", re.ASCII)
_CPR = re.compile(r"(\d{6})-?(\d{4})", re.ASCII)


def phone(text: str, form: PhoneForm) -> str | None:
    """A number without spaces: +4512345678 or 12345678; foreign ones with + and country. None: not a phone number."""
    dialled = _NOT_DIALLED.sub("", text)
    if danish := _DANISH.fullmatch(dialled):
        return danish[1] if form == "eight" else f"+45{danish[1]}"
    if foreign := _FOREIGN.fullmatch(dialled):
        return f"+{foreign[1]}"
    return None


def cpr(text: str | None) -> str | None:
    """Ten digits; None if the text is not a CPR number."""
    found = _CPR.fullmatch((text or "").strip())
    return found[1] + found[2] if found else None


def postal_code(text: str | None) -> str:
    """Four digits, the leading zero kept; foreign codes as they are."""
    given = (text or "").strip()
    return given.zfill(4) if only_digits(given) else given


def day(value: date | None) -> str:
    """YYYY-MM-DD; empty for None."""
    return "" if value is None else value.isoformat()


def last_day(end: date | None) -> str:
    """The last day on which it holds, of a half-open end; empty where there is no end."""
    return "" if end is None else date.fromordinal(end.toordinal() - 1).isoformat()


def yes(value: bool) -> str:
    return "1" if value else "0"


def pick(choices: Iterable[tuple[str, T]], priority: Sequence[str]) -> T | None:
    """The first of the type that stands first in ``priority``; None where no choice has a type that is listed."""
    given = list(choices)
    for wanted in priority:
        for type_, value in given:
            if type_ == wanted:
                return value
    return None
