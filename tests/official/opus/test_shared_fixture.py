"""The test file of OS2mo's developers, with what opus.md §8.1 expects of it; and through the whole pipeline."""

import shutil
from datetime import date
from pathlib import Path

import neo4j
import pytest

from graph.cpr.keyring import Keyring
from importers.opus.settings import OpusSettings
from importers.opus.source import Opus
from importers.pipeline.import_run import run_import
from tests.conftest import OFFICIAL_DATA
from tests.graph.snapshot import last_write
from tests.importers.known import KEYRING, InMemory

FIXTURE = OFFICIAL_DATA / "opus" / "ZLPE20200101_delta.xml"
DAY = date(2020, 1, 1)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    shutil.copy(FIXTURE, tmp_path)
    return tmp_path


def opus(folder: Path, **settings: object) -> Opus:
    return Opus(OpusSettings.model_validate(settings), folder, day=lambda: DAY)


def test_with_the_files_date_as_start(folder: Path) -> None:
    known = InMemory()
    applied = known.take(opus(folder, missing_start="file_date"))
    assert [known.link("Unit", f"813:unit:{number}", "parent", DAY) for number in (1, 2, 3)] == [
        None,
        "813:unit:1",
        "813:unit:2",
    ]
    assert len(list(known.keys("Person"))) == 2
    assert known.value("Person", KEYRING.hash("0101010000"), "name", DAY) == "Fornavn Efteravn"
    active = known.existing("Employment", DAY)
    assert active == [f"813:employment:{number}" for number in (1000, 1001, 1002, 1006)]
    assert {known.link("Employment", key, "unit", DAY) for key in active} == {"813:unit:3"}
    assert not any("manager_flag" in known.of("Employment", key).values for key in active)
    assert list(known.keys("Position")) == ["813:position:500"]
    assert known.value("Position", "813:position:500", "title", DAY) == "Ansat"
    assert {known.value("Employment", key, "title", DAY) for key in active} == {"Ansat", "Annulleret"}
    assert "p_number" not in known.of("Unit", "813:unit:1").values
    assert applied.rules() == ["different_names"]
    assert known.take(opus(folder, missing_start="file_date")).changed == []


def test_with_missing_starts_listed(folder: Path) -> None:
    known = InMemory()
    applied = known.take(opus(folder))
    assert list(known.keys("Employment")) == []
    assert applied.rules() == ["no_start"] * 4


def test_with_a_filter_on_unit_2(folder: Path) -> None:
    known = InMemory()
    applied = known.take(opus(folder, missing_start="file_date", filters={"units": [2]}))
    assert list(known.keys("Unit")) == ["813:unit:1"]
    assert (list(known.keys("Employment")), list(known.keys("Person")), applied.problems) == ([], [], [])


def test_through_the_pipeline_and_again(clean_graph: neo4j.Driver, folder: Path) -> None:
    ring = Keyring.generate()
    report = run_import(clean_graph, opus(folder, missing_start="file_date"), ring)
    assert report.as_counts() == {
        "Employment": {"created": 4},
        "ItSystem": {"created": 1},
        "Person": {"created": 2},
        "Position": {"created": 1},
        "Unit": {"created": 3},
    }
    before = last_write(clean_graph)
    again = run_import(clean_graph, opus(folder, missing_start="file_date"), ring)
    assert (again.changes, again.run) == (0, None)
    assert last_write(clean_graph) == before
