"""``targets``: how each target is doing, from its runs, its ledger and what was stopped."""

import neo4j
import pytest

from tests.api.reads.asking import Asking

ASK = "{ targets { name run state error lastRun lastSuccess stopped objects { object state count } } }"


@pytest.fixture
def supplied(graph: neo4j.Driver) -> neo4j.Driver:
    graph.execute_query(
        """
        UNWIND [
            {id: 'good', state: 'done', dry: false, started: '2026-06-01T04:00:00Z', ended: '2026-06-01T04:01:00Z'},
            {id: 'bad', state: 'failed', dry: false, started: '2026-06-02T04:00:00Z', ended: '2026-06-02T04:02:00Z'},
            {id: 'dry', state: 'done', dry: true, started: '2026-06-03T04:00:00Z', ended: '2026-06-03T04:02:00Z'}
        ] AS run
        CREATE (r:Run {id: run.id, type: 'export', name: 'roster', state: run.state, dry: run.dry})
        SET r.started = datetime(run.started), r.ended = datetime(run.ended)
        SET r.error = CASE run.state WHEN 'failed' THEN 'the receiver is closed' END
        """
    )
    graph.execute_query(
        """
        UNWIND [['user', 'delivered'], ['user', 'delivered'], ['user', 'parked'], ['group', 'closed']] AS each
        CREATE (:LedgerEntry {id: randomUUID(), target: 'roster', object: each[0], state: each[1]})
        """
    )
    graph.execute_query("CREATE (:Brake {id: 'b', source: 'export:roster', state: 'waiting', learnt: datetime()})")
    return graph


def test_a_target_s_last_run_its_objects_and_what_was_stopped(asking: Asking, supplied: neo4j.Driver) -> None:
    known = asking.reader._rules.targets
    asking.reader._rules.targets = {"roster": ("user", "group"), "wages": ("file",)}
    try:
        roster, wages = asking.data(ASK)["targets"]
    finally:
        asking.reader._rules.targets = known
        supplied.execute_query("MATCH (n:Run|LedgerEntry WHERE 'roster' IN [n.name, n.target]) DETACH DELETE n")
        supplied.execute_query("MATCH (b:Brake {id: 'b'}) DELETE b")
    assert roster == {
        "name": "roster",
        "run": "bad",
        "state": "FAILED",
        "error": "the receiver is closed",
        "lastRun": "2026-06-02T04:00:00Z",
        "lastSuccess": "2026-06-01T04:01:00Z",
        "stopped": 1,
        "objects": [
            {"object": "group", "state": "CLOSED", "count": 1},
            {"object": "user", "state": "DELIVERED", "count": 2},
            {"object": "user", "state": "PARKED", "count": 1},
        ],
    }
    nothing = {"run": None, "state": None, "error": None, "lastRun": None, "lastSuccess": None}
    assert wages == {"name": "wages", **nothing, "stopped": 0, "objects": []}
