"""Killed at any point, an export leaves whole files only; the next run completes it (architecture.md §4 "Export")."""

import random
import time
from pathlib import Path

import neo4j
import pytest

from exporters.files.pipeline import run_export
from reconnect.embedded import Addresses
from tests.exporters.killed_export import PEOPLE, RING, UNITS, exported, target
from tests.forked import telling
from tests.graph.snapshot import last_write

pytestmark = pytest.mark.slow

POINTS = 12


def _lines(file: Path) -> int:
    return file.read_bytes().count(b"\r\n") if file.exists() else 0


def test_an_export_killed_at_random_points_is_completed_by_the_next_run(
    clean_graph: neo4j.Driver, addresses: Addresses, tmp_path: Path
) -> None:
    dice, killed = random.Random(20261124), 0
    begun = time.monotonic()
    whole = target(tmp_path / "whole", 1)
    whole.name = "undisturbed"
    run_export(clean_graph, whole, whole.read, RING)
    longest = time.monotonic() - begun
    for point in range(POINTS):
        version, folder = 1 + point % 2, tmp_path / "out"
        process, told = telling(exported, addresses, folder, version)
        assert told.recv() == "ready"
        begun = time.monotonic()
        process.join(timeout=dice.uniform(0, longest / 2))
        if process.is_alive():
            process.kill()
            killed += 1
        else:
            longest = min(longest, time.monotonic() - begun)  # Neo4j had planned nothing when it was measured
        process.join()
        assert _lines(folder / "people.csv") in (0, PEOPLE + 1, PEOPLE - 99)
        assert _lines(folder / "units.csv") in (0, UNITS + 1)

        made = target(folder, version)
        report = run_export(clean_graph, made, made.read, RING)
        assert report.is_complete, f"point {point}"
        assert sorted(each.name for each in folder.iterdir()) == ["manifest.json", "people.csv", "units.csv"]
        for each in report.files:
            assert (folder / each.name).read_bytes() == each.content, f"point {point}"
        before = last_write(clean_graph)
        assert run_export(clean_graph, made, made.read, RING).run is None
        assert last_write(clean_graph) == before
        rows, _, _ = clean_graph.execute_query(
            "MATCH (e:LedgerEntry {target: 'staff', state: 'delivered'}) RETURN e.object AS object, count(*) AS number"
        )
        there = {"person": PEOPLE - 100 * (version - 1), "unit": UNITS, "file": 3}
        assert {row["object"]: row["number"] for row in rows} == there, f"point {point}"
    assert killed >= POINTS // 4
