"""Killed at any point, the next run completes the import, and the result equals that of an undisturbed one."""

import os
import random
import subprocess
import sys
import time
from pathlib import Path

import neo4j

from importers.pipeline import run_import
from reconnect.embedded import Addresses
from tests.emptied import empty
from tests.graph.snapshot import change_numbers, last_write, snapshot
from tests.importers.killed_import import RING, RULES, source

ROOT = Path(__file__).parents[2]
POINTS = 20


def _start(addresses: Addresses, version: int) -> subprocess.Popen[str]:
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.importers.killed_import", addresses.bolt_uri, addresses.user, str(version)],
        env={**os.environ, "NEO4J_PASSWORD": addresses.password},
        cwd=ROOT,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    assert process.stdout.readline().strip() == "ready"
    return process


def test_an_import_killed_at_20_random_points_is_completed_by_the_next_run(
    clean_graph: neo4j.Driver, addresses: Addresses
) -> None:
    driver, dice = clean_graph, random.Random(20261124)
    lengths = {}
    for version in (1, 2):
        begun = time.monotonic()
        run_import(driver, source(version), RING, rules=RULES)
        lengths[version] = time.monotonic() - begun
        if version == 1:
            after_first = snapshot(driver)
    after_second = snapshot(driver)

    killed = 0
    for point in range(POINTS):
        version = 1 + point % 2
        if version == 1:
            empty(driver)
        process = _start(addresses, version)
        try:
            process.wait(timeout=dice.uniform(0, lengths[version] / 2))  # plans are cached by now: it is faster
        except subprocess.TimeoutExpired:
            process.kill()
            killed += 1
        process.wait()
        run_import(driver, source(version), RING, rules=RULES)
        assert snapshot(driver) == (after_first if version == 1 else after_second), f"point {point}"
        numbers = change_numbers(driver)
        assert numbers == list(range(1, len(numbers) + 1))
        before = last_write(driver)
        run_import(driver, source(version), RING, rules=RULES)
        assert last_write(driver) == before
    assert killed >= POINTS // 4  # the others were done before their moment came
