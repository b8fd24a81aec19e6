"""The organisation of nearest.yaml, served."""

from collections.abc import Iterator

import neo4j
import pytest

from graph.cpr.keyring import Keyring
from importers.facts.settings import FactsSettings
from importers.facts.source import Facts
from importers.pipeline.import_run import run_import
from reconnect.embedded import Addresses
from tests.acceptance.cases import FILE
from tests.api.serving import Served, serving
from tests.emptied import empty


@pytest.fixture(scope="module")
def shared_service(driver: neo4j.Driver, addresses: Addresses) -> Iterator[Served]:
    """One service for all tests of a module: each makes what it changes itself."""
    empty(driver)
    ring = Keyring.generate()
    assert run_import(driver, Facts(FactsSettings(path=FILE)), ring).problems == []
    with serving(addresses, driver, ring) as served:
        yield served


@pytest.fixture
def service(clean_graph: neo4j.Driver, addresses: Addresses) -> Iterator[Served]:
    ring = Keyring.generate()
    assert run_import(clean_graph, Facts(FactsSettings(path=FILE)), ring).problems == []
    with serving(addresses, clean_graph, ring) as served:
        yield served
