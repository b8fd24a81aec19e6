"""What a run would change, one kind after the other: everything is compared before anything is written."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import chain

from graph.batches import Batches
from graph.identity.statement_matching import MatchedStatement
from graph.writing.comparing import StatementComparer
from graph.writing.difference import Difference
from graph.writing.transactions import points_to_itself
from importers.pipeline.aside import of_compared
from importers.pipeline.incoming import BATCH

Entry = tuple[int, Difference | None]
"""A statement's place in its batch, and its difference."""


@dataclass(slots=True)
class Compared:
    """``stated``: in batches that contain no thing twice. ``found``: the compared ones of each batch.

    New things of a kind that does not refer to itself are compared when they are written, since there is nothing to
    compare them with.
    """

    kind: str
    stated: Batches[MatchedStatement]
    found: Batches[Entry] = field(default_factory=of_compared)

    def __iter__(self) -> Iterator[tuple[list[MatchedStatement], list[Entry]]]:
        return zip(self.stated, self.found, strict=True)

    def differences(self) -> Iterator[Difference]:
        """The differences found."""
        return (each for _, each in self.found.each() if each is not None)


@dataclass(frozen=True, slots=True)
class Differences:
    """All differences found; they can be iterated again."""

    compared: Mapping[str, Compared]

    def __iter__(self) -> Iterator[Difference]:
        return chain.from_iterable(each.differences() for each in self.compared.values())


@dataclass(frozen=True, slots=True)
class New:
    """The things that the run would create."""

    compared: Mapping[str, Compared]

    def __iter__(self) -> Iterator[MatchedStatement]:
        return (stated for each in self.compared.values() for stated in each.stated.each() if stated.new)


def compare(comparer: StatementComparer, kind: str, stated: Batches[MatchedStatement]) -> Compared:
    """``stated``, in batches that contain no thing twice."""
    compared = Compared(kind, stated)
    for batch in stated:
        due = {place: each for place, each in enumerate(batch) if not each.new or points_to_itself(kind)}
        found = {each.uuid: each for each in comparer.differences(list(due.values()))}
        entries: list[Entry] = []
        for place, each in due.items():
            difference = found.get(each.uuid)
            # The thing of an earlier statement does not exist yet: this one is compared when that one is written.
            if difference is None or each.new or not difference.new:
                entries.append((place, difference))
        compared.found.add(entries)
    return compared


def distinct(stated: Iterable[MatchedStatement]) -> Iterator[list[MatchedStatement]]:
    """Batches that contain no thing twice: each is compared with the result of the previous one."""
    coming = iter(stated)
    later: list[MatchedStatement] = []
    while True:
        batch: list[MatchedStatement] = []
        met: set[str] = set()
        again: list[MatchedStatement] = []
        waiting = iter(later)
        for each in chain(waiting, coming):
            if each.uuid in met:
                again.append(each)
                continue
            met.add(each.uuid)
            batch.append(each)
            if len(batch) == BATCH:
                break
        if not batch:
            return
        yield batch
        later = [*again, *waiting]
