"""Embedded servers for a benchmark: fresh ones, in a temporary folder, so that no run warms another up."""

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import neo4j

from graph.connection import connect
from graph.migrations import migrate
from reconnect.embedded import Addresses, Instance
from reconnect.embedded.neo4j import Memory

MEMORY = Memory("1g", "2g", "1g")


@contextmanager
def fresh_servers() -> Iterator[tuple[Addresses, neo4j.Driver]]:
    """A new empty Neo4j (migrated) and Valkey; removed afterwards."""
    home = Path(tempfile.mkdtemp(prefix="rc-bench-"))
    instance = Instance(home, MEMORY)
    try:
        addresses = instance.start()
        with connect(addresses.bolt_uri, addresses.user, addresses.password) as driver:
            migrate(driver)
            yield addresses, driver
    finally:
        instance.stop()
        shutil.rmtree(home, ignore_errors=True)
