"""Cursors that several processes write."""

import neo4j
import pytest

from graph.runs.cursors import read_cursor, replace_cursor
from reconnect.embedded import Addresses
from tests.forked import telling
from tests.graph.runs.exchanges import SOURCE, counted

pytestmark = pytest.mark.slow


def test_a_cursor_is_replaced_only_where_it_is_the_known_one(clean_graph: neo4j.Driver) -> None:
    assert replace_cursor(clean_graph, SOURCE, {}, {"count": "1"})
    assert not replace_cursor(clean_graph, SOURCE, {}, {"count": "2"})
    assert not replace_cursor(clean_graph, SOURCE, {"count": "7"}, {"count": "2"})
    assert read_cursor(clean_graph, SOURCE) == {"count": "1"}


def test_of_two_processes_that_replace_the_same_cursor_one_does(
    addresses: Addresses, clean_graph: neo4j.Driver
) -> None:
    pairs = [telling(counted, addresses, 60) for _ in range(2)]
    try:
        assert [told.recv() for _, told in pairs] == ["ready", "ready"]
        won = [told.recv() for _, told in pairs]
    finally:
        for worker, _ in pairs:
            worker.join()
    assert read_cursor(clean_graph, SOURCE) == {"count": str(sum(won))}
