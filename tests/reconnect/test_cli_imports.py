"""Importing and asking on the command line: the acceptance file in, answers in its keys; brake and bad records."""

import json
import shlex
from ipaddress import IPv4Address
from pathlib import Path

import neo4j
import pytest
import tomli_w
import yaml

from graph.cpr.keyring import Keyring
from importers.pipeline.import_run import run_import
from reconnect.exits import Exit
from sample import demo_settings
from sample.unilogin_service.app import Service, serve
from sample.unilogin_service.keys import identity
from sample.unilogin_service.state import Institution, State
from tests.directories.controller import Controller
from tests.graph.organisation import Stating, small
from tests.importers.opus.files import MONDAY, SMALL, TUESDAY, Series, name_of
from tests.reconnect.shell import Run

pytestmark = pytest.mark.slow

ACCEPTANCE = Path(__file__).resolve().parents[1] / "acceptance" / "nearest.yaml"


def facts(folder: Path, units: int) -> Path:
    file = folder / "units.yaml"
    file.write_text(
        yaml.safe_dump({"format": 1, "units": [{"id": f"u{n}", "name": f"Unit {n}"} for n in range(units)]})
    )
    return file


@pytest.fixture
def cases() -> dict[str, dict[str, object]]:
    return {case["id"]: case for case in yaml.safe_load(ACCEPTANCE.read_text())["queries"]}


def test_answers_have_the_form_of_the_acceptance_file(
    run: Run, clean_graph: neo4j.Driver, cases: dict[str, dict[str, object]]
) -> None:
    assert run("import", "facts", "--from", str(ACCEPTANCE)).returncode == Exit.OK
    again = run("import", "facts", "--from", str(ACCEPTANCE))
    assert "0 changed" in again.stdout

    nearest = cases["n02"]
    done = run("nearest", "--role", "manager", "--unit", str(nearest["unit"]), "--at", str(nearest["at"]), "--json")
    assert json.loads(done.stdout) == nearest["expect"]

    manager = cases["m01"]
    done = run("nearest-manager", "--person", str(manager["person"]), "--at", str(manager["at"]), "--json")
    assert json.loads(done.stdout) == manager["expect"]

    unknown = cases["n59"]
    done = run("nearest", "--role", str(unknown["role"]), "--unit", str(unknown["unit"]), "--json")
    assert done.returncode == Exit.FAILURE
    assert json.loads(done.stdout) == unknown["expect"]
    assert "wizard" in done.stderr

    for_people = run("nearest", "--role", "manager", "--unit", "benefits", "--at", "2026-01-15")
    assert "Jens" in for_people.stdout
    assert "→" in for_people.stdout


def test_the_brake_ends_with_3_until_it_is_approved(run: Run, clean_graph: neo4j.Driver, tmp_path: Path) -> None:
    assert run("import", "facts", "--from", str(facts(tmp_path, 40))).returncode == Exit.OK
    dry = run("import", "facts", "--from", str(facts(tmp_path, 10)), "--dry-run")
    assert dry.stdout.count(": ended\n    exists: always → to 20") == 30
    assert "The brake would stop this:\n  30 of 40 Unit would end" in dry.stdout
    stopped = run("import", "facts", "--from", str(facts(tmp_path, 10)))
    assert stopped.returncode == Exit.BRAKE
    assert "30 of 40 Unit would end" in stopped.stdout
    # What it says is to be typed can be typed: in one line, with the place that was read.
    hint = shlex.split(stopped.stdout.split("To approve them: reconnect ")[1])
    assert json.loads(run("status", "--json").stdout)["jobs"]["import:facts"]["state"] == "waiting"
    unknown = run(*hint[:-1], "facts-000000000000")
    assert (unknown.returncode, "There is no stopped run with id facts-000000000000" in unknown.stderr) == (
        Exit.USAGE,
        True,
    )
    assert run(*hint).returncode == Exit.OK
    again = run(*hint)
    assert (again.returncode, "has been used" in again.stderr) == (Exit.USAGE, True)


