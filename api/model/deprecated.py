"""Deprecated fields: how long they stay, and what to use instead. The schema shows it, and their uses are noted."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date


@dataclass(frozen=True, slots=True)
class Deprecated:
    """``until``: the first day on which the field may be gone. ``instead``: what to use."""

    until: date
    instead: str

    @property
    def reason(self) -> str:
        return f"Use {self.instead}. It may be gone from {self.until} on."


DEPRECATED: Mapping[str, Deprecated] = {
    "Change.before": Deprecated(date(2027, 6, 1), "changeFeed, whose values have their own types"),
    "Change.after": Deprecated(date(2027, 6, 1), "changeFeed, whose values have their own types"),
}
"""By Type.field."""

STRING_AS_ID = "variables of type String"
USES: Mapping[str, Deprecated] = {
    **DEPRECATED,
    STRING_AS_ID: Deprecated(date(2027, 6, 1), "ID as the type of variables that name a thing by its UUID or key"),
}
"""Everything deprecated whose uses are noted."""
