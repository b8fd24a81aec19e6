"""The address of a protected person is kept nowhere, whichever source states it (architecture.md §3; cpr.md pitfall 8).

It is a rule of the model (``Property.withheld_while``), carried out in comparing and in reassigning, not by sources.
During a present or future protection nothing of the withheld values is kept: not in the graph on any day, not in any
source's record, not in the change log. After its end, the values that sources state again are in force from its end on;
the days before stay empty.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date

import neo4j

from graph.identity.known_keys import RecordId
from graph.model import KINDS, Kind
from graph.statements.merge import ResolvedStatement, Thing, merged, withheld_until
from graph.statements.precedence import SourceOrder
from graph.statements.stored_record import to_text
from graph.time import FOREVER, Period, within
from graph.writing.loading import KeptRecord

_WITHHOLDING = frozenset(kind.name for kind in KINDS.values() if any(each.withheld_while for each in kind.properties))


WITHHELD = "name and address of the person are protected, so it is not kept"


@dataclass(frozen=True, slots=True)
class Withheld:
    """The rest: of all statements, in their order, and of the facts in force.

    ``stripped``: positions of the statements that lost something. ``names``: the withheld properties.
    """

    candidates: Sequence[ResolvedStatement]
    after: Thing
    stripped: frozenset[int] = frozenset()
    names: frozenset[str] = frozenset()

    def records(self, kind: str, others: Sequence[KeptRecord]) -> tuple[tuple[RecordId, str], ...]:
        """The rest of kept records, which are all statements except the first; without those that lose nothing."""
        return tuple(
            (RecordId(each.source, kind, each.key), to_text(told.statement, told.resolved))
            for place, (each, told) in enumerate(zip(others, self.candidates[1:], strict=True), start=1)
            if place in self.stripped
        )


def merged_and_withheld(
    kind: Kind, candidates: Sequence[ResolvedStatement], order: SourceOrder, today: date
) -> Withheld:
    """``merge.merged``, of statements without the values that must not be kept."""
    after = merged(kind, candidates, order)
    if kind.name not in _WITHHOLDING:
        return Withheld(candidates, after)
    allowed = {
        prop.name: _allowed(last, today)
        for prop in kind.properties
        if prop.withheld_while and (last := withheld_until(after.states, prop.withheld_while)) is not None
    }
    if not allowed:
        return Withheld(candidates, after)
    left = [_without(each, allowed) for each in candidates]
    stripped = frozenset(place for place, each in enumerate(left) if each is not candidates[place])
    return Withheld(left, merged(kind, left, order) if stripped else after, stripped, frozenset(allowed))


def _allowed(last: date, today: date) -> tuple[Period, ...]:
    """The days for which a value may be kept. ``last``: the day after the last of the protection."""
    return () if last == FOREVER or last > today else (Period(last),)


def _without(candidate: ResolvedStatement, allowed: Mapping[str, tuple[Period, ...]]) -> ResolvedStatement:
    values = dict(candidate.statement.values)
    for name, days in allowed.items():
        if name in values:
            left = [replace(told, period=each) for told in values[name] for each in within((told.period,), days)]
            values[name] = tuple(left)
    if values == candidate.statement.values:
        return candidate
    return replace(candidate, statement=replace(candidate.statement, values=values))


def strip(tx: neo4j.ManagedTransaction, records: Sequence[tuple[RecordId, str]]) -> None:
    """Write the rest of records. They are mapped again in each run, so that their values come back when the protection
    is over."""
    if records:
        tx.run(
            "UNWIND $rows AS row MATCH (r:SourceRecord {id: row.id}) SET r.values = row.text, r.hash = ''",
            rows=[{"id": record.text(), "text": text} for record, text in records],
        ).consume()
