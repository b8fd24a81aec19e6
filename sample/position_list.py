"""The municipality's own position list (stillingsfortegnelse), as HR keeps it: two CSV files (positions.md §4).

Every position of payroll has a row, with payroll's code; there are also variants that only HR uses. On purpose:

- ``UNKNOWN``: payroll has the code, the list has neither it nor its title;
- ``ENDED_IN_USE``: the row has ended, and employments still have it;
- ``NO_LEADERS``: titles that contain "leder" but do not belong to leaders.
"""

import csv
from collections.abc import Iterator, Sequence
from datetime import date, timedelta
from pathlib import Path

from sample.municipality import CLIENT, INSTITUTION, Municipality
from sample.positions import AREAS, POSITIONS, Position

UNKNOWN = 9030
ENDED_IN_USE = 3080
NO_LEADERS = frozenset({4020})
ENDED, REPLACED = 10, 5
"""Rows of ended variants, and how many of them name their successor."""

_AREA_CODES = dict(zip(AREAS, ("MYND", "BORG", "DRIFT"), strict=True))
_VARIANTS = ("{}, timelønnet", "{}, særligt ansvar", "{}, koordinerende")
_COLUMNS = (
    "code", "title", "category", "level", "agreement", "stk", "payroll", "match", "leader", "from", "to", "replaced_by",
)  # fmt: skip
# Invented, like all codes in the list: no agreement area in KRL's register is above 900.
_AGREEMENTS = {
    name: str(901 + place) for place, name in enumerate(sorted({each.agreement for each in POSITIONS.values()}))
}

Row = dict[str, str]


def write(folder: Path, municipality: Municipality) -> None:
    """Write ``positions.csv`` and ``position_categories.csv`` as they are on the municipality's day."""
    folder.mkdir(parents=True, exist_ok=True)
    _write(folder / "positions.csv", _COLUMNS, rows(municipality.today))
    _write(folder / "position_categories.csv", ("code", "title", "parent"), categories())


def categories() -> Iterator[Row]:
    """Three areas, and the groups of payroll's positions below them."""
    for title, groups in AREAS.items():
        yield {"code": _AREA_CODES[title], "title": title, "parent": ""}
        for group in groups:
            yield {"code": _category(group), "title": group, "parent": _AREA_CODES[title]}


def rows(today: date) -> list[Row]:
    """The rows on a day, by code."""
    listed = [each for each in POSITIONS.values() if each.code != UNKNOWN]
    variants = [_variant(each, number) for each in listed for number in range(len(_VARIANTS))]
    for place, each in enumerate(variants[:ENDED]):
        each["to"] = (today - timedelta(days=365 * (1 + place))).isoformat()
        if place < REPLACED:
            each["replaced_by"] = each["code"].partition("-")[0]
    return sorted([*(_listed(each, today) for each in listed), *variants], key=lambda each: each["code"])


def _listed(position: Position, today: date) -> Row:
    return {
        "code": f"P{position.code}",
        "title": position.title,
        "category": _category(position.group),
        "level": str(position.level or ""),
        "agreement": _AGREEMENTS[position.agreement],
        "stk": f"{_AGREEMENTS[position.agreement]}-{position.code % 100:02d}",
        "match": "",
        "payroll": f"sd:{INSTITUTION}:{position.code} opus:{CLIENT}:{position.code}",
        "leader": "yes" if position.level else "no" if position.code in NO_LEADERS else "",
        "from": "",
        "to": (today - timedelta(days=60)).isoformat() if position.code == ENDED_IN_USE else "",
        "replaced_by": "",
    }


def _variant(position: Position, number: int) -> Row:
    """A position that payroll does not tell apart."""
    title = _VARIANTS[number].format(position.title)
    told = {
        "code": f"P{position.code}-{number + 1}",
        "title": title,
        "category": _category(position.group),
        "agreement": _AGREEMENTS[position.agreement],
        "match": f"{title.casefold()}*|!*elev*",
    }
    return dict.fromkeys(_COLUMNS, "") | told


def _category(group: str) -> str:
    return group.upper().replace("Æ", "AE").replace("Ø", "OE")[:8]


def _write(path: Path, columns: Sequence[str], told: Iterator[Row] | list[Row]) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, columns, delimiter=";")
        writer.writeheader()
        writer.writerows(told)
