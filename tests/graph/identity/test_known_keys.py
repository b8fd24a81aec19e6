"""What a source has told is asked for in batches, and once so much of a kind was asked for, all of it in one go."""

import neo4j
import pytest

from graph.cpr.keyring import Keyring
from graph.identity import known_keys
from graph.identity.known_keys import Kept, KnownKeys, RecordId
from importers.pipeline.import_run import run_import
from tests.graph.organisation import Stating, unit

KEYS = [f"u{number}" for number in range(9)]
IDS = [RecordId("sd", "Unit", key) for key in KEYS]


@pytest.fixture
def graph(clean_graph: neo4j.Driver) -> neo4j.Driver:
    run_import(clean_graph, Stating(*(unit(key) for key in KEYS)), Keyring.generate())
    return clean_graph


def known(learnt: KnownKeys) -> dict[str, Kept | None]:
    return {record.key: learnt.kept(record) for record in IDS}


def test_many_that_are_asked_for_by_key_are_the_same_as_all(
    graph: neo4j.Driver, monkeypatch: pytest.MonkeyPatch
) -> None:
    by_key, all_at_once = KnownKeys(graph), KnownKeys(graph)
    by_key.learn_records(IDS[:4])
    assert [record.key for record in IDS if by_key.kept(record)] == KEYS[:4]
    monkeypatch.setattr(known_keys, "MANY", 5)
    by_key.learn_records([*IDS[3:6], RecordId("sd", "Unit", "unheard of")])
    all_at_once.learn_all("sd", ["Unit"])
    assert known(by_key) == known(all_at_once)
    assert None not in known(by_key).values()
    assert by_key.kept(RecordId("sd", "Unit", "unheard of")) is None


def test_what_is_about_to_be_written_is_not_overwritten_by_what_is_kept(graph: neo4j.Driver) -> None:
    learnt = KnownKeys(graph)
    learnt.note(IDS[0], "a uuid", "a new fingerprint")
    learnt.learn_all("sd", ["Unit"])
    assert learnt.kept(IDS[0]) == Kept("a uuid", "a new fingerprint")
    assert {key for key, _ in learnt.kept_of("sd", "Unit")} == set(KEYS)
