"""Numbers in texts: digits from 0 to 9, wherever a number is read."""

import re
from pathlib import Path

import pytest

from graph.statements.written_numbers import decimal, integer, only_digits

ROOT = Path(__file__).resolve().parents[3]
OTHERS = ["3_7", "٣٧", "３７", "²", "37 ", " 37", "1e3", "nan", "inf", "", "0x1", "--1"]


@pytest.mark.parametrize("text", OTHERS)
def test_what_only_python_takes_for_a_number_is_none(text: str) -> None:
    assert not only_digits(text)
    for read in (integer, decimal):
        with pytest.raises(ValueError, match="is not"):
            read(text)


def test_numbers_as_people_write_them() -> None:
    assert [integer(each) for each in ("37", "-3", "+4", "007")] == [37, -3, 4, 7]
    assert [decimal(each) for each in ("37", "-3.25", "0.5")] == [37.0, -3.25, 0.5]
    assert only_digits("0731")
    with pytest.raises(ValueError, match="is not an integer"):
        integer(str(2**63))


@pytest.mark.whole
def test_digits_of_other_scripts_are_asked_about_nowhere() -> None:
    """``"５".isdigit()`` is true, and so is ``"²".isdigit()``, which no number can be read from."""
    rooms = ("api", "exporters", "graph", "idp", "importers", "processes", "protocols", "reconnect", "rules")
    asked = [
        f"{path.relative_to(ROOT)}: {line.strip()}"
        for room in rooms
        for path in sorted((ROOT / room).rglob("*.py"))
        for line in path.read_text(encoding="utf-8").splitlines()
        if re.search(r"\.is(digit|decimal|numeric)\(", line) and "isascii()" not in line
    ]
    assert [each for each in asked if "unicodedata.decimal" not in each] == []
