"""What is rehearsed is seen by whoever rehearses it, and never by others: not after an error, nor after a kill."""

import os
import signal
from multiprocessing.connection import Connection

import neo4j
import pytest
from neo4j.exceptions import Neo4jError

from graph.change_log import Origin
from graph.connection import connect
from graph.cpr.keyring import Keyring
from graph.rehearsal import RehearsalBroken, all_or_none, rehearsed
from graph.statements.statement import Statement
from graph.time import Period
from graph.writing.graph_writer import GraphWriter
from reconnect.embedded import Addresses
from tests.forked import telling
from tests.graph.snapshot import everything

pytestmark = pytest.mark.slow


def write(driver: neo4j.Driver) -> int:
    """How many units there are with the one that is written."""
    writer = GraphWriter(driver, Keyring.generate())
    writer.state("facts", [Statement("Unit", "u", exists=(Period(),))], Origin("facts"))
    rows, _, _ = driver.execute_query("MATCH (u:Unit) RETURN count(u) AS count")
    return int(rows[0]["count"])


def test_nothing_stays(clean_graph: neo4j.Driver) -> None:
    before = everything(clean_graph)
    assert rehearsed(clean_graph, write) == 1

    def fail(driver: neo4j.Driver) -> None:
        write(driver)
        with pytest.raises(Neo4jError):
            driver.execute_query("no statement")
        driver.execute_query("RETURN 1")

    with pytest.raises(RehearsalBroken):
        rehearsed(clean_graph, fail)
    assert everything(clean_graph) == before
    assert write(clean_graph) == 1


def _killed(tell: Connection, addresses: Addresses) -> None:
    def work(driver: neo4j.Driver) -> None:
        tell.send(write(driver))
        os.kill(os.getpid(), signal.SIGKILL)

    with connect(addresses.bolt_uri, addresses.user, addresses.password) as driver:
        rehearsed(driver, work)


def test_a_kill_leaves_nothing_and_nobody_waits(clean_graph: neo4j.Driver, addresses: Addresses) -> None:
    before = everything(clean_graph)
    process, told = telling(_killed, addresses)
    assert told.recv() == 1
    process.join(60)
    assert process.exitcode == -signal.SIGKILL
    assert everything(clean_graph) == before
    assert write(clean_graph) == 1


def test_what_is_kept_is_kept_as_a_whole_or_not_at_all(clean_graph: neo4j.Driver) -> None:
    before = everything(clean_graph)

    def half(driver: neo4j.Driver) -> None:
        write(driver)
        raise ValueError("in the middle")

    with pytest.raises(ValueError, match="in the middle"):
        all_or_none(clean_graph, half)
    assert everything(clean_graph) == before
    assert rehearsed(clean_graph, lambda driver: all_or_none(driver, write)) == 1
    assert everything(clean_graph) == before
    assert all_or_none(clean_graph, write) == 1
    rows, _, _ = clean_graph.execute_query("MATCH (u:Unit) RETURN count(u) AS count")
    assert rows[0]["count"] == 1
