"""One graph for all tests of reading: the organisation of nearest.yaml, and the small one with CPR numbers."""

from collections.abc import Iterator

import neo4j
import pytest

from graph.cpr.keyring import Keyring
from importers.facts.settings import FactsSettings
from importers.facts.source import Facts
from importers.pipeline.import_run import run_import
from reconnect.embedded import Addresses
from tests.acceptance.cases import FILE
from tests.api.reads.asking import Asking, closed, open_asking
from tests.emptied import empty
from tests.graph.organisation import Stating, small

KEYRING = Keyring.generate()


@pytest.fixture(scope="module")
def graph(driver: neo4j.Driver) -> neo4j.Driver:
    empty(driver)
    assert run_import(driver, Facts(FactsSettings(path=FILE)), KEYRING).problems == []
    assert run_import(driver, Stating(*small()), KEYRING).problems == []
    return driver


@pytest.fixture(scope="module")
def asking(graph: neo4j.Driver, addresses: Addresses) -> Iterator[Asking]:
    opened = open_asking(addresses.bolt_uri, addresses.user, addresses.password, graph, KEYRING)
    yield opened
    closed(opened)
