"""An ambiguous match is not guessed: it waits for a person; everything else goes on (architecture.md §4 "Merge")."""

import neo4j
import pytest

from graph.cpr.keyring import Keyring
from graph.errors import Unknown
from graph.identity.matching import decide
from importers.pipeline.import_run import ImportReport, run_import
from tests.graph.organisation import Stating, small, unit
from tests.graph.snapshot import last_write

RING = Keyring.generate()
BY_NUMBER = {"Unit": (("number",),)}


def other(driver: neo4j.Driver) -> ImportReport:
    """A second source that knows units by number: 7 is in one unit, 8 in two."""
    stated = Stating(unit("a", number="7"), unit("b", number="8"), unit("c", number="9"), name="facts")
    return run_import(driver, stated, RING, match_keys=BY_NUMBER)


@pytest.fixture
def graph(clean_graph: neo4j.Driver) -> neo4j.Driver:
    more = [unit("x", number="7"), unit("y", number="8"), unit("z", number="8")]
    run_import(clean_graph, Stating(*small(), *more), RING)
    return clean_graph


def names(driver: neo4j.Driver, key: str) -> list[str]:
    rows, _, _ = driver.execute_query(
        """
        MATCH (:SourceRecord {source: 'facts', key: $key})-[:TELLS]->(u)
        MATCH (u)<-[:TELLS]-(r:SourceRecord)
        RETURN r.key AS key ORDER BY key
        """,
        key=key,
    )
    return [row["key"] for row in rows]


def test_one_candidate_is_the_thing_none_makes_a_new_one_two_wait(graph: neo4j.Driver) -> None:
    report = other(graph)
    assert names(graph, "a") == ["a", "x"]
    assert names(graph, "c") == ["c"]
    assert names(graph, "b") == []
    assert [(each.key, each.rule, each.severity) for each in report.problems] == [("b", "ambiguous_match", "bad")]
    before = last_write(graph)
    other(graph)
    assert last_write(graph) == before


def test_what_a_person_decides_is_followed_by_the_next_import(graph: neo4j.Driver) -> None:
    other(graph)
    rows, _, _ = graph.execute_query("MATCH (a:Ambiguity) RETURN a.id AS id, a.candidates AS candidates")
    assert [row["id"] for row in rows] == ["facts|Unit|b"]
    with pytest.raises(Unknown):
        decide(graph, "facts|Unit|b", "no-such-unit", "hanne", "a guess")
    decide(graph, "facts|Unit|b", rows[0]["candidates"][0], "hanne", "asked the school")
    report = other(graph)
    assert report.problems == []
    assert len(names(graph, "b")) == 2
    assert graph.execute_query("MATCH (b:BadRecord) RETURN b").records == []
