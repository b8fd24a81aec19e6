"""The small organisation, served."""

from collections.abc import Iterator

import neo4j
import pytest

from graph.cpr.keyring import Keyring
from importers.pipeline.import_run import run_import
from reconnect.embedded import Addresses
from tests.api.serving import Served, serving
from tests.graph.organisation import Stating, small


@pytest.fixture
def small_service(clean_graph: neo4j.Driver, addresses: Addresses) -> Iterator[Served]:
    ring = Keyring.generate()
    run_import(clean_graph, Stating(*small()), ring)
    with serving(addresses, clean_graph, ring) as served:
        yield served
