"""Whether and when a failed job is worth another try: each error states it, and the worker obeys.

An error states it in its attribute ``retry``, which is a ``Retry``.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal


@dataclass(frozen=True, slots=True)
class Retry:
    """``never``: not by schedule either, until a person acts or a setting changes (a refused login: each try counts
    against the account). ``next``: not by itself, but by the next schedule. ``soon``: after a pause, some times over.
    ``at``: from ``moment`` (with offset) on, which counts as no attempt: what is closed opens.
    """

    when: Literal["never", "next", "soon", "at"]
    moment: datetime | None = None

    def __post_init__(self) -> None:
        if (self.when == "at") != (self.moment is not None and self.moment.tzinfo is not None):
            raise ValueError("a moment with an offset goes with 'at', and with nothing else")


NEVER, NEXT, SOON = Retry("never"), Retry("next"), Retry("soon")


def at(moment: datetime) -> Retry:
    """From this moment on."""
    return Retry("at", moment)
