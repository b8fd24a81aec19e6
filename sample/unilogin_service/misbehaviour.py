"""The stand-in's misbehaviour on command."""

from dataclasses import dataclass, field


@dataclass
class Misbehaviour:
    """By default none. Sets and mappings are by institution number.

    ``status``: of faults. ``refused``: institution → type of fault. ``down``: institutions for which it answers
    HTTP 503. ``empty``: no persons in the answer. ``half``: every other person is omitted. ``pupils``: delivered
    although not requested. ``cut``: the body ends in the middle. ``other``: institution → number in the answer.
    ``spoiled``: text → text, in every answer. ``unchecked``: its own answers are not checked against the schema.
    ``slow``: seconds before an export is answered. ``no_institution``: the element is missing.
    """

    status: int = 400
    refused: dict[str, str] = field(default_factory=dict)
    down: set[str] = field(default_factory=set)
    empty: set[str] = field(default_factory=set)
    half: set[str] = field(default_factory=set)
    pupils: set[str] = field(default_factory=set)
    cut: set[str] = field(default_factory=set)
    other: dict[str, str] = field(default_factory=dict)
    no_institution: set[str] = field(default_factory=set)
    spoiled: dict[str, str] = field(default_factory=dict)
    unchecked: bool = False
    slow: float = 0.0

    @property
    def is_checked(self) -> bool:
        """Whether an answer must be valid."""
        return not (self.unchecked or self.spoiled or self.no_institution)
