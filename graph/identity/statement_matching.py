"""Which thing each statement of a source is about: by the source's key, a reference, the CPR number, the natural key,
or what ``graph.identity.matching`` finds; else it is about a new thing."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import uuid4

import neo4j

from graph.cpr.keyring import Keyring
from graph.identity.known_keys import Holder, KnownKeys, RecordId
from graph.identity.matching import DEFAULT_MATCH_KEYS, MatchKeys, Undecided, decisions
from graph.identity.matching import match as by_match_keys
from graph.model import KINDS
from graph.statements.statement import Ref, Statement, cpr_numbers
from graph.time import Period, today, union


@dataclass(slots=True)
class MatchedStatement:
    """A statement on its way in: of which source, for which thing (a new uuid where it is new)."""

    source: str
    statement: Statement
    fingerprint: str
    uuid: str
    new: bool

    @property
    def record(self) -> RecordId:
        return RecordId(self.source, self.statement.kind, self.statement.key)


class StatementMatcher:
    """Matches statements with things. Keep one per run: ``index`` caches what keys lead to."""

    def __init__(
        self, driver: neo4j.Driver, keyring: Keyring, index: KnownKeys, match_keys: MatchKeys = DEFAULT_MATCH_KEYS
    ) -> None:
        self.driver = driver
        self.keyring = keyring
        self.index = index
        self.match_keys = match_keys
        self.undecided: dict[RecordId, Undecided] = {}
        self.waiting: dict[RecordId, Ref] = {}

    def match(self, source: str, statements: Sequence[tuple[Statement, str]]) -> list[MatchedStatement]:
        """The thing that each (statement, fingerprint) is about.

        Statements that fit several things, or that only people may place, are left out and kept in ``undecided``;
        those about a thing that is not known yet, in ``waiting``.
        """
        for each, _ in statements:
            self.undecided.pop(RecordId(source, each.kind, each.key), None)
            self.waiting.pop(RecordId(source, each.kind, each.key), None)
        self.index.learn_records(RecordId(source, each.kind, each.key) for each, _ in statements)
        self.index.learn_cprs(self.keyring.hash(each) for each in cpr_numbers(one for one, _ in statements))
        self.index.learn_naturals(
            (each.kind, natural) for each, _ in statements if (natural := natural_key(each)) is not None
        )
        self.index.learn_refs({each.about for each, _ in statements if each.about is not None}, source)
        unknown = [each for each, _ in statements if self._known(source, each) is None]
        unknown = [each for each in unknown if each.about is None]
        matches = by_match_keys(self.driver, source, [each for each in unknown if each.among is None], self.match_keys)
        matches.undecided += [
            Undecided(RecordId(source, each.kind, each.key), tuple(sorted(each.among)))
            for each in unknown
            if each.among is not None
        ]
        decided = decisions(self.driver, [RecordId(source, each.kind, each.key) for each in unknown]) if unknown else {}
        self.undecided.update({each.record: each for each in matches.undecided if each.record not in decided})
        matched = []
        for statement, fingerprint in statements:
            record = RecordId(source, statement.kind, statement.key)
            if record in self.undecided:
                continue
            kept = self.index.kept(record)
            cpr = self.keyring.hash(statement.cpr) if statement.cpr else None
            uuid = self._known(source, statement)
            if uuid is None and statement.about is not None:
                # Only now: it may be about a thing of an earlier statement of the same batch.
                self.waiting[record] = statement.about
                continue
            if uuid is None:
                uuid = decided[record] if record in decided else matches.found.get(record)
            made = MatchedStatement(source, statement, fingerprint, uuid or str(uuid4()), new=uuid is None)
            self.index.note(record, made.uuid, kept.fingerprint if kept else "", cpr=cpr)
            natural = natural_key(statement)
            if natural is not None:
                self.index.note_natural(statement.kind, natural, self._holder(made))
            matched.append(made)
        return matched

    def _known(self, source: str, statement: Statement) -> str | None:
        """By the source's own key, else by what the statement is about, the CPR number, the natural key."""
        kept = self.index.kept(RecordId(source, statement.kind, statement.key))
        if kept is not None:
            return kept.uuid
        if statement.about is not None:
            return self.index.resolve(statement.about, source)
        if statement.cpr and (person := self.index.person(self.keyring.hash(statement.cpr))) is not None:
            return person
        natural = natural_key(statement)
        return None if natural is None else self.index.natural_of(statement.kind, natural, source, statement.exists)

    def _holder(self, matched: MatchedStatement) -> Holder:
        """The statement's thing as the holder of its natural key, as far as the statement knows."""
        periods = union(matched.statement.exists or ())
        life = Period(periods[0].start, periods[-1].end) if periods else Period()
        return Holder(matched.uuid, life, any(each.holds(today()) for each in periods), {matched.source})


def natural_key(statement: Statement) -> str | None:
    """The natural key that a statement gives its thing, if its kind has one."""
    natural = KINDS[statement.kind].natural
    if natural is None:
        return None
    tolds = statement.values.get(natural, ())
    return str(tolds[-1].value) if tolds else None
