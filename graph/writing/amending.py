"""Changes of existing things by hand: users' claims, completed and checked before they are written.

A new life (``Amendment.life``) extends the facts that were in force on its borders: moving an end from June to December
applies to the name, the unit and the holder as well, whichever source they come from. A later end moves their end, an
earlier one cuts them.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta

import neo4j

from graph.errors import ChangeRejected, Conflict, Unknown, unknown_kind
from graph.identity.lookup import surviving
from graph.model import KINDS
from graph.statements import normal_text
from graph.statements.merge import LinkRow, ResolvedStatement, Thing, check, merged
from graph.statements.precedence import MANUAL, SourceOrder
from graph.statements.statement import DatedLink, DatedValue, Ref, Statement
from graph.statements.stored_record import from_text
from graph.time import Period, without
from graph.writing.difference import Difference
from graph.writing.loading import Loaded, load

Guard = Callable[[neo4j.ManagedTransaction], None]
"""Called in the transaction after everything is written; raises Refused if the result must not be kept."""


@dataclass(slots=True)
class Amendment:
    """One change by hand. ``uuid`` None = a new thing. ``edit`` gets the manual statement kept so far.

    ``life``: gets the present periods and returns the days on which the thing exists from now on; none = it is
    withdrawn. ``days``: the period of the change; it is refused if the thing exists on none of these days.
    """

    kind: str
    uuid: str | None
    edit: Callable[[Statement], Statement]
    expected_version: int | None = None
    life: Callable[[Thing], tuple[Period, ...]] | None = None
    days: Period | None = None


def amended(driver: neo4j.Driver, order: SourceOrder, amendment: Amendment, new_uuid: str) -> tuple[str, Statement]:
    """(uuid, the new manual statement). ``new_uuid``: for a new thing.

    Raises ChangeRejected (never_was, not_there, empty_period …), Unknown, Conflict.
    """
    kind = amendment.kind
    if amendment.uuid is None:
        blank = Statement(kind, new_uuid, exists=None)
        statement = normal_text.by_hand(amendment.edit(blank), blank)
        check(statement)
        _refuse_taken(driver, statement)
        return new_uuid, replace(statement, key=new_uuid)
    uuid = surviving(driver, kind, amendment.uuid)
    loaded = load(driver, kind, [uuid]).get(uuid)
    if loaded is None:
        raise Unknown(unknown_kind(kind), f"there is no {kind} {uuid}", uuid)
    if amendment.expected_version is not None and loaded.version != amendment.expected_version:
        raise _conflict(driver, uuid, amendment.expected_version, loaded.version)
    kept = _kept_by_hand(kind, uuid, loaded)
    statement = normal_text.by_hand(amendment.edit(kept), kept)
    try:
        thing = loaded.thing
        if not thing.states and KINDS[kind].limited_by:
            # A source limits it to no day; what was stated by hand is still there, and may be changed.
            by_hand = {link.to: link.to.key for links in kept.links.values() for link in links}
            thing = merged(KINDS[kind], [ResolvedStatement(MANUAL, kept, by_hand)], order)
        _refuse_not_there(kind, uuid, thing, amendment.days)
        check(statement)
        if amendment.life is not None:
            statement = _relived(statement, amendment.life(thing), replace(loaded, thing=thing), order)
            check(statement)
    except ChangeRejected as refused:
        if kind == "Unit":
            refused.units = (uuid,)
        raise
    return uuid, replace(statement, key=kept.key)


def _kept_by_hand(kind: str, uuid: str, loaded: Loaded) -> Statement:
    for each in loaded.records:
        if each.source == MANUAL:
            return from_text(kind, each.key, each.text)[0]
    return Statement(kind, uuid, exists=None)


def _refuse_taken(driver: neo4j.Driver, statement: Statement) -> None:
    """A new thing must not get the natural key of another one."""
    natural = KINDS[statement.kind].natural
    if natural is None:
        return
    for dated in statement.values.get(natural, ()):
        rows, _, _ = driver.execute_query(
            f"MATCH (n:{statement.kind} {{{natural}: $key}}) RETURN n.uuid AS uuid LIMIT 1",
            key=dated.value,
            routing_=neo4j.RoutingControl.READ,
        )
        if rows:
            text = f"the {statement.kind} {rows[0]['uuid']} has this {natural} already"
            raise ChangeRejected("taken", text, field=natural)


def _refuse_not_there(kind: str, uuid: str, thing: Thing, days: Period | None) -> None:
    if not thing.states:
        raise ChangeRejected(
            "never_was",
            f"the {kind} {uuid} has no day on which it exists: it was withdrawn. Nothing can be written to it",
        )
    if days is not None and not any(days.overlap(each.period) for each in thing.states):
        first, last = thing.states[0].period.start, thing.states[-1].period.end
        raise ChangeRejected(
            "not_there",
            f"the {kind} {uuid} does not exist in that period; it exists from {first}"
            + (f" to {last}" if last else " until further notice"),
            start=first,
            end=last,
        )


def _relived(statement: Statement, life: tuple[Period, ...], loaded: Loaded, order: SourceOrder) -> Statement:
    """The statement with another existence; the facts in force on its old borders are extended to the added days."""
    thing = loaded.thing
    moved = replace(statement, exists=life)
    if not life:
        return moved  # it is withdrawn
    candidates = [
        ResolvedStatement(each.source, *from_text(statement.kind, each.key, each.text))
        for each in loaded.records
        if each.source != MANUAL
    ]
    by_hand = {link.to: link.to.key for links in moved.links.values() for link in links}
    after = merged(KINDS[statement.kind], [*candidates, ResolvedStatement(MANUAL, moved, by_hand)], order)
    first, end = thing.states[0].period.start, thing.states[-1].period.end
    if life[0].start < first:
        moved = _filled(moved, after, thing, Period(life[0].start, first), Period(first, first + timedelta(days=1)))
    if end is not None and life[-1].last > end:
        moved = _filled(moved, after, thing, Period(end, life[-1].end), Period(end - timedelta(days=1), end))
    return moved


def _filled(statement: Statement, after: Thing, before: Thing, gap: Period, border: Period) -> Statement:
    """The facts in force on the day ``border``, claimed by hand for the days of ``gap`` without another claim."""
    values = dict(statement.values)
    for state in before.states:
        for name, value in state.values.items() if state.period.overlap(border) else ():
            known = [each.period for each in after.states if name in each.values]
            known += [each.period for each in values.get(name, ())]
            more = [DatedValue(left, value) for left in without((gap,), known)]
            values[name] = tuple(sorted((*values.get(name, ()), *more), key=lambda each: each.period.start))
    links = dict(statement.links)
    single = {each.name for each in KINDS[statement.kind].links if each.single}
    for row in before.links:
        if row.period.overlap(border) is None:
            continue
        known = [
            each.period for each in after.links if each.name == row.name and (row.name in single or each.to == row.to)
        ]
        ref = Ref(row.kind, row.to, "uuid")
        added = [DatedLink(left, ref, row.properties) for left in without((gap,), known)]
        links[row.name] = tuple(sorted((*links.get(row.name, ()), *added), key=lambda each: each.period.start))
    return replace(statement, values=values, links=links)


def refuse_absent(driver: neo4j.Driver, differences: Iterable[Difference]) -> None:
    """Raises ChangeRejected (not_there) if a link leads to a thing that exists on none of the link's days."""
    by_kind: dict[str, list[LinkRow]] = {}
    for each in differences:
        for link in each.gained_links:
            by_kind.setdefault(link.kind, []).append(link)
    for kind, rows in by_kind.items():
        found = load(driver, kind, sorted({link.to for link in rows}))
        for link in rows:
            states = found[link.to].thing.states if link.to in found else []
            if not any(link.period.overlap(state.period) for state in states):
                raise ChangeRejected(
                    "not_there",
                    f"{link.name}: the {kind} {link.to} does not exist in that period",
                    start=link.period.start,
                    end=link.period.end,
                    field=link.name,
                )


def batches(differences: Iterable[Difference]) -> list[Sequence[Difference]]:
    """By kind, in the order in which kinds are written."""
    found: dict[str, list[Difference]] = {kind: [] for kind in KINDS}
    for each in differences:
        found[each.kind].append(each)
    return [each for each in found.values() if each]


def _conflict(driver: neo4j.Driver, uuid: str, expected: int, found: int) -> Conflict:
    rows, _, _ = driver.execute_query(
        """
        MATCH (c:Change)-[:CONCERNS]->({uuid: $uuid})
        RETURN coalesce(c.user, c.source) AS by, c.at AS at, c.operation AS what
        ORDER BY c.number DESC LIMIT 1
        """,
        uuid=uuid,
    )
    if not rows:
        return Conflict(uuid, expected, found, "", None, "changed")
    return Conflict(uuid, expected, found, rows[0]["by"], rows[0]["at"].to_native(), rows[0]["what"])
