"""The role rules at work: assignments for the employments of a reading, and anew when the rules change."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import neo4j

from graph.facts import Statement
from graph.index import Index, RecordId
from graph.order import RULE_PREFIX
from graph.sourcing import read_mark, write_mark
from importers.known import statements_of
from importers.roles import RoleRule, derived, digest_of, role_of, withdrawn

UNFINISHED = "unfinished"


@dataclass(slots=True)
class Told:
    """A statement on its way, with its source and the fingerprint of what it was made from."""

    source: str
    statement: Statement
    fingerprint: str


class Ruling:
    """The rules of the settings, for one source's employments."""

    def __init__(self, driver: neo4j.Driver, index: Index, source: str, rules: Sequence[RoleRule]) -> None:
        self._driver = driver
        self._index = index
        self._source = source
        self._rules = rules
        self._mark = f"{source}#rules"
        self._kept = read_mark(driver, self._mark)
        self._begun = False
        # In a source's first import every employment passes through ``of`` anyway.
        self._first = next(statements_of(driver, source, "Employment"), None) is None

    def begin(self) -> None:
        """The import starts to write. Until it ends, the rules do not count as applied.

        An employment and what a rule makes of it are written in different transactions: if the import is killed
        between them, the next one finds the employment unchanged, and must look at all of them again.
        """
        if self._begun or not (self._rules or self._kept):
            return
        self._begun = True
        write_mark(self._driver, self._mark, {**self._kept, "digest": UNFINISHED})

    def finish(self) -> None:
        """The rules as they are now have been applied to everything."""
        now = {"digest": digest_of(self._rules), "names": ",".join(each.name for each in self._rules)}
        if self._begun or (self._rules and self._kept != now) or (self._kept and self._kept != now):
            write_mark(self._driver, self._mark, now)
            self._kept, self._begun = now, False

    def of(self, told: Sequence[Told]) -> list[Told]:
        """What the rules make of the employments among ``told``."""
        employments = [each.statement for each in told if each.statement.kind == "Employment"]
        return [made for rule in self._rules for made in self._by(rule, employments)]

    def of_changed_rules(self) -> list[Told] | None:
        """What rules that are new, changed or gone make of all that the source has told; None = none has changed."""
        kept = self._kept
        if self._first or kept.get("digest", "") == digest_of(self._rules):
            return None
        employments = list(statements_of(self._driver, self._source, "Employment"))
        told = [made for rule in self._rules for made in self._by(rule, employments)]
        gone = set(filter(None, kept.get("names", "").split(","))) - {each.name for each in self._rules}
        for name in sorted(gone):
            source = f"{RULE_PREFIX}{name}"
            told += [
                Told(source, replace(each, exists=()), "")
                for each in statements_of(self._driver, source, "Assignment")
                if each.key.startswith(f"{self._source}:")
            ]
        return told

    def _by(self, rule: RoleRule, employments: Sequence[Statement]) -> Iterator[Told]:
        if not employments:
            return
        records = [RecordId(rule.source, "Assignment", f"{self._source}:{each.key}") for each in employments]
        self._index.learn_records([*records, RecordId(rule.source, "Role", rule.role)])
        yield Told(rule.source, role_of(rule), "")
        for record, employment in zip(records, employments, strict=True):
            made = derived(rule, self._source, employment)
            if made is None and self._index.kept(record) is not None:
                made = withdrawn(rule, self._source, employment)
            if made is not None:
                yield Told(rule.source, made, "")
