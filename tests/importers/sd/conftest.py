"""The stand-in, served once for all tests of SD; each test gets a payroll of its own in it."""

from collections.abc import Iterator

import pytest

from sample.sd_service.app import Running, Service, serve
from sample.sd_service.state import State
from tests.importers.sd.klit import Payroll, klit


@pytest.fixture(scope="session")
def stand_in() -> Iterator[Running]:
    with serve(Service(State())) as running:
        yield running


@pytest.fixture
def payroll(stand_in: Running) -> Payroll:
    """Klitkøbing's payroll."""
    stand_in.service.use(klit())
    return Payroll(stand_in)
