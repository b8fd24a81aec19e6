"""HR's position list: as large and as uneven as positions.md §8 asks, and in step with payroll's codes."""

from datetime import date
from pathlib import Path

from importers.positions.fetching import fetch
from importers.positions.listing import listing
from importers.positions.settings import PositionsSettings
from importers.positions.table import POSITION_COLUMNS
from sample import position_list
from sample.municipality import Municipality
from sample.positions import POSITIONS

DAY = date(2026, 11, 24)


def test_it_has_what_the_page_asks_for() -> None:
    rows = position_list.rows(DAY)
    assert len(rows) >= 200
    assert len(list(position_list.categories())) == 12
    assert sum(bool(each["to"]) for each in rows if "-" in each["code"]) == position_list.ENDED == 10
    assert sum(bool(each["replaced_by"]) for each in rows) == position_list.REPLACED == 5
    told = {column for each in rows for column, cell in each.items() if cell}
    assert told == set(POSITION_COLUMNS) - {"from", "disco"}


def test_every_code_of_payroll_but_one_is_in_it() -> None:
    told = {key.rpartition(":")[2] for each in position_list.rows(DAY) for key in each["payroll"].split()}
    assert told == {str(code) for code in POSITIONS} - {str(position_list.UNKNOWN)}
    assert POSITIONS[position_list.UNKNOWN].title not in {each["title"] for each in position_list.rows(DAY)}


def test_a_title_with_leder_that_leads_nobody() -> None:
    (row,) = (each for each in position_list.rows(DAY) if each["title"] == "Børnehaveklasseleder")
    assert row["leader"] == "no"


def test_the_importer_takes_every_row(tmp_path: Path) -> None:
    position_list.write(tmp_path, Municipality("XS", 42, DAY))
    told = fetch(PositionsSettings(path=tmp_path), {})
    assert told is not None
    read = listing(told.positions, told.categories, DAY)
    assert len(read.positions) == len(position_list.rows(DAY))
    assert [each for each in read.problems if each.severity == "bad"] == []
