"""Working days in Denmark: Monday to Friday without public holidays (processes.yaml T6).

Public holidays are those of the law: store bededag is one until 2023. Constitution Day, Christmas Eve and New Year's
Eve are none; where a municipality is closed then, that is an agreement of its own.
"""

from datetime import date, timedelta
from functools import cache

import holidays

FIRST_YEAR, LAST_YEAR = 1970, 2099
MOST = 1_000  # working days that one may count on or back
_ONE_DAY = timedelta(days=1)
_SATURDAY = 5


class OutsideCalendar(ValueError):
    """A day whose holidays are not known, or a count that is too large."""


def is_working_day(day: date) -> bool:
    """Raises OutsideCalendar before 1970 and after 2099."""
    if not FIRST_YEAR <= day.year <= LAST_YEAR:
        raise OutsideCalendar(f"the holidays of {day.year} are not known, only those of {FIRST_YEAR}-{LAST_YEAR}")
    return day.weekday() < _SATURDAY and day not in _public_holidays(day.year)


def count_on(day: date, working_days: int) -> date:
    """The working day that is so many working days after ``day``, or before it if the number is negative.

    ``day`` itself is not counted: one working day after a Saturday is the Monday. Raises OutsideCalendar.
    """
    if abs(working_days) > MOST:
        raise OutsideCalendar(f"{abs(working_days)} working days are too many; {MOST} are allowed")
    step = _ONE_DAY if working_days > 0 else -_ONE_DAY
    for _ in range(abs(working_days)):
        day += step
        while not is_working_day(day):
            day += step
    return day


@cache
def _public_holidays(year: int) -> frozenset[date]:
    return frozenset(holidays.country_holidays("DK", years=year))
