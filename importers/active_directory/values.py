"""Attribute values of a directory, as Python values (active_directory.md §4 "Values").

What a target of the directory needs as well is in ``protocols.ldap.values``.
"""

import re
from datetime import date, datetime, timedelta

from graph.cpr.keyring import number_in
from graph.statements.written_numbers import only_digits
from graph.time import ALWAYS, COPENHAGEN, FOREVER
from protocols.ldap import values
from protocols.ldap.connection import Raw
from protocols.ldap.values import NEVER, Malformed, guid, guid_filter, is_enabled, number, text

__all__ = [
    "NEVER", "Malformed", "cpr_number", "day", "expiry", "guid", "guid_filter", "is_enabled", "number", "text",
    "written_day",
]  # fmt: skip

_UNIVERSAL = re.compile(r"([0-9]{14})(?:\.[0-9]+)?Z")
_DATES = ("%Y-%m-%d", "%d-%m-%Y", "%d.%m.%Y", "%d/%m/%Y", "%Y%m%d")
_NO_DAY = frozenset({ALWAYS, FOREVER})
"""As Windows' programs write that no day is set, and as others write "no end"."""


def expiry(ticks: int | None) -> date | None:
    """The day in Denmark from which on accountExpires ends it; None = never. Raises Malformed."""
    ends = values.expiry(ticks, COPENHAGEN)
    return None if ends == FOREVER else ends


def day(raw: Raw, name: str) -> date | None:
    """The day in Denmark of a moment such as whenCreated (``20260102030405.0Z``). Raises Malformed."""
    written = text(raw, name)
    if not written:
        return None
    found = _UNIVERSAL.fullmatch(written)
    try:
        if found is None:
            raise ValueError
        return datetime.fromisoformat(f"{found[1][:8]}T{found[1][8:]}Z").astimezone(COPENHAGEN).date()
    except (ValueError, OverflowError) as wrong:
        raise Malformed(f"{name} is not a point in time") from wrong


def written_day(raw: Raw, name: str) -> date | None:
    """The last day that users or other systems wrote into an attribute, in one of the usual forms; None = none, never.

    A FILETIME means the same here as in accountExpires: the start of the first day without access, so the day before
    it is the last. Raises Malformed.
    """
    written = text(raw, name)
    if not written:
        return None
    for form in _DATES:
        try:
            last = datetime.strptime(written, form).date()
        except ValueError:
            continue
        return None if last in _NO_DAY else last
    if only_digits(written) and (len(written) > 8 or int(written) in NEVER):
        first_without = expiry(int(written))
        return None if first_without is None else first_without - timedelta(days=1)
    raise Malformed(f"{name} is not a date")


def cpr_number(written: str) -> str | None:
    """The ten digits of a CPR number; None for a placeholder (all zeros or the like). Raises Malformed."""
    plain = re.sub(r"[\s-]", "", written)
    if not plain or len(set(plain)) == 1 or plain.endswith("0000"):
        return None
    found = number_in(written)
    if found is None:
        raise Malformed("it is not a valid CPR number")
    return found
