"""What the graph keeps of a source for the source's next reading."""

from collections.abc import Iterator

import neo4j
import pytest
from neo4j.exceptions import TransientError

from graph.cpr.keyring import Keyring
from graph.identity.known_keys import KnownKeys
from graph.runs.known import GraphKnown

PARTS = [("00", b"first"), ("01", b"second"), ("02", b"third")]


def test_what_a_source_keeps_is_whole_after_a_try_that_failed(
    clean_graph: neo4j.Driver, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Neo4j gives up one of two transactions that wait for each other: the driver tries it again, from the start."""
    run, tries = neo4j.ManagedTransaction.run, [0]

    def once_in_vain(self: neo4j.ManagedTransaction, *query: object, **parameters: object) -> neo4j.Result:
        tries[0] += 1
        if tries[0] == 2:
            raise TransientError
        return run(self, *query, **parameters)  # type: ignore[arg-type]

    known = GraphKnown(clean_graph, "opus", Keyring.generate(), KnownKeys(clean_graph))
    asked = [0]

    def parts() -> Iterator[tuple[str, bytes]]:
        asked[0] += 1
        yield from PARTS

    monkeypatch.setattr(neo4j.ManagedTransaction, "run", once_in_vain)
    known.remember(parts)
    assert sorted(known.recalled()) == PARTS
    assert (tries[0], asked[0]) == (5, 3)
