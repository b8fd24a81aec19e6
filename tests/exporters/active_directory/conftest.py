"""For each test an OU of its own in the session's domain, and an empty graph."""

from collections.abc import Iterator
from contextlib import contextmanager
from uuid import uuid4

import neo4j
import pytest

from tests.directories.controller import Controller
from tests.exporters.active_directory.town import Domain

TREE_DELETE = "1.2.840.113556.1.4.805"


@contextmanager
def new_ou(controller: Controller) -> Iterator[str]:
    dn = f"OU=t{uuid4().hex[:8]},{controller.base}"
    controller.connection().add(dn, "organizationalUnit")
    yield dn
    controller.connection().delete(dn, controls=[(TREE_DELETE, True, None)])


@pytest.fixture
def domain(municipal_ad: Controller, clean_graph: neo4j.Driver) -> Iterator[Domain]:
    with new_ou(municipal_ad) as ou:
        yield Domain(municipal_ad, clean_graph, ou)


@pytest.fixture
def school(school_ad: Controller, clean_graph: neo4j.Driver) -> Iterator[Domain]:
    with new_ou(school_ad) as ou:
        yield Domain(school_ad, clean_graph, ou, name="active_directory-skole")
