"""Employments that the next run asks for again, whatever SD registers: their look-up had no answer, or lacked a part.

They are kept in the mark, as institution and number; a mark holds no CPR number.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field

from importers.source import Reading

NAME = "again"
_MOST = 500
"""More than that is no matter of single employments; a whole reading tells of the others."""


@dataclass
class Again:
    """``due``: what the run before has left, by institution. ``reading``: whose mark it is kept in.

    ``window``: what the mark's window is to stay at where somebody without a number has to be asked for again.
    """

    due: Mapping[str, tuple[str, ...]]
    window: str = ""
    reading: Reading | None = None
    _found: set[tuple[str, str]] = field(default_factory=set)
    _is_repeated: bool = False
    _all_units: bool = False

    @classmethod
    def of(cls, mark: Mapping[str, str]) -> "Again":
        due: dict[str, tuple[str, ...]] = {}
        for institution, number in json.loads(mark.get(NAME) or "[]"):
            due[institution] = (*due.get(institution, ()), number)
        return cls(due, mark.get("window", ""))

    def of_reading(self, reading: Reading) -> Reading:
        """The reading, with what is found from now on in its mark."""
        self.reading = reading
        if self.due:
            reading.mark_anyway = True
        self._tell()
        return reading

    def add(self, institution: str, number: str) -> None:
        """Ask for this employment at the next run."""
        if number and (institution, number) not in self._found and len(self._found) < _MOST:
            self._found.add((institution, number))
            self._tell()

    def repeat(self) -> None:
        """Ask at the next run for all that this one was told has changed."""
        self._is_repeated = bool(self.window)
        self._tell()

    def all_units(self) -> None:
        """Read the whole organisation at the next daily look: a department's parents were not answered."""
        self._all_units = True
        self._tell()

    def _tell(self) -> None:
        if self.reading is None or not self.reading.mark:
            return
        mark = dict(self.reading.mark)
        if self._found:
            mark[NAME] = json.dumps(sorted(self._found), ensure_ascii=False)
            self.reading.mark_anyway = True
        if self._is_repeated:
            mark["window"] = self.window
        if self._all_units:
            mark |= {"tree": "", "departments": ""}
        self.reading.mark = mark
