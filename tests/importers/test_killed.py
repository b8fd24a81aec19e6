"""Killed at any point, the next run completes the import, and the result equals that of an undisturbed one."""

import random
import signal
import time
from contextlib import suppress
from multiprocessing.connection import Connection

import neo4j
import pytest

from graph.runs.brakes import approve
from importers.pipeline.import_run import run_import
from importers.pipeline.report import ImportReport
from reconnect.embedded import Addresses
from tests.emptied import empty
from tests.forked import telling
from tests.graph.snapshot import change_numbers, last_write, snapshot
from tests.importers.killed_import import RING, RULES, after_closing, broken_off, imported, source

pytestmark = pytest.mark.slow

POINTS = 20


def _heard(told: Connection, most: float = float("inf")) -> int:
    """Wait for at most that many steps, or the end; how many there were."""
    steps = 0
    with suppress(EOFError):
        while steps < most:
            told.recv()
            steps += 1
    return steps


def _killed(addresses: Addresses, version: int, steps: int, dice: random.Random) -> bool:
    """Kill an import some moments after one of its steps. Whether it was killed before it was done."""
    process, told = telling(imported, addresses, version)
    _heard(told, dice.randrange(steps))
    time.sleep(dice.uniform(0, 0.2))
    process.kill()
    process.join()
    told.close()
    return process.exitcode == -signal.SIGKILL


def test_an_import_killed_at_20_random_points_is_completed_by_the_next_run(
    clean_graph: neo4j.Driver, addresses: Addresses
) -> None:
    driver, dice = clean_graph, random.Random(20261124)
    undisturbed, steps = {}, {}
    for version in (1, 2):
        process, told = telling(imported, addresses, version)
        steps[version] = _heard(told)
        process.join()
        assert process.exitcode == 0
        undisturbed[version] = snapshot(driver)

    killed = 0
    for point in range(POINTS):
        version = 1 + point % 2
        if version == 1:
            empty(driver)
        killed += _killed(addresses, version, steps[version], dice)
        run_import(driver, source(version), RING, rules=RULES)
        assert snapshot(driver) == undisturbed[version], f"point {point}"
        numbers = change_numbers(driver)
        assert numbers == list(range(1, len(numbers) + 1))
        before = last_write(driver)
        run_import(driver, source(version), RING, rules=RULES)
        assert last_write(driver) == before
    assert killed >= POINTS // 2  # the others were done before their moment came


def test_the_approval_of_an_import_that_was_killed_covers_the_rest_and_nothing_else(
    clean_graph: neo4j.Driver, addresses: Addresses
) -> None:
    driver = clean_graph

    def left(count: int) -> ImportReport:
        return run_import(driver, after_closing(count), RING, rules=RULES)

    def working() -> tuple[int, int]:
        """Employments in all, and in the new unit."""
        rows, _, _ = driver.execute_query(
            """
            MATCH (e:Employment {active: true})
            RETURN count(e) AS here, count(CASE WHEN EXISTS { (e)-[x:IN]->(u:Unit {name: 'New'}) WHERE x.to IS NULL OR
                x.to > date() } THEN 1 END) AS moved
            """
        )
        return rows[0]["here"], rows[0]["moved"]

    run_import(driver, source(1), RING, rules=RULES)
    shown = left(140).brake
    assert shown is not None and approve(driver, shown, "Inge", "the home has closed")
    process, told = telling(broken_off, addresses, 140)
    assert told.recv() == "half-way"
    process.kill()
    process.join()
    assert 140 < working()[0] + 12 - working()[1] < 252, "some has been written, and some not"

    other = left(139)
    assert other.brake not in (None, shown), "one more would leave than was approved"
    rest = left(140)
    assert (rest.brake, working()) == (None, (140, 12))
    run_import(driver, source(1), RING, rules=RULES)
    assert left(140).brake is not None, "the approval is used up"
