"""The claims of sources about a thing, which of them are effective, and why (architecture.md §4 "Merge")."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date

import neo4j

from graph.errors import Unknown, unknown_kind
from graph.model import KINDS, Access, Kind
from graph.statements.learned_at import EXISTENCE, moment_of
from graph.statements.merge import ResolvedStatement, merged, withheld_until
from graph.statements.precedence import MANUAL, SourceOrder
from graph.statements.statement import Scalar, Value
from graph.statements.stored_record import from_text
from graph.time import Period
from graph.writing.loading import KeptRecord, load


@dataclass(frozen=True, slots=True)
class Claim:
    """A source's claim about a property on a day.

    ``value``: of a property; ``to``: uuid of what a link leads to, None as long as nothing is known by ``key``.
    ``learnt``: ISO 8601, UTC; empty if the record is only reserved. ``effective``: it is the value of the day.
    """

    source: str
    record: str
    period: Period
    learnt: str
    effective: bool
    value: Value | None = None
    to: str | None = None
    key: str | None = None


@dataclass(frozen=True, slots=True)
class Claims:
    """All claims about a property, a link or the existence (``exists``) of a thing on a day, the highest first."""

    name: str
    access: Access
    rule: str
    claims: tuple[Claim, ...]

    @property
    def disagree(self) -> bool:
        """Sources claim different values, and only one can be effective. Links with several targets never disagree."""
        values = {(each.value, each.to) for each in self.claims}
        return len({each.source for each in self.claims}) > 1 and len(values) > 1 and self.rule != UNION


UNION = "every source's claims apply"
ONLY = "only one source claims anything"
BY_HAND = "stated by hand, until it is released"


def provenance(driver: neo4j.Driver, order: SourceOrder, kind: str, uuid: str, day: date) -> list[Claims]:
    """Every property of a thing about which there are claims on the day. Raises Unknown (unknown_thing)."""
    loaded = load(driver, kind, [uuid]).get(uuid)
    if loaded is None:
        raise Unknown(unknown_kind(kind), f"there is no {kind} {uuid}", uuid)
    return list(claims_of(KINDS[kind], loaded.records, order, day))


def claims_of(kind: Kind, records: Sequence[KeptRecord], order: SourceOrder, day: date) -> Iterator[Claims]:
    """As ``provenance``, of records that are read already."""
    statements = [
        (record, ResolvedStatement(record.source, *from_text(kind.name, record.key, record.text))) for record in records
    ]
    thing = merged(kind, [each for _, each in statements], order)
    exists = any(state.period.holds(day) for state in thing.states)
    # The highest claim about existence decides it, even if it is that the thing has gone.
    yield from _claims(kind, EXISTENCE, "open", _ranked(kind, EXISTENCE, statements, order), day, exists=exists)
    for prop in kind.properties:
        ranked = _ranked(kind, prop.name, statements, order)
        until = withheld_until(thing.states, prop.withheld_while) if prop.withheld_while else None
        shown = exists and (until is None or until <= day)
        yield from _claims(kind, prop.name, prop.access, ranked, day, exists=shown)
    for link in kind.links:
        ranked = _ranked(kind, link.name, statements, order)
        outlives = exists or link.outlives
        yield from _claims(kind, link.name, "open", ranked, day, exists=outlives, several=not link.single)


_Stated = tuple[KeptRecord, ResolvedStatement]


def _ranked(kind: Kind, name: str, statements: Sequence[_Stated], order: SourceOrder) -> list[_Stated]:
    return sorted(statements, key=lambda each: (order.rank(each[1].source, kind.name, name), each[1].statement.key))


def _claims(
    kind: Kind,
    name: str,
    access: Access,
    statements: Sequence[_Stated],
    day: date,
    *,
    exists: bool,
    several: bool = False,
) -> Iterator[Claims]:
    found: list[Claim] = []
    winner: str | None = None  # the record that decides the day
    for record, candidate in statements:
        for period, value, to, key in _on(candidate, name, day):
            # Of several records of a source about one thing, any may claim that it exists
            # (``graph.statements.merge``).
            record_or_source = record.source if name == EXISTENCE else f"{record.source}|{record.key}"
            winner = winner or record_or_source
            effective = (value == exists if name == EXISTENCE else exists) and (several or winner == record_or_source)
            learnt = moment_of(name, record.learnt, record.since)
            found.append(Claim(record.source, record.key, period, learnt, effective, value, to, key))
    if found:
        yield Claims(name, access, _rule(kind, name, found, several), tuple(found))


def _on(
    candidate: ResolvedStatement, name: str, day: date
) -> Iterator[tuple[Period, Scalar | tuple[str, ...] | None, str | None, str | None]]:
    statement = candidate.statement
    if name == EXISTENCE:
        if statement.exists is None:
            return
        of_day = next((each for each in statement.exists if each.holds(day)), None)
        yield (of_day or Period(), of_day is not None, None, None)
        return
    for dated in statement.values.get(name, ()):
        if dated.period.holds(day):
            yield dated.period, dated.value, None, None
    for link in statement.links.get(name, ()):
        if link.period.holds(day):
            yield link.period, None, candidate.resolved[link.to], link.to.key


def _rule(kind: Kind, name: str, found: Sequence[Claim], several: bool) -> str:
    sources = list(dict.fromkeys(each.source for each in found))
    if len(sources) == 1:
        return BY_HAND if sources[0] == MANUAL else ONLY
    if several:
        return UNION
    if sources[0] == MANUAL:
        return BY_HAND
    return f"{sources[0]} comes before {', '.join(sources[1:])} in the order of sources for {kind.name}.{name}"
