"""The intake of a reading: its new or changed records, their statements, and the things that it lacks."""

import marshal
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import islice
from typing import TypeVar

import neo4j

from graph.disk_map import DiskMap
from graph.errors import ChangeRejected
from graph.identity.known_keys import KnownKeys, RecordId
from graph.model import KINDS
from graph.runs.known import ABSENT, NOT_COMPLETE, GraphKnown
from graph.runs.problems import kept_problems
from graph.statements import normal_text
from graph.statements.merge import check
from graph.statements.rights_check import refuse_blank_items
from graph.statements.statement import BadRecord, Problem, Ref, Statement
from graph.time import Period, within
from importers.gaps import filled
from importers.pipeline.incoming import BATCH, IncomingStatements
from importers.source import Mapped, RawRecord, Reading
from rules.assignments import IncomingStatement

T = TypeVar("T")
Progress = Callable[[str, int, int | None], None]
"""(stage, done, total), called as work goes on."""


def silent(stage: str, done: int, total: int | None) -> None:
    """No progress is shown."""


@dataclass
class Intake:
    """One reading. ``looked_at``: (kind, key) of records that were mapped anew and have a kept problem, which can be
    removed."""

    driver: neo4j.Driver
    source: str
    reading: Reading
    known: GraphKnown
    index: KnownKeys
    progress: Progress
    problems: list[Problem] = field(default_factory=list)
    looked_at: set[tuple[str, str]] = field(default_factory=set)
    unchanged: int = 0
    bad: set[tuple[str, str]] = field(default_factory=set)
    """(kind, key) of earlier bad records."""
    refused: set[tuple[str, str]] = field(default_factory=set)
    """(kind, key) of rejected records."""

    def __post_init__(self) -> None:
        self.index.learn_all(self.source, self.reading.complete_kinds)
        self.problems += self.reading.problems
        self.looked_at |= {(each.kind, each.key) for each in self.reading.problems}
        whole, again = self.reading.complete_kinds, self.reading.recheck_kinds
        kept = kept_problems(self.driver, self.source).values()
        self._with_problems = {(each.kind, each.key) for each in kept}
        mended = (each for each in kept if each.kind in again or (whole and not each.key))
        self.looked_at |= {(each.kind, each.key) for each in mended}
        self.bad = {(each.kind, each.key) for each in kept if each.severity == "bad"}

    def incoming(self) -> IncomingStatements:
        """The statements of all accepted records that are new, changed or gone."""
        incoming = IncomingStatements()
        seen: dict[str, DiskMap[None]] = {
            kind: DiskMap(marshal.dumps, marshal.loads) for kind in self.reading.complete_kinds
        }
        bad_before = set(self.bad)
        count = 0
        for raws in batches(self.reading.records, BATCH):
            incoming.add(each for each in self._mapped(raws, seen) if self.is_sound(each))
            if bad_before:
                bad_before.difference_update((raw.kind, raw.key) for raw in raws)
            count += len(raws)
            self.progress("reading", count, None)
        # A bad record that is no longer sent is gone, or was corrected under another key.
        self.looked_at |= {(kind, key) for kind, key in bad_before if kind in self.reading.complete_kinds}
        for kind in sorted(seen):
            incoming.add(each for each in self._absent(kind, seen[kind]) if self.is_sound(each))
        self._leave_out_unowned(incoming)
        return incoming

    def is_sound(self, incoming: IncomingStatement) -> bool:
        """Check that the statement does not contradict itself or the model; otherwise it is a bad record."""
        try:
            check(incoming.statement)
        except ChangeRejected as refused:
            self.problems.append(problem_of(incoming.statement.kind, incoming.statement.key, refused))
            self._look_at(incoming.statement.kind, incoming.statement.key)
            self.refused.add((incoming.statement.kind, incoming.statement.key))
            return False
        return True

    def _leave_out_unowned(self, incoming: IncomingStatements) -> None:
        """Leave out new things whose owner is in this reading and was rejected: they would have no owner.

        An owner counts only if its record was accepted.
        """
        lost = {each for each in self.refused if self.index.kept(RecordId(self.source, *each)) is None}
        for kind in sorted({kind for kind, _ in lost}):
            for statements in incoming.statements(kind):
                lost.difference_update((kind, each.key) for each in statements)

        def is_unowned(each: IncomingStatement) -> bool:
            owner = _owner(each.statement)
            record = RecordId(each.source, each.statement.kind, each.statement.key)
            if owner is None or (owner.kind, owner.key) not in lost or self.index.kept(record) is not None:
                return False
            text = f"the {owner.kind} that it belongs to was rejected, so this record was rejected too"
            self.problems.append(Problem(record.kind, record.key, "person", "owner_not_taken", text))
            return True

        if lost:
            incoming.without(is_unowned, [kind for kind in KINDS if _has_owner(kind)])

    def _mapped(self, raws: Sequence[RawRecord], seen: Mapping[str, DiskMap[None]]) -> list[IncomingStatement]:
        """The statements of new and changed records. Notes in ``seen``, by kind, the known keys that were sent: without
        earlier records nothing can be missing."""
        changed: list[RawRecord] = []
        kept: dict[str, list[str]] = {}
        keys: dict[str, list[str]] = {}
        for raw in raws:
            keys.setdefault(raw.kind, []).append(raw.key)
        if self.reading.complete_kinds:
            # A whole reading with many of a kind has most of what is known of it.
            self.index.learn_all(self.source, [kind for kind, each in keys.items() if 2 * len(each) > BATCH])
        self.index.learn_keys(self.source, keys)
        of_kind = {kind: (self.index.kept_in(self.source, kind), seen.get(kind)) for kind in keys}
        for raw in raws:
            find, met = of_kind[raw.kind]
            old = find(raw.key)
            if old is not None:
                if met is not None:
                    met[raw.key] = None
                if old.fingerprint == raw.fingerprint:
                    self.unchanged += 1
                    # A bad record may be as it was before it was bad: it is corrected then.
                    if not self.bad or (raw.kind, raw.key) not in self.bad:
                        continue
                kept.setdefault(raw.kind, []).append(raw.key)
            changed.append(raw)
        previous = self.known.of_kinds(kept) if kept else {}
        incoming: list[IncomingStatement] = []
        for raw in changed:
            self._look_at(raw.kind, raw.key)
            try:
                before = previous.get((raw.kind, raw.key))
                mapped = filled(raw.map(before), before)
            except BadRecord as bad:
                self.problems.append(bad.problem)
                self.refused.add((raw.kind, raw.key))
                continue
            incoming += self._taken(mapped, raw.fingerprint)
        return incoming

    def _taken(self, mapped: Mapped, fingerprint: str) -> Iterator[IncomingStatement]:
        """The statement, with its texts in the form in which they are kept."""
        self.problems += mapped.problems
        if mapped.statement is not None:
            try:
                refuse_blank_items(mapped.statement)
            except ChangeRejected as refused:
                kind, key = mapped.statement.kind, mapped.statement.key
                self.problems.append(problem_of(kind, key, refused))
                self.refused.add((kind, key))
                return
            statement, problems = normal_text.of_source(mapped.statement)
            self.problems += problems
            yield IncomingStatement(self.source, statement, NOT_COMPLETE if mapped.gaps else fingerprint)

    def _absent(self, kind: str, seen: DiskMap[None]) -> Iterator[IncomingStatement]:
        gone = (
            key for key, kept in self.index.kept_of(self.source, kind) if kept.fingerprint != ABSENT and key not in seen
        )
        for keys in batches(gone, BATCH):
            for key, previous in self.known.several(kind, keys).items():
                self._look_at(kind, key)
                mapped = (self.reading.absent or self._ended)(previous)
                if mapped is not None:
                    yield from self._taken(filled(mapped, previous), ABSENT)

    def _look_at(self, kind: str, key: str) -> None:
        if (kind, key) in self._with_problems:
            self.looked_at.add((kind, key))

    def _ended(self, previous: Statement) -> Mapped:
        """The end of a thing that the source no longer has: on the reading's day, unless the source decides
        otherwise."""
        if previous.exists is None:
            return Mapped(replace(previous, values={}, links={}))
        return Mapped(replace(previous, exists=within(previous.exists, (Period(end=self.reading.day),))))


def _owner(statement: Statement) -> Ref | None:
    """The employed or affiliated person, by the source itself; None if other sources state it, or there is none.

    An account may have no owner yet.
    """
    if not _has_owner(statement.kind):
        return None
    return next((each.to for each in statement.links.get("person", ()) if each.to.by == "source"), None)


def _has_owner(kind: str) -> bool:
    return any(link.owner and link.name == "person" for link in KINDS[kind].links)


def problem_of(kind: str, key: str, refused: ChangeRejected) -> Problem:
    """A refusal as the problem of a record."""
    return Problem(kind, key, refused.field, refused.code, str(refused))


def batches(items: Iterable[T], size: int) -> Iterator[list[T]]:
    """The items in lists of at most ``size``."""
    iterator = iter(items)
    while batch := list(islice(iterator, size)):
        yield batch
