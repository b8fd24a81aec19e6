"""Opus's texts as typed values (opus.md §2, §3, §3.1). None always means that the file has no value."""

import re
from datetime import date, timedelta
from decimal import Decimal
from functools import lru_cache
from typing import NamedTuple

from graph.cpr.keyring import number_in
from graph.statements.written_numbers import decimal, only_digits
from graph.time import ALWAYS, written_day
from importers.opus.errors import Unreadable

ZERO_DATES = frozenset({"0000-00-00", "00000000"})
_OPEN = date(9999, 12, 31)
_SINCE_ALWAYS = date(1900, 1, 1)
_YEARS = range(1850, 2200)
_NO_EAN = "9999999999999"
_SEPARATORS = re.compile(r"[\s.\-/()]")
_DENMARK = re.compile(r"^(?:\+45|0045|45)(?=[0-9]{8}$)")
_MINUTES_FORM = 1000  # hours without a point, in thousandths: 037000


class Phone(NamedTuple):
    """At most one of the two."""

    number: str | None = None
    extension: str | None = None


@lru_cache(maxsize=8192)  # a file has few clients, units and positions, which are repeated on every employee
def number(text: str) -> str:
    """An id as the file or the web service writes it, without padding: ``00040215`` → ``40215``."""
    if not only_digits(text):
        raise Unreadable("is not a number")
    return str(int(text))


@lru_cache(maxsize=65536)
def day(text: str) -> date | None:
    """A date; 9999-12-31 and zero dates are None. Raises Unreadable, also for years outside 1850–2199."""
    if not text or text in ZERO_DATES:
        return None
    try:
        read = written_day(text)
    except ValueError as wrong:
        raise Unreadable("is not a date") from wrong
    if read == _OPEN:
        return None
    if read.year not in _YEARS:
        raise Unreadable(f"lies in the year {read.year}")
    return read


def start(text: str) -> date | None:
    """A unit's or function's first day; 1900-01-01 means since always."""
    read = day(text)
    return ALWAYS if read == _SINCE_ALWAYS else read


def end(text: str, *, inclusive: bool = True) -> date | None:
    """The first day after; the file's ends are last days unless payroll uses them otherwise."""
    read = day(text)
    return read + timedelta(days=1) if read and inclusive else read


TRUTHS = frozenset({"true", "1", "false", "0"})


def truth(text: str) -> bool:
    return text.lower() in {"true", "1"}


def identifier(text: str) -> str:
    """The text of a CPR number: the ten digits; an invalid one unchanged; "" for a placeholder."""
    return number_in(text) or ("" if len(set(text)) <= 1 else text)


def hours(text: str) -> Decimal | None:
    """``32.000`` and ``032000`` are 32 hours (§3). Raises Unreadable."""
    if not text:
        return None
    written = text.replace(",", ".")
    try:
        decimal(written)
    except ValueError as wrong:
        raise Unreadable("is not a number of hours") from wrong
    if (read := Decimal(written)) < 0:
        raise Unreadable("is not a number of hours")
    return read / 1000 if "." not in text and "," not in text and read >= _MINUTES_FORM else read


def phone(text: str) -> Phone:
    """A number without separators and without +45, or an extension of 4–5 digits. Raises Unreadable for words."""
    bare = _DENMARK.sub("", _SEPARATORS.sub("", text))
    if not bare:
        return Phone()
    if re.fullmatch(r"[0-9]{4,5}", bare):
        return Phone(extension=bare)
    if bare.startswith("00"):
        bare = "+" + bare[2:]
    if re.fullmatch(r"\+?[0-9]{6,15}", bare):
        return Phone(number=bare)
    raise Unreadable("is not a phone number")


def ean(text: str) -> str | None:
    return None if not text or text == _NO_EAN else text


def given(text: str) -> str | None:
    """A number kept as text; only zeros means none."""
    return text if text.strip("0") else None


def postal_code(text: str) -> str | None:
    return text.zfill(4) if text else None


def level(superior: str, subordinate: str) -> str | None:
    """``3`` and ``01`` → ``3.01``; None for 0, which means none."""
    return f"{superior}.{subordinate or '00'}" if superior.strip("0") else None


def type_of(contract: str, fraction: float | None) -> str | None:
    """The model's employment type from the form of pay (workContract): 00–01 monthly, 04–07 hourly; others as is."""
    if contract in {"00", "01"} and fraction is not None:
        return "monthly_full" if fraction >= 1 else "monthly_part"
    if contract in {"04", "05", "06", "07"}:
        return "hourly"
    return contract or None


@lru_cache(maxsize=65536)
def changed(text: str) -> int:
    """``lastChanged`` as a number to order by; 0 if there is none."""
    try:
        return written_day(text).toordinal()
    except ValueError:
        return 0
