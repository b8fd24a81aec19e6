"""Plans on the command line and by workers, each a process of its own: approved by another, killed, late, at once."""

import json
import signal
from contextlib import suppress
from datetime import date, timedelta
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

import neo4j
import pytest
import yaml

from graph.time import today
from reconnect.embedded import Addresses
from reconnect.exits import Exit
from tests.forked import telling
from tests.graph.questions.rights.town import TOWN
from tests.graph.snapshot import change_numbers, everything
from tests.reconnect.plan_process import applied
from tests.reconnect.shell import Run

pytestmark = pytest.mark.slow

AUTHOR, APPROVER = {"LOGNAME": "hanne"}, {"LOGNAME": "poul"}
MOVES = [
    {"mutation": "createUnit", "arguments": {"name": "Ydelsescenter", "parent": "town"}, "name": "new"},
    {
        "mutation": "placeUnits",
        "arguments": {"units": [{"unit": "job", "parents": [{"unit": "@new", "from": "@day"}]}]},
    },
]


@pytest.fixture
def town(run: Run, clean_graph: neo4j.Driver, tmp_path: Path) -> neo4j.Driver:
    file = tmp_path / "town.yaml"
    file.write_text(yaml.safe_dump(TOWN))
    assert run("import", "facts", "--from", str(file)).returncode == Exit.OK
    return clean_graph


def file_of(folder: Path, name: str, day: date, changes: list[dict[str, Any]] | None = None) -> str:
    told = {"name": name, "day": day, "reason": "Ny struktur", "changes": changes or MOVES}
    file = folder / "plan.yaml"
    file.write_text(yaml.safe_dump(told, allow_unicode=True, sort_keys=False))
    return str(file)


def approved(run: Run, folder: Path, name: str, day: date, changes: list[dict[str, Any]] | None = None) -> None:
    done = run("plans", "write", file_of(folder, name, day, changes), **AUTHOR)
    assert done.returncode == Exit.OK, done.stderr
    done = run("plans", "approve", name, "--reason", "Besluttet", **APPROVER)
    assert done.returncode == Exit.OK, done.stderr


def state(run: Run, name: str) -> dict[str, Any]:
    return dict(json.loads(run("plans", "show", name, "--json").stdout))


def parent_of_job(driver: neo4j.Driver) -> str:
    rows, _, _ = driver.execute_query(
        """
        MATCH (:SourceRecord {source: 'facts', key: 'job'})-[:TELLS]->(:Unit)-[r:PART_OF]->(p:Unit)
        WHERE r.from <= $today AND (r.to IS NULL OR r.to > $today)
        RETURN p.name AS name
        """,
        today=today(),
    )
    return str(rows[0]["name"])


def test_from_a_file_to_taking_it_back(run: Run, town: neo4j.Driver, tmp_path: Path) -> None:
    later = today() + timedelta(days=30)
    assert run("plans", "write", file_of(tmp_path, "Nyt center", later), **AUTHOR).returncode == Exit.OK
    before = everything(town)
    shown = run("plans", "preview", "Nyt center").stdout
    assert "Anna Berg" in shown and f"lost from {later}: value" in shown
    assert "Only Nyt center would do nothing more." in run("plans", "compare", "Nyt center", "Nyt center").stdout
    assert everything(town) == before

    refused = run("plans", "approve", "Nyt center", "--reason", "x", **AUTHOR)
    assert (refused.returncode, "another person must approve it" in refused.stderr) == (Exit.FAILURE, True)
    assert run("plans", "approve", "Nyt center", "--reason", "x", **APPROVER).returncode == Exit.OK
    early = run("plans", "apply", "Nyt center")
    assert (early.returncode, str(later) in early.stderr) == (Exit.FAILURE, True)

    # Another day is another plan to approve; in a process with another hash seed the same content is the same.
    same = run("plans", "write", file_of(tmp_path, "Nyt center", later), **AUTHOR, PYTHONHASHSEED="7")
    assert "approved" in same.stdout, same.stderr
    assert "draft" in run("plans", "write", file_of(tmp_path, "Nyt center", today()), **AUTHOR).stdout
    assert run("plans", "approve", "Nyt center", "--reason", "x", **APPROVER).returncode == Exit.OK
    assert run("plans", "apply", "Nyt center").returncode == Exit.OK
    assert parent_of_job(town) == "Ydelsescenter"
    assert "Nyt center" not in run("plans", "list").stdout
    assert "applied" in run("plans", "list", "--all").stdout

    back = run("plans", "take-back", "Nyt center", "--reason", "Fortrudt")
    assert (back.returncode, "stays" in back.stdout) == (Exit.OK, False)
    assert parent_of_job(town) == "Center for Arbejde"
    assert state(run, "Nyt center")["state"] == "taken_back"
    assert run("plans", "withdraw", "Nyt center", "--reason", "x").returncode == Exit.FAILURE


