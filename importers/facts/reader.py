"""Reading a facts file: YAML, JSON or a folder of CSV, to the same sections of plain entries."""

import csv
from collections.abc import Callable, Iterator
from datetime import date
from pathlib import Path
from typing import Any

import orjson
import yaml

from importers.source import SourceError

Entry = dict[str, Any]
Sections = dict[str, list[Entry]]

LISTS = ("units", "persons", "positions", "employments", "affiliations", "assignments", "substitutes", "accounts")
# Sections that are written as a mapping from the key to the rest: {manager: {title: Leder}}, {"27.12": "27"}, or a
# plain list of keys. The field that a bare value stands for.
MAPPINGS = {"roles": "title", "kle": "parent", "functions": "title", "groups": "groups", "systems": "groups"}
BESIDE = frozenset({"format", "queries", "refusals"})  # no facts: acceptance files carry their questions with them

# In CSV, a cell with several values; and the fields that hold periods of a unit, written unit@from..to.
SEPARATOR = "|"
PERIODS = {"units": "parents", "employments": "units", "affiliations": "units", "assignments": "for"}
MANY = frozenset({"about", "tags", "performs", "responsible_for", "interested_in", "groups"})


def read(path: Path) -> tuple[Sections, list[str]]:
    """The sections of a facts file, and the names of those that nobody knows. Raises SourceError."""
    try:
        content = _csv(path) if path.is_dir() else _PARSERS[path.suffix.lower()](path)
    except KeyError:
        raise SourceError(
            f"{path}: a facts file ends in {', '.join(sorted(_PARSERS))}, or is a folder of .csv"
        ) from None
    except (OSError, UnicodeDecodeError, yaml.YAMLError, orjson.JSONDecodeError) as error:
        raise SourceError(f"{path} can't be read: {error}") from error
    if not isinstance(content, dict):
        raise SourceError(f"{path}: a facts file is a mapping of sections ({', '.join((*MAPPINGS, *LISTS))})")
    sections: Sections = {}
    unknown = []
    for name, section in content.items():
        if name in BESIDE:
            continue
        if name in LISTS and isinstance(section, list):
            sections[name] = [each if isinstance(each, dict) else {"unreadable": each} for each in section]
        elif name in MAPPINGS and isinstance(section, dict | list):
            sections[name] = list(_keyed(section, MAPPINGS[name]))
        else:
            unknown.append(str(name))
    return sections, unknown


def _keyed(section: dict[Any, Any] | list[Any], bare: str) -> Iterator[Entry]:
    if isinstance(section, list):
        yield from ({"id": str(key)} for key in section)
        return
    for key, rest in section.items():
        if isinstance(rest, dict):
            yield {"id": str(key), **rest}
        else:
            yield {"id": str(key)} if rest is None else {"id": str(key), bare: rest}


class _Loader(yaml.SafeLoader):
    """Plain values only. A date that is none stays a text, so that its entry is shown and the rest goes on."""

    def construct_yaml_timestamp(self, node: yaml.ScalarNode) -> Any:
        try:
            return super().construct_yaml_timestamp(node)
        except ValueError:
            return str(node.value)


_Loader.add_constructor("tag:yaml.org,2002:timestamp", _Loader.construct_yaml_timestamp)


def _yaml(path: Path) -> Any:
    return yaml.load(path.read_text(encoding="utf-8"), _Loader)


def _json(path: Path) -> Any:
    return orjson.loads(path.read_bytes())


_PARSERS: dict[str, Callable[[Path], Any]] = {".yaml": _yaml, ".yml": _yaml, ".json": _json}


def _csv(folder: Path) -> dict[str, Any]:
    """One file a section, named after it; UTF-8 with or without BOM; ``;`` or ``,``, told by the header."""
    content: dict[str, Any] = {}
    for file in sorted(folder.glob("*.csv")):
        with file.open(encoding="utf-8-sig", newline="") as lines:
            header = lines.readline()
            lines.seek(0)
            rows = csv.DictReader(lines, delimiter=";" if header.count(";") >= header.count(",") else ",")
            entries = [_cells(file.stem, row) for row in rows]
        if file.stem in MAPPINGS:
            content[file.stem] = {each.pop("id", ""): each for each in entries}
        else:
            content[file.stem] = entries
    return content


def _cells(section: str, row: dict[str, str]) -> Entry:
    entry: Entry = {}
    for name, cell in row.items():
        cell = (cell or "").strip()
        if not cell or name is None:
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
    return date.fromisoformat(str(value))
