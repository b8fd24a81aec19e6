"""For each test an OU of its own, and a graph in which payroll employs Karen and Bo."""

from collections.abc import Iterator
from contextlib import contextmanager
from uuid import uuid4

import neo4j
import pytest

from importers.pipeline.import_run import run_import
from importers.school_ad.settings import SchoolAdSettings
from importers.school_ad.source import SchoolAd
from tests.directories.controller import Controller
from tests.graph.organisation import Stating, employment, person, unit
from tests.importers.active_directory.directory import BO, KAREN, RING, Directory


def payroll() -> Stating:
    return Stating(
        unit("root"),
        unit("care", "root"),
        person("karen", "Karen Testrup", KAREN),
        person("bo", "Bo Prøvesen", BO),
        employment("10001", "karen", "care", institution="XX"),
        employment("10002", "bo", "care", institution="XX", email="bo@kommune.example"),
    )


TREE_DELETE = "1.2.840.113556.1.4.805"


@contextmanager
def _new_ou(controller: Controller) -> Iterator[str]:
    dn = f"OU=t{uuid4().hex[:8]},{controller.base}"
    controller.connection().add(dn, "organizationalUnit")
    yield dn
    controller.connection().delete(dn, controls=[(TREE_DELETE, True, None)])


@pytest.fixture
def directory(municipal_ad: Controller, clean_graph: neo4j.Driver) -> Iterator[Directory]:
    run_import(clean_graph, payroll(), RING)
    with _new_ou(municipal_ad) as ou:
        yield Directory(municipal_ad, clean_graph, ou)


@pytest.fixture
def school(school_ad: Controller, clean_graph: neo4j.Driver) -> Iterator[Directory]:
    run_import(clean_graph, payroll(), RING)
    with _new_ou(school_ad) as ou:
        yield Directory(
            school_ad,
            clean_graph,
            ou,
            settings={"excluded_values": {"employeeType": ("STUDENT",)}},
            kind=SchoolAd,
            settings_kind=SchoolAdSettings,
        )