@pytest.mark.parametrize(
    ("content", "told"),
    [
        ("[]", "a plan must have these parts: name, day, reason, changes"),
        ("{name: a, day: 2027-01-01, reason: b, changes: [], dag: 1}", "dag is not one of name, day, reason, changes"),
        ("{name: a, day: 2027-01-01, changes: []}", "reason is missing"),
        ("{name: a, day: 1 January, reason: b, changes: []}", "is not a date"),
        ("{name: a, day: 2027-01-01, reason: b, changes: {}}", "changes must be a list"),
        ("{name: a, day: 2027-01-01, reason: b, changes: [{mutation: x}]}", "changes[1]: mutation is a name"),
        ("{name: a", "can't be read"),
    ],
)
def test_what_is_wrong_with_a_file_is_said(tmp_path: Path, content: str, told: str) -> None:
    from reconnect.exits import CommandFailed
    from reconnect.plan_file import draft_in

    file = tmp_path / "plan.yaml"
    file.write_text(content)
    with pytest.raises(CommandFailed) as failed:
        draft_in(file)
    assert told in str(failed.value)


def test_a_code_in_yaml_stays_as_it_is_written_where_a_text_is_taken(tmp_path: Path) -> None:
    from reconnect.plan_file import draft_in

    file = tmp_path / "plan.yaml"
    file.write_text("""
        name: a
        day: 2027-01-01
        reason: b
        changes:
          - mutation: createUnit
            arguments: {name: Nyt, number: 00417, parent: 417, to: 2027-06-01}
          - mutation: placeUnits
            arguments: {units: [{unit: 010, expectedVersion: 010, parents: [{unit: 12:30, from: "@day"}]}]}
          - mutation: tagUnit
            arguments: {unit: 1_0, performs: [27.10, 15]}
    """)
    made, placed, tagged = (each.arguments for each in draft_in(file).changes)
    assert made == {"name": "Nyt", "number": "00417", "parent": "417", "to": "2027-06-01"}
    parents = [{"unit": "12:30", "from": "@day"}]
    assert placed == {"units": [{"unit": "010", "expectedVersion": 8, "parents": parents}]}
    assert tagged == {"unit": "1_0", "performs": ["27.10", "15"]}


def test_a_plan_whose_day_has_passed_is_applied_with_the_next_day_turn_in_the_order_of_days(
    run: Run, town: neo4j.Driver, tmp_path: Path
) -> None:
    back = {"units": [{"unit": "job", "parents": [{"unit": "citizen", "from": "@day"}]}]}
    approved(run, tmp_path, "A second", today() - timedelta(days=1), [{"mutation": "placeUnits", "arguments": back}])
    approved(run, tmp_path, "B first", today() - timedelta(days=2))
    approved(run, tmp_path, "C later", today() + timedelta(days=1))
    gone = [{"mutation": "tagUnit", "arguments": {"unit": "nowhere", "performs": ["27"]}}]
    done = run("plans", "write", file_of(tmp_path, "D wrong", today(), gone), **AUTHOR)
    assert done.returncode == Exit.OK, done.stderr
    town.execute_query("MATCH (p:Plan {name: 'D wrong'}) SET p.state = 'approved', p.approved_digest = $digest",
                       digest=state(run, "D wrong")["digest"])  # fmt: skip

    # The clock may be wrong: a turn by several days waits for a person, and so do the plans.
    town.execute_query("MATCH (c:Clock) SET c.today = $past", past=today() - timedelta(days=3))
    waiting = run("day-turn")
    assert waiting.returncode == Exit.BRAKE
    assert {state(run, name)["state"] for name in ("A second", "B first")} == {"approved"}
    brake = waiting.stderr.rsplit("--approve ", 1)[1].split()[0]
    assert run("day-turn", "--approve", brake).returncode == Exit.OK

    assert [state(run, name)["state"] for name in ("A second", "B first", "C later")] == ["applied"] * 2 + ["approved"]
    assert parent_of_job(town) == "Borgerservice"
    failed = state(run, "D wrong")
    assert (failed["state"], failed["failure"]["change"], failed["failure"]["rule"]) == ("failed", 1, "unknown_unit")
    before = change_numbers(town)
    assert run("day-turn").returncode == Exit.OK
    assert change_numbers(town) == before


def heard(told: Connection) -> list[str]:
    found: list[str] = []
    with suppress(EOFError):
        while True:
            found.append(told.recv())
    return found


def test_killed_in_the_middle_nothing_is_done_and_of_two_at_once_one_does_it(
    run: Run, town: neo4j.Driver, tmp_path: Path, addresses: Addresses
) -> None:
    approved(run, tmp_path, "Nyt center", today())
    before = change_numbers(town)
    process, told = telling(applied, addresses, "Nyt center", True)
    assert [told.recv() for _ in MOVES] == ["createUnit", "placeUnits"]
    process.kill()
    process.join()
    assert process.exitcode == -signal.SIGKILL
    assert change_numbers(town) == before
    assert (state(run, "Nyt center")["state"], parent_of_job(town)) == ("approved", "Center for Arbejde")

    both = [telling(applied, addresses, "Nyt center", False) for _ in range(2)]
    ends = sorted(heard(connection)[-1] for _, connection in both)
    for process, _ in both:
        process.join()
    assert ends == ["applied", "was applied"]
    assert change_numbers(town) == [*before, len(before) + 1, len(before) + 2]
    assert parent_of_job(town) == "Ydelsescenter"
    assert state(run, "Nyt center")["applied_by"] == "worker"
