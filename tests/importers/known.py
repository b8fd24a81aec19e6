"""A source's readings applied to a dict of statements: what the pipeline does, without the graph, rules and brake.

For tests of readers and mappings. What counts in the graph (merge, brake, writes) is tested with ``run_import``.
"""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date

from graph.cpr.keyring import Keyring
from graph.statements import normal_text
from graph.statements.merge import check
from graph.statements.statement import BadRecord, Problem, Scalar, Statement, Value
from graph.time import Period, within
from importers.gaps import filled
from importers.source import Mapped, Reading, Source

KEYRING = Keyring({"k1": b"1" * 32}, "k1", b"2" * 32)
ABSENT = "absent"


@dataclass
class Applied:
    """What one import did: statements that are new or other than before, and what is wrong or doubtful."""

    readings: list[str] = field(default_factory=list)
    changed: list[Statement] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)
    mapped: int = 0

    def rules(self) -> list[str]:
        return sorted(each.rule for each in self.problems)


class InMemory:
    """``importers.source.Known``, filled by ``take``."""

    user: str | None = None
    dry_run = False

    def __init__(self) -> None:
        self.cursor: Mapping[str, str] = {}
        self.kept: dict[tuple[str, str], tuple[Statement, str]] = {}
        self.stages: list[tuple[str, int, int | None]] = []
        self.memory: dict[str, bytes] = {}

    def keys(self, kind: str) -> Collection[str]:
        return {key: None for of, key in self.kept if of == kind}.keys()

    def keys_starting(self, kind: str, prefix: str) -> Iterable[str]:
        return [key for key in self.keys(kind) if key.startswith(prefix)]

    def statement(self, kind: str, key: str) -> Statement | None:
        found = self.kept.get((kind, key))
        return None if found is None else replace(found[0], cpr=None)

    def statements(self, kind: str) -> Iterator[Statement]:
        return iter([replace(each, cpr=None) for (of, _), (each, _) in self.kept.items() if of == kind])

    def several(self, kind: str, keys: Sequence[str]) -> dict[str, Statement]:
        return {key: each for key in keys if (each := self.statement(kind, key)) is not None}

    def of_kinds(self, keys: Mapping[str, Collection[str]]) -> dict[tuple[str, str], Statement]:
        return {(kind, key): each for kind, of in keys.items() for key, each in self.several(kind, [*of]).items()}

    def fingerprint(self, *raw: bytes) -> str:
        for each in raw:  # a set has another order in another process, and its record would be another one each time
            assert b"frozenset({" not in each, each
        return KEYRING.fingerprint(*raw)

    def person_key(self, cpr: str) -> str:
        return KEYRING.hash(cpr)

    def progress(self, stage: str, done: int, total: int | None) -> None:
        self.stages.append((stage, done, total))

    def recalled(self) -> Iterable[tuple[str, bytes]]:
        return list(self.memory.items())

    def remember(self, parts: Callable[[], Iterable[tuple[str, bytes]]]) -> None:
        self.memory.update(parts())

    # -- for tests ----------------------------------------------------------------------------------------------

    def take(self, source: Source) -> Applied:
        """Everything that the source has to read. A statement that contradicts itself raises Refused."""
        applied = Applied()
        for reading in source.readings(self):
            applied.readings.append(reading.label)
            self._take(reading, applied)
        return applied

    def apply(self, reading: Reading) -> Applied:
        """One reading."""
        applied = Applied([reading.label])
        self._take(reading, applied)
        return applied

    def _take(self, reading: Reading, applied: Applied) -> None:
        applied.problems += reading.problems
        told: list[tuple[Statement, str]] = []
        seen: set[tuple[str, str]] = set()
        for raw in reading.records:
            seen.add((raw.kind, raw.key))
            old = self.kept.get((raw.kind, raw.key))
            if old is not None and old[1] == raw.fingerprint:
                continue
            applied.mapped += 1
            try:
                previous = self.statement(raw.kind, raw.key)
                mapped = filled(raw.map(previous), previous)
            except BadRecord as bad:
                applied.problems.append(bad.problem)
                continue
            applied.problems += mapped.problems
            if mapped.statement is not None:
                statement, problems = normal_text.of_source(mapped.statement)
                applied.problems += problems
                told.append((statement, "" if mapped.gaps else raw.fingerprint))
        for (kind, key), (_, fingerprint) in self.kept.items():
            if kind in reading.complete_kinds and (kind, key) not in seen and fingerprint != ABSENT:
                previous = self.statement(kind, key)
                assert previous is not None
                gone = reading.absent(previous) if reading.absent else _ended(previous, reading.day)
                if gone is not None:
                    gone = filled(gone, previous)
                    applied.problems += gone.problems
                    if gone.statement is not None:
                        told.append((gone.statement, "" if gone.gaps else ABSENT))
        for statement, fingerprint in told:
            check(statement)
            before = self.kept.get((statement.kind, statement.key))
            if before is None or replace(before[0], cpr=None) != replace(statement, cpr=None):
                applied.changed.append(statement)
            self.kept[statement.kind, statement.key] = (statement, fingerprint)
        if reading.cursor:
            self.cursor = dict(reading.cursor)

    def of(self, kind: str, key: str) -> Statement:
        """The kept statement; a test that asks for one that isn't there fails."""
        found = self.statement(kind, key)
        assert found is not None, f"nothing is kept of {kind} {key}; there are {sorted(self.keys(kind))}"
        return found

    def exists(self, kind: str, key: str, day: date) -> bool:
        return any(each.holds(day) for each in self.of(kind, key).exists or ())

    def existing(self, kind: str, day: date) -> list[str]:
        """Keys of what exists on a day."""
        return sorted(key for key in self.keys(kind) if self.exists(kind, key, day))

    def value(self, kind: str, key: str, name: str, day: date) -> Value | None:
        """The value told for a day, whether or not the thing exists then."""
        tolds = self.of(kind, key).values.get(name, ())
        return next((told.value for told in tolds if told.period.holds(day)), None)

    def link(self, kind: str, key: str, name: str, day: date) -> str | None:
        """The key that a link points to on a day; the first one, where it points to several."""
        tolds = self.of(kind, key).links.get(name, ())
        return next((told.to.key for told in tolds if told.period.holds(day)), None)


def told_values(statement: Statement, name: str) -> list[tuple[Period, Scalar | tuple[str, ...]]]:
    return [(each.period, each.value) for each in statement.values.get(name, ())]


def _ended(previous: Statement, day: date) -> Mapped:
    if previous.exists is None:
        return Mapped(replace(previous, values={}, links={}))
    return Mapped(replace(previous, exists=within(previous.exists, (Period(end=day),))))
