"""The peer that the tests of a module share; each test finds it empty."""

from collections.abc import Iterator

import pytest

from tests.exporters.scim.peer import Peer, scim2_server


@pytest.fixture(scope="module")
def running_peer(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Peer]:
    with scim2_server(tmp_path_factory.mktemp("scim")) as peer:
        yield peer


@pytest.fixture
def peer(running_peer: Peer) -> Peer:
    """scim2-server, without users and groups."""
    running_peer.empty()
    return running_peer
