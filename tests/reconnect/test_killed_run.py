"""A run that was killed: others know until when its lock lives, and it does not say for ever that it is running."""

import os
import re
import time
from collections.abc import Iterator
from datetime import timedelta
from multiprocessing.connection import Connection
from pathlib import Path

import neo4j
import pytest
import redis
import yaml

from graph.change_log import now
from graph.runs.run_log import imports_at_work, start_run
from reconnect import job_states
from reconnect.context import Context
from reconnect.embedded import Addresses
from reconnect.exits import Exit
from reconnect.job_states import WorkState
from reconnect.locks import PREFIX, Lock
from reconnect.work import jobs
from tests.forked import telling
from tests.reconnect.shell import Run

pytestmark = pytest.mark.slow

JOB = "import:facts"


@pytest.fixture
def client(addresses: Addresses) -> Iterator[redis.Redis]:
    with redis.Redis.from_url(addresses.redis_url) as made:
        made.delete(job_states.KEY, *(f"{PREFIX}{name}" for name in (JOB, "import:sd", "import:opus")))
        yield made


def _killed_in_the_middle(tell: Connection, environment: dict[str, str]) -> None:
    os.environ.update(environment)
    context = Context()
    with jobs.running(context, jobs.Caller(lambda *_: None), JOB):
        start_run(context.driver(), "import", "facts", dry=False)
        tell.send("running")
        time.sleep(600)


def test_after_a_kill_the_next_run_is_told_until_when_and_waits_where_it_shall(
    run: Run, environment: dict[str, str], client: redis.Redis, clean_graph: neo4j.Driver, tmp_path: Path
) -> None:
    file = tmp_path / "units.yaml"
    file.write_text(yaml.safe_dump({"format": 1, "units": [{"id": "u", "name": "Unit"}]}))
    process, told = telling(_killed_in_the_middle, {**environment, "RECONNECT__WORKER__LOCK_SECONDS": "120"})
    assert told.recv() == "running"
    process.kill()
    process.join()
    refused = run("import", "facts", "--from", str(file))
    assert refused.returncode == Exit.FAILURE
    assert re.search(r"is already running.*after \d\d:\d\d:\d\d \(in \d+ s\).*--wait", refused.stderr)
    client.pexpire(f"{PREFIX}{JOB}", 10_000)
    waited = run("import", "facts", "--from", str(file), "--wait")
    assert waited.returncode == Exit.OK, waited.stderr
    assert f"Waiting for another run of {JOB}" in waited.stderr
    rows, _, _ = clean_graph.execute_query(
        "MATCH (r:Run) RETURN r.state AS state, r.ended IS NULL AS open ORDER BY r.started"
    )
    assert [tuple(row.values()) for row in rows] == [("killed", False), ("done", False)]


def test_a_job_without_a_lock_does_not_say_that_it_is_running(client: redis.Redis) -> None:
    job_states.put(client, "import:sd", WorkState("running", "2026-03-02T05:00:00+01:00", fence=1))
    assert (job_states.read(client)["import:sd"].state, job_states.read(client)["import:sd"].text) == (
        "failed",
        job_states.KILLED,
    )
    with Lock(client, "import:sd", 5):
        assert job_states.read(client)["import:sd"].state == "running"


def test_runs_in_the_graph_that_no_run_holds_the_lock_of_are_ended(
    environment: dict[str, str], client: redis.Redis, clean_graph: neo4j.Driver, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    for name in ("sd", "opus"):
        start_run(clean_graph, "import", name, dry=False)
    context = Context()
    try:
        with Lock(client, "import:opus", 5):
            assert jobs.end_killed_runs(context) == 1
    finally:
        context.close()
    rows, _, _ = clean_graph.execute_query("MATCH (r:Run) RETURN r.name AS name, r.state AS state ORDER BY name")
    assert [tuple(row.values()) for row in rows] == [("opus", "running"), ("sd", "killed")]


def test_no_job_waits_for_a_run_that_was_killed(
    environment: dict[str, str], client: redis.Redis, clean_graph: neo4j.Driver, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Exports of files and the closing of accounts wait while an import writes; where no worker runs, too."""
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    begun = now()
    for kind, name in (("import", "sd"), ("import", "opus"), ("export", "plan2learn")):
        start_run(clean_graph, kind, name, dry=False)
    context = Context()
    try:
        with (
            Lock(client, "import:opus", 5),
            jobs.running(context, jobs.Caller(lambda *_: None), "export:plan2learn") as job,
        ):
            assert imports_at_work(clean_graph, begun + timedelta(days=1)) == ["opus"]
            own = start_run(clean_graph, "export", "plan2learn", dry=False)
            assert jobs.end_killed_runs(context) == 0
            job.finish("done", "")
    finally:
        context.close()
    rows, _, _ = clean_graph.execute_query(
        "MATCH (r:Run) WHERE r.state = 'killed' OR r.id = $own RETURN r.state", own=own
    )
    assert sorted(row.value() for row in rows) == ["killed", "killed", "running"]
