"""``reconnect rights``: what a person may do, why not, and who may, from a facts file to the terminal."""

import json
from copy import deepcopy
from pathlib import Path

import neo4j
import pytest
import yaml

from reconnect.exits import Exit
from tests.acceptance.rights_cases import CASES, facts
from tests.graph.questions.rights.care_town import CARE_TOWN
from tests.reconnect.shell import Run

pytestmark = pytest.mark.slow

TWO_UNITS = [each for each in CASES if each["id"] in ("bpp-02", "bpp-03")]
"""The same role in two units; in the file, a case's id is its person's key."""
DAY = ("--at", "2026-06-15")
KLE = {"bpp-02": ["15.20.*", "32.24.04"], "bpp-03": ["32.03.*"]}


def test_one_role_means_other_data_in_another_unit_and_says_why(
    run: Run, clean_graph: neo4j.Driver, tmp_path: Path
) -> None:
    file = tmp_path / "rights.yaml"
    content = facts(TWO_UNITS)
    next(each for each in content["persons"] if each["id"] == "bpp-03")["address_protected"] = True
    file.write_text(yaml.safe_dump(content, allow_unicode=True))
    assert run("import", "facts", "--from", str(file)).returncode == Exit.OK

    for person, kle in KLE.items():
        answer = json.loads(run("rights", "why", person, "overview", *DAY, "--json").stdout)
        (held,) = answer["held"]
        assert (held["right"], answer["omitted"]) == ("caseworker", [])
        assert held["included"][0]["limits"]["kle"] == kle
    shown = run("rights", "why", "bpp-02", "overview", *DAY).stdout
    assert "because:" in shown
    assert "Jobcenter performs 15.20" in shown

    year = ("--from", "2026-01-01", "--to", "2027-01-01", "--json")
    (stretch,) = json.loads(run("rights", "why", "bpp-02", "overview", *year).stdout)["periods"]
    assert (stretch["from"], stretch["to"]) == ("2026-01-01", "2027-01-01")
    assert stretch["held"][0]["included"][0]["limits"]["kle"] == KLE["bpp-02"]
    assert run("rights", "why", "bpp-02", "overview", "--to", "2027-01-01").returncode == Exit.USAGE
    other = run("rights", "why", "employment:nobody", "overview", "--json")
    assert json.loads(other.stdout) == {"error": "unknown_employment"}

    missing = run("rights", "why-not", "bpp-02", "buildings", *DAY)
    assert (missing.returncode, "What would give it" in missing.stdout) == (Exit.OK, True)

    there = json.loads(run("rights", "holders", "caseworker", "--unit", "citizen", *DAY, "--json").stdout)
    assert [each["included"][0]["limits"]["kle"] for each in there] == [KLE["bpp-03"]]

    shown = run("rights", "holders", "caseworker", *DAY).stdout
    assert ("Anna Berg  " in shown, shown.count("Name protected")) == (True, 1)

    assert run("rights", "sent", "bpp-02", *DAY).returncode == Exit.USAGE, "idp.cvr is not set"
    (tmp_path / "reconnect.toml").write_text('[idp]\ncvr = "12345678"\n')
    made = run("rights", "sent", "bpp-02", *DAY, "--json")
    assert made.returncode == Exit.OK, made.stderr
    sent = json.loads(made.stdout)
    (group,) = sent["groups"]
    assert (list(group["constraints"].values()), sent["omitted"]) == ([KLE["bpp-02"]], [])
    shown = run("rights", "sent", "bpp-02", "overview", *DAY).stdout
    assert "/usersystemrole/case_read/1 (urn:dk:gov:saml:cvrNumberIdentifier:12345678)" in shown
    assert "http://sts.kombit.dk/constraints/KLE/1: 15.20.*, 32.24.04" in shown

    unknown = run("rights", "why", "somebody_else", "overview", "--json")
    assert (unknown.returncode, json.loads(unknown.stdout)) == (Exit.FAILURE, {"error": "unknown_person"})


def test_requests_and_steps_by_hand_on_the_terminal(run: Run, clean_graph: neo4j.Driver, tmp_path: Path) -> None:
    content = deepcopy(CARE_TOWN)
    content["persons"][1]["address_protected"] = True
    content["rights_requests"] = [
        {"id": "q1", "given_to": "employment:e_bo", "gives": "system_role:pay_release", "requested_by": "bo",
         "reason": "Ferie"},
    ]  # fmt: skip
    file = tmp_path / "care.yaml"
    file.write_text(yaml.safe_dump(content, allow_unicode=True))
    assert run("import", "facts", "--from", str(file)).returncode == Exit.OK

    shown = run("rights", "requests").stdout
    assert "waiting: Godkend udbetaling, for Name protected" in shown
    assert "Bo Lund" not in shown
    assert [each["gives"] for each in json.loads(run("rights", "requests", "--json").stdout)] == ["Godkend udbetaling"]
    assert "not_approved: Grant Ikke godkendt" in run("rights", "review").stdout

    assert run("day-turn").returncode == Exit.OK  # opens steps, as each night
    shown = run("rights", "manual", "--refresh").stdout
    assert "0 opened, 0 changed, 0 no longer needed." in shown
    assert "open: add Nøgle in Nøgler for Anna Berg (not limited)" in shown
    (step,) = json.loads(run("rights", "manual", "--person", "anna", "--system", "keys", "--json").stdout)
    assert run("rights", "done", step["uuid"], "--by", "dora").returncode == Exit.OK
    again = run("rights", "done", step["uuid"], "--by", "carl")
    assert (again.returncode, "done already" in again.stderr) == (Exit.FAILURE, True)
    assert "0 opened" in run("rights", "manual", "--refresh").stdout
    assert len(json.loads(run("rights", "manual", "--all", "--json").stdout)) == 2


def test_the_own_system_is_written_once(run: Run, clean_graph: neo4j.Driver) -> None:
    assert run("rights", "own-system").returncode == Exit.OK
    assert run("rights", "own-system").stdout.startswith("0 of ")
