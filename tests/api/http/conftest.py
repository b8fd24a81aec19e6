"""The small organisation, served once for a module: its tests only read, or are refused."""

from collections.abc import Iterator

import neo4j
import pytest

from graph.cpr.keyring import Keyring
from importers.pipeline.import_run import run_import
from reconnect.embedded import Addresses
from tests.api.serving import Served, serving
from tests.emptied import empty
from tests.graph.organisation import Stating, small


@pytest.fixture(scope="module")
def small_service(driver: neo4j.Driver, addresses: Addresses) -> Iterator[Served]:
    empty(driver)
    ring = Keyring.generate()
    run_import(driver, Stating(*small()), ring)
    with serving(addresses, driver, ring) as served:
        yield served
