"""A home with servers of its own settings, and a source that the program knows, for tests of the worker."""

from collections.abc import Callable, Iterator
from pathlib import Path

import neo4j
import pytest
import redis

from reconnect import sources
from reconnect.context import Context
from reconnect.embedded import Addresses
from tests.graph.organisation import Stating


@pytest.fixture
def client(addresses: Addresses) -> Iterator[redis.Redis]:
    with redis.Redis.from_url(addresses.redis_url) as made:
        made.flushdb()
        yield made


@pytest.fixture
def context(
    addresses: Addresses,
    clean_graph: neo4j.Driver,
    client: redis.Redis,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> Iterator[Context]:
    monkeypatch.setenv("RECONNECT_HOME", str(tmp_path))
    monkeypatch.setenv("RECONNECT__NEO4J__URI", addresses.bolt_uri)
    monkeypatch.setenv("RECONNECT__NEO4J__PASSWORD", addresses.password)
    monkeypatch.setenv("RECONNECT__REDIS__URL", addresses.redis_url)
    monkeypatch.setenv("RECONNECT__WORKER__FIRST_DELAY", "0.1")
    monkeypatch.setenv("RECONNECT__WORKER__ATTEMPTS", "3")
    made = Context()
    yield made
    made.close()


@pytest.fixture
def source(monkeypatch: pytest.MonkeyPatch) -> Callable[[Stating], Stating]:
    """Makes a source known to the program."""

    def add(made: Stating) -> Stating:
        monkeypatch.setattr(sources, "build", lambda context, name, folder: made)
        return made

    return add
