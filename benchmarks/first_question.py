"""The first "nearest manager of everybody" after a first import, against the same as the first thing after a restart.

Neo4j plans with statistics that it updates in the background: a query soon after a first import, planned on an empty
graph, may take a hundred times as long as after a restart.
"""

import shutil
import tempfile
import time
from pathlib import Path

import neo4j

from benchmarks.measured import Measured
from benchmarks.payroll import SEED, TODAY, import_folder
from benchmarks.servers import MEMORY
from graph.connection import connect
from graph.cpr.keyring import Keyring
from graph.migrations import migrate
from graph.questions.nearest import nearest_managers_of_all
from graph.time import today
from graph.writing.day_turn import turn
from reconnect.embedded import Addresses, Instance
from sample.municipality import Municipality
from sample.opus_file import write_file

GOAL = 1.3


def measure(size: str) -> Measured:
    """One query each."""
    home = Path(tempfile.mkdtemp(prefix="rc-bench-"))
    instance = Instance(home, MEMORY)
    try:
        with _connected(instance.start()) as driver:
            migrate(driver)
            nearest_managers_of_all(
                driver, today()
            )  # planned on the empty graph, as in a service that is already running
            write_file(Municipality(size, SEED, TODAY), home / "payroll")
            import_folder(driver, Keyring.generate(), home / "payroll")
            turn(driver)
            after_import, answers = _asked(driver)
        instance.stop()
        with _connected(instance.start()) as driver:
            after_restart, _ = _asked(driver)
    finally:
        instance.stop()
        shutil.rmtree(home, ignore_errors=True)
    return Measured(
        "nearest manager of all, after a first import", "the same after a restart", size, "s", after_import,
        after_restart, after_import / after_restart, GOAL, True, {"answers": answers},
    )  # fmt: skip


def _connected(addresses: Addresses) -> neo4j.Driver:
    return connect(addresses.bolt_uri, addresses.user, addresses.password)


def _asked(driver: neo4j.Driver) -> tuple[float, int]:
    started = time.perf_counter()
    found = nearest_managers_of_all(driver, today())
    return time.perf_counter() - started, len(found)
