"""While one batch is written the next is compared; but never a thing that is being written."""

import threading
from collections.abc import Callable, Iterator, Sequence
from typing import cast

import pytest

from graph.change_log import Origin
from graph.identity.statement_matching import MatchedStatement
from graph.statements.merge import Thing
from graph.writing.difference import Difference
from graph.writing.graph_writer import GraphWriter
from graph.writing.retrying import Stale
from importers.pipeline import comparing
from importers.pipeline.aside import of_stated
from importers.pipeline.comparing import Compared, distinct
from importers.pipeline.intake import silent
from importers.pipeline.writing import Writing
from tests.graph.organisation import person


class Noting:
    """A writer that writes nothing, and notes in which order it compares and writes."""

    def __init__(self, writes: Callable[[], None] = lambda: None) -> None:
        self.noted: list[str] = []
        self.comparing = threading.Event()
        self.writes = writes
        self.comparer = self.transactions = self

    def differences(self, stated: Sequence[MatchedStatement]) -> Iterator[Difference]:
        if stated:
            self.noted.append("compare " + " ".join(each.statement.key for each in stated))
        if len(self.noted) > 1:
            self.comparing.set()
        for each in stated:
            yield Difference("Person", each.uuid, 0, "created", each.record, "", "", Thing(), Thing(), new=each.new)

    def write(self, batch: Sequence[Difference], origin: Origin) -> list[int | None]:
        self.writes()
        self.noted.append("write " + " ".join(each.record.key for each in batch))
        return [None] * len(batch)


def _stated(key: str, uuid: str, *, new: bool = True) -> MatchedStatement:
    return MatchedStatement("sd", person(key, "Alma"), "", uuid, new)


def _compared(stated: Sequence[MatchedStatement]) -> Compared:
    """New persons: none of them is compared before it is written."""
    compared = Compared("Person", of_stated())
    for batch in distinct(stated):
        compared.stated.add(batch)
        compared.found.add([])
    return compared


def _apply(noting: Noting, *stated: MatchedStatement) -> list[str]:
    """Keys of what was written."""
    wrote: list[str] = []
    made = Writing(cast(GraphWriter, noting), lambda: Origin("sd"), lambda each: wrote.append(each.record.key), silent)
    made.apply(_compared(stated))
    return wrote


@pytest.fixture(autouse=True)
def _small_batches(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(comparing, "BATCH", 2)


def test_the_next_batch_is_compared_while_one_is_written() -> None:
    noting = Noting()
    overlapped: list[bool] = []
    noting.writes = lambda: overlapped.append(noting.comparing.wait(30))
    assert _apply(noting, *(_stated(each, each) for each in "abcd")) == ["a", "b", "c", "d"]
    assert overlapped[0], "the second batch was compared before the first was written"
    assert [each for each in noting.noted if each.startswith("write")] == ["write a b", "write c d"]


def test_a_thing_that_comes_again_is_compared_with_what_was_written_of_it() -> None:
    noting = Noting()
    _apply(noting, _stated("a", "1"), _stated("b", "2"), _stated("c", "1"), _stated("d", "3"))
    assert noting.noted[:2] == ["compare a b", "write a b"]
    assert noting.noted[2:] == ["compare c d", "write c d"]


def test_what_others_wrote_meanwhile_is_compared_again_and_counted_once() -> None:
    noting = Noting()
    failing = iter([Stale(), None])

    def fail() -> None:
        if failure := next(failing, None):
            raise failure

    noting.writes = fail
    assert _apply(noting, _stated("a", "1", new=False)) == ["a"]
    assert noting.noted == ["compare a", "compare a", "write a"]


def test_a_new_thing_that_others_made_meanwhile_is_matched_anew() -> None:
    def fail() -> None:
        raise Stale

    with pytest.raises(Stale):
        _apply(Noting(fail), _stated("a", "1"))


def test_what_was_written_counts_where_the_next_batch_can_not_be_made() -> None:
    class Failing(Noting):
        def differences(self, stated: Sequence[MatchedStatement]) -> Iterator[Difference]:
            if any(each.statement.key == "c" for each in stated):
                raise KeyError("c")
            return super().differences(stated)

    noting = Failing()
    wrote: list[str] = []
    made = Writing(cast(GraphWriter, noting), lambda: Origin("sd"), lambda each: wrote.append(each.record.key), silent)
    with pytest.raises(KeyError):
        made.apply(_compared([_stated(each, each) for each in "abc"]))
    assert wrote == ["a", "b"]
