"""Killed at any point, a run leaves no account twice, and none open that should be closed (active_directory.md §8)."""

import random

import pytest

from reconnect.embedded import Addresses
from tests.exporters.active_directory.killed_run import PEOPLE, exported, town
from tests.exporters.active_directory.town import Domain
from tests.forked import telling

pytestmark = pytest.mark.slow


def test_23_runs_killed_at_random_points_are_continued(domain: Domain, addresses: Addresses) -> None:
    dice, killed = random.Random(20261129), 0
    groups = {"groups": {"kinds": ["unit"], "ou": f"OU=Groups,{domain.ou}"}}
    settings = domain.settings(**groups)
    for n, version in enumerate((0, 0, 0, 1, 1, 1)):
        if n == 3:
            report = domain.export(town(0), settings=groups)
            assert (report.error, report.parked) == ("", [])
            assert domain.logins() == [f"p{n:02}" for n in range(PEOPLE)]
        process, told = telling(exported, addresses, settings, version)
        assert told.recv() == "ready"
        process.join(timeout=dice.uniform(0.1, 0.8))
        if process.is_alive():
            process.kill()
            killed += 1
        process.join()
        logins = domain.logins()
        assert len(logins) == len(set(logins)) and not [each for each in logins if len(each) > 3]
        if version == 1:
            # Whatever else the run did not reach: it closes first.
            opened = [each for each in logins if int(each[1:]) >= PEOPLE]
            assert not opened or not any(domain.enabled(f"p{n:02}") for n in range(10))
    report = domain.export(town(1), settings=groups)
    assert (report.error, report.parked) == ("", [])
    assert domain.logins() == [f"p{n:02}" for n in range(PEOPLE + 10)]
    assert [domain.enabled(each) for each in domain.logins()] == [False] * 10 + [True] * PEOPLE
    assert len(domain.members("Enhed Rådhuset")) == PEOPLE
    assert domain.export(town(1), settings=groups).run is None
    assert killed >= 2
