"""A file's changes on the command line, before they are made: who would gain and lose what, and nothing of it stays."""

import json
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import neo4j
import pytest
import yaml

from graph.cpr.keyring import Keyring
from graph.rehearsal import rehearsed
from graph.time import today
from importers.pipeline.import_run import run_import
from importers.source import Known, Reading
from reconnect.exits import Exit
from tests.graph.organisation import Stating, unit
from tests.graph.questions.rights.town import TOWN
from tests.graph.snapshot import everything
from tests.reconnect.shell import Run

pytestmark = pytest.mark.slow


def test_a_move_says_who_gains_and_who_loses_from_which_day(
    run: Run, clean_graph: neo4j.Driver, tmp_path: Path
) -> None:
    town, change = tmp_path / "town.yaml", tmp_path / "change.yaml"
    town.write_text(yaml.safe_dump(TOWN))
    assert run("import", "facts", "--from", str(town)).returncode == Exit.OK
    before = everything(clean_graph)
    moves = today() + timedelta(days=30)
    moved = {"id": "x", "adds_to": "facts:job", "parents": [{"unit": "facts:town", "from": moves}]}
    change.write_text(yaml.safe_dump({"units": [moved, {"id": "y", "adds_to": "facts:job", "colour": "blue"}]}))

    told = run("rights", "preview", str(change))
    assert told.returncode == Exit.BAD_RECORDS, "one of them is not counted"
    assert "Anna Berg" in told.stdout
    assert f"lost from {moves}: value Sagsbehandler i SAPA for Jobcenter: Se sager, KLE 32.24.04" in told.stdout
    assert "colour" in told.stdout

    found = json.loads(run("rights", "preview", str(change), "--json").stdout)
    assert found["days"] == [str(moves)]
    assert {(each["what"], each["change"], each["about"][-1]) for each in found["consequences"]} == {
        ("value", "lost", "32.24.04")
    }
    assert found["problems"][0]["key"] == "y"
    assert everything(clean_graph) == before

    assert run("rights", "preview", str(tmp_path / "absent.yaml")).returncode == Exit.FAILURE


def test_the_consequences_of_an_import_are_shown_before_it_is_made(
    run: Run, clean_graph: neo4j.Driver, tmp_path: Path
) -> None:
    town = tmp_path / "town.yaml"
    town.write_text(yaml.safe_dump(TOWN))
    assert run("import", "facts", "--from", str(town)).returncode == Exit.OK
    before = everything(clean_graph)
    left = [each for each in TOWN["assignments"] if each["id"] != "a_anna"]
    town.write_text(yaml.safe_dump({**TOWN, "assignments": left}))
    for both in (["--approve", "1"], ["--dry-run"]):
        refused = run("import", "facts", "--from", str(town), "--consequences", *both)
        assert refused.returncode == Exit.USAGE and "--approve or --dry-run" in refused.stderr
    told = run("import", "facts", "--from", str(town), "--consequences")
    assert told.returncode == Exit.OK, told.stderr
    assert "Anna Berg" in told.stdout
    assert f"lost from {today()}: right Sagsbehandler i SAPA for Jobcenter" in told.stdout
    assert everything(clean_graph) == before


def test_a_source_that_is_only_looked_at_leaves_what_is_outside_as_it_is(clean_graph: neo4j.Driver) -> None:
    seen = []

    class Looking(Stating):
        def readings(self, known: Known) -> Iterator[Reading]:
            seen.append(known.dry_run)
            yield from super().readings(known)

    rehearsed(clean_graph, lambda rehearsal: run_import(rehearsal, Looking(unit("root")), Keyring.generate()))
    assert seen == [True]
