"""Imports every source of the demo twice: the second time each is read and compared, and no transaction writes.

The directories have the demo's content in every size: filling a controller would take longer than everything else.
Payroll's file is recognised by its name the second time; ``payroll`` measures the same content under another name.
"""

import os
import tempfile
import time
from pathlib import Path

import neo4j

from benchmarks.measured import Measured
from benchmarks.payroll import SEED, TODAY
from benchmarks.servers import fresh_servers
from importers.pipeline.report import ImportReport
from reconnect.context import Context
from reconnect.demo import run, sources
from reconnect.demo.run import Demo

GOAL = 0.0


def measure(size: str) -> Measured:
    """Whether the second run has written (0: no transaction did; 1: some did)."""
    with (
        tempfile.TemporaryDirectory(prefix="rc-bench-") as home,
        fresh_servers() as (addresses, driver),
    ):
        os.environ |= {
            "RECONNECT_HOME": home,
            "RECONNECT__NEO4J__URI": addresses.bolt_uri,
            "RECONNECT__NEO4J__PASSWORD": addresses.password,
            "RECONNECT__REDIS__URL": addresses.redis_url,
        }
        made = Demo(Path(home))
        run.prepare(made)
        first, missing = _seconds(made, size)
        before = _last_write(driver)
        again, _ = _seconds(made, size)
        wrote = int(_last_write(driver) != before)
    notes: dict[str, float | int | str] = {
        "seconds of the first import": first,
        "seconds of the second": again,
        "second of first": round(again / first, 3),
        "not read": ", ".join(missing) or "none",
    }
    return Measured(
        "all sources unchanged, whether anything is written", "first import", size, "writes", wrote, 1, wrote, GOAL,
        True, notes,
    )  # fmt: skip


def _seconds(made: Demo, size: str) -> tuple[float, list[str]]:
    """The time of all imports, without starting the simulations; the sources that could not be read here."""
    context = Context(made.settings_file)
    try:
        run.make_payroll(made, size, SEED, TODAY, context.keyring, _quiet)
        taken, missing = 0.0, []
        started = time.perf_counter()
        for report in run.import_all(context, made, _quiet):
            _require(report)
        taken = time.perf_counter() - started
        for told in sources.import_others(context, made, _quiet):
            taken += told.seconds
            if told.report is None:
                missing.append(f"{told.shown.name}: {told.failure}")
            else:
                _require(told.report)
    finally:
        context.close()
    return taken, missing


def _last_write(driver: neo4j.Driver) -> frozenset[str]:
    """The last transaction that wrote anything: equal before and after = nothing was written."""
    with driver.session(default_access_mode=neo4j.READ_ACCESS) as session:
        session.run("RETURN 1").consume()
        return frozenset(session.last_bookmarks().raw_values)


def _require(report: ImportReport) -> None:
    if report.brake is not None:
        raise RuntimeError(f"the brake stopped {report.source}: {report.reasons}")


def _quiet(stage: str, done: int, total: int) -> None:
    """Progress that is not shown."""
