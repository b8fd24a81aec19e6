"""What a run puts aside while it compares: the same again each time, in a file without a name."""

import tempfile
from pathlib import Path

import pytest

from graph import batches
from graph.identity.known_keys import RecordId
from graph.identity.statement_matching import MatchedStatement
from graph.statements.merge import LinkRow, State, Thing
from graph.time import Period
from graph.writing.difference import Difference, Notice
from graph.writing.loading import KeptRecord
from importers.pipeline.aside import of_compared, of_incoming, of_stated
from importers.pipeline.comparing import distinct
from importers.pipeline.incoming import IncomingStatements
from rules.assignments import IncomingStatement
from tests.graph.organisation import person


@pytest.fixture(autouse=True)
def _on_disk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(batches, "IN_MEMORY", 3)
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))


def _told(key: str, source: str = "sd") -> IncomingStatement:
    return IncomingStatement(source, person(key, f"Alma {key}", cpr="0101901234"), f"print {key}")


def test_batches_come_back_in_order_each_time(tmp_path: Path) -> None:
    expected = [[_told("a"), _told("b")], [], [_told("c"), _told("d")], [_told("e")], []]
    aside = of_incoming()
    for place, batch in enumerate(expected):
        aside.add(batch)
        assert list(aside) == expected[: place + 1]
    assert [*zip(aside, aside, strict=True)] == [*zip(expected, expected, strict=True)]
    assert len(aside) == 5
    assert list(tmp_path.iterdir()) == [], "nothing can be opened by its name"


def test_what_was_found_to_be_which_thing_comes_back() -> None:
    stated = [MatchedStatement("sd", person(key, "Alma"), "print", f"uuid {key}", key == "a") for key in "abcd"]
    aside = of_stated()
    aside.add(stated)
    assert list(aside.each()) == stated


def test_what_differs_comes_back() -> None:
    difference = Difference(
        kind="Employment",
        uuid="u",
        version=3,
        operation="moved",
        record=RecordId("sd", "Employment", "k"),
        record_text="{}",
        fingerprint="print",
        before=Thing([State(Period(), {"title": "Kok"})], [LinkRow("unit", Period(), "Unit", "x", (("share", 1.0),))]),
        after=Thing(),
        cpr="0101901234",
        erased=frozenset({"street"}),
        notices=(Notice("unit", "unknown_reference", "text"),),
        kept=KeptRecord("sd", "k", "print", "{}"),
        stripped=((RecordId("cpr", "Person", "k"), "{}"),),
        beside={"with": "v"},
    )
    aside = of_compared()
    aside.add([(0, difference), (1, None), (2, None), (5, difference)])
    assert list(aside.each()) == [(0, difference), (1, None), (2, None), (5, difference)]


def test_no_thing_comes_twice_in_a_batch_and_nothing_is_lost(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("importers.pipeline.comparing.BATCH", 3)
    stated = [
        MatchedStatement("sd", person(str(place), "Alma"), "", uuid, False) for place, uuid in enumerate("aabacdaab")
    ]
    made = [[each.uuid for each in batch] for batch in distinct(iter(stated))]
    assert all(len(set(batch)) == len(batch) <= 3 for batch in made)
    assert made == [["a", "b", "c"], ["a", "d", "b"], ["a"], ["a"], ["a"]]


def test_statements_stay_in_order_within_their_kind_and_source() -> None:
    told = [_told(key, source) for source in ("sd", "opus") for key in "abcde"]
    incoming = IncomingStatements(told)
    incoming.add([_told("f"), _told("f", "opus")])
    assert len(incoming) == 12
    assert [each.statement.key for _, group in incoming.of("Person") for each in group.each()] == [*"abcdef", *"abcdef"]
    incoming.without(lambda each: each.statement.key in "ace", ["Person"])
    assert [each.statement.key for each in incoming.each()] == [*"bdf", *"bdf"]
