"""Reads a list file, from bytes to rows of text: CSV, XLSX, JSON (positions.md §4).

Cells are text, stripped. If a spreadsheet has turned a code into a number, leading zeros are lost: such a cell is an
error that names it, never a guess.
"""

import csv
import io
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from graph.statements.normal_text import normal
from importers.positions.errors import TooLarge, Unreadable
from importers.positions.settings import PositionsSettings
from importers.positions.workbook import first_sheet
from protocols import limits

Form = Literal["csv", "xlsx", "json"]

POSITION_COLUMNS = (
    "code", "title", "category", "level", "agreement", "stk", "disco", "payroll", "match", "leader", "from", "to",
    "replaced_by",
)  # fmt: skip
CATEGORY_COLUMNS = ("code", "title", "parent")
NUMBERS = frozenset({"level"})  # the one column whose cells may be numbers
SEVERAL = {"stk": " ", "payroll": " ", "match": "|"}  # columns with several values, and their separators
LONGEST_CELL = 10_000
MOST_CELLS = 1000  # of a row
VALUES = 100  # bytes of JSON for each allowed row
LINES = 20  # lines of CSV for each allowed row: lines may be blank, or parts of a cell


@dataclass(frozen=True, slots=True)
class WrongCell:
    """A rejected cell. ``place``: its name in a spreadsheet, or its path in JSON."""

    column: str
    place: str
    text: str


@dataclass(frozen=True, slots=True)
class Row:
    """``place``: "row 7", counted as in a spreadsheet; in JSON the path. Empty cells are omitted."""

    place: str
    cells: Mapping[str, str]
    wrong: tuple[WrongCell, ...] = ()

    def cell(self, column: str) -> str:
        return self.cells.get(column, "")


@dataclass(slots=True)
class Table:
    """``unknown``: unknown columns; ``columns``: the known ones."""

    rows: list[Row]
    unknown: list[str] = field(default_factory=list)
    columns: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Lists:
    """``categories`` None: the file has none."""

    positions: Table | None
    categories: Table | None


def read(content: bytes, form: Form, name: str, columns: Sequence[str], settings: PositionsSettings) -> Table:
    """The rows of a CSV or XLSX file. Raises Unreadable, TooLarge. ``name``: the file's name in errors."""
    lines = _csv(content, name, settings) if form == "csv" else first_sheet(content, name, settings)
    return _table(lines, name, columns, settings)


def read_json(content: bytes, name: str, settings: PositionsSettings) -> Lists:
    """The lists of a JSON file: ``{"positions": […], "position_categories": […]}``. Raises Unreadable, TooLarge."""
    try:
        parsed = limits.from_json(content, settings.largest_rows * VALUES, object_pairs_hook=_object)
    except limits.TooMuch as wrong:
        raise TooLarge(f"{name} is too large: {wrong}") from wrong
    except (ValueError, RecursionError) as wrong:
        raise Unreadable(f"{name} is not JSON: {wrong}") from wrong
    if not isinstance(parsed, dict):
        raise Unreadable(f"{name}: expected an object with a list under 'positions'")
    return Lists(
        _json_table(parsed, "positions", POSITION_COLUMNS, name, settings),
        _json_table(parsed, "position_categories", CATEGORY_COLUMNS, name, settings),
    )


# -- CSV and XLSX -----------------------------------------------------------------------------------------------------

Line = tuple[int, Sequence[Any]]


def _csv(content: bytes, name: str, settings: PositionsSettings) -> Iterator[Line]:
    encoding = "utf-8-sig" if settings.encoding == "utf-8" else settings.encoding
    try:
        text = content.decode(encoding)
    except UnicodeDecodeError as wrong:
        raise Unreadable(
            f"{name} is not {settings.encoding}: byte {wrong.start + 1} can't be read. Save it as CSV UTF-8, or set "
            "encoding in [sources.positions]"
        ) from wrong
    if "\0" in text:
        raise Unreadable(f"{name} is not text: it has zero bytes")
    allowed = limits.lines(io.StringIO(text, newline=""), settings.largest_rows * LINES)
    lines = csv.reader(allowed, delimiter=";", strict=True)
    try:
        yield from enumerate(lines, start=1)
    except limits.TooMuch as wrong:
        raise TooLarge(f"{name} is too large: {wrong}") from wrong
    except csv.Error as wrong:
        raise Unreadable(f"{name}, line {lines.line_num}: {wrong}") from wrong


def _table(lines: Iterator[Line], name: str, columns: Sequence[str], settings: PositionsSettings) -> Table:
    header = [_plain(cell).casefold() for cell in next(lines, (1, ()))[1]]
    while header and not header[-1]:
        header.pop()
    _check_header(header, name, columns)
    table = Table([], [each for each in header if each not in columns], frozenset(header) & frozenset(columns))
    for number, cells in lines:
        if all(_plain(each) == "" for each in cells):
            continue
        if len(table.rows) == settings.largest_rows:
            raise TooLarge(f"{name} has more than {settings.largest_rows} rows")
        table.rows.append(_row(number, cells, header))
    if not table.rows:
        # An export that broke off after its first line must not end everything.
        raise Unreadable(f"{name} has a header but no row; it is not read as an empty list")
    return table


