"""Planned accounts follow the change log through the worker's chore."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any, NoReturn

import neo4j
import pytest
import redis

from api.mutations.edits import with_value
from graph.change_log import Origin, now
from graph.runs.brakes import approve
from graph.runs.cursors import read_cursor, write_cursor
from graph.runs.run_log import end_run, imports_at_work, start_run
from graph.statements.precedence import MANUAL
from graph.time import Period, today
from graph.writing.graph_writer import GraphWriter
from graph.writing.stopping import stopped
from reconnect.context import Context
from reconnect.embedded import Addresses
from reconnect.locks import Lock
from reconnect.work import due_accounts
from reconnect.work.due_accounts import follow
from rules.accounts.following import Touched, covered, owe, owed, told
from rules.accounts.run import SOURCE, Limits, apply
from tests.graph.questions.rights.imported import RING, imported
from tests.rules.accounts.account_town import day, town

pytestmark = pytest.mark.slow


@pytest.fixture
def context(
    addresses: Addresses, clean_graph: neo4j.Driver, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Context]:
    monkeypatch.setenv("RECONNECT_HOME", str(tmp_path))
    monkeypatch.setenv("RECONNECT__NEO4J__URI", addresses.bolt_uri)
    monkeypatch.setenv("RECONNECT__NEO4J__PASSWORD", addresses.password)
    monkeypatch.setenv("RECONNECT__REDIS__URL", addresses.redis_url)
    made = Context()
    yield made
    made.close()


def _open(driver: neo4j.Driver) -> set[str]:
    rows, _, _ = driver.execute_query("MATCH (a:PlannedAccount) WHERE a.active RETURN a.login AS login")
    return {row["login"] for row in rows}


def test_a_stop_supplies_the_targets_also_without_account_rules(
    context: Context, clean_graph: neo4j.Driver, tmp_path: Path
) -> None:
    content = {name: each for name, each in town().items() if not name.startswith(("account", "name_pol"))}
    assert imported(clean_graph, content, tmp_path).problems == []
    assert follow(context, "worker") is None
    rows, _, _ = clean_graph.execute_query("MATCH (p:Person {given_name: 'Anna Marie'}) RETURN p.uuid AS uuid")
    writer = GraphWriter(clean_graph, RING)
    for title in ("Fru", "Dr."):  # any other change of a person supplies no target
        edit = with_value("alias_given_name", title, Period(today()))
        writer.amend("Person", rows[0]["uuid"], edit, Origin(MANUAL, user="ida", reason="Prøve"))
        assert follow(context, "worker") is None
    edit = stopped(Period(today()), "Bortvist")
    writer.amend("Person", rows[0]["uuid"], edit, Origin(MANUAL, user="ida", reason="Bortvist"))
    done = follow(context, "worker")
    assert done is not None and done[1]
    assert follow(context, "worker") is None


def test_only_what_changed_is_looked_at_and_a_stop_supplies_the_targets(
    context: Context, clean_graph: neo4j.Driver, tmp_path: Path
) -> None:
    driver = clean_graph
    assert follow(context, "worker") is None  # without account rules there is nothing to do
    assert imported(driver, town(), tmp_path).problems == []
    assert follow(context, "worker") is not None
    assert _open(driver) == {"anbe", "aaba"}
    assert follow(context, "worker") is None  # nothing has changed since
    leaver = town(employments=[{"id": "e_aase", "to": day(0)}])
    assert imported(driver, leaver, tmp_path).problems == []
    done = follow(context, "worker")
    assert done is not None and done[1] and _open(driver) == {"anbe"}
    rows, _, _ = driver.execute_query("MATCH (p:Person {given_name: 'Anna Marie'}) RETURN p.uuid AS uuid")
    edit = stopped(Period(today()), "Bortvist")
    GraphWriter(driver, RING).amend("Person", rows[0]["uuid"], edit, Origin(MANUAL, user="ida", reason="Bortvist"))
    done = follow(context, "worker")
    assert done is not None and done[1]  # the accounts of a stopped person close without any change of the plan


def test_everybody_whom_the_log_names_is_looked_at(context: Context, clean_graph: neo4j.Driver, tmp_path: Path) -> None:
    assert imported(clean_graph, town(), tmp_path).problems == []
    assert follow(context, "worker") is not None
    names = {"dora": "Kjær", "eva": "Friis", "finn": "Dahl"}
    persons = [{"id": id_, "given_name": id_.title(), "surname": name} for id_, name in names.items()]
    hired = {"from": day(0), "units": [{"unit": "desk"}], "type": "monthly_full"}
    employments = [{"id": f"e_{id_}", "person": id_, **hired} for id_ in names]
    assert imported(clean_graph, town(persons=persons, employments=employments), tmp_path).problems == []
    assert follow(context, "worker") is not None
    assert _open(clean_graph) == {"anbe", "aaba", "dokj", "evfr", "fida"}


def test_closings_wait_until_imports_end_and_openings_do_not(
    context: Context, clean_graph: neo4j.Driver, tmp_path: Path
) -> None:
    """Anna's old employment has ended, and what replaces it is in the import's next batch."""
    driver = clean_graph
    assert imported(driver, town(), tmp_path).problems == []
    assert follow(context, "worker") is not None
    ended = {"id": "e_anna", "to": day(0)}
    hired = {"id": "e_bo", "type": "monthly_full"}
    assert imported(driver, town(employments=[ended, hired]), tmp_path).problems == []
    with context.redis() as client, Lock(client, "import:sd", 60):
        run = start_run(driver, "import", "sd", dry=False)
        done = follow(context, "worker")
        assert done is not None and (done[0].waits_for, len(done[0].held), done[0].closed) == (("sd",), 1, 0)
        assert _open(driver) == {"anbe", "aaba", "bolu"}
        assert follow(context, "worker") is None, "until the import ends there is nothing to do"
        assert apply(driver, GraphWriter(driver, RING)).waits_for == ("sd",), "nor by the command"
        end_run(driver, run, "done", {})
    done = follow(context, "worker")
    assert done is not None and (done[0].waits_for, done[0].closed) == ((), 1)
    assert _open(driver) == {"aaba", "bolu"}
    assert follow(context, "worker") is None


def test_an_import_that_ends_meanwhile_holds_closings_too(clean_graph: neo4j.Driver, tmp_path: Path) -> None:
    begun = now()
    assert imports_at_work(clean_graph, begun) == []
    imported(clean_graph, town(), tmp_path)
    assert imports_at_work(clean_graph, begun) == ["facts"]
    assert imports_at_work(clean_graph, now()) == []


def test_what_the_brake_held_is_closed_as_soon_as_it_is_approved(
    context: Context, clean_graph: neo4j.Driver, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    driver = clean_graph
    monkeypatch.setattr("reconnect.work.due_accounts.limits", lambda context: Limits(at_least=0))
    assert imported(driver, town(), tmp_path).problems == []
    assert follow(context, "worker") is not None
    leavers = [{"id": "e_aase", "to": day(0)}]
    assert imported(driver, town(employments=leavers), tmp_path).problems == []
    done = follow(context, "worker")
    assert done is not None and done[0].brake is not None and _open(driver) == {"anbe", "aaba"}
    assert follow(context, "worker") is None
    assert approve(driver, done[0].brake, "ida", "Nedlagt")
    # Another who leaves meanwhile is not covered by the approval, and keeps it from nothing.
    assert imported(driver, town(employments=[*leavers, {"id": "e_anna", "to": day(9)}]), tmp_path).problems == []
    again = follow(context, "worker")
    assert again is not None and (again[0].closed, _open(driver)) == (1, {"anbe"})
    assert again[0].brake not in (None, done[0].brake), "an end to come is held by the brake as well"
    assert follow(context, "worker") is None
    waiting, _, _ = driver.execute_query("MATCH (b:Brake {state: 'waiting'}) RETURN b.lines[0] AS line")
    assert [row["line"].endswith(f" ends on {day(9)}") for row in waiting] == [True]
    # An hour later, what came before may count no more.
    kept = dict(read_cursor(driver, SOURCE))
    write_cursor(driver, SOURCE, {**kept, "again": (now() - timedelta(seconds=1)).isoformat()})
    monkeypatch.setattr("reconnect.work.due_accounts.limits", lambda context: Limits(at_least=5))
    last = follow(context, "worker")
    assert last is not None and (last[0].changed, last[0].brake) == (1, None)


def test_targets_are_told_of_what_was_planned_although_redis_was_away(
    context: Context, clean_graph: neo4j.Driver, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert imported(clean_graph, town(), tmp_path).problems == []
    monkeypatch.setattr(due_accounts, "account_targets", lambda targets: ["scim-x"])
    told: list[list[str]] = []

    async def queued(context: Context, names: list[str]) -> list[str]:
        told.append(names)
        return names

    monkeypatch.setattr(due_accounts, "_queued", queued)
    with monkeypatch.context() as broken:

        def followed(*given: Any) -> object:
            done = follow(*given)
            broken.setattr(Context, "redis", lambda self: _away())
            return done

        broken.setattr(due_accounts, "follow", followed)
        with pytest.raises(redis.ConnectionError):
            due_accounts.look(context)
    assert _open(clean_graph) == {"anbe", "aaba"} and told == []
    due_accounts.look(context)
    assert told == [["scim-x"]]
    due_accounts.look(context)
    assert told == [["scim-x"]]


def test_targets_are_told_of_what_a_worker_planned_that_ended_just_then(
    context: Context, clean_graph: neo4j.Driver, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """All is written, and nothing says so yet: the next look finds nothing left to plan."""
    assert imported(clean_graph, town(), tmp_path).problems == []
    with monkeypatch.context() as ended:
        ended.setattr(due_accounts, "covered", lambda *given: _away())
        with pytest.raises(redis.ConnectionError):
            follow(context, "worker")
    done = follow(context, "worker")
    assert done is not None and done[0].total == 0
    assert owed(clean_graph) is not None


def test_who_has_told_targets_of_one_plan_has_not_told_them_of_the_next(clean_graph: neo4j.Driver) -> None:
    owe(clean_graph)
    first = owed(clean_graph)
    assert first is not None
    owe(clean_graph)  # another process plans, and may be killed before it says how far it was
    told(clean_graph, first)
    second = owed(clean_graph)
    assert second is not None
    covered(clean_graph, Touched(7, frozenset()))
    told(clean_graph, second)
    third = owed(clean_graph)
    assert third is not None and third["number"] == "7"
    told(clean_graph, third)
    assert owed(clean_graph) is None


def _away() -> NoReturn:
    raise redis.ConnectionError("away")
