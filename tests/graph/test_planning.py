"""Questions are planned on the graph as it is, not as it was before a run that wrote much."""

import neo4j
import pytest

from graph.as_of import in_force
from graph.cpr.keyring import Keyring
from graph.planning import MANY, replan
from importers.pipeline.import_run import run_import
from tests.graph.organisation import DAY, Stating, employment, person, small, unit

RING = Keyring.generate()
QUESTION = f"MATCH (e:Employment)-[in:IN]->(u:Unit) WHERE {in_force('in')} RETURN e.uuid AS uuid"
STAFF = MANY // 2


def _expected_rows(driver: neo4j.Driver) -> float:
    """How many rows Neo4j plans for."""
    _, summary, _ = driver.execute_query(f"EXPLAIN {QUESTION}", at=DAY)
    assert summary.plan is not None
    return float(summary.plan["args"]["EstimatedRows"])


def test_what_was_planned_on_an_empty_graph_is_planned_anew_after_a_first_import(clean_graph: neo4j.Driver) -> None:
    clean_graph.execute_query("CALL db.prepareForReplanning()")
    planned = _expected_rows(clean_graph)  # Neo4j keeps this plan for ten seconds, whatever is written
    assert planned < 1
    people = [each for n in range(STAFF) for each in (person(f"p{n}", "Alma"), employment(f"e{n}", f"p{n}", "root"))]
    report = run_import(clean_graph, Stating(unit("root"), *people), RING)
    assert report.counts.total() > MANY
    assert _expected_rows(clean_graph) > STAFF / 10


@pytest.mark.parametrize(
    ("written", "of", "renewed"), [(MANY - 1, 0, False), (MANY, 20 * MANY, False), (MANY, 0, True)]
)
def test_plans_are_kept_where_little_was_written(
    clean_graph: neo4j.Driver, written: int, of: int, renewed: bool
) -> None:
    assert replan(clean_graph, written, of=of) is renewed


def test_a_run_that_wrote_little_is_compared_with_all_that_was_ever_written(clean_graph: neo4j.Driver) -> None:
    run_import(clean_graph, Stating(*small()), RING)
    assert replan(clean_graph, MANY) is True
    clean_graph.execute_query("MATCH (log:ChangeLog) SET log.number = $number", number=100 * MANY)
    assert replan(clean_graph, MANY) is False
