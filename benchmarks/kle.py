"""A KLE release of 2,933 entries through the whole of ``importers``, against bare writing of the same.

Bare is the import's result in the graph (nodes, states, records, changes, links), written by UNWIND batches.
"""

import time
from datetime import date
from pathlib import Path

import neo4j
from lxml import etree

from benchmarks import bare_copy
from benchmarks.measured import Measured
from benchmarks.payroll import write_bare
from graph.cpr.keyring import Keyring
from importers.kle.settings import KleSettings
from importers.kle.source import Kle
from importers.pipeline.import_run import run_import
from sample.classification import full

PUBLISHED = date(2026, 11, 1)
GOAL = 3.0


def measure(driver: neo4j.Driver, keyring: Keyring, folder: Path) -> Measured:
    """The first import, into an empty graph. Raises RuntimeError if something is left out or written twice."""
    release = full(PUBLISHED)
    for name, root in (("plan.xml", release.plan()), ("facets.xml", release.facets())):
        (folder / name).write_bytes(etree.tostring(root, xml_declaration=True, encoding="UTF-8"))
    source = Kle(KleSettings(path=folder), day=lambda: PUBLISHED)
    started = time.perf_counter()
    report = run_import(driver, source, keyring)
    seconds = time.perf_counter() - started
    if report.changes != len(release.rows) or report.problems:
        raise RuntimeError(f"{report.changes} of {len(release.rows)} entries, {len(report.problems)} problems")
    started = time.perf_counter()
    if run_import(driver, source, keyring).run is not None:
        raise RuntimeError("the unchanged release wrote something")
    again = time.perf_counter() - started
    bare = write_bare(bare_copy.read_back(driver), bare_copy.counts(driver))
    return Measured(
        "KLE release", "the same nodes and relationships, bare UNWIND batches", f"{len(release.rows)} entries", "s",
        seconds, bare, seconds / bare, GOAL, True, {"unchanged again, s": round(again, 2)},
    )  # fmt: skip
