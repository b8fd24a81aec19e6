"""The table, REConnect's own form of a release: ``uuid;number;title``, with dates if they are known (kle.md §2 C)."""

import csv
import io
import re
from datetime import date

from graph.statements.statement import Problem
from graph.time import written_day
from importers.kle.entries import DATES, KIND_OF_ELEMENT, Kind, Raw, Release, Untaken, element_of
from importers.kle.errors import Unreadable
from protocols import limits

REQUIRED = ("uuid", "number", "title")
OPTIONAL = ("created", "changed", "ended", "replaced_by")
_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
MOST_LINES = 100_000  # KL's classification has some thousand
csv.field_size_limit(limits.LONGEST_LINE)


def release(content: bytes, label: str, largest: int) -> Release:
    """The content of a table. A date in its name is its publishing date. Raises Unreadable."""
    if len(content) > largest:
        raise Unreadable(f"{label} has {len(content)} bytes; {largest} are allowed")
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as wrong:
        raise Unreadable(f"{label} is not in UTF-8: {wrong.reason} at byte {wrong.start}") from wrong
    rows = csv.reader(limits.lines(io.StringIO(text, newline=""), MOST_LINES), delimiter=";", strict=True)
    try:
        header = _header(next(rows, []), label)
        made = Release(label, "plan", _published(label), frozenset(), _tells(header))
        for each in header:
            if each not in (*REQUIRED, *OPTIONAL):
                text = f"{label}: unknown column {each!r}; it is not read"
                made.problems.append(Problem("KleNode", "", each, "unknown_column", text, "notice"))
        for row in rows:
            _take(made, header, row, rows.line_num)
    except (csv.Error, limits.TooMuch) as wrong:
        raise Unreadable(f"{label} is not a table: {wrong} (line {rows.line_num})") from wrong
    if not made.entries:
        raise Unreadable(f"{label} has no usable entry")
    made.kinds = frozenset(each.kind for each in made.entries)
    made.unfinished = not content.endswith((b"\n", b"\r"))
    return made


def _header(cells: list[str], label: str) -> list[str]:
    """Names of the columns, in lower case, without empty ones at the end. Raises Unreadable."""
    header = [each.strip().lower() for each in cells]
    while header and not header[-1]:
        header.pop()
    missing = [each for each in REQUIRED if each not in header]
    if missing:
        raise Unreadable(f"{label} has no column {', '.join(missing)}; the first line is uuid;number;title")
    twice = sorted({each for each in header if header.count(each) > 1})
    if twice:
        raise Unreadable(f"{label}: the column {', '.join(map(repr, twice))} occurs twice")
    return header


def _published(label: str) -> date | None:
    found = _DATE.search(label)
    try:
        return written_day(found[0]) if found else None
    except ValueError:
        return None


def _tells(header: list[str]) -> frozenset[str]:
    own = {"uuid": "kle_uuid", "changed": "changed", "ended": DATES}
    return frozenset(told for column, told in own.items() if column in header)


def _take(made: Release, header: list[str], row: list[str], line: int) -> None:
    if not any(each.strip() for each in row):
        return
    cells = dict(zip(header, row, strict=False))
    number = cells.get("number", "").strip()
    element = element_of(number)
    kind: Kind = "KleNode" if element is None else KIND_OF_ELEMENT[element]
    wrong = ""
    if element is None:
        rule, wrong = "number", f"{number!r} is not a KLE number"
    elif len(row) < len(header) or any(each.strip() for each in row[len(header) :]):
        rule, wrong = "columns", f"the line has {len(row)} cells, the first one {len(header)}"
    if element is None or wrong:
        text = f"line {line}: {wrong}"
        made.problems.append(Problem(kind, number or f"line {line}", rule, rule, text))
        made.untaken.append(Untaken.of(number, cells.get("uuid", "")))
        return
    successors = tuple(each.strip() for each in cells.get("replaced_by", "").split(",") if each.strip())
    changed = cells.get("changed", "")
    made.take(
        Raw(
            element,
            number,
            cells.get("title", ""),
            cells.get("uuid", ""),
            has_uuid=True,
            created=cells.get("created", ""),
            changed=(changed,),
            ended=cells.get("ended", ""),
            moved=bool(successors),
            successors=successors,
            where=f"line {line}",
        )
    )
