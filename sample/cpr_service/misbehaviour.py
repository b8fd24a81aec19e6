"""The stand-in's misbehaviour on command, for all numbers or for one (cpr.md §9, pitfall 14)."""

from dataclasses import dataclass, field
from typing import Literal

Wrong = Literal[
    "fault_500", "fault_200", "unavailable", "gateway", "empty", "silent", "hang_up", "cut", "entity", "other_person"
]
"""An unknown fault, with HTTP 500 or 200; HTTP 503; a gateway's page; no content; no answer for
``seconds``; the connection breaks off; half an answer; a document type; an answer about another person."""


@dataclass
class Misbehaviour:
    """By default none. ``of``: number → the misbehaviour when it is looked up; ``always``: for every number.

    ``left_out``: elements that answers lack (``navn``, ``status``, ``adresse`` …). ``everything``: answers also contain
    the elements that were not requested. ``no_filter``: GetAllFilters has the element that the schema lacks.
    ``spoiled``: text →
    text in every answer.
    """

    of: dict[str, Wrong] = field(default_factory=dict)
    always: Wrong | None = None
    seconds: float = 1.0
    left_out: frozenset[str] = frozenset()
    everything: bool = False
    no_filter: bool = False
    spoiled: dict[str, str] = field(default_factory=dict)

    def at(self, number: str) -> Wrong | None:
        return self.of.get(number, self.always)
