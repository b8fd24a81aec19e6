"""Rows of the list from text to typed values, each field by its rule (positions.md §4, §7)."""

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date
from typing import TypeVar

from graph.statements.statement import Problem
from graph.statements.written_numbers import only_digits
from graph.time import ALWAYS, FOREVER, Period, written_day
from importers.positions.patterns import WrongPattern, pattern
from importers.positions.table import Row

T = TypeVar("T")

LONGEST_CODE = 32
LONGEST_TITLE = 200
OPUS = "opus"
SD = "sd"
_STK = re.compile(r"[0-9]{3}-[0-9]{2}|[0-9]{7}")
_SD_CODE = re.compile(r"\S{1,4}")


@dataclass(frozen=True, slots=True)
class PositionRow:
    """A row of the list. Missing values are empty texts or None. ``period``: when it is valid."""

    place: str
    code: str
    title: str
    category: str
    level: int | None
    agreement: str
    stk: tuple[str, ...]
    disco: str
    payroll: tuple[str, ...]
    match: tuple[str, ...]
    leader: bool | None
    period: Period
    replaced_by: str


@dataclass(frozen=True, slots=True)
class CategoryRow:
    """A row of the categories. ``parent`` empty: a main category."""

    place: str
    code: str
    title: str
    parent: str


@dataclass(slots=True)
class Fields:
    """Parses the fields of one row, and collects their problems."""

    kind: str
    row: Row
    problems: list[Problem] = field(default_factory=list)

    def __post_init__(self) -> None:
        for each in self.row.wrong:
            self.note(each.column, "wrong_cell", f"{each.place}: {each.text}")

    @property
    def key(self) -> str:
        """The row's name in problems: its code, if it can be read."""
        return self.row.cell("code") or self.row.place

    def note(self, column: str, rule: str, text: str) -> None:
        self.problems.append(Problem(self.kind, self.key, column, rule, f"{self.row.place}: {text}"))

    def text(self, column: str, longest: int, *, required: bool = False) -> str:
        text = self.row.cell(column)
        if not text and required and not any(each.column in (column, "") for each in self.row.wrong):
            self.note(column, "missing", f"{column} is empty")
        if len(text) > longest:
            self.note(column, "too_long", f"{column} has {len(text)} characters, at most {longest} are allowed")
        return text

    def parsed(self, column: str, parse: Callable[[str], T]) -> T | None:
        """The cell's value; None if it is empty or wrong. ``parse`` raises ValueError with what it expects."""
        text = self.row.cell(column)
        if not text:
            return None
        try:
            return parse(text)
        except ValueError as wrong:
            self.note(column, "wrong_value", f"{column} {text!r}: {wrong}")
            return None


def position(row: Row) -> tuple[PositionRow | None, list[Problem]]:
    """(a row of the list, or None if it is rejected; its problems)."""
    fields = Fields("Position", row)
    start, end = fields.parsed("from", _day), fields.parsed("to", _day)
    if start is not None and end is not None and end <= start:
        fields.note("to", "empty_period", f"the row ends on {end}, and begins on {start}")
    made = PositionRow(
        place=row.place,
        code=fields.text("code", LONGEST_CODE, required=True),
        title=fields.text("title", LONGEST_TITLE, required=True),
        category=fields.text("category", LONGEST_CODE, required=True),
        level=fields.parsed("level", _level),
        agreement=fields.parsed("agreement", _digits(3)) or "",
        stk=fields.parsed("stk", _stk) or (),
        disco=fields.parsed("disco", _digits(6)) or "",
        payroll=fields.parsed("payroll", _payroll) or (),
        match=fields.parsed("match", _match) or (),
        leader=fields.parsed("leader", _yes_no),
        period=Period(start or ALWAYS, None if end == FOREVER else end),
        replaced_by=fields.text("replaced_by", LONGEST_CODE),
    )
    return (None if fields.problems else made), fields.problems


def category(row: Row) -> tuple[CategoryRow | None, list[Problem]]:
    """(a row of the categories, or None if it is rejected; its problems)."""
    fields = Fields("PositionCategory", row)
    made = CategoryRow(
        place=row.place,
        code=fields.text("code", LONGEST_CODE, required=True),
        title=fields.text("title", LONGEST_TITLE, required=True),
        parent=fields.text("parent", LONGEST_CODE),
    )
    return (None if fields.problems else made), fields.problems


def _day(text: str) -> date:
    return written_day(text)


def _level(text: str) -> int:
    if len(text) != 1 or text not in "123456789":
        raise ValueError("expected a whole number from 1 (top management) to 9")
    return int(text)


def _digits(count: int) -> Callable[[str], str]:
    def parse(text: str) -> str:
        if not re.fullmatch(rf"[0-9]{{{count}}}", text):
            raise ValueError(f"expected {count} digits")
        return text

    return parse


def _stk(text: str) -> tuple[str, ...]:
    codes = tuple(dict.fromkeys(text.split()))
    for each in codes:
        if not _STK.fullmatch(each):
            raise ValueError(f"{each!r} is not a KRL code; expected NNN-NN or seven digits")
    return codes


def _payroll(text: str) -> tuple[str, ...]:
    return tuple(dict.fromkeys(payroll_key(each) for each in text.split()))


def payroll_key(text: str) -> str:
    """``sd:<institution>:<code>``, ``opus:<positionId>``, ``opus:<client>:<positionId>``; Opus's ids without padding.

    Raises ValueError.
    """
    source, *parts = text.split(":")
    if source == SD and len(parts) == 2 and parts[0] and _SD_CODE.fullmatch(parts[1]):
        return text
    if source == OPUS and len(parts) in (1, 2) and all(parts) and only_digits(parts[-1]):
        return ":".join((source, *parts[:-1], str(int(parts[-1]))))
    raise ValueError(
        f"{text!r} is not a key in payroll; expected sd:<institution>:<code>, opus:<positionId> or "
        "opus:<client>:<positionId>"
    )


def _match(text: str) -> tuple[str, ...]:
    rules = tuple(dict.fromkeys(each.strip() for each in text.split("|") if each.strip()))
    for each in rules:
        try:
            pattern(each)
        except WrongPattern as wrong:
            raise ValueError(str(wrong)) from wrong
    return rules


def _yes_no(text: str) -> bool:
    if text.casefold() not in ("yes", "no"):
        raise ValueError("expected yes, no, or nothing")
    return text.casefold() == "yes"
