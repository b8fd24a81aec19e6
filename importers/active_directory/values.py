"""Attribute values of a directory, as Python values (active_directory.md §4 "Values")."""

import re
from datetime import UTC, date, datetime, timedelta
from uuid import UUID

from graph.cpr.keyring import number_in
from graph.time import COPENHAGEN
from protocols.ldap.connection import Raw

NEVER = frozenset({0, 0x7FFFFFFFFFFFFFFF})
_EPOCH = datetime(1601, 1, 1, tzinfo=UTC)
_DISABLED = 0x2
_UNIVERSAL = re.compile(r"(\d{14})(?:\.\d+)?Z")
_DATES = ("%Y-%m-%d", "%d-%m-%Y", "%d.%m.%Y", "%d/%m/%Y", "%Y%m%d")


class Malformed(ValueError):
    """A value that is invalid for its attribute. The text does not repeat the value."""


def text(raw: Raw, name: str | None) -> str:
    """The first value, stripped; empty if there is none. Raises Malformed."""
    values = raw.get(name.lower(), ()) if name else ()
    if not values:
        return ""
    try:
        return " ".join(values[0].decode().split())
    except UnicodeDecodeError as wrong:
        raise Malformed(f"{name} is not UTF-8 text") from wrong


def number(raw: Raw, name: str) -> int | None:
    """A whole number. Raises Malformed."""
    values = raw.get(name.lower(), ())
    if not values:
        return None
    try:
        return int(values[0])
    except ValueError as wrong:
        raise Malformed(f"{name} is not a whole number") from wrong


def guid(value: bytes) -> UUID:
    """An objectGUID: little-endian, ``86 84 b9 54 …`` is ``54b98486-…``. Raises Malformed."""
    if len(value) != 16:
        raise Malformed(f"objectGUID has {len(value)} bytes")
    return UUID(bytes_le=value)


def guid_filter(which: UUID) -> str:
    """The same in a filter: sixteen bytes, each as ``\\xx``."""
    return "(objectGUID=" + "".join(f"\\{byte:02x}" for byte in which.bytes_le) + ")"


def is_enabled(control: int | None) -> bool | None:
    """From one bit of userAccountControl. None if the directory does not send it."""
    return None if control is None else not control & _DISABLED


def expiry(ticks: int | None) -> date | None:
    """The day in Denmark from which on accountExpires (100 ns since 1601) ends it; None = never. Raises Malformed.

    "Last day 30 June" is written as the start of 1 July, local time.
    """
    if ticks is None or ticks in NEVER:
        return None
    try:
        return (_EPOCH + timedelta(microseconds=ticks // 10)).astimezone(COPENHAGEN).date()
    except OverflowError as wrong:
        raise Malformed("accountExpires is beyond the calendar") from wrong


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
    """A day that users or other systems wrote into a text attribute, in one of the usual forms. Raises Malformed."""
    written = text(raw, name)
    if not written:
        return None
    for form in _DATES:
        try:
            return datetime.strptime(written, form).date()
        except ValueError:
            continue
    if written.isascii() and written.isdigit() and len(written) > 8:
        return expiry(int(written))
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
