"""Attribute values of a directory, as Python values and back (active_directory.md §4 "Values")."""

from datetime import UTC, date, datetime, timedelta, tzinfo
from uuid import UUID

from protocols.ldap.connection import Raw

FOREVER = 0x7FFFFFFFFFFFFFFF
NEVER = frozenset({0, FOREVER})
DISABLED = 0x2
"""The bit of userAccountControl; all others belong to others."""
_EPOCH = datetime(1601, 1, 1, tzinfo=UTC)


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


def moment(raw: Raw, name: str) -> datetime | None:
    """A moment in the directory's form, ``20261130102400.0Z``. Raises Malformed."""
    told = text(raw, name)
    if not told:
        return None
    try:
        return datetime.strptime(told.partition(".")[0].rstrip("Z"), "%Y%m%d%H%M%S").replace(tzinfo=UTC)
    except ValueError as wrong:
        raise Malformed(f"{name} is not a moment") from wrong


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
    return None if control is None else not control & DISABLED


def expiry(ticks: int | None, zone: tzinfo) -> date | None:
    """The day in a zone from which on accountExpires (100 ns since 1601) ends it; None = never. Raises Malformed.

    "Last day 30 June" is written as the start of 1 July, local time.
    """
    if ticks is None or ticks in NEVER:
        return None
    try:
        return (_EPOCH + timedelta(microseconds=ticks // 10)).astimezone(zone).date()
    except OverflowError as wrong:
        raise Malformed("accountExpires is beyond the calendar") from wrong


def expiry_ticks(first_day_without: date, zone: tzinfo) -> int:
    """accountExpires of an account whose first day without access is this one: its start in the zone."""
    start = datetime.combine(first_day_without, datetime.min.time(), zone)
    since = start.astimezone(UTC) - _EPOCH
    return (since.days * 86_400 + since.seconds) * 10_000_000
