"""KL's own numbers and schemas: the table imports, the full form made of it is valid and tells the same."""

import csv
from collections import Counter
from datetime import date
from pathlib import Path

import neo4j
import pytest
import xmlschema
from lxml import etree

from graph.cpr.keyring import Keyring
from importers.kle.settings import KleSettings
from importers.kle.source import Kle
from importers.pipeline.import_run import run_import
from importers.pipeline.report import ImportReport
from sample.kle_service.release import LISTS, Release, Row
from tests.conftest import OFFICIAL_DATA
from tests.graph.snapshot import last_write

KLE = OFFICIAL_DATA / "kle"
RING = Keyring.generate()
PUBLISHED = date(2026, 11, 1)


def official() -> Release:
    with (KLE / "kle.csv").open(encoding="utf-8-sig", newline="") as opened:
        rows = csv.DictReader(opened, delimiter=";")
        return Release(PUBLISHED, tuple(Row(each["number"], each["title"], each["uuid"]) for each in rows))


def take(driver: neo4j.Driver, path: Path) -> ImportReport:
    return run_import(driver, Kle(KleSettings(path=path), day=lambda: date(2026, 11, 24)), RING)


def values(driver: neo4j.Driver) -> set[tuple[object, ...]]:
    rows, _, _ = driver.execute_query(
        """
        MATCH (n:KleNode|KleFacet|KleFacetCategory)
        OPTIONAL MATCH (n)-[:WITHIN]->(above)
        RETURN labels(n)[0], n.number, n.title, n.kle_uuid, n.announced_end, n.active, above.number
        """
    )
    return {tuple(row.values()) for row in rows}


def test_the_table_imports_and_the_xml_made_of_it_tells_the_same(clean_graph: neo4j.Driver, tmp_path: Path) -> None:
    report = take(clean_graph, KLE / "kle.csv")
    assert (report.brake, report.problems) == (None, [])
    found = values(clean_graph)
    assert Counter(each[0] for each in found) == {"KleNode": 2857, "KleFacetCategory": 7, "KleFacet": 69}
    assert Counter(str(each[1]).count(".") for each in found if each[0] == "KleNode") == {0: 36, 1: 488, 2: 2333}
    assert Counter(each[4] for each in found if each[4]) == {"unknown": 16, "2020": 7, "2021": 5}
    before = last_write(clean_graph)
    assert take(clean_graph, KLE / "kle.csv").run is None
    assert last_write(clean_graph) == before
    release = official()
    for name, root in (("plan.xml", release.plan()), ("facets.xml", release.facets())):
        (tmp_path / name).write_bytes(etree.tostring(root, xml_declaration=True, encoding="UTF-8"))
    take(clean_graph, tmp_path)
    assert values(clean_graph) == found


@pytest.fixture(scope="module")
def small() -> Release:
    rows = [each for each in official().rows if each.number.startswith("27.")]
    main = next(each for each in official().rows if each.number == "27")
    ended = Row(
        "27.99.01", "Flyttet [udgået]", main.uuid[::-1], ended=PUBLISHED, moved=True, successors=(rows[0].number,)
    )
    group = Row("27.99", "Prøve", "0f6a4c56-7b1c-4b5b-9d30-000000002799", changed=PUBLISHED)
    return Release(PUBLISHED, (main, *rows, group, ended))


def test_the_full_form_is_valid(small: Release) -> None:
    xmlschema.XMLSchema11(KLE / "KLE-REST-Emneplan-fuld.xsd").validate(small.plan())


@pytest.mark.parametrize("element", LISTS)
def test_the_lists_are_valid(small: Release, element: str) -> None:
    name = {"Hovedgruppe": "Hovedgrupper", "Gruppe": "Grupper", "Emne": "Emner"}[element]
    xmlschema.XMLSchema11(KLE / f"KLE-REST-{name}-liste-version-1-2.xsd").validate(small.listed(element))
