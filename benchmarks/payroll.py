"""First import of a payroll, and the same payroll again: through the whole of ``importers``, against bare writing.

"Again" is the file of the next day with the same content, so that it is read and compared in full. (The same file a
second time would be recognised by its name, which proves nothing.)
"""

import shutil
import time
from datetime import date
from pathlib import Path

import neo4j

from benchmarks import bare_copy
from benchmarks.measured import Measured
from benchmarks.servers import fresh_servers
from graph.cpr import Keyring
from importers.opus.settings import OpusSettings
from importers.opus.source import Opus
from importers.pipeline import run_import
from importers.report import ImportReport
from sample.changes import next_working_day
from sample.municipality import Municipality
from sample.opus_file import file_name, write_file
from sample.role_rules import ROLE_RULES

TODAY = date(2026, 11, 24)
SEED = 42
FIRST_GOAL, AGAIN_GOAL = 2.0, 20.0


def import_folder(driver: neo4j.Driver, keyring: Keyring, folder: Path) -> tuple[float, ImportReport]:
    """Import what is due in the folder; seconds and report. Raises RuntimeError where the brake stops it."""
    started = time.perf_counter()
    report = run_import(driver, Opus(OpusSettings(folder=folder), day=lambda: TODAY), keyring, rules=ROLE_RULES)
    seconds = time.perf_counter() - started
    if report.brake is not None:
        raise RuntimeError(f"the brake stopped the import: {report.reasons}")
    return seconds, report


def measure(driver: neo4j.Driver, keyring: Keyring, size: str, folder: Path) -> list[Measured]:
    """Both imports into an empty graph."""
    path = write_file(Municipality(size, SEED, TODAY), folder)
    first, report = import_folder(driver, keyring, folder)
    nodes, relationships = bare_copy.counts(driver)
    shutil.copyfile(path, folder / file_name(next_working_day(TODAY)))
    again, unchanged = import_folder(driver, keyring, folder)
    if unchanged.changes:
        raise RuntimeError(f"the unchanged payroll changed something: {unchanged.as_counts()}")
    copy = bare_copy.read_back(driver)
    bare = write_bare(copy, (nodes, relationships))
    notes: dict[str, float | int | str] = {
        "nodes": nodes,
        "relationships": relationships,
        "megabytes of payroll": round(path.stat().st_size / 1e6, 1),
        "problems": len(report.problems),
    }
    return [
        Measured(
            "first payroll import", "the same nodes and relationships, bare UNWIND batches", size, "s", first, bare,
            first / bare, FIRST_GOAL, True, notes,
        ),
        Measured(
            "unchanged payroll import", "first import", size, "s", again, first, first / again, AGAIN_GOAL, False,
            {"records compared": unchanged.unchanged},
        ),
    ]  # fmt: skip


def write_bare(copy: bare_copy.Copy, expected: tuple[int, int]) -> float:
    """Seconds for the copy into servers of its own, as cold as the import's were."""
    with fresh_servers() as (_, driver):
        seconds = bare_copy.write(driver, copy)
        made = bare_copy.counts(driver)
    if made != expected:
        raise RuntimeError(f"the copy has {made} nodes and relationships, the import {expected}")
    return seconds
