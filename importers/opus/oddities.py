"""Oddities that are reported once per file, however often they occur."""

from collections import Counter
from dataclasses import dataclass, field

from graph.statements.statement import Problem
from importers.opus import fields
from importers.opus.reader import FIELDS, Element

DATES = {
    "orgUnit": ("startDate", "endDate"),
    "employee": ("entryDate", "leaveDate", "initialEntry", "entryIntoGroup"),
    "function": ("startDate", "endDate"),
}


@dataclass(slots=True)
class Oddities:
    """Oddities that are reported once per file: unknown elements, and zero dates."""

    unknown: Counter[str] = field(default_factory=Counter)
    zero_dates: int = 0

    def count(self, element: Element) -> bool:
        """Whether it has any."""
        texts, known = element.texts, FIELDS[element.name]
        is_odd = False
        if not texts.keys() <= known:
            self.unknown.update(f"{element.name}/{name}" for name in texts.keys() - known)
            is_odd = True
        if not fields.ZERO_DATES.isdisjoint(texts.values()):
            self.zero_dates += sum(texts.get(name) in fields.ZERO_DATES for name in DATES[element.name])
            is_odd = True
        for each in element.functions:
            is_odd |= self.count(each)
        return is_odd

    def problems(self) -> list[Problem]:
        found = [
            file_problem(name, "unknown_element", f"the element {name} is unknown and was ignored, {count} times")
            for name, count in sorted(self.unknown.items())
        ]
        if self.zero_dates:
            text = f"{self.zero_dates} dates are 0000-00-00 or 00000000, and were read as no date"
            found.append(file_problem("dates", "zero_date", text))
        return found


def file_problem(field_name: str, rule: str, text: str) -> Problem:
    """A problem of the file as a whole; the next file without it removes it."""
    return Problem("File", "", field_name, rule, text, "notice")
