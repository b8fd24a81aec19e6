"""Who says what of a thing, which of it holds, and why (architecture.md §4 "Merge", seen from the outside)."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date

import neo4j

from graph.errors import Unknown
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
    """What one source says of one property on a day.

    ``value``: of a property; ``to``: uuid of what a link points to, None as long as nothing is known by ``key``.
    ``learnt``: ISO 8601, UTC; empty where the record is only reserved. ``holds``: it is what holds on the day.
    """

    source: str
    record: str
    period: Period
    learnt: str
    holds: bool
    value: Value | None = None
    to: str | None = None
    key: str | None = None


@dataclass(frozen=True, slots=True)
class Claims:
    """All that is said of one property, link or of the existence (``exists``) of a thing on a day, highest first."""

    name: str
    access: Access
    rule: str
    sayings: tuple[Claim, ...]

    @property
    def disagree(self) -> bool:
        """Two sources tell different values, of which one can hold. Links of which several hold at a time agree."""
        told = {(each.value, each.to) for each in self.sayings}
        return len({each.source for each in self.sayings}) > 1 and len(told) > 1 and self.rule != UNION


UNION = "every source's claims apply"
ONLY = "only one source speaks"
BY_HAND = "stated by hand, until it is released"


def provenance(driver: neo4j.Driver, order: SourceOrder, kind: str, uuid: str, day: date) -> list[Claims]:
    """Every property of a thing of which anything is said on the day. Raises Unknown (unknown_thing)."""
    loaded = load(driver, kind, [uuid]).get(uuid)
    if loaded is None:
        raise Unknown(f"unknown_{kind.lower()}", f"there is no {kind} {uuid}")
    return list(sayings(KINDS[kind], loaded.records, order, day))


def sayings(kind: Kind, records: Sequence[KeptRecord], order: SourceOrder, day: date) -> Iterator[Claims]:
    """As ``provenance``, of records that are read already."""
    told = [
        (record, ResolvedStatement(record.source, *from_text(kind.name, record.key, record.text))) for record in records
    ]
    holding = merged(kind, [each for _, each in told], order)
    exists = any(state.period.holds(day) for state in holding.states)
    # The highest that says anything of existence decides it, also where it says that the thing is gone.
    yield from _said(kind, EXISTENCE, "open", _ranked(kind, EXISTENCE, told, order), day, exists=exists)
    for prop in kind.properties:
        ranked = _ranked(kind, prop.name, told, order)
        until = withheld_until(holding.states, prop.withheld_while) if prop.withheld_while else None
        shown = exists and (until is None or until <= day)
        yield from _said(kind, prop.name, prop.access, ranked, day, exists=shown)
    for link in kind.links:
        ranked = _ranked(kind, link.name, told, order)
        outlives = exists or link.outlives
        yield from _said(kind, link.name, "open", ranked, day, exists=outlives, several=not link.single)


_Told = tuple[KeptRecord, ResolvedStatement]


def _ranked(kind: Kind, name: str, told: Sequence[_Told], order: SourceOrder) -> list[_Told]:
    return sorted(told, key=lambda each: (order.rank(each[1].source, kind.name, name), each[1].statement.key))


def _said(
    kind: Kind,
    name: str,
    access: Access,
    told: Sequence[_Told],
    day: date,
    *,
    exists: bool,
    several: bool = False,
) -> Iterator[Claims]:
    found: list[Claim] = []
    winner: str | None = None  # the record that decides the day
    for record, candidate in told:
        for period, value, to, key in _on(candidate, name, day):
            # Of several records of one source that tell of a thing, any may tell that it exists
            # (``graph.statements.merge``).
            teller = record.source if name == EXISTENCE else f"{record.source}|{record.key}"
            winner = winner or teller
            holds = (value == exists if name == EXISTENCE else exists) and (several or winner == teller)
            learnt = moment_of(name, record.learnt, record.since)
            found.append(Claim(record.source, record.key, period, learnt, holds, value, to, key))
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
    for told in statement.values.get(name, ()):
        if told.period.holds(day):
            yield told.period, told.value, None, None
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
