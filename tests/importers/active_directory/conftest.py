"""For each test an OU of its own, and a graph in which payroll employs Karen and Bo."""

from uuid import uuid4

import neo4j
import pytest

from importers.pipeline import run_import
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


def _new_ou(controller: Controller) -> str:
    dn = f"OU=t{uuid4().hex[:8]},{controller.base}"
    controller.connection().add(dn, "organizationalUnit")
    return dn


@pytest.fixture
def directory(municipal_ad: Controller, clean_graph: neo4j.Driver) -> Directory:
    run_import(clean_graph, payroll(), RING)
    return Directory(municipal_ad, clean_graph, _new_ou(municipal_ad))


@pytest.fixture
def school(school_ad: Controller, clean_graph: neo4j.Driver) -> Directory:
    run_import(clean_graph, payroll(), RING)
    return Directory(
        school_ad,
        clean_graph,
        _new_ou(school_ad),
        settings={"excluded_values": {"employeeType": ("STUDENT",)}},
        kind=SchoolAd,
        settings_kind=SchoolAdSettings,
    )
