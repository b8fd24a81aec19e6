"""The syntax of CPR numbers (formats/cpr.md §6)."""

from datetime import date

REPLACEMENT_DAYS = 60
"""Added to the day of birth in a replacement number (erstatningspersonnummer), by recommendation."""


def is_askable(number: str) -> bool:
    """Whether CPR may know the number: ten digits that begin with a date.

    Replacement numbers (day 61 to 91), and others that systems make up, are never asked for. Modulus 11 says nothing:
    numbers without a valid check have been issued since 2007.
    """
    if len(number) != 10 or not (number.isascii() and number.isdigit()):
        return False
    try:
        date(_century(number) + int(number[4:6]), int(number[2:4]), int(number[:2]))
    except ValueError:
        return False
    return True


def _century(number: str) -> int:
    """The century that the seventh digit and the year give."""
    seventh, year = int(number[6]), int(number[4:6])
    if seventh <= 3:
        return 1900
    if seventh in (4, 9):
        return 2000 if year <= 36 else 1900
    return 2000 if year <= 57 else 1800