def _check_header(header: Sequence[str], name: str, columns: Sequence[str]) -> None:
    missing = [each for each in ("code", "title", "category") if each in columns and each not in header]
    if missing:
        hint = "; columns are separated by ';'" if len(header) == 1 else ""
        raise Unreadable(f"{name}: the first line has no column {', '.join(missing)}{hint}")
    twice = sorted({each for each in header if each and header.count(each) > 1})
    if twice:
        raise Unreadable(f"{name}: the column {', '.join(twice)} occurs twice")


def _row(number: int, cells: Sequence[Any], header: Sequence[str]) -> Row:
    found: dict[str, str] = {}
    wrong: list[WrongCell] = []
    if len(cells) > MOST_CELLS:
        return Row(f"row {number}", {}, (WrongCell("", f"row {number}", f"the row has {len(cells)} cells"),))
    if len(cells) < len(header) or any(_plain(each) for each in cells[len(header) :]):
        text = f"the row has {len(cells)} cells, the header {len(header)}"
        wrong.append(WrongCell("", f"row {number}", text))
    for place, (column, cell) in enumerate(zip(header, cells, strict=False)):
        if column:
            _take(column, cell, f"cell {_letters(place)}{number}", found, wrong)
    return Row(f"row {number}", found, tuple(wrong))


def _letters(place: int) -> str:
    """0 → A, 26 → AA: a column's name in a spreadsheet."""
    letters = ""
    place += 1
    while place:
        place, rest = divmod(place - 1, 26)
        letters = chr(ord("A") + rest) + letters
    return letters


# -- JSON -------------------------------------------------------------------------------------------------------------


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """A field that occurs twice is refused, since one of the two would be dropped. Raises ValueError."""
    made = dict(pairs)
    if len(made) < len(pairs):
        names = [name for name, _ in pairs]
        raise ValueError(f"{next(each for each in made if names.count(each) > 1)!r} occurs twice in one object")
    return made


def _json_table(
    parsed: dict[str, Any], section: str, columns: Sequence[str], name: str, settings: PositionsSettings
) -> Table | None:
    if section not in parsed:
        return None
    entries = parsed[section]
    if not isinstance(entries, list):
        raise Unreadable(f"{name}: {section!r} is not a list")
    if not entries:
        raise Unreadable(f"{name}: {section!r} has no row; it is not read as an empty list")
    if len(entries) > settings.largest_rows:
        raise TooLarge(f"{name} has more than {settings.largest_rows} {section}")
    unknown: dict[str, None] = {}
    told_columns: set[str] = set()
    rows = []
    for number, entry in enumerate(entries):
        place = f"{section}[{number}]"
        if not isinstance(entry, dict):
            rows.append(Row(place, {}, (WrongCell("", place, "is not an object"),)))
            continue
        found: dict[str, str] = {}
        wrong: list[WrongCell] = []
        for column, cell in entry.items():
            if column not in columns:
                unknown[column] = None
            elif isinstance(cell, list) and column in SEVERAL:
                _take_several(column, cell, f"{place}.{column}", found, wrong)
            else:
                _take(column, cell, f"{place}.{column}", found, wrong)
        told_columns |= entry.keys() & set(columns)
        rows.append(Row(place, found, tuple(wrong)))
    return Table(rows, list(unknown), frozenset(told_columns))


def _take_several(column: str, cells: list[Any], place: str, found: dict[str, str], wrong: list[WrongCell]) -> None:
    if not all(isinstance(each, str) for each in cells):
        wrong.append(WrongCell(column, place, "contains something other than text"))
        return
    found[column] = SEVERAL[column].join(cells)


# -- cells ------------------------------------------------------------------------------------------------------------


def _take(column: str, cell: Any, place: str, found: dict[str, str], wrong: list[WrongCell]) -> None:
    if column == "leader" and isinstance(cell, bool):
        cell = "yes" if cell else "no"
    if isinstance(cell, bool | int | float) and not (column in NUMBERS and _is_whole(cell)):
        text = f"{cell!r} is a number, not text: leading zeros may be lost. Format the column as text"
        wrong.append(WrongCell(column, place, text))
        return
    if cell is not None and not isinstance(cell, str | int | float):
        wrong.append(WrongCell(column, place, "is not a text"))
        return
    text = _plain(cell)
    if len(text) > LONGEST_CELL:
        wrong.append(WrongCell(column, place, f"has more than {LONGEST_CELL} characters"))
    elif not text.isprintable():
        wrong.append(WrongCell(column, place, "has characters that can't be printed"))
    elif text:
        found[column] = normal(text)


def _is_whole(cell: float) -> bool:
    return not isinstance(cell, bool) and (isinstance(cell, int) or cell.is_integer())


def _plain(cell: Any) -> str:
    """Text, stripped, with blanks and line breaks in it collapsed to one blank."""
    if cell is None:
        return ""
    if isinstance(cell, float) and cell.is_integer():
        cell = int(cell)
    return " ".join(str(cell).split())
