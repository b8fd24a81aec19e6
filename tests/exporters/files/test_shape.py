"""From the model's values to a target's text. ``files_NN``: pitfalls of files_and_rest.md."""

from datetime import date

import pytest

from exporters.files import shape


@pytest.mark.parametrize(
    ("text", "eight", "e164"),
    [
        ("12 34 56 78", "12345678", "+4512345678"),
        ("+45 12345678", "12345678", "+4512345678"),
        ("0045-12.34.56.78", "12345678", "+4512345678"),
        ("4512345678", "12345678", "+4512345678"),
        ("+46 70 123 45 67", "+46701234567", "+46701234567"),
        ("0046701234567", "+46701234567", "+46701234567"),
        ("lokal 123", None, None),
        ("", None, None),
    ],
)
def test_phone(text: str, eight: str | None, e164: str | None) -> None:
    assert (shape.phone(text, "eight"), shape.phone(text, "e164")) == (eight, e164)


def test_cpr_has_ten_digits() -> None:
    assert [shape.cpr(text) for text in ("020257-5002", "0202575002", "202575002", "", None)] == [
        "0202575002",
        "0202575002",
        None,
        None,
        None,
    ]


def test_postal_code_keeps_its_leading_zero() -> None:
    assert [shape.postal_code(text) for text in ("999", "0999", "8800", "SE-12345", None)] == [
        "0999",
        "0999",
        "8800",
        "SE-12345",
        "",
    ]


def test_files_17_the_last_day_of_a_half_open_period() -> None:
    assert shape.last_day(date(2026, 4, 1)) == "2026-03-31"
    assert shape.last_day(None) == ""


def test_pick_takes_the_first_type_that_is_listed() -> None:
    given = [("private", "p"), ("work", "w1"), ("work", "w2")]
    assert shape.pick(given, ["work", "private"]) == "w1"
    assert shape.pick(given, ["mobile", "private"]) == "p"
    assert shape.pick(given, ["mobile"]) is None
