"""From payroll's statements to the five files: graph, the API's compiler, shape, folder."""

import csv
import io
from collections.abc import Mapping
from datetime import date
from pathlib import Path

import neo4j
import pytest

from exporters.files.pipeline import run_export
from exporters.plan2learn.target import Plan2Learn
from exporters.report import ExportReport
from graph.cpr.keyring import Keyring
from graph.statements.statement import DatedLink, DatedValue, Ref, Statement
from graph.time import Period
from importers.pipeline.import_run import run_import
from reconnect.embedded import Addresses
from rules.roles import RoleRule
from tests.exporters.plan2learn.andeby import settings
from tests.exporters.plan2learn.reading import image_reader
from tests.graph.organisation import Stating, employment, link, person, told, unit

RING = Keyring.generate()
AT = date(2026, 3, 2)
LATER = date(2026, 5, 1)
MANAGERS = RoleRule(name="managers", role="manager", title="Leder", position_codes=frozenset({"1010"}))


def staff() -> list[Statement]:
    """Two units; a manager, a nurse, one who has left, one who begins later and moves on, one who is away at last."""
    payrolls = {"code": told("2020"), "institution": told("899"), "title": told("Sygeplejerske")}
    nurse = Statement("Position", "2020", values=payrolls)
    of_the_list = Statement("Position", "12", values={"code": told("12"), "title": told("Autoriseret sygeplejerske")})
    common = {"type": "monthly_full", "type_name": "Månedslønnet"}
    gone = employment("e3", "p3", "south", position_code="2020", **common)
    gone.exists = (Period(date(2020, 1, 1), AT),)
    coming = employment("e4", "p4", "north", position_code="2020", **common)
    coming.exists = (Period(LATER),)
    coming.links = {
        **coming.links,
        "unit": (
            DatedLink(Period(LATER, date(2026, 6, 1)), Ref("Unit", "south")),
            DatedLink(Period(date(2026, 6, 1)), Ref("Unit", "north")),
        ),
    }
    alma = person("p1", "Alma Testrup", "1101575001")
    alma.values = {"name": (DatedValue(Period(end=LATER), "Alma Testrup"), DatedValue(Period(LATER), "Alma Nygift"))}
    working = employment(
        "e2", "p2", "south", position_code="2020", email="birk@andeby.dk", phone="12 34 56 78", **common
    )
    working.values = {**working.values, "institution": told("899"), "title": told("Sygeplejerske")}  # as Opus tells it
    working.links = {**working.links, "position": link("Position", "12")}
    dan = person("p4", "Dan Łukasz", "0404575004")
    dan.values = {**dan.values, "work_email": told("dan@andeby.dk"), "mobile": told("40404040")}
    return [
        nurse,
        of_the_list,
        unit("root"),
        unit("north", "root", street="Torvet 1", postal_code="0999", city="Andeby"),
        unit("south", "root"),
        alma,
        person("p2", "Birk Prøvesen", "0202575002"),
        person("p3", "Cille Eksempel", "0303575003"),
        dan,
        employment("e1", "p1", "north", position_code="1010", **common),
        working,
        gone,
        coming,
    ]


def table(folder: Path, name: str) -> list[Mapping[str, str]]:
    text = (folder / name).read_bytes().decode("cp1252")
    return list(csv.DictReader(io.StringIO(text, newline=""), delimiter=";"))


@pytest.fixture
def exported(clean_graph: neo4j.Driver, addresses: Addresses, tmp_path: Path) -> ExportReport:
    run_import(clean_graph, Stating(*staff()), RING, rules=[MANAGERS])
    target = Plan2Learn(settings(delivery={"kind": "folder", "path": str(tmp_path)}))
    return run_export(clean_graph, target, image_reader(addresses, clean_graph, RING), RING, at=AT)


