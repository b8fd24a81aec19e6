"""Reads the first sheet of an XLSX file as lines of plain cells: text, numbers, yes/no, None; dates as ISO text.

A spreadsheet may come from anywhere: it is unpacked only to a limited size, and to the allowed number of rows; one with
a DTD is refused.
"""

import io
import struct
import warnings
import zipfile
import zlib
from collections.abc import Iterator, Sequence
from datetime import date, datetime, time
from typing import IO, Any

import openpyxl
from openpyxl.cell.read_only import EmptyCell

from importers.positions.errors import TooLarge, Unreadable
from importers.positions.settings import PositionsSettings
from protocols import xml

UNPACKED = 10  # times the largest size of a file
DENSEST = 100  # times the size of the file; real spreadsheets are compressed about twenty times
SMALL = 8 << 20  # bytes that any unpacked file may have
MOST_PARTS = 1000
MOST_COLUMNS = 100
BLANK = 20  # rows that are read for each allowed one: sheets are often formatted far below their content
_NO_ZIP = (
    zipfile.BadZipFile, zipfile.LargeZipFile, zlib.error, NotImplementedError, RuntimeError, OSError, EOFError,
    ValueError, struct.error, IndexError,
)  # fmt: skip


def first_sheet(content: bytes, name: str, settings: PositionsSettings) -> Iterator[tuple[int, Sequence[Any]]]:
    """(row number, cells) of each row. Raises Unreadable, TooLarge."""
    _check(content, name, settings)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # about styles and extensions of the file, which don't matter here
            book = openpyxl.load_workbook(io.BytesIO(content), read_only=True, data_only=True)
            try:
                rows = list(_lines(book.worksheets, name, settings.largest_rows))
            finally:
                book.close()
    except TooLarge:
        raise
    except Exception as wrong:  # openpyxl raises all kinds of errors for a damaged file
        raise Unreadable(f"{name} is not a readable XLSX file: {type(wrong).__name__}: {wrong}") from wrong
    if not rows:
        raise Unreadable(f"{name} has no sheet with rows")
    widest = max(len(cells) for _, cells in rows)
    yield from ((number, [*cells, *[None] * (widest - len(cells))]) for number, cells in rows)


def _lines(sheets: Sequence[Any], name: str, most: int) -> Iterator[tuple[int, list[Any]]]:
    """The rows with content, each up to its last cell with content. Raises TooLarge."""
    taken = 0
    for each in sheets[:1]:
        each.reset_dimensions()  # which may be out of date: rows beyond them would be skipped silently
    for number, row in enumerate(sheets[0].iter_rows(max_col=MOST_COLUMNS) if sheets else (), start=1):
        cells = [_cell(each) for each in row]
        while cells and cells[-1] is None:
            cells.pop()
        if cells:
            taken += 1
            yield number, cells
        if taken > most + 1 or number > most * BLANK:  # one for the header
            raise TooLarge(f"{name} has more than {most} rows")


def _check(content: bytes, name: str, settings: PositionsSettings) -> None:
    """Checks the parts, and unpacks only the beginning of each."""
    largest = min(settings.largest_megabytes * UNPACKED << 20, max(SMALL, DENSEST * len(content)))
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as packed:
            parts = packed.infolist()
            if len(parts) > MOST_PARTS:
                raise TooLarge(f"{name} has {len(parts)} parts; {MOST_PARTS} are allowed")
            if sum(each.file_size for each in parts) > largest:
                raise TooLarge(f"{name} has more than {largest >> 20} megabytes once unpacked")
            for each in parts:
                if each.filename.endswith((".xml", ".rels")):
                    with packed.open(each) as part:
                        _check_part(part, f"{name}: {each.filename}")
    except _NO_ZIP as wrong:
        raise Unreadable(f"{name} is not an XLSX file: {wrong}") from wrong


def _check_part(part: IO[bytes], name: str) -> None:
    try:
        xml.check_start(part)
    except xml.BadXml as wrong:
        raise Unreadable(f"{name}: {wrong}; that is refused") from wrong


def _cell(cell: Any) -> Any:
    if isinstance(cell, EmptyCell):
        return None
    value = cell.value
    if cell.data_type == "e":
        return _Broken(str(value))
    if isinstance(value, datetime):
        return value.date().isoformat() if value.time() == time() else value.isoformat()
    return value.isoformat() if isinstance(value, date) else value


class _Broken:
    """A formula without a result (#REF!); not a text, so that the reader of the cell lists it."""

    def __init__(self, text: str) -> None:
        self._text = text

    def __str__(self) -> str:
        return self._text
