"""The sample of opus.md §8, with all that is expected of it."""

import shutil
from datetime import date
from pathlib import Path

import pytest

from graph.time import Period
from tests.importers.known import KEYRING, Applied
from tests.importers.opus.files import Series

SAMPLE = Path(__file__).with_name("ZLPE20240305224112_delta.xml")
DAY = date(2024, 3, 5)
LEFT = date(2024, 7, 1)


@pytest.fixture
def sample(series: Series) -> Series:
    shutil.copy(SAMPLE, series.folder)
    series.today = DAY
    series.set(closed_name_patterns=["^#"])
    return series


@pytest.fixture
def applied(sample: Series) -> Applied:
    return sample.run()


def test_units(sample: Series, applied: Applied) -> None:
    assert len(list(sample.known.keys("Unit"))) == 5
    assert sample.known.existing("Unit", DAY) == ["899:unit:40001", "899:unit:40215", "899:unit:49900"]
    assert sample.unit(40301) == (Period(date(2010, 8, 1), date(2024, 1, 1)),)
    assert sample.unit(40302) == (Period(date(2024, 8, 1)),)


def test_employments_and_persons(sample: Series, applied: Applied) -> None:
    known = sample.known
    assert applied.problems == []
    assert len(list(known.keys("Person"))) == 3
    assert len(list(known.keys("Employment"))) == 4
    active = known.existing("Employment", DAY)
    assert len(active) == 3
    assert sample.employment(71035) == (Period(date(2024, 8, 1)),)
    per_unit = sorted(str(known.link("Employment", key, "unit", DAY)) for key in active)
    assert per_unit == ["899:unit:40001", "899:unit:40215", "899:unit:40215"]


def test_one_manager(sample: Series, applied: Applied) -> None:
    flagged = [
        key for key in sample.known.keys("Employment") if "manager_flag" in sample.known.of("Employment", key).values
    ]
    assert flagged == ["899:employment:71001"]
    assert (sample.value(71001, "manager_level", DAY), sample.place(71001, DAY)) == ("3.01", "40215")


def test_three_functions_in_force_and_one_account(sample: Series, applied: Applied) -> None:
    assert len(sample.known.existing("Assignment", DAY)) == 3
    assert len(sample.known.existing("Assignment", date(2024, 5, 1))) == 2
    assert sample.known.existing("Account", DAY) == ["899:account:71001:SBALTE"]


def test_one_protected_person_without_address_and_one_assumed_start(sample: Series, applied: Applied) -> None:
    birk = KEYRING.hash("0202575002")
    values = {name: told[0].value for name, told in sample.known.of("Person", birk).values.items()}
    assert values == {
        "name": "Birk Prøvesen",
        "given_name": "Birk",
        "surname": "Prøvesen",
        "address_protected": True,
    }
    assumed = [
        key for key in sample.known.keys("Employment") if "start_assumed" in sample.known.of("Employment", key).values
    ]
    assert assumed == ["899:employment:71050"]
    assert sample.employment(71050) == (Period(date(1999, 4, 1)),)
    assert sample.value(71050, "extension", DAY) == "0131"


def test_on_the_first_of_july_birk_has_left(sample: Series, applied: Applied) -> None:
    assert sample.employment(71034) == (Period(date(2019, 8, 1), LEFT),)
    assert len(sample.known.existing("Employment", LEFT)) == 2


def test_with_a_filter_on_one_unit_four_are_stated(sample: Series) -> None:
    sample.set(filters={"units": [49900]})
    sample.run()
    assert len(list(sample.known.keys("Unit"))) == 4