def test_the_five_files(exported: ExportReport, tmp_path: Path) -> None:
    assert exported.sent == ["organisation.csv", "stillingskode.csv", "bruger.csv", "engagement.csv", "leder.csv"]
    units = {row["AfdelingsID"]: row for row in table(tmp_path, "organisation.csv")}
    names = {uuid: row["Afdelingsnavn"] for uuid, row in units.items()}
    assert sorted(names.values()) == ["North", "Root", "South"]
    assert {row["Afdelingsnavn"]: names.get(row["Parentid"], "") for row in units.values()} == {
        "Root": "",
        "North": "Root",
        "South": "Root",
    }
    north = next(row for row in units.values() if row["Afdelingsnavn"] == "North")
    assert (north["Gade"], north["Postnr"], north["By"]) == ("Torvet 1", "0999", "Andeby")

    people = {row["BrugerId"]: row for row in table(tmp_path, "bruger.csv")}
    assert sorted((row["Navn"], row["CPR"]) for row in people.values()) == [
        ("Alma Testrup", "1101575001"),
        ("Birk Prøvesen", "0202575002"),
        ("Dan Lukasz", "0404575004"),
    ]
    listed = "Autoriseret sygeplejerske"
    birk = next(row for row in people.values() if row["Navn"] == "Birk Prøvesen")
    assert (birk["E-mail"], birk["Mobil"], birk["Stilling"]) == ("birk@andeby.dk", "12345678", listed)

    told_of = {
        people[row["BrugerId"]]["Navn"]: (names[row["AfdelingsId"]], row["AktivStatus"], row["StartdatoEngagement"])
        for row in table(tmp_path, "engagement.csv")
    }
    assert told_of == {
        "Alma Testrup": ("North", "1", ""),
        "Birk Prøvesen": ("South", "1", ""),
        "Dan Lukasz": ("South", "0", "2026-05-01"),
    }
    (position,) = table(tmp_path, "stillingskode.csv")
    assert position["Stillingskode"] == listed
    assert {row["StillingskodeId"] for row in table(tmp_path, "engagement.csv")} == {"", position["StillingskodeID"]}
    (leader,) = table(tmp_path, "leder.csv")
    assert (people[leader["BrugerId"]]["Navn"], names[leader["AfdelingsID"]]) == ("Alma Testrup", "North")


def test_a_repeat_sends_nothing_and_a_change_sends_what_differs(
    exported: ExportReport, clean_graph: neo4j.Driver, addresses: Addresses, tmp_path: Path
) -> None:
    target = Plan2Learn(settings(delivery={"kind": "folder", "path": str(tmp_path)}))
    read = image_reader(addresses, clean_graph, RING)
    again = run_export(clean_graph, target, read, RING, at=AT)
    assert (again.sent, again.run) == ([], None)
    statements = [each for each in staff() if each.key != "south"]
    run_import(clean_graph, Stating(*statements, unit("south", "root", city="Sydby")), RING, rules=[MANAGERS])
    assert run_export(clean_graph, target, read, RING, at=AT).sent == ["organisation.csv"]


def test_17_a_graph_that_was_emptied_stops_all_files(
    exported: ExportReport, clean_graph: neo4j.Driver, addresses: Addresses, tmp_path: Path
) -> None:
    kept = {each.name: each.read_bytes() for each in tmp_path.iterdir()}
    clean_graph.execute_query("MATCH (n) WHERE n:Unit OR n:Employment OR n:Assignment DETACH DELETE n")
    target = Plan2Learn(settings(delivery={"kind": "folder", "path": str(tmp_path)}))
    report = run_export(clean_graph, target, image_reader(addresses, clean_graph, RING), RING, at=AT)
    assert report.brake is not None
    assert len([reason for reason in report.reasons if "would be empty" in reason]) == 5
    assert {each.name: each.read_bytes() for each in tmp_path.iterdir()} == kept


def test_a_dry_run_tells_what_would_change_and_nothing_private(
    exported: ExportReport, clean_graph: neo4j.Driver, addresses: Addresses, tmp_path: Path
) -> None:
    later = staff()
    for each in later:
        if each.kind == "Employment" and each.key == "e2":
            each.values = {**each.values, "email": told("birk.ny@andeby.dk"), "title": told("Souschef")}
        if each.kind == "Person" and each.key == "p4":
            each.values = {"name": told("Hemmelig Navn"), "address_protected": told(True)}
    run_import(clean_graph, Stating(*later), RING, rules=[MANAGERS])
    target = Plan2Learn(settings(delivery={"kind": "folder", "path": str(tmp_path)}))
    report = run_export(clean_graph, target, image_reader(addresses, clean_graph, RING), RING, at=AT, dry_run=True)
    lines = {line for each in report.files for change in each.changes for line in change.lines}
    assert lines == {
        "E-mail: birk@andeby.dk → birk.ny@andeby.dk",
        "Stilling: Autoriseret sygeplejerske → Souschef",
        "Navn: differs (protected)",
        "E-mail: differs (protected)",
        "Mobil: differs (protected)",
    }
    everything = str([lines, report.notices, report.parked])
    for private in ("Łukasz", "Hemmelig", "0404575004", "0202575002", "dan@", "40404040"):
        assert private not in everything
