"""What is a CPR number (cpr.md §6): one rule, and the doors that ask it."""

import pytest

from graph.cpr.keyring import is_number, number_in, numbers_in
from importers.active_directory import values
from importers.cpr.numbers import is_askable
from importers.opus import fields

NOT_NUMBERS = [
    "3201011234",  # no day 32
    "0012994321",  # no day 0
    "2902011118",  # 1901 was no leap year
    "2902001118",  # nor was 1900
    "1234567890",  # no month 34
    "3113994321",
    "3102804000",
    "0888888888",
    "9201905000",  # more than 91 is no day of a replacement number
    "0000000000",
    "1111111111",  # a placeholder
    "010190123",
    "01019012345",
    "010190ABCD",
    "٠١٠١٩٠١٢٣٤",
    "",
]
NUMBERS = [
    "0202650018",
    "2902004118",  # 2000 was a leap year
    "2902045118",
    "0202575002",  # 2057: nothing is said of days to come
    "3112585005",  # 1858
    "6101905000",  # a replacement number
    "9112905000",
]


@pytest.mark.parametrize("text", NOT_NUMBERS)
def test_what_is_not_a_number_is_one_at_no_door(text: str) -> None:
    assert not is_number(text)
    assert number_in(text) is None
    assert not is_askable(text)
    assert fields.identifier(text) == ("" if len(set(text)) <= 1 else text)
    try:
        found = values.cpr_number(text)
    except values.Malformed:
        found = None
    assert found is None


@pytest.mark.parametrize("digits", NUMBERS)
def test_a_number_is_one_at_every_door(digits: str) -> None:
    assert is_number(digits)
    assert is_askable(digits) is (int(digits[:2]) <= 31)
    for written in (digits, f"{digits[:6]}-{digits[6:]}", f"{digits[:6]} {digits[6:]}", f" {digits[:6]}–{digits[6:]} "):
        assert number_in(written) == fields.identifier(written) == digits
    if not digits.endswith("0000"):
        assert values.cpr_number(digits) == digits


@pytest.mark.parametrize(
    "written",
    [
        "0202575002",
        "020257-5002",
        "020257 5002",
        "02 02 57 5002",
        "020257 - 5002",
        "020257\u00a05002",
        "02.02.57-5002",
        "02/02-57 5002",
        "020257.5002",
        "020257_5002",
        "020257\u200d5002",
        "٠٢٠٢٥٧٥٠٠٢",
    ],
)
def test_a_number_is_found_in_a_text(written: str) -> None:
    text = f"Vikar for {written}, se sagen"
    ((start, end),) = numbers_in(text)
    assert text[start:end] == written


@pytest.mark.parametrize("text", ["tlf. 12345678", "EAN 5798001234567", "2026-03-02 1234", "P 1099000003", "27.12.04"])
def test_other_numbers_in_a_text_are_no_cpr_numbers(text: str) -> None:
    assert [*numbers_in(text)] == []
