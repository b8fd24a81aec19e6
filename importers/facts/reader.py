"""Reads a facts file (YAML, JSON or a folder of CSV) to the same sections of plain entries."""

import csv
from collections.abc import Callable, Iterator
from datetime import date
from json import JSONDecodeError
from os import SEEK_END
from pathlib import Path
from typing import Any

import yaml

from graph.retry import NEXT, SOON
from graph.time import written_day
from importers.facts.errors import FileRejected
from importers.facts.loading import LARGEST_CONTENT, Doubled, doubled, from_json, from_yaml, size_checked
from importers.source import SourceError
from protocols.limits import LONGEST_LINE, TooMuch
from protocols.limits import lines as limited

Entry = dict[str, Any]
Sections = dict[str, list[Entry]]

LISTS = (
    "units", "persons", "positions", "employments", "affiliations", "assignments", "substitutes", "accounts", "grants",
    "constraint_settings", "rights_requests", "account_exceptions",
)  # fmt: skip
# Sections that are written as a mapping from the key to the rest: {manager: {title: Leder}}, {"27.12": "27"}, or a
# plain list of keys. The value: the field that a bare value means.
MAPPINGS = {
    "roles": "title", "kle": "parent", "functions": "title", "groups": "groups", "systems": "groups",
    "constraint_types": "title", "system_roles": "title", "job_function_roles": "title", "rights_conflicts": "title",
    "name_policies": "title", "account_rules": "title",
}  # fmt: skip
BESIDE = frozenset({"format", "queries", "refusals"})  # no facts: acceptance files also contain their questions

# In CSV, a cell with several values; and the fields that hold periods of a unit, written unit@from..to.
SEPARATOR = "|"
PERIODS = {"units": "parents", "employments": "units", "affiliations": "units", "assignments": "for"}
MANY = frozenset({
    "about", "tags", "performs", "responsible_for", "interested_in", "groups", "kle", "values", "levels", "required",
    "optional", "includes", "given_to", "except", "within", "fixed", "units", "excluded_units", "login_patterns",
    "forbidden", "reserved",
})  # fmt: skip


def read(path: Path) -> tuple[Sections, list[str]]:
    """The sections of a facts file, and the names of those that are unknown, or are not a list or mapping. Raises
    SourceError."""
    parser = _csv if path.is_dir() else _PARSERS.get(path.suffix.lower())
    if parser is None:
        raise SourceError(
            f"{path}: a facts file ends in {', '.join(sorted(_PARSERS))}, or is a folder of .csv", retry=NEXT
        )
    try:
        content = parser(path)
    except (OSError, UnicodeDecodeError, yaml.YAMLError, csv.Error, JSONDecodeError, FileRejected, TooMuch) as error:
        raise SourceError(
            f"{path} can't be read: {error}", retry=SOON if isinstance(error, OSError) else NEXT
        ) from error
    if not isinstance(content, dict):
        raise SourceError(
            f"{path}: a facts file is a mapping of sections ({', '.join((*MAPPINGS, *LISTS))})", retry=NEXT
        )
    sections: Sections = {}
    unknown = []
    for name, section in content.items():
        if name in BESIDE:
            continue
        if name in LISTS and isinstance(section, list):
            sections[name] = [_entry(each) for each in section]
        elif name in MAPPINGS and isinstance(section, dict | list):
            sections[name] = list(_keyed(section, MAPPINGS[name]))
        else:
            unknown.append(str(name))
    return sections, unknown


def _entry(told: Any) -> Entry:
    if not isinstance(told, dict):
        # The value is not shown: it may be a CPR number.
        return {"unreadable": f"a {type(told).__name__}: an entry is a mapping of fields"}
    twice = doubled(told)
    return Doubled(told, twice) if twice else told


def _keyed(section: dict[str, Any] | list[Any], bare: str) -> Iterator[Entry]:
    if isinstance(section, list):
        yield from ({"id": str(key)} if isinstance(key, str | int | float) else _entry(key) for key in section)
        return
    for key, rest in section.items():
        if isinstance(rest, dict):
            entry = {"id": key, **rest}
            yield Doubled(entry, twice) if (twice := doubled(rest)) else entry
        else:
            yield {"id": key} if rest is None else {"id": key, bare: rest}


