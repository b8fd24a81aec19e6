"""The role rules at work: assignments for the employments of a reading, and anew when the rules change."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import islice

import neo4j

from graph.identity.known_keys import KnownKeys, RecordId
from graph.runs.cursors import read_cursor, write_cursor
from graph.runs.known import has_told, statements_of
from graph.statements.precedence import RULE_PREFIX
from graph.statements.statement import Statement
from rules.positions import PREFIX, PositionFacts
from rules.positions import withdrawn as withdrawn_from_list
from rules.roles import RoleRule, derived, digest_of, role_of, withdrawn

UNFINISHED = "unfinished"
_AT_ONCE = 1000  # employments


@dataclass(slots=True)
class IncomingStatement:
    """A statement on its way, with its source and the fingerprint of what it was made from."""

    source: str
    statement: Statement
    fingerprint: str


class RoleRules:
    """The rules of the settings, for one source's employments."""

    def __init__(self, driver: neo4j.Driver, index: KnownKeys, source: str, rules: Sequence[RoleRule]) -> None:
        self._driver = driver
        self._index = index
        self._source = source
        self._rules = rules
        self._cursor = f"{source}#rules"
        self._kept = read_cursor(driver, self._cursor)
        self._begun = False
        # In a source's first import every employment passes through ``of`` anyway.
        self._first = not has_told(driver, source, "Employment")

    def begin(self) -> None:
        """The import starts to write. Until it ends, the rules do not count as applied.

        An employment and what a rule makes of it are written in different transactions: if the import is killed
        between them, the next one finds the employment unchanged, and must look at all of them again.
        """
        if self._begun or not (self._rules or self._kept):
            return
        self._begun = True
        write_cursor(self._driver, self._cursor, {**self._kept, "digest": UNFINISHED})

    @property
    def is_due(self) -> bool:
        """This run has written something, or the rules have changed: what they match may be another."""
        return self._begun or self._kept.get("digest", "") != digest_of(self._rules)

    def finish(self) -> None:
        """The rules as they are now have been applied to everything."""
        now = {"digest": digest_of(self._rules), "names": ",".join(each.name for each in self._rules)}
        if self._begun or (self._rules and self._kept != now) or (self._kept and self._kept != now):
            write_cursor(self._driver, self._cursor, now)
            self._kept, self._begun = now, False

    def of(self, employments: Callable[[], Iterable[Sequence[Statement]]]) -> Iterator[IncomingStatement]:
        """What the rules make of these employments, which are given in batches: each batch is read once, for all
        rules."""
        rules = [each for each in self._rules if not each.by_list]
        is_first = True
        for batch in employments() if rules else ():
            if batch and is_first:
                yield from (IncomingStatement(rule.source, role_of(rule), "") for rule in rules)
                is_first = False
            for rule in rules:
                yield from self._by(rule, batch)

    def of_changed_rules(self) -> Iterator[IncomingStatement] | None:
        """Statements of rules that are new, changed or removed, from all records of the source; None: no change."""
        if self._first or self._kept.get("digest", "") == digest_of(self._rules):
            return None
        return self._of_changed_rules()

    def _of_changed_rules(self) -> Iterator[IncomingStatement]:
        yield from self.of(self._all_employments)
        gone = set(filter(None, self._kept.get("names", "").split(","))) - {each.name for each in self._rules}
        for name in sorted(gone):
            source = f"{RULE_PREFIX}{name}"
            for each in statements_of(self._driver, source, "Assignment", f"{self._source}:"):
                yield IncomingStatement(source, replace(each, exists=()), "")

    def _all_employments(self) -> Iterator[list[Statement]]:
        employments = statements_of(self._driver, self._source, "Employment")
        while batch := list(islice(employments, _AT_ONCE)):
            yield batch

    def of_the_list(self) -> list[IncomingStatement]:
        """What rules that look at the position list make of the graph as it is now, and what they no longer make.

        Only where this run has written something, or the rules have changed: else it is as it was.
        """
        kept = self._kept
        if not self.is_due:
            return []
        by_list = {each.name: each for each in self._rules if each.by_list}
        names = {*filter(None, kept.get("names", "").split(",")), *(each.name for each in self._rules)}
        facts = PositionFacts.read(self._driver) if by_list else None
        stated: list[IncomingStatement] = []
        for name in sorted(names):
            source = f"{RULE_PREFIX}{name}"
            made: dict[str, Statement] = {}
            if facts is not None and name in by_list:
                made = facts.assignments(by_list[name])
                if made:
                    stated.append(IncomingStatement(source, role_of(by_list[name]), ""))
            before = {each.key for each in statements_of(self._driver, source, "Assignment", PREFIX) if each.exists}
            stated += [IncomingStatement(source, each, "") for each in made.values()]
            stated += [IncomingStatement(source, withdrawn_from_list(key), "") for key in sorted(before - made.keys())]
        self._index.learn_records(RecordId(each.source, each.statement.kind, each.statement.key) for each in stated)
        return stated

    def _by(self, rule: RoleRule, batch: Sequence[Statement]) -> Iterator[IncomingStatement]:
        records = [RecordId(rule.source, "Assignment", f"{self._source}:{each.key}") for each in batch]
        self._index.learn_records([*records, RecordId(rule.source, "Role", rule.role)])
        for record, employment in zip(records, batch, strict=True):
            made = derived(rule, self._source, employment)
            if made is None and self._index.kept(record) is not None:
                made = withdrawn(rule, self._source, employment)
            if made is not None:
                yield IncomingStatement(rule.source, made, "")
