"""CPR numbers that no person can have.

Rule (cpr.md, stand-in): each fails the modulus-11 check **and** is not born on 1 January (the birth dates for
which numbers without valid check have been issued), and none ends in ``0000``, which payroll importers skip as
fictive. Replacement numbers (erstatningspersonnumre) have 60 added to the day of the month, as payroll has them.
"""

from datetime import date, timedelta
from functools import lru_cache

from sample.dice import mixed

_WEIGHTS = (4, 3, 2, 7, 6, 5, 4, 3, 2, 1)
_GROUPS = 249  # groups of four serial numbers a day: 4000-4999 is what one born from 2000 may have
YOUNGEST, OLDEST = 18, 66  # years, on the day of the sample


def passes_check(number: str) -> bool:
    """Whether the ten digits pass modulus 11."""
    return sum(weight * int(digit) for weight, digit in zip(_WEIGHTS, number, strict=True)) % 11 == 0


@lru_cache(maxsize=4)
def birthdays(today: date) -> tuple[date, ...]:
    """Every day on which an employee of the sample may be born; never 1 January."""
    first, last = date(today.year - OLDEST, 1, 2), date(today.year - YOUNGEST, 1, 1)
    days = (first + timedelta(days=n) for n in range((last - first).days))
    return tuple(day for day in days if (day.month, day.day) != (1, 1))


def birthday(index: int, seed: int, today: date) -> date:
    """The birthday of person ``index``."""
    days = birthdays(today)
    return days[_day_index(index, seed, len(days))]


def cpr_number(index: int, seed: int, today: date, woman: bool, replacement: bool = False) -> str:
    """The CPR number of person ``index``: a different one for each index, up to some four millions."""
    days = birthdays(today)
    which = _day_index(index, seed, len(days))
    born = days[which]
    group = 1 + (index // len(days) * 37 + which * 17) % _GROUPS
    serial = group * 4 + (0 if woman else 1) + (4000 if born.year >= 2000 else 0)
    wrong_sex = serial + 1 if woman else serial - 1
    for candidate in (serial, serial + 2, wrong_sex, wrong_sex + 2):
        plain = f"{born:%d%m%y}{candidate:04d}"
        shifted = f"{born.day + 60:02d}{plain[2:]}"
        if not passes_check(plain) and not (replacement and passes_check(shifted)):
            return shifted if replacement else plain
    # Of four neighbours one at most passes plain and one at most passes shifted.
    raise AssertionError(f"no number left for person {index}")


def _day_index(index: int, seed: int, days: int) -> int:
    """One after the other in a scattered order that meets each day once before it begins again."""
    step = 7919  # a prime that is no factor of any number of days here
    return (index * step + mixed(seed, 1)) % days
