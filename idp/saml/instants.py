"""Instants in SAML: UTC, whole seconds, with Z."""

import re
from datetime import UTC, datetime
from functools import lru_cache

_INSTANT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,9})?(Z|[+-]\d\d:\d\d)", re.ASCII)


@lru_cache(maxsize=64)  # a response has the same few instants many times
def written(moment: datetime) -> str:
    """``moment`` must have an offset."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def read(text: str) -> datetime:
    """An xs:dateTime with its offset, in UTC; fractions below a microsecond are cut. Raises ValueError."""
    if not _INSTANT.fullmatch(text):
        raise ValueError("not an instant with an offset")
    try:
        return datetime.fromisoformat(re.sub(r"(\.\d{6})\d+", r"\1", text)).astimezone(UTC)
    except OverflowError as wrong:
        raise ValueError("outside of the years 1 to 9999 in UTC") from wrong
