"""The stand-in, served once for all tests of CPR; each test gets a register and a graph of its own."""

from collections.abc import Iterator
from datetime import timedelta

import neo4j
import pytest

from sample.certificates import Authority, Pair
from sample.cpr_service.app import Running, Service, serve
from sample.cpr_service.register import Register
from tests.importers.cpr.register import KNOWN, NOON, Office


@pytest.fixture(scope="session")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return Authority(tmp_path_factory.mktemp("cpr"))


@pytest.fixture(scope="session")
def client(authority: Authority) -> Pair:
    return authority.issue("client", NOON - timedelta(days=700), NOON + timedelta(days=3650))


@pytest.fixture(scope="session")
def stand_in(authority: Authority, client: Pair) -> Iterator[Running]:
    service = Service(Register(), {client.fingerprint: KNOWN})
    with serve(service, authority.issue("server"), authority) as running:
        yield running


@pytest.fixture
def office(stand_in: Running, authority: Authority, client: Pair, clean_graph: neo4j.Driver) -> Office:
    """Payroll is imported; nobody is looked up yet."""
    made = Office(stand_in, authority, client, clean_graph)
    made.pay()
    return made
