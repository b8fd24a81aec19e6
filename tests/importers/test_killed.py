"""Killed at any point, the next run completes the import, and the result equals that of an undisturbed one."""

import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import neo4j
import pytest

from importers.pipeline import run_import
from reconnect.embedded import Addresses
from tests.emptied import empty
from tests.graph.snapshot import change_numbers, last_write, snapshot
from tests.importers.killed_import import RING, RULES, source

pytestmark = pytest.mark.slow

ROOT = Path(__file__).parents[2]
POINTS = 20


def _started(addresses: Addresses, version: int) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "tests.importers.killed_import", addresses.bolt_uri, addresses.user, str(version)],
        env={**os.environ, "NEO4J_PASSWORD": addresses.password},
        cwd=ROOT,
        stdout=subprocess.PIPE,
        text=True,
    )


def _killed(addresses: Addresses, version: int, steps: int, dice: random.Random) -> bool:
    """Kill an import some moments after one of its steps. Whether it was killed before it was done."""
    process = _started(addresses, version)
    assert process.stdout is not None
    for _ in range(dice.randrange(steps)):
        process.stdout.readline()
    time.sleep(dice.uniform(0, 0.2))
    process.kill()
    process.stdout.close()
    return process.wait() == -signal.SIGKILL


def test_an_import_killed_at_20_random_points_is_completed_by_the_next_run(
    clean_graph: neo4j.Driver, addresses: Addresses
) -> None:
    driver, dice = clean_graph, random.Random(20261124)
    undisturbed, steps = {}, {}
    for version in (1, 2):
        said, _ = _started(addresses, version).communicate()
        steps[version] = len(said.splitlines())
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
