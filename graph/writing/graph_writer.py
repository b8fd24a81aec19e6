"""The one way of statements into the graph: match, compare, write.

``graph.identity.statement_matching`` finds the thing of each statement, ``graph.writing.comparing`` its differences,
and ``graph.writing.transactions`` writes them. ``GraphWriter`` puts the three together for few statements and
for changes by hand; an import (``importers.pipeline``) goes through them in batches.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from uuid import uuid4

import neo4j

from graph.change_log import Origin
from graph.cpr.keyring import Keyring
from graph.errors import ChangeRejected
from graph.identity.known_keys import KnownKeys
from graph.identity.matching import DEFAULT_MATCH_KEYS, MatchKeys
from graph.identity.statement_matching import MatchedStatement, StatementMatcher
from graph.model import KINDS
from graph.statements.merge import check
from graph.statements.precedence import MANUAL, SourceOrder
from graph.statements.statement import Statement
from graph.writing.amending import Amendment, Guard, amended, refuse_absent
from graph.writing.comparing import StatementComparer
from graph.writing.difference import Difference
from graph.writing.loading import load
from graph.writing.retrying import Stale, write_until_current
from graph.writing.rights_rules import find_refused
from graph.writing.transactions import DifferenceWriter, points_to_itself


@dataclass(frozen=True, slots=True)
class Written:
    """The result of a change by hand. ``change`` is None if nothing in force has changed; ``recorded``: the claims by
    hand have changed all the same."""

    uuid: str
    version: int
    change: int | None
    recorded: bool = False


class GraphWriter:
    """Matches, compares and writes. Keep one per run: ``index`` caches the things of keys."""

    def __init__(
        self,
        driver: neo4j.Driver,
        keyring: Keyring,
        order: SourceOrder | None = None,
        match_keys: MatchKeys = DEFAULT_MATCH_KEYS,
    ) -> None:
        self.driver = driver
        self.order = order or SourceOrder()
        self.index = KnownKeys(driver)
        self.matcher = StatementMatcher(driver, keyring, self.index, match_keys)
        self.comparer = StatementComparer(driver, keyring, self.order, self.index)
        self.transactions = DifferenceWriter(driver, keyring, self.index)

    def state(self, source: str, statements: Sequence[Statement], origin: Origin) -> list[Written]:
        """Import statements of one source, in one transaction a kind. Raises ChangeRejected, Conflict."""
        written = []
        for kind in KINDS:
            of_kind = [(each, "") for each in statements if each.kind == kind]
            if of_kind:
                for each, _ in of_kind:
                    check(each)
                written += self._settle(partial(self.matcher.match, source, of_kind), origin)
        return written

    def amend(
        self,
        kind: str,
        uuid: str | None,
        edit: Callable[[Statement], Statement],
        origin: Origin,
        expected_version: int | None = None,
    ) -> Written:
        """Change the statement by hand of one thing (a new one if ``uuid`` is None).

        ``edit`` gets the stored manual statement (``exists=None``, empty, if there is none) and returns the new one.
        Raises ChangeRejected, Unknown (no such thing, a reference to nothing), Conflict (``expected_version`` is past).
        """
        return self.amend_all([Amendment(kind, uuid, edit, expected_version)], origin)[0]

    def amend_all(self, amendments: Sequence[Amendment], origin: Origin, guard: Guard | None = None) -> list[Written]:
        """Several changes by hand, all or none. ``guard``: see there."""

        def matched() -> list[MatchedStatement]:
            found = []
            for each in amendments:
                uuid, statement = amended(self.driver, self.order, each, str(uuid4()))
                found.append(MatchedStatement(MANUAL, statement, "", uuid, each.uuid is None))
            return found

        return self._settle(matched, origin, strict=True, guard=guard)

    def _settle(
        self,
        make: Callable[[], list[MatchedStatement]],
        origin: Origin,
        *,
        strict: bool = False,
        guard: Guard | None = None,
    ) -> list[Written]:
        def attempt() -> list[Written]:
            matched = make()
            stated = [each.statement for each in matched]
            found = self._compared(matched)
            for _, refused in find_refused(self.driver, self.index.resolve, matched):
                raise refused
            if any(each.statement is not before for each, before in zip(matched, stated, strict=True)):
                found = self._compared_again(matched, found)  # an approval has the content that it approves
            if strict:
                _reject_notices(found.values())
                refuse_absent(self.driver, found.values())
            if any(each.new for each in matched) and points_to_itself(matched[0].statement.kind):
                self.transactions.reserve(matched)
                found = self._compared_again(matched, found)
            numbers = self.transactions.write_all(list(found.values()), origin, guard)
            return [
                Written(
                    each.uuid,
                    found[each.uuid].version + 1 if each.uuid in found else self._version(each),
                    numbers.get(each.uuid),
                    each.uuid in found,
                )
                for each in matched
            ]

        return write_until_current(attempt, lambda stale: self.index.forget())

    def _compared(self, matched: Sequence[MatchedStatement]) -> dict[str, Difference]:
        by_kind: dict[str, list[MatchedStatement]] = {}
        for each in matched:
            by_kind.setdefault(each.statement.kind, []).append(each)
        return {each.uuid: each for batch in by_kind.values() for each in self.comparer.differences(batch)}

    def _compared_again(
        self, matched: Sequence[MatchedStatement], checked: Mapping[str, Difference]
    ) -> dict[str, Difference]:
        """Compared once more. Raises Stale where somebody has changed one of them since its rules were checked."""
        found = self._compared(matched)
        for uuid, each in found.items():
            if uuid in checked and each.version != checked[uuid].version:
                raise Stale(uuid)
        return found

    def _version(self, matched: MatchedStatement) -> int:
        return load(self.driver, matched.statement.kind, [matched.uuid])[matched.uuid].version


def _reject_notices(found: Iterable[Difference]) -> None:
    """A problem that an import only notes makes a change by hand invalid."""
    for each in found:
        if each.notices:
            text = "; ".join(f"{notice.field}: {notice.text}" for notice in each.notices)
            raise ChangeRejected(each.notices[0].rule, text)
