"""What a facts file does not tell is not what it tells that there is none of; and how KLE's numbers are written."""

import json
from pathlib import Path
from typing import Any

import pytest

from graph.time import today
from importers.facts.settings import FactsSettings
from importers.facts.source import Facts
from tests.importers.known import Applied, InMemory

UNITS = [{"id": "u", "name": "A"}, {"id": "v", "name": "B"}]
PERSONS = [{"id": "p", "name": "P"}]


class Reading:
    def __init__(self, folder: Path) -> None:
        self.known = InMemory()
        self.folder = folder

    def take(self, content: dict[str, Any]) -> Applied:
        path = self.folder / "facts.json"
        path.write_text(json.dumps(content))
        return self.known.take(Facts(FactsSettings(path=path)))

    def csv(self, **files: str) -> Applied:
        folder = self.folder / "tables"
        folder.mkdir(exist_ok=True)
        for name, text in files.items():
            (folder / f"{name}.csv").write_text(text)
        return self.known.take(Facts(FactsSettings(path=folder)))

    def units(self) -> list[str]:
        return self.known.existing("Unit", today())


@pytest.fixture
def reading(tmp_path: Path) -> Reading:
    return Reading(tmp_path)


def test_a_section_that_is_missing_ends_nothing_and_is_shown(reading: Reading) -> None:
    reading.take({"units": UNITS, "persons": PERSONS})
    applied = reading.take({"persons": PERSONS})
    assert reading.units() == ["u", "v"]
    assert [(each.key, each.rule, each.severity) for each in applied.problems] == [
        ("units", "section_missing", "notice")
    ]
    assert reading.take({"units": [], "persons": PERSONS}).problems == []
    assert reading.units() == []


@pytest.mark.parametrize("section", [None, "none", 7])
def test_a_section_that_cannot_be_read_ends_nothing(reading: Reading, section: object) -> None:
    reading.take({"units": UNITS})
    applied = reading.take({"units": section})
    assert reading.units() == ["u", "v"]
    assert [(each.key, each.rule, each.severity) for each in applied.problems] == [
        ("units", "section_unreadable", "bad")
    ]


def test_an_entry_that_may_be_any_ends_none_of_its_kind(reading: Reading) -> None:
    reading.take({"units": UNITS, "persons": PERSONS})
    reading.take({"units": [UNITS[0], {"name": "B"}], "persons": []})
    assert reading.units() == ["u", "v"]
    assert reading.known.existing("Person", today()) == []


def test_a_table_with_a_header_only_ends_nothing(reading: Reading) -> None:
    reading.csv(units="id;name\nu;A\nv;B\n")
    assert [each.rule for each in reading.csv(units="id;name\n").problems] == ["section_unreadable"]
    assert reading.units() == ["u", "v"]


# -- numbers of KLE ---------------------------------------------------------------------------------------------------


def test_numbers_of_kle_are_written_alike_in_every_field(reading: Reading) -> None:
    for number in ("27.12", "kle:27.12"):
        applied = reading.take(
            {
                "units": [{"id": "u", "name": "A", "performs": [number], "responsible_for": [number]}],
                "assignments": [{"id": "a", "holder": {"person": "p"}, "role": "r", "about": [number], "for": []}],
                "kle": {"27.12": {"title": "T", "parent": number.replace(".12", "")}},
                "persons": PERSONS,
            }
        )
        assert applied.problems == []
        for kind, key, link in (("Unit", "u", "performs"), ("Unit", "u", "responsible_for")):
            assert reading.known.link(kind, key, link, today()) == "27.12"
        (about,) = reading.known.of("Assignment", "a").links["responsibilities"]
        assert (about.to.kind, about.to.key) == ("KleNode", "27.12")
        assert reading.known.link("KleNode", "27.12", "parent", today()) == "27"


@pytest.mark.parametrize("number", ["27.1", 27.1, "27.12.4", "271204", "kle:", "KLE 27.12", "27-12", "27.12.04.01"])
def test_what_is_no_number_of_kle_is_a_bad_record(reading: Reading, number: object) -> None:
    units = [{"id": "u", "name": "A", "performs": [number]}, {"id": "v", "name": "B"}]
    applied = reading.take({"units": units})
    assert [(each.key, each.field, each.rule, each.severity) for each in applied.problems] == [
        ("u", "performs", "kle_number", "bad")
    ]
    assert reading.units() == ["v"]


@pytest.mark.parametrize("number", ["27.1", 27.1, 2712, "2712", "271204", "271", "27.12.4", "kle:27.12", "A", "27-12"])
def test_what_is_no_number_of_kle_is_a_bad_record_in_its_own_section_too(reading: Reading, number: object) -> None:
    """Nor does it become one of KLE because the same file makes it."""
    units = [{"id": "u", "name": "A", "performs": [number]}, {"id": "v", "name": "B"}]
    for section in ({number: None, "27": None}, [number, "27"], {number: "27", "27": None}):
        applied = reading.take({"kle": section, "units": units})
        bad = [(each.kind, each.key, each.field, each.rule, each.severity) for each in applied.problems]
        assert ("KleNode", str(number), "id", "kle_number", "bad") in bad
        if not str(number).startswith("kle:"):
            assert ("Unit", "u", "performs", "kle_number", "bad") in bad
        assert reading.known.existing("KleNode", today()) == ["27"]


@pytest.mark.parametrize(
    "day", ["20260101", "2026-W01-4", "2026-1-1", "01-01-2026", "2026-02-30", "2026-01-01T00:00", 20260101]
)
def test_a_day_is_written_in_one_way(reading: Reading, day: object) -> None:
    applied = reading.take({"units": [{"id": "u", "name": "A", "from": day}, {"id": "v", "name": "B"}]})
    ((rule, text),) = [(each.rule, each.text) for each in applied.problems]
    assert rule == "date"
    assert "a date is written YYYY-MM-DD" in text
    assert reading.units() == ["v"]


def test_numbers_that_a_file_makes_itself_may_look_otherwise(reading: Reading) -> None:
    assert reading.take({"kle": {"2": None}, "units": [{"id": "u", "name": "A", "performs": ["2"]}]}).problems == []
