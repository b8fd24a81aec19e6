"""Working days in Denmark (processes.yaml T6)."""

from datetime import date

import pytest

from processes.engine.working_days import OutsideCalendar, count_on, is_working_day


@pytest.mark.parametrize(
    ("start", "count", "found"),
    [
        ("2027-03-24", 3, "2027-04-01"),  # over Easter: t08
        ("2027-04-22", 3, "2027-04-27"),  # Friday 23 April, once store bededag, is a working day: t09
        ("2023-05-04", 1, "2023-05-08"),  # and was none in 2023
        ("2027-01-29", 3, "2027-02-03"),
        ("2027-01-30", 1, "2027-02-01"),  # after a Saturday
        ("2027-04-01", -3, "2027-03-24"),
        ("2026-12-23", 2, "2026-12-28"),  # Christmas Eve is a working day by law
        ("2026-12-31", 1, "2027-01-04"),  # into the next year
        ("2027-01-30", 0, "2027-01-30"),
    ],
)
def test_working_days_are_counted_on_and_back(start: str, count: int, found: str) -> None:
    assert count_on(date.fromisoformat(start), count) == date.fromisoformat(found)


def test_constitution_day_is_a_working_day_unless_it_falls_on_a_weekend() -> None:
    assert is_working_day(date(2026, 6, 5))
    assert not is_working_day(date(2027, 6, 5))


@pytest.mark.parametrize("day", [date(1969, 12, 31), date(2100, 1, 1)])
def test_a_year_without_known_holidays_is_refused(day: date) -> None:
    with pytest.raises(OutsideCalendar, match=str(day.year)):
        is_working_day(day)


def test_too_many_working_days_are_refused_before_they_are_counted() -> None:
    with pytest.raises(OutsideCalendar, match="1001 working days are too many"):
        count_on(date(2026, 1, 1), -1_001)
