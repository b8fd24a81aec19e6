"""From account rules to a real domain and back, each command in a process of its own: hired, moved, stopped, gone."""

from pathlib import Path

import neo4j
import pytest

from tests.directories.controller import Controller
from tests.exporters.active_directory.town import Domain
from tests.graph.questions.rights.imported import imported
from tests.reconnect.shell import Run
from tests.rules.accounts.account_town import day, town

pytestmark = pytest.mark.slow


@pytest.fixture
def domain(municipal_ad: Controller, clean_graph: neo4j.Driver, tmp_path: Path) -> Domain:
    """A graph with account rules, an OU of the domain, and settings that lead from one to the other."""
    ou = f"OU=Solbjerg,{municipal_ad.base}"
    municipal_ad.connection().add(ou, "organizationalUnit")
    made = Domain(municipal_ad, clean_graph, ou)
    secret = tmp_path / "password"
    secret.write_text(municipal_ad.password)
    secret.chmod(0o600)
    settings = tmp_path / "reconnect.toml"
    settings.write_text(
        f"""
[targets.active_directory.kommune]
controllers = ["{municipal_ad.address}"]
ca_file = "{municipal_ad.ca}"
user = '{municipal_ad.user}'
password = "file:{secret}"
base = "{municipal_ad.base}"
system = "ad"
within = ["{ou}"]
users_ou = "OU=Users,{ou}"
closed_ou = "OU=Closed,{ou}"
brake = {{ share = 0.0, count = 0, at_least = 0 }}
groups = {{ kinds = ["unit"], ou = "OU=Groups,{ou}" }}
"""
    )
    settings.chmod(0o600)
    return made


def done(run: Run, *arguments: str) -> str:
    found = run(*arguments)
    assert found.returncode == 0, found.stdout + found.stderr
    return found.stdout + found.stderr


def supplied(run: Run, domain: Domain, folder: Path, content: dict[str, object]) -> None:
    assert imported(domain.driver, content, folder).problems == []
    done(run, "accounts", "plan")
    done(run, "export", "active_directory")


def test_an_account_follows_the_person(run: Run, domain: Domain, tmp_path: Path) -> None:
    hired = {"id": "e_dora", "person": "dora", "from": day(7), "units": [{"unit": "desk"}], "type": "monthly_full"}
    first = town(persons=[{"id": "dora", "given_name": "Dora", "surname": "Kjær"}], employments=[hired])
    supplied(run, domain, tmp_path, first)
    assert domain.logins() == ["aaba", "anbe", "dokj"], "the lead time is 14 days, and the canteen gets none"
    assert domain.user("anbe")["mail"] == ["anna.berg@solbjerg.example"]
    before = domain.user("anbe")["objectGUID"]
    assert domain.members("Enhed Skranke") == ["Anna Marie Berg"], "Dora works there in a week"

    moved = town(employments=[{"id": "e_anna", "units": [{"unit": "town"}]}], persons=first["persons"])
    moved["employments"].append(hired)
    done_before = domain.state()
    done(run, "export", "active_directory")
    assert domain.state() == done_before, "nothing has changed"
    assert imported(domain.driver, moved, tmp_path).problems == []
    done(run, "accounts", "plan")
    held = run("export", "active_directory")
    assert held.returncode == 3, "a lost membership waits for an approval: " + held.stdout + held.stderr

    done(run, "accounts", "stop", _uuid(domain.driver, "Anna Marie"), "--reason", "Bortvist")
    assert run("export", "active_directory").returncode == 3, "the move waits still"
    assert not domain.enabled("anbe"), "a stop waits for nothing"
    assert "the person is stopped" in done(run, "accounts", "why", _uuid(domain.driver, "Anna Marie"))
    assert domain.enabled("aaba")
    assert domain.user("anbe")["objectGUID"] == before


def _uuid(driver: neo4j.Driver, given_name: str) -> str:
    rows, _, _ = driver.execute_query("MATCH (p:Person {given_name: $name}) RETURN p.uuid AS uuid", name=given_name)
    return str(rows[0]["uuid"])