def _yaml(path: Path) -> Any:
    return from_yaml(path, codes=True)


_PARSERS: dict[str, Callable[[Path], Any]] = {".yaml": _yaml, ".yml": _yaml, ".json": from_json}


def _csv(folder: Path) -> dict[str, Any]:
    """One file per section, named after it; UTF-8 with or without BOM; ``;`` or ``,``, according to the header."""
    content: dict[str, Any] = {}
    files = sorted(folder.glob("*.csv"))
    if not files:
        # A share that is not mounted looks like this: it must not end everything.
        raise FileRejected("there is no .csv file in it")
    cells = 0
    for file in files:
        with size_checked(file).open(encoding="utf-8-sig", newline="") as lines:
            header = lines.readline(LONGEST_LINE)
            lines.seek(0)
            rows = csv.DictReader(
                limited(lines, LARGEST_CONTENT),
                delimiter=";" if header.count(";") >= header.count(",") else ",",
                strict=True,  # otherwise a quotation mark that nobody closes swallows all rows after it
            )
            names = list(rows.fieldnames or ())
            if len(set(names)) < len(names):
                raise FileRejected(f"{file.name} has two columns with the same name")
            content[file.stem] = []
            row: dict[str | Any, str | Any] = {}
            for row in rows:
                cells += len(row)
                if cells > LARGEST_CONTENT:
                    raise FileRejected(f"the files have more than {LARGEST_CONTENT} cells")
                content[file.stem].append(_cells(file.stem, row))
            if (missing := _missing(row)) and not _ends_a_line(file):
                content[file.stem][-1]["unreadable"] = f"the file ends in its row, which lacks {_count(missing)}"
            if not content[file.stem]:
                content[file.stem] = None  # a header only: an export that broke off looks like this
    return content


def _cells(section: str, row: dict[str | Any, str | Any]) -> Entry:
    entry: Entry = {}
    beyond = [cell for cell in row.pop(None, ()) if cell.strip()]  # cells of a row that is longer than the header
    if beyond:
        entry["unreadable"] = f"it has {_count(len(beyond))} more than the header"
    if (missing := _missing(row)) and any("\n" in (cell or "") for cell in row.values()):
        entry["unreadable"] = f"it lacks {_count(missing)}, and a quotation mark goes over several lines"
    for name, cell in row.items():
        cell = (cell or "").strip()
        if not cell:
            continue
        if name == PERIODS.get(section):
            entry[name] = [_unit_period(each) for each in cell.split(SEPARATOR)]
        elif name in ("leave", "absences"):
            entry[name] = [_period(each) for each in cell.split(SEPARATOR)]
        elif name in MANY:
            entry[name] = cell.split(SEPARATOR)
        elif name in ("employment", "affiliation", "person") and section == "assignments":
            entry["holder"] = {name: cell}
        elif name in ("scope_units", "scope_responsibilities"):
            entry.setdefault("scope", {})[name.removeprefix("scope_")] = cell.split(SEPARATOR)
        else:
            entry[name] = cell
    return entry


def _missing(row: dict[str | Any, str | Any]) -> int:
    """How many cells the row has fewer than the header. Excel leaves empty ones out at the end of a row, but what is
    missing where a file was cut off, or a quotation mark has swallowed the rest, is not known to be empty."""
    return sum(cell is None for name, cell in row.items() if name)


def _count(cells: int) -> str:
    return "1 cell" if cells == 1 else f"{cells} cells"


def _ends_a_line(file: Path) -> bool:
    with file.open("rb") as content:
        content.seek(-1, SEEK_END)
        return content.read() in (b"\n", b"\r")


def _unit_period(cell: str) -> Entry:
    unit, _, days = cell.partition("@")
    return {"unit": unit, **_period(days)}


def _period(cell: str) -> Entry:
    start, _, end = cell.partition("..")
    return {name: day for name, day in (("from", start), ("to", end)) if day}


def day(value: Any) -> date:
    """A date of YAML, JSON or CSV. Raises ValueError."""
    if isinstance(value, date) and type(value) is date:
        return value
    return written_day(str(value))
