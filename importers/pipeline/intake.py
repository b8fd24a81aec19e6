"""Taking a reading in: which of its records are new or changed, what they mean, and what is no longer there."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from itertools import islice
from typing import TypeVar

import neo4j

from graph.errors import Refused
from graph.identity.known_keys import Index, RecordId
from graph.model import KINDS
from graph.runs.known import ABSENT, NOT_COMPLETE, GraphKnown
from graph.runs.sourcing import kept_problems
from graph.statements import normal_text
from graph.statements.merge import check
from graph.statements.statement import BadRecord, Problem, Ref, Statement
from graph.time import Period, within
from importers.source import Mapped, RawRecord, Reading
from importers.untold import filled
from rules.assignments import Told

T = TypeVar("T")
BATCH = 1000  # records at a time, and things a transaction; bounds memory and the time that the log is locked
Progress = Callable[[str, int, int | None], None]
"""(what is being done, how much of it is done, of how much), called as work goes on."""


def silent(stage: str, done: int, total: int | None) -> None:
    """No progress is shown."""


@dataclass
class Taking:
    """One reading. ``looked_at``: (kind, key) of what was looked at anew, so that a kept problem can be let go."""

    driver: neo4j.Driver
    source: str
    reading: Reading
    known: GraphKnown
    index: Index
    progress: Progress
    problems: list[Problem] = field(default_factory=list)
    looked_at: set[tuple[str, str]] = field(default_factory=set)
    unchanged: int = 0
    bad: set[tuple[str, str]] = field(default_factory=set)
    """(kind, key) of what was bad before."""
    refused: set[tuple[str, str]] = field(default_factory=set)
    """(kind, key) of what could not be taken now."""

    def __post_init__(self) -> None:
        self.index.learn_all(self.source, self.reading.whole)
        self.problems += self.reading.problems
        self.looked_at |= {(each.kind, each.key) for each in self.reading.problems}
        whole, again = self.reading.whole, self.reading.rechecked
        kept = kept_problems(self.driver, self.source).values()
        mended = (each for each in kept if each.kind in again or (whole and not each.key))
        self.looked_at |= {(each.kind, each.key) for each in mended}
        self.bad = {(each.kind, each.key) for each in kept if each.severity == "bad"}

    def told(self) -> list[Told]:
        """The statements of all records that are new, changed or gone."""
        told: list[Told] = []
        seen: dict[str, set[str]] = {kind: set() for kind in self.reading.whole}
        for raws in batches(self.reading.records, BATCH):
            for raw in raws:
                seen.setdefault(raw.kind, set()).add(raw.key)
            told += self._mapped(raws)
            self.progress("reading", sum(len(keys) for keys in seen.values()), None)
        # What was bad and is not told any more has gone, or was mended under another key.
        self.looked_at |= {
            (kind, key) for kind, key in self.bad if kind in self.reading.whole and key not in seen[kind]
        }
        return told + self._absent(seen)

    def is_sound(self, told: Told) -> bool:
        """The statement does not contradict itself or the model; else it is a bad record."""
        try:
            check(told.statement)
        except Refused as refused:
            self.problems.append(problem_of(told.statement.kind, told.statement.key, refused))
            self.looked_at.add((told.statement.kind, told.statement.key))
            self.refused.add((told.statement.kind, told.statement.key))
            return False
        return True

    def owned(self, told: Sequence[Told]) -> list[Told]:
        """Without new things whose owner this reading tells of and that could not be taken: nobody would own them.

        Who is told of counts as told only when it was accepted.
        """
        taken = {(each.statement.kind, each.statement.key) for each in told}
        lost = {each for each in self.refused - taken if self.index.kept(RecordId(self.source, *each)) is None}
        if not lost:
            return list(told)
        kept: list[Told] = []
        for each in told:
            owner = _owner(each.statement)
            record = RecordId(each.source, each.statement.kind, each.statement.key)
            if owner is None or (owner.kind, owner.key) not in lost or self.index.kept(record) is not None:
                kept.append(each)
                continue
            text = f"the {owner.kind} that it is of was not taken, so it was not either"
            self.problems.append(Problem(record.kind, record.key, "person", "owner_not_taken", text))
        return kept

    def _mapped(self, raws: Sequence[RawRecord]) -> list[Told]:
        ids = [RecordId(self.source, each.kind, each.key) for each in raws]
        self.index.learn_records(ids)
        changed: list[RawRecord] = []
        kept: dict[str, list[str]] = {}
        for record, raw in zip(ids, raws, strict=True):
            old = self.index.kept(record)
            if old is not None and old.fingerprint == raw.fingerprint:
                self.unchanged += 1
                # What was bad may be as it was before that: then it is mended.
                if (raw.kind, raw.key) not in self.bad:
                    continue
            changed.append(raw)
            if old is not None:
                kept.setdefault(raw.kind, []).append(raw.key)
        previous = self.known.of_kinds(kept) if kept else {}
        told: list[Told] = []
        for raw in changed:
            self.looked_at.add((raw.kind, raw.key))
            try:
                before = previous.get((raw.kind, raw.key))
                mapped = filled(raw.map(before), before)
            except BadRecord as bad:
                self.problems.append(bad.problem)
                self.refused.add((raw.kind, raw.key))
                continue
            told += self._taken(mapped, raw.fingerprint)
        return told

    def _taken(self, mapped: Mapped, fingerprint: str) -> Iterator[Told]:
        """The statement, with its texts in the form that is kept."""
        self.problems += mapped.problems
        if mapped.statement is not None:
            statement, problems = normal_text.of_source(mapped.statement)
            self.problems += problems
            yield Told(self.source, statement, NOT_COMPLETE if mapped.untold else fingerprint)

    def _absent(self, seen: dict[str, set[str]]) -> list[Told]:
        told: list[Told] = []
        for kind in sorted(self.reading.whole):
            gone = [
                key
                for key, kept in self.index.kept_of(self.source, kind).items()
                if key not in seen[kind] and kept.fingerprint != ABSENT
            ]
            for keys in batches(gone, BATCH):
                for key, previous in self.known.several(kind, keys).items():
                    self.looked_at.add((kind, key))
                    mapped = (self.reading.absent or self._ended)(previous)
                    if mapped is None:
                        continue
                    mapped = filled(mapped, previous)
                    told += self._taken(mapped, ABSENT)
        return told

    def _ended(self, previous: Statement) -> Mapped:
        """What a source no longer tells ends on the reading's day, unless the source says otherwise."""
        if previous.exists is None:
            return Mapped(replace(previous, values={}, links={}))
        return Mapped(replace(previous, exists=within(previous.exists, (Period(end=self.reading.day),))))


def _owner(statement: Statement) -> Ref | None:
    """Who is employed or affiliated by it, as the source itself tells; None where others tell, or it has nobody.

    An account may do without: whose it is can be said later.
    """
    for link in KINDS[statement.kind].links:
        if link.owner and link.name == "person":
            return next((each.to for each in statement.links.get(link.name, ()) if each.to.by == "source"), None)
    return None


def problem_of(kind: str, key: str, refused: Refused) -> Problem:
    """A refusal as the problem of a record."""
    return Problem(kind, key, refused.field, refused.code, str(refused))


def batches(items: Iterable[T], size: int) -> Iterator[list[T]]:
    """The items in lists of at most ``size``."""
    iterator = iter(items)
    while batch := list(islice(iterator, size)):
        yield batch
