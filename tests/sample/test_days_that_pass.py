"""Days with changes: what happens, when it may happen, and that the municipality stays sound."""

from datetime import date

import pytest

from sample.changes import Day, advance, days
from sample.municipality import Municipality, Unit
from sample.people import Employment, at

TODAY = date(2026, 11, 24)


@pytest.fixture(scope="module")
def passed() -> tuple[Municipality, list[Day]]:
    municipality = Municipality("S", 42, TODAY)
    return municipality, list(days(municipality, 60))


def test_payroll_works_on_working_days_only(passed: tuple[Municipality, list[Day]]) -> None:
    assert all(day.date.weekday() < 5 for day in passed[1])


def test_units_change_on_the_first_of_a_month_only(passed: tuple[Municipality, list[Day]]) -> None:
    changed = {
        day.date for day in passed[1] for change in day.changes
        if isinstance(change.after, Unit)
    }  # fmt: skip
    assert changed == {date(2026, 12, 1), date(2027, 1, 1), date(2027, 2, 1)}


def test_everything_happens(passed: tuple[Municipality, list[Day]]) -> None:
    what = {change.what for day in passed[1] for change in day.changes}
    assert what == {
        "hired", "resigned", "left", "cancelled", "moved", "position", "hours", "leave", "back", "contact", "name",
        "unit renamed", "unit moved", "unit opened", "unit closed",
    }  # fmt: skip


def test_what_a_change_says_is_what_the_municipality_then_has() -> None:
    municipality = Municipality("S", 3, TODAY)
    for _ in range(30):
        for change in advance(municipality).changes:
            if isinstance(change.after, Unit):
                assert municipality.units[change.after.number] == change.after
            elif change.what == "cancelled":
                assert isinstance(change.before, Employment)
                with pytest.raises(KeyError):
                    municipality.employment(change.before.number)
    told = {each.number: each for each in municipality.employments()}
    assert all(municipality.employment(number) == each for number, each in told.items())


def test_no_employment_stays_in_a_closed_unit(passed: tuple[Municipality, list[Day]]) -> None:
    municipality = passed[0]
    for each in municipality.employments():
        for spell in each.spells:
            for day in {municipality.today, *(start for start, _ in each.units)}:
                if spell.holds(day):
                    assert municipality.units[at(each.units, day)].life.holds(day)


def test_numbers_are_never_given_twice(passed: tuple[Municipality, list[Day]]) -> None:
    numbers = [each.number for each in passed[0].employments()]
    assert len(set(numbers)) == len(numbers)


def test_exactly_as_many_changes_as_asked() -> None:
    municipality = Municipality("XS", 42, TODAY)
    assert len(advance(municipality, count=10).changes) == 10
