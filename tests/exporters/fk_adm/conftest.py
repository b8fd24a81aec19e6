"""The stand-in, served once for all tests of the target; each test gets it as the sample fills it."""

from collections.abc import Iterator

import pytest

from sample.certificates import Authority, Pair
from sample.fk_adm_service.app import Running, Service, serve
from tests.exporters.fk_adm.town import CVR, Town


@pytest.fixture(scope="session")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return Authority(tmp_path_factory.mktemp("fk_adm_target"))


@pytest.fixture(scope="session")
def client(authority: Authority) -> Pair:
    return authority.issue("client")


@pytest.fixture(scope="session")
def stand_in(authority: Authority, client: Pair) -> Iterator[Running]:
    with serve(Service({client.fingerprint: CVR}), authority.issue("server"), authority) as running:
        yield running


@pytest.fixture
def town(stand_in: Running, authority: Authority, client: Pair) -> Town:
    return Town(stand_in, authority, client)
