"""Employments that the next run looks up again, whatever SD registers: their look-up failed, or lacked a part.

They are kept in the cursor, as institution and number; a cursor holds no CPR number.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field

from importers.source import Reading

NAME, WHOLE = "again", "whole"
_MOST = 500
"""With more of them the problem is not in single employments: the next reading is a whole one."""


@dataclass
class Again:
    """``due``: what the previous run left over, by institution. ``reading``: the reading whose cursor keeps it.

    ``window``: where the cursor's window must stay if a person without an employment number has to be looked up again.
    """

    due: Mapping[str, tuple[str, ...]]
    window: str = ""
    reading: Reading | None = None
    _found: set[tuple[str, str]] = field(default_factory=set)
    _are_too_many: bool = False
    _is_repeated: bool = False
    _all_units: bool = False

    @classmethod
    def of(cls, cursor: Mapping[str, str]) -> "Again":
        due: dict[str, tuple[str, ...]] = {}
        for institution, number in json.loads(cursor.get(NAME) or "[]"):
            due[institution] = (*due.get(institution, ()), number)
        return cls(due, cursor.get("window", ""))

    def of_reading(self, reading: Reading) -> Reading:
        """The reading. Its cursor also keeps what is added from now on."""
        self.reading = reading
        if self.due:
            reading.store_cursor_when_unchanged = True
        self._tell()
        return reading

    def add(self, institution: str, number: str) -> None:
        """Look up this employment again in the next run."""
        if not number or (institution, number) in self._found or self._are_too_many:
            return
        if len(self._found) < _MOST:
            self._found.add((institution, number))
        else:
            self._are_too_many = True
        self._tell()

    def repeat(self) -> None:
        """Look up again in the next run everything that has changed according to this one."""
        self._is_repeated = bool(self.window)
        self._tell()

    def all_units(self) -> None:
        """Read the whole organisation at the next daily check: SD did not answer for a department's parents."""
        self._all_units = True
        self._tell()

    def _tell(self) -> None:
        if self.reading is None or not self.reading.cursor:
            return
        cursor = dict(self.reading.cursor)
        if self._found:
            cursor[NAME] = json.dumps(sorted(self._found), ensure_ascii=False)
            self.reading.store_cursor_when_unchanged = True
        if self._are_too_many:
            cursor[WHOLE] = f"more than {_MOST} employments had to be looked up again"
        if self._is_repeated:
            cursor["window"] = self.window
        if self._all_units:
            cursor |= {"tree": "", "departments": ""}
        self.reading.cursor = cursor
