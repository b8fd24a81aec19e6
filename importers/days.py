"""Days in settings."""

from datetime import date, datetime
from typing import Annotated, Any

from pydantic import BeforeValidator

from graph.time import written_day


def _day(value: Any) -> date:
    try:
        if isinstance(value, str):
            return written_day(value)
    except ValueError as error:
        raise ValueError("must be a date, such as 2026-06-30") from error
    if not isinstance(value, date) or isinstance(value, datetime):
        raise ValueError("must be a date, such as 2026-06-30")  # pydantic takes seconds since 1970 for one
    return value


Day = Annotated[date, BeforeValidator(_day)]
"""A date, written YYYY-MM-DD, or TOML's own, which is written so too."""
