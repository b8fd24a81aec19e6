"""All statements of a reading, by kind and source, before they are written."""

from collections.abc import Callable, Iterable, Iterator

from graph.batches import Batches
from graph.model import KINDS
from graph.statements.statement import Statement
from importers.pipeline.aside import of_incoming
from rules.assignments import IncomingStatement

BATCH = 1000  # records at a time, and things per transaction; bounds memory and the time that the log is locked


class IncomingStatements:
    """Statements in the order in which they were added, within their kind and source. There may be millions."""

    def __init__(self, incoming: Iterable[IncomingStatement] = ()) -> None:
        self._groups: dict[tuple[str, str], Batches[IncomingStatement]] = {}
        self._begun: dict[tuple[str, str], list[IncomingStatement]] = {}
        self.add(incoming)

    def __len__(self) -> int:
        return sum(map(len, self._groups.values())) + sum(map(len, self._begun.values()))

    def add(self, incoming: Iterable[IncomingStatement]) -> None:
        for each in incoming:
            group = each.statement.kind, each.source
            begun = self._begun.setdefault(group, [])
            begun.append(each)
            if len(begun) == BATCH:
                self._end(group)

    def of(self, kind: str) -> Iterator[tuple[str, Batches[IncomingStatement]]]:
        """Each source with its statements of this kind, in the order of their first statements."""
        for group in [each for each in self._begun if each[0] == kind]:
            self._end(group)
            yield group[1], self._groups[group]

    def each(self) -> Iterator[IncomingStatement]:
        """All of it, in the order of the model's kinds."""
        for kind in KINDS:
            for _, batches in self.of(kind):
                yield from batches.each()

    def statements(self, kind: str) -> Iterator[list[Statement]]:
        """The statements of a kind, from all sources, in batches."""
        for _, batches in self.of(kind):
            for batch in batches:
                yield [each.statement for each in batch]

    def without(self, is_left_out: Callable[[IncomingStatement], bool], kinds: Iterable[str]) -> None:
        """Leave statements of these kinds out."""
        for kind in kinds:
            for source, batches in list(self.of(kind)):
                left = of_incoming()
                for batch in batches:
                    left.add(each for each in batch if not is_left_out(each))
                self._groups[kind, source] = left

    def _end(self, group: tuple[str, str]) -> None:
        """Put the unfinished batch with the others."""
        if group not in self._groups:
            self._groups[group] = of_incoming()
        if begun := self._begun[group]:
            self._groups[group].add(begun)
            self._begun[group] = []
