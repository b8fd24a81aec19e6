"""The first sheet of an XLSX file, as lines of plain cells: text, numbers, yes/no, None; dates as ISO text.

A spreadsheet from anywhere: it is unpacked to a limited size only, and one with a DTD is refused.
"""

import io
import struct
import warnings
import zipfile
import zlib
from collections.abc import Iterator, Sequence
from datetime import date, datetime, time
from typing import Any

import openpyxl
from openpyxl.cell.read_only import EmptyCell

from importers.positions.errors import TooLarge, Unreadable
from importers.positions.settings import PositionsSettings

UNPACKED = 10  # times the size of a file
MOST_COLUMNS = 100
_NO_ZIP = (
    zipfile.BadZipFile, zipfile.LargeZipFile, zlib.error, NotImplementedError, RuntimeError, OSError, EOFError,
    ValueError, struct.error, IndexError,
)  # fmt: skip
_DTD = tuple("<!DOCTYPE".encode(each) for each in ("utf-8", "utf-16-le", "utf-16-be"))


def first_sheet(content: bytes, name: str, settings: PositionsSettings) -> Iterator[tuple[int, Sequence[Any]]]:
    """(row number, cells) of each row. Raises Unreadable, TooLarge."""
    _check(content, name, settings)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # about styles and extensions of the file, which are of no interest here
            book = openpyxl.load_workbook(io.BytesIO(content), read_only=True, data_only=True)
            try:
                rows = list(_lines(book.worksheets))
            finally:
                book.close()
    except Exception as wrong:  # openpyxl raises whatever the damage leads to
        raise Unreadable(f"{name} is no XLSX file that can be read: {type(wrong).__name__}: {wrong}") from wrong
    if not rows:
        raise Unreadable(f"{name} has no sheet with rows")
    widest = max(len(cells) for _, cells in rows)
    yield from ((number, [*cells, *[None] * (widest - len(cells))]) for number, cells in rows)


def _lines(sheets: Sequence[Any]) -> Iterator[tuple[int, list[Any]]]:
    """The rows that hold something, each up to its last cell that does."""
    for number, row in enumerate(sheets[0].iter_rows(max_col=MOST_COLUMNS) if sheets else (), start=1):
        cells = [_cell(each) for each in row]
        while cells and cells[-1] is None:
            cells.pop()
        if cells:
            yield number, cells


def _check(content: bytes, name: str, settings: PositionsSettings) -> None:
    largest = settings.largest_megabytes * UNPACKED << 20
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as packed:
            if sum(each.file_size for each in packed.infolist()) > largest:
                raise TooLarge(f"{name} is larger than {largest >> 20} megabytes once unpacked")
            for each in packed.infolist():
                head = packed.read(each)
                if each.filename.endswith((".xml", ".rels")) and any(dtd in head for dtd in _DTD):
                    raise Unreadable(f"{name}: {each.filename} has a DTD; that is refused")
    except _NO_ZIP as wrong:
        raise Unreadable(f"{name} is no XLSX file: {wrong}") from wrong


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
    """A formula without a result (#REF!); no text, so that whoever needs the cell says so."""

    def __init__(self, text: str) -> None:
        self._text = text

    def __str__(self) -> str:
        return self._text
