"""The analysts' copy: all that is open, nothing that is not, in a database of its own."""

import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import neo4j
import pytest

from graph.connection import connect
from graph.cpr import Keyring
from importers.pipeline import run_import
from reconnect import analyst
from reconnect.embedded import Instance
from reconnect.embedded.neo4j import Memory
from tests.graph.organisation import Stating, employment, person, told, unit

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def other(short_lived: str) -> Iterator[neo4j.Driver]:
    """A second embedded Neo4j."""
    home = Path(tempfile.mkdtemp(prefix="reconnect-analyst-"))
    instance = Instance(home, memory=Memory("256m", "512m", "64m"))
    addresses = instance.start()
    with connect(addresses.bolt_uri, addresses.user, addresses.password) as driver:
        yield driver
    instance.stop()
    shutil.rmtree(home)


def quiet(what: str, done: int, total: int) -> None:
    """No progress."""


def test_what_an_analyst_gets(clean_graph: neo4j.Driver, other: neo4j.Driver) -> None:
    alma = person("p1", "Alma Testrup", "1101575001")
    alma.values = {**alma.values, "street": told("Hemmelig Allé 1"), "private_phone": told("11223344")}
    hidden = person("p2", "Skjult Navn", "0202575002")
    hidden.values = {**hidden.values, "address_protected": told(True)}
    source = Stating(unit("root"), alma, hidden, employment("e1", "p1", "root"), employment("e2", "p2", "root"))
    run_import(clean_graph, source, Keyring.generate())

    counts = analyst.copy(clean_graph, other, quiet)
    analyst.copy(clean_graph, other, quiet)

    assert (counts["Unit"], counts["Person"], counts["Employment"]) == (1, 2, 2)
    rows, _, _ = other.execute_query(
        """
        MATCH (p:Person {name: 'Alma Testrup'})-[:HAS]->(e:Employment)-[:IN]->(u:Unit {name: 'Root'})
        MATCH (p)-[:STATE]->(s:PersonState {name: p.name})
        RETURN p.active AS active, s.name AS name
        """
    )
    assert [row.data() for row in rows] == [{"active": True, "name": "Alma Testrup"}]
    everything, _, _ = other.execute_query("MATCH (n) RETURN labels(n) AS labels, properties(n) AS values")
    text = str([row.data() for row in everything])
    for secret in ("Hemmelig", "11223344", "Skjult", "1101575001", "cpr_", "SourceRecord", "'Change'", "Copied"):
        assert secret not in text
    links, _, _ = clean_graph.execute_query("MATCH (a)-[r:HAS|IN|STATE]->(b) RETURN count(r) AS count")
    copied, _, _ = other.execute_query("MATCH ()-[r]->() RETURN count(r) AS count")
    assert copied[0]["count"] == links[0]["count"]
