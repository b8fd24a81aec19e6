"""Runs that a person asks for: a worker makes them once, under the name of whoever asked."""

from collections.abc import Callable

import neo4j
import pytest
import redis

from api.runs import RunKind, RunOrder
from graph.errors import ChangeRejected
from reconnect import job_states
from reconnect.asked_runs import AskedRuns
from reconnect.context import Context
from reconnect.job_states import WorkState
from reconnect.work import worker
from tests.graph.organisation import Stating
from tests.reconnect.work.test_worker import Unsteady

ASKED = RunOrder(RunKind.IMPORT, "unsteady", "person:olga", "Ny fil er kommet", is_dry=False)
DRY = RunOrder(RunKind.IMPORT, "unsteady", "person:olga", "Hvad kommer der?", is_dry=True)


def changes(driver: neo4j.Driver) -> set[tuple[str, str]]:
    """Who has made changes, and why."""
    rows, _, _ = driver.execute_query("MATCH (c:Change) RETURN c.user AS user, c.reason AS reason")
    return {(row["user"], row["reason"]) for row in rows}


def test_an_import_is_made_once_in_the_name_of_who_asked(
    context: Context,
    clean_graph: neo4j.Driver,
    source: Callable[[Stating], Stating],
) -> None:
    source(Unsteady(1))
    runs = AskedRuns(context)
    assert runs.last(RunKind.IMPORT, "unsteady") is None
    assert [runs.start(ASKED), runs.start(ASKED)] == [True, False]
    waits = runs.last(RunKind.IMPORT, "unsteady")
    assert waits is not None and (waits.state, waits.text, waits.ended) == ("queued", "Ny fil er kommet", None)
    worker.run(context, burst=True)
    done = runs.last(RunKind.IMPORT, "unsteady")
    assert done is not None and done.state == "done" and done.ended is not None
    assert changes(clean_graph) == {("person:olga", "Ny fil er kommet")}, "also if the first attempt fails"


def test_a_dry_run_says_what_would_change_and_writes_nothing(
    context: Context,
    clean_graph: neo4j.Driver,
    source: Callable[[Stating], Stating],
) -> None:
    source(Unsteady(0))
    runs = AskedRuns(context)
    assert runs.start(DRY)
    worker.run(context, burst=True)
    found = runs.last(RunKind.IMPORT, "unsteady")
    assert found is not None and found.state == "done"
    assert found.text.startswith("dry run: ") and "Unit created 3" in found.text
    assert changes(clean_graph) == set()


def test_what_runs_stays_running_when_it_is_asked_for_again(
    context: Context,
    client: redis.Redis,
    source: Callable[[Stating], Stating],
) -> None:
    source(Unsteady(0))
    running = WorkState("running", "2026-01-01T12:00:00+01:00", fence=7, succeeded="2025-12-31T12:00:00+01:00")
    job_states.put(client, "import:unsteady", running)
    assert not job_states.put_queued(client, "import:unsteady", running, "2026-01-01T12:01:00+01:00", "Igen")
    done = WorkState("done", "2026-01-01T12:00:00+01:00", fence=7, succeeded="2026-01-01T12:02:00+01:00")
    job_states.put(client, "import:unsteady", done)
    assert job_states.put_queued(client, "import:unsteady", done, "2026-01-01T12:03:00+01:00", "Igen")
    assert job_states.last_success(client, "import:unsteady") == "2026-01-01T12:02:00+01:00"


@pytest.mark.parametrize(("kind", "name"), [(RunKind.IMPORT, "gone"), (RunKind.IMPORT, "sd"), (RunKind.EXPORT, "gone")])
def test_what_is_not_set_up_is_refused(context: Context, client: redis.Redis, kind: RunKind, name: str) -> None:
    runs = AskedRuns(context)
    with pytest.raises(ChangeRejected, match=name) as refused:
        runs.start(RunOrder(kind, name, "person:olga", "x", is_dry=False))
    assert refused.value.code == "not_set_up"
    assert job_states.read(client) == {}