def test_an_approval_holds_in_another_process(run: Run, clean_graph: neo4j.Driver, tmp_path: Path) -> None:
    """Things of many values, some moved to a unit that is new: nothing of it may follow a hash seed or a fresh uuid."""
    names = ("title", "type", "status", "phone", "email", "pay_grade", "extension", "position_code")
    described = {name: f"a {name}" for name in names}
    people: list[dict[str, object]] = [
        {"id": f"e{n}", "person": "p", "units": [{"unit": "old"}], "number": f"{n}", "from": "2020-01-01", **described}
        for n in range(20)
    ]
    file = tmp_path / "staff.yaml"

    def write(units: list[str], employments: list[dict[str, object]]) -> None:
        told = {"units": [{"id": each, "name": each} for each in units], "persons": [{"id": "p", "name": "Alma"}]}
        file.write_text(yaml.safe_dump({"format": 1, **told, "employments": employments}))

    write(["old"], people)
    assert run("import", "facts", "--from", str(file)).returncode == Exit.OK
    ended = [{**each, "to": "2026-01-01"} for each in people[:10]]
    moved = [{**each, "units": [{"unit": "new"}], "title": "another title"} for each in people[10:]]
    write(["old", "new"], [*ended, *moved])
    stopped = run("import", "facts", "--from", str(file), PYTHONHASHSEED="1")
    assert stopped.returncode == Exit.BRAKE, stopped.stderr
    hint = shlex.split(stopped.stdout.split("To approve them: reconnect ")[1])
    done = run(*hint, PYTHONHASHSEED="2")
    assert done.returncode == Exit.OK, done.stdout
    rows, _, _ = clean_graph.execute_query("MATCH (e:Employment {active: true})-[:IN]->(u {name: 'new'}) RETURN e")
    assert len(rows) == 10
    # The same fingerprints are made in any process, so the same file is nothing new.
    assert "0 changed" in run("import", "facts", "--from", str(file), PYTHONHASHSEED="3").stdout


def test_a_stopped_import_tells_what_was_bad_in_it(run: Run, clean_graph: neo4j.Driver, tmp_path: Path) -> None:
    assert run("import", "facts", "--from", str(facts(tmp_path, 40))).returncode == Exit.OK
    file = facts(tmp_path, 10)
    file.write_text(file.read_text() + "- {id: u11, name: Unit 11, from: soon}\n")
    stopped = run("import", "facts", "--from", str(file))
    assert stopped.returncode == Exit.BRAKE
    assert "Unit u11, from: " in stopped.stdout


def test_of_several_files_it_is_said_which_were_applied(run: Run, clean_graph: neo4j.Driver, tmp_path: Path) -> None:
    series = Series(tmp_path / "opus")
    series.folder.mkdir()
    series.put(MONDAY, *SMALL)
    (series.folder / name_of(TUESDAY)).write_text("<kmd><orgUnit")
    (tmp_path / "reconnect.toml").write_text("[sources.opus]\nhistory = true\n")
    failed = run("import", "opus", "--from", str(series.folder))
    assert failed.returncode == Exit.FAILURE
    assert f"Applied before that: {name_of(MONDAY)}." in failed.stderr
    assert name_of(MONDAY) in json.loads(run("status", "--json").stdout)["jobs"]["import:opus"]["text"]


def test_one_file_of_opus_is_enough(run: Run, clean_graph: neo4j.Driver, tmp_path: Path) -> None:
    series = Series(tmp_path)
    series.put(MONDAY, *SMALL)
    series.put(TUESDAY, *SMALL)
    done = run("import", "opus", "--from", str(tmp_path / name_of(MONDAY)))
    assert (done.returncode, name_of(TUESDAY) in done.stdout) == (Exit.OK, False), done.stderr
    assert f"  {name_of(MONDAY)}\n" in done.stdout
    other = run("import", "opus", "--from", str(facts(tmp_path, 1)))
    assert other.returncode == Exit.FAILURE
    assert "units.yaml is not a file from Opus" in other.stderr


