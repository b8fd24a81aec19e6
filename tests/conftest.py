"""Real servers for every test: one embedded Neo4j and Valkey for the whole session.

With ``RECONNECT_TEST_HOME`` the instance in that folder is used and left running, which saves the start.
"""

import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import neo4j
import pytest

from graph.connection import connect
from graph.migrations import migrate
from reconnect.embedded import Addresses, Instance
from tests.emptied import empty

OFFICIAL_DATA = Path(__file__).resolve().parents[2] / "shared" / "data"
"""The authorities' own example files; they are no part of the repository, and their tests only run beside them."""

collect_ignore = [] if OFFICIAL_DATA.is_dir() else ["official"]


@pytest.fixture(scope="session")
def addresses() -> Iterator[Addresses]:
    """Where the session's Neo4j and Valkey answer."""
    if own := os.environ.get("RECONNECT_TEST_HOME"):
        yield Instance(own).start()
        return
    # A short path: it becomes part of command lines.
    home = Path(tempfile.mkdtemp(prefix="reconnect-test-"))
    instance = Instance(home)
    try:
        yield instance.start()
    finally:
        instance.stop()
        shutil.rmtree(home)


@pytest.fixture(scope="session")
def driver(addresses: Addresses) -> Iterator[neo4j.Driver]:
    """A driver on the session's Neo4j, with the migrations applied."""
    with connect(addresses.bolt_uri, addresses.user, addresses.password) as opened:
        migrate(opened)
        yield opened


@pytest.fixture
def clean_graph(driver: neo4j.Driver) -> neo4j.Driver:
    """The driver, on an empty graph with constraints and indexes in place."""
    empty(driver)
    return driver
