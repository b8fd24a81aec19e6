"""Files of tests that share what takes long to make: one worker of `make test` runs them, one after the other.

Such units are begun first. Then come files with slow tests, so that the workers end together.
"""

import pytest
from xdist.remote import Producer
from xdist.scheduler import LoadFileScheduling

SHARED = {
    "tests/ui/": "pages",  # the sample municipality in the graph, and Neo4j's plans of all that pages ask
    "tests/directories/": "domains",  # two domain controllers
    "tests/exporters/active_directory/": "domains",
    "tests/importers/active_directory/": "domains",
    "tests/reconnect/test_accounts.py": "domains",
    "tests/reconnect/test_cli_imports.py": "domains",
    "tests/reconnect/work/test_closings.py": "domains",
    "tests/reconnect/work/test_payroll_to_domain.py": "domains",
    "tests/sample/directories/": "domains",
}
"""How the paths of such files begin → their unit."""


def unit_of(nodeid: str) -> str:
    """The unit of work that a test belongs to; the test's file where it shares nothing."""
    file = nodeid.partition("::")[0]
    return next((unit for start, unit in SHARED.items() if file.startswith(start)), file)


def put_in_order(items: list[pytest.Item]) -> None:
    """Shared units first, then files with slow tests; each unit, and each file of it, in one piece."""
    slow = {item.path for item in items if item.get_closest_marker("slow") is not None}
    units = sorted(set(SHARED.values()))

    def place(item: pytest.Item) -> tuple[int, bool]:
        unit = unit_of(item.nodeid)
        return (units.index(unit) if unit in units else len(units), item.path not in slow)

    items.sort(key=place)


class UnitScheduling(LoadFileScheduling):
    """Gives workers whole units, where ``--dist loadfile`` gives them whole files."""

    def _split_scope(self, nodeid: str) -> str:
        return unit_of(nodeid)


def scheduling(config: pytest.Config, log: Producer) -> LoadFileScheduling | None:
    return UnitScheduling(config, log) if config.getoption("dist") == "loadfile" else None