def test_bad_records_end_with_4_and_the_rest_goes_in(run: Run, clean_graph: neo4j.Driver, tmp_path: Path) -> None:
    file = tmp_path / "facts.yaml"
    file.write_text("units:\n- {id: a, name: A}\n- {id: b, name: B, from: soon}\n")
    done = run("import", "facts", "--from", str(file))
    assert done.returncode == Exit.BAD_RECORDS
    assert "Unit b" in done.stdout
    rows, _, _ = clean_graph.execute_query("MATCH (u:Unit)-[:STATE]->() RETURN u.name AS name")
    assert [row["name"] for row in rows] == ["A"]


def test_keys_that_are_lost_stop_an_import_before_people_are_made_twice(
    run: Run, clean_graph: neo4j.Driver, tmp_path: Path
) -> None:
    run_import(clean_graph, Stating(*small()), Keyring.generate())
    done = run("import", "facts", "--from", str(facts(tmp_path, 1)))
    assert done.returncode == Exit.FAILURE
    assert "written with other keys" in done.stderr


def test_a_source_without_settings_says_which(run: Run) -> None:
    done = run("import", "sd")
    assert done.returncode == Exit.USAGE
    assert "[sources.sd]" in done.stderr


def test_a_file_that_is_missing_or_unreadable_is_named(run: Run, clean_graph: neo4j.Driver, tmp_path: Path) -> None:
    assert run("import", "facts", "--from", str(tmp_path / "absent.yaml")).returncode == Exit.USAGE
    broken = tmp_path / "broken.yaml"
    broken.write_text("units: [")
    done = run("import", "facts", "--from", str(broken))
    assert done.returncode == Exit.FAILURE
    assert "broken.yaml can't be read" in done.stderr


def test_a_web_service_is_asked_with_the_settings_of_the_file(
    run: Run, clean_graph: neo4j.Driver, tmp_path: Path
) -> None:
    assert "[sources.unilogin]" in run("import", "unilogin").stderr
    provider = identity("p")
    state = State({"A01234": Institution("A01234", "Skolen")}, {"p": provider.certificate})
    with serve(Service(state)) as running:
        tree = demo_settings.unilogin(running.url, provider.write(tmp_path / "stil.p12", "hush-hush"), "hush-hush")
        (tmp_path / "reconnect.toml").write_text(tomli_w.dumps({"sources": {"unilogin": {**tree, "provider": "p"}}}))
        done = run("import", "unilogin")
        assert (done.returncode, "no_unit" in done.stdout) == (Exit.OK, True), done.stderr
        assert "hush-hush" not in run("config").stdout + done.stdout + done.stderr
    refused = run("import", "unilogin")
    assert refused.returncode == Exit.FAILURE
    assert "STIL does not answer" in refused.stderr


def test_a_directory_is_read_with_the_settings_of_the_file(
    run: Run, clean_graph: neo4j.Driver, municipal_ad: Controller, tmp_path: Path
) -> None:
    assert "[sources.active_directory]" in run("import", "active_directory").stderr
    municipal_ad.connection().add(
        f"CN=kate,CN=Users,{municipal_ad.base}", "user", {"sAMAccountName": "kate", "userAccountControl": 514}
    )
    tree = {
        "controllers": [municipal_ad.address],
        "ca_file": str(municipal_ad.ca),
        "user": municipal_ad.user,
        "password": municipal_ad.password,
        "base": municipal_ad.base,
    }
    (tmp_path / "reconnect.toml").write_text(tomli_w.dumps({"sources": {"active_directory": tree}}))
    done = run("import", "active_directory")
    assert (done.returncode, "unmatched_account" in done.stdout) == (Exit.OK, True), done.stderr
    rows, _, _ = clean_graph.execute_query("MATCH (a:Account {active: true}) RETURN a.login AS login")
    assert [row["login"] for row in rows] == ["kate"]
    assert municipal_ad.password not in run("config").stdout + done.stdout + done.stderr
    # The address as one number: same controller, but not a name of its certificate (active_directory.md pitfall 50).
    tree["controllers"] = [str(int(IPv4Address(municipal_ad.address)))]
    (tmp_path / "reconnect.toml").write_text(tomli_w.dumps({"sources": {"active_directory": tree}}))
    refused = run("import", "active_directory")
    assert refused.returncode == Exit.FAILURE
    assert "certificate" in refused.stderr
    assert municipal_ad.password not in refused.stdout + refused.stderr
