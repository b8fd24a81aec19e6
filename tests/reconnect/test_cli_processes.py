"""``reconnect processes``: definitions from files to cases, on the terminal."""

import json
from pathlib import Path

import neo4j
import pytest
import yaml

from reconnect.exits import Exit
from tests.graph.questions.rights.town import TOWN
from tests.processes.engine.drawn import END, START, flow, process, user
from tests.reconnect.shell import Run

pytestmark = pytest.mark.slow
TRIGGER = '<reconnect:trigger every="1 month"/><reconnect:argument name="unit" value="\'x\'"/>'
PLACE = '<reconnect:place role="case_worker" unit="unit"/>'


def written(folder: Path, task: str, **replaced: str) -> str:
    """A folder with a definition; its path."""
    folder.mkdir(exist_ok=True)
    start = START.replace("<extensionElements>", f"<extensionElements>{TRIGGER}")
    content = process(start, user(task, "request", PLACE), END, flow("start", task, "end"), id="round").decode()
    for old, new in replaced.items():
        content = content.replace(old, new)
    (folder / "round.bpmn").write_text(content)
    fields = {"unit": {"type": "string", "format": "unit"}}
    (folder / "request.json").write_text(json.dumps({"type": "object", "properties": fields}))
    return str(folder)


def test_a_definition_is_checked_deployed_switched_on_and_its_cases_are_moved(
    run: Run, clean_graph: neo4j.Driver, tmp_path: Path
) -> None:
    facts = tmp_path / "town.yaml"
    facts.write_text(yaml.safe_dump(TOWN, allow_unicode=True))
    assert run("import", "facts", "--from", str(facts)).returncode == Exit.OK
    assert run("processes", "list").stdout == "No process is deployed.\n"

    wrong = written(tmp_path / "wrong", "see", case_worker="king")
    told = run("processes", "check", wrong, "--json")
    assert told.returncode == Exit.FAILURE
    (fault,) = json.loads(told.stdout)["faults"]
    assert (fault["document"], fault["element"], fault["rule"]) == ("round.bpmn", "see", "unknown_role")
    told = run("processes", "deploy", wrong)
    assert (
        told.returncode == Exit.FAILURE and "nothing was deployed" in told.stderr and "there is no role" in told.stderr
    )
    assert run("processes", "check", str(tmp_path / "gone")).returncode == Exit.USAGE

    folder = written(tmp_path / "round", "see")
    assert run("processes", "check", folder).stdout == "round can be deployed.\n"
    assert run("processes", "deploy", folder).stdout == "round, version 1, is deployed.\n"
    assert run("processes", "deploy", folder).stdout == "round, version 1, was deployed already.\n"
    assert run("processes", "deploy", written(tmp_path / "round", "look")).stdout == "round, version 2, is deployed.\n"

    on = run("processes", "automatic", "round", "--on", "--first", "2099-01-31", "--reason", "Aftalt")
    assert "Cases of round start by themselves from now on." in on.stdout and "2099-01-31" in on.stdout
    (listed,) = json.loads(run("processes", "list", "--json").stdout)
    assert (listed["process"], listed["version"], listed["starts_by_itself"]) == ("round", 2, True)
    assert len(json.loads(run("processes", "list", "--all", "--json").stdout)) == 2
    shown = run("processes", "list").stdout
    assert "round starts cases by itself since" in shown and "the next on 2099-01-31" in shown
    past = run("processes", "automatic", "round", "--on", "--first", "2020-01-01", "--reason", "Aftalt")
    assert past.returncode == Exit.FAILURE and "2020-01-01 is over" in past.stderr
    off = run("processes", "automatic", "round", "--off", "--reason", "Aftalt")
    assert off.stdout == "Cases of round are started by people only.\n"
    assert run("processes", "automatic", "gone", "--on", "--reason", "x").returncode == Exit.FAILURE

    assert run("processes", "incidents").stdout == "There are no incidents.\n"
    for decide in ("retry", "skip"):
        told = run("processes", decide, "none", "none", "--reason", "x")
        assert told.returncode == Exit.FAILURE and "there is no case 'none'" in told.stderr
    moved = run("processes", "move", "round", "--reason", "x", "--dry-run")
    assert moved.stdout == "0 cases could be moved to version 2; 0 stay.\n"
