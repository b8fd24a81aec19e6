"""What a source must not place by itself waits for a person, also where nothing fits (``Statement.among``)."""

import neo4j
import pytest

from graph.cpr.keyring import Keyring
from graph.identity.matching import decide
from graph.statements.statement import Statement
from importers.pipeline.import_run import run_import
from tests.graph.organisation import Stating, small, told
from tests.graph.snapshot import last_write

RING = Keyring.generate()
ID = "unilogin|Person|user:abc"


def doubtful(*among: str) -> Stating:
    statement = Statement("Person", "user:abc", values={"name": told("Alma T.")}, among=among)
    return Stating(statement, name="unilogin", whole=False)


def uuid_of(driver: neo4j.Driver, key: str) -> str:
    rows, _, _ = driver.execute_query("MATCH (:SourceRecord {key: $key})-[:TELLS]->(n) RETURN n.uuid AS uuid", key=key)
    uuid: str = rows[0]["uuid"]
    return uuid


def persons(driver: neo4j.Driver) -> int:
    rows, _, _ = driver.execute_query("MATCH (p:Person) RETURN count(p) AS persons")
    count: int = rows[0]["persons"]
    return count


@pytest.mark.parametrize("candidates", [0, 1])
def test_it_waits_without_making_anything(clean_graph: neo4j.Driver, candidates: int) -> None:
    run_import(clean_graph, Stating(*small()), RING)
    among = (uuid_of(clean_graph, "p1"),)[:candidates]
    report = run_import(clean_graph, doubtful(*among), RING)
    assert [(each.key, each.rule) for each in report.problems] == [("user:abc", "ambiguous_match")]
    assert persons(clean_graph) == 3
    before = last_write(clean_graph)
    run_import(clean_graph, doubtful(*among), RING)
    assert last_write(clean_graph) == before, "what still waits is no news"


def test_it_is_the_person_that_a_user_chose_from_then_on(clean_graph: neo4j.Driver) -> None:
    run_import(clean_graph, Stating(*small()), RING)
    alma = uuid_of(clean_graph, "p1")
    run_import(clean_graph, doubtful(alma), RING)
    decide(clean_graph, ID, alma, "hanne", "asked the school")
    assert run_import(clean_graph, doubtful(alma), RING).problems == []
    assert (uuid_of(clean_graph, "user:abc"), persons(clean_graph)) == (alma, 3)


def test_or_a_new_person(clean_graph: neo4j.Driver) -> None:
    run_import(clean_graph, Stating(*small()), RING)
    run_import(clean_graph, doubtful(), RING)
    decide(clean_graph, ID, None, "hanne", "nobody of ours")
    run_import(clean_graph, doubtful(), RING)
    assert persons(clean_graph) == 4
