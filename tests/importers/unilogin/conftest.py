"""The stand-in, served once for all tests of UNI-Login; each test gets schools and a graph of its own."""

from collections.abc import Iterator
from pathlib import Path

import neo4j
import pytest

from importers.pipeline.import_run import run_import
from sample.unilogin_service.app import Running, Service, serve
from sample.unilogin_service.keys import Identity, identity
from sample.unilogin_service.state import State
from tests.importers.unilogin.school import PASSWORD, RING, START_OF_TEST, Schools, payroll


@pytest.fixture(scope="session")
def stand_in() -> Iterator[Running]:
    with serve(Service(State())) as running:
        yield running


@pytest.fixture(scope="session")
def provider() -> Identity:
    return identity("a provider system", START_OF_TEST.replace(year=2025))


@pytest.fixture(scope="session")
def folder(provider: Identity, tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("unilogin")
    provider.write(made / "key.p12", PASSWORD)
    return made


@pytest.fixture
def schools(stand_in: Running, provider: Identity, folder: Path, clean_graph: neo4j.Driver) -> Schools:
    """Payroll is imported; nothing of STIL's yet."""
    made = Schools(stand_in, provider, folder, clean_graph)
    run_import(clean_graph, payroll(), RING)
    return made
