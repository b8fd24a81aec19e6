"""Mutations that change how long a thing made by hand exists."""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

import neo4j
from strawberry import UNSET

from api.mutations.editing import Editing
from api.mutations.edits import DatedLinks, Edit, days, with_dated_links
from api.mutations.inputs import Written
from graph.as_of import exists_or_will, not_over
from graph.errors import ChangeRejected
from graph.model import KINDS, Link
from graph.statements.merge import Thing
from graph.statements.precedence import MANUAL
from graph.statements.statement import DatedLink, Ref, Statement
from graph.statements.stored_record import from_text
from graph.time import Period, today, union, without
from graph.writing.amending import Amendment, Guard
from graph.writing.loading import load

Links = Mapping[str, DatedLinks]


def relive(
    editing: Editing, kind: str, thing: str, start: Any, end: Any, links: Links, expected: int | None, *,
    withdraw: bool = False,
) -> Written:  # fmt: skip
    """Another period, other links. ``start``, ``end``: a day, None = unbounded, UNSET = as it is. ``links``: by name
    the days of the change, and what there is on them; what was set by hand for other days stays. ``withdraw``: it never
    was, which only what was made by hand can be told.

    Raises ChangeRejected: kept_by_source, where a link that is left out stays, because a source claims it; not_by_hand;
    wrong_value, for what is withdrawn and changed at once.
    """
    uuid = editing.uuid(kind, thing)
    editing.require_wholly(kind, uuid)
    if withdraw:
        if links or start is not UNSET or end is not UNSET:
            text = "withdraw: omit 'from', 'to' and all other changes"
            raise ChangeRejected("wrong_value", text, field="withdraw")
        made = _by_hand(kind, thing, "so it can't be withdrawn; end it")
        return editing.write_all([Amendment(kind, uuid, made, expected, lambda now: ())])[0]
    _refuse_kept(editing, kind, uuid, links)

    by_hand: list[Period] = []

    def edit(kept: Statement) -> Statement:
        by_hand[:] = kept.exists or ()
        return with_dated_links(links)(kept)

    def life(now: Thing) -> tuple[Period, ...]:
        # What was stated by hand may go beyond the days in force: rules limit extra accounts.
        known = by_hand or [each.period for each in now.states]
        first, last = known[0].start, known[-1].end
        return (days(first if start is UNSET else start, last if end is UNSET else end),)

    same = start is UNSET and end is UNSET
    amendment = Amendment(kind, uuid, edit, expected, None if same else life)
    return editing.write_all([amendment])[0]


def _refuse_kept(editing: Editing, kind: str, uuid: str, links: Links) -> None:
    """Of a link with several targets every source's claims apply (architecture.md §4), so none is removed by hand."""
    loaded = load(editing.driver, kind, [uuid]).get(uuid)
    for record in () if loaded is None else loaded.records:
        if record.source == MANUAL:
            continue
        statement, resolved = from_text(kind, record.key, record.text)
        for name, (days_, wanted) in links.items():
            new = {editing.uuid(each.to.kind, each.to.key) for each in wanted}
            for each in statement.links.get(name, ()):
                target = resolved[each.to]
                if target is not None and target not in new and each.period.last > max(today(), days_.start):
                    text = (
                        f"{name}: {record.source} claims the {each.to.kind} {target}, which therefore stays. Change it "
                        f"there, or end this {kind} and create one by hand."
                    )
                    raise ChangeRejected("kept_by_source", text, field=name, things=((each.to.kind, target),))


# -- the end of a unit ------------------------------------------------------------------------------------------

# What leads to a unit, by type: payroll's own place of an employment is payroll's to move.
_IN_A_UNIT: Mapping[str, tuple[str, Link]] = {
    f"{kind.name}.{link.name}": (kind.name, link)
    for kind in KINDS.values()
    for link in kind.links
    if "Unit" in link.targets and link.name != "paid_in"
}


@dataclass(frozen=True, slots=True)
class _Held:
    """A thing that has a link to a unit in a period."""

    kind: str
    uuid: str
    link: Link
    period: Period


def end_unit(editing: Editing, unit: str, to: date, move_to: str | None, expected: int | None) -> Written:
    """The unit's last day is the one before ``to``; what it holds then goes to ``move_to``.

    Raises ChangeRejected: not_by_hand, empty_period, unit_in_use (with what it holds, where it is not said where that
    goes).
    """
    uuid = editing.uuid("Unit", unit)
    moves: list[Amendment] = []
    instead = None if move_to is None else editing.uuid("Unit", move_to)
    if instead == uuid:
        raise ChangeRejected("wrong_value", "moveTo: give a unit other than the one that ends", field="moveTo")
    if instead is not None:
        moves = _moves(editing.read(lambda session: _held(session, uuid, to, None)), uuid, instead, to)
    made = _by_hand("Unit", unit, "the source that claims it ends it")
    ending = Amendment("Unit", uuid, made, expected, _until(to))
    return editing.write_all([ending, *moves], _unless_in_use(uuid, to, instead))[0]


def _by_hand(kind: str, thing: str, instead: str) -> Edit:
    """``instead``: what there is to do with what was not made by hand."""

    def edit(kept: Statement) -> Statement:
        if kept.exists is None:
            raise ChangeRejected("not_by_hand", f"{kind} {thing} was not made by hand; {instead}")
        return kept

    return edit


def _until(to: date) -> Callable[[Thing], tuple[Period, ...]]:
    def life(now: Thing) -> tuple[Period, ...]:
        kept = [each.period for each in now.states if each.period.start < to]
        if not kept:
            first = now.states[0].period.start
            raise ChangeRejected(
                "empty_period",
                f"the unit would have no day left: it exists from {first}, and {to} is not after that",
                start=first,
                end=to,
                field="to",
            )
        return union((*kept[:-1], Period(kept[-1].start, to)))

    return life


def _unless_in_use(unit: str, to: date, instead: str | None) -> Guard:
    def guard(tx: neo4j.ManagedTransaction) -> None:
        held = _held(tx, unit, to, instead)
        if not held:
            return
        things = sorted({(each.kind, each.uuid) for each in held})
        counts = Counter(kind for kind, _ in things)
        raise ChangeRejected(
            "unit_in_use",
            f"on {to} or later the unit still has {', '.join(f'{counts[kind]} {kind}' for kind in sorted(counts))}: "
            "give moveTo, the unit that takes them over, or move them first",
            units=(unit,),
            start=to,
            field="to",
            things=tuple(things),
        )

    return guard


def _held(run: neo4j.Session | neo4j.ManagedTransaction, unit: str, to: date, instead: str | None) -> list[_Held]:
    """What leads to the unit on the day ``to`` or later, and exists then.

    Of links of which several hold at a time, another source's can't be taken away: where one leads to ``instead`` as
    well, that is enough.
    """
    found = []
    for kind, link in _IN_A_UNIT.values():
        also = "" if link.single else f"AND NOT EXISTS {{ (n)-[:{link.type}]->(:Unit {{uuid: $instead}}) }}"
        rows = run.run(
            f"""
            MATCH (:Unit {{uuid: $unit}})<-[r:{link.type}]-(n:{kind})
            WHERE {not_over("r", "$to")}
              AND {exists_or_will("n", "$to")} {also}
            RETURN n.uuid AS uuid, r.from AS from, r.to AS to
            """,
            unit=unit,
            to=to,
            instead=instead or "",
        )
        for row in rows:
            end = None if row["to"] is None else row["to"].to_native()
            found.append(_Held(kind, row["uuid"], link, Period(max(row["from"].to_native(), to), end)))
    return found


def _moves(held: Sequence[_Held], unit: str, instead: str, to: date) -> list[Amendment]:
    by_thing: dict[tuple[str, str], list[_Held]] = {}
    for each in held:
        by_thing.setdefault((each.kind, each.uuid), []).append(each)
    return [Amendment(kind, uuid, _moved(these, unit, instead)) for (kind, uuid), these in by_thing.items()]


def _moved(held: Sequence[_Held], unit: str, instead: str) -> Edit:
    """States by hand that what led to ``unit`` in these periods leads to ``instead``."""

    def edit(kept: Statement) -> Statement:
        links = dict(kept.links)
        for each in held:
            dated = [
                replace(one, period=left)
                for one in links.get(each.link.name, ())
                for left in (
                    without((one.period,), (each.period,)) if each.link.single or one.to.key == unit else (one.period,)
                )
            ]
            dated.append(DatedLink(each.period, Ref("Unit", instead, "uuid")))
            links[each.link.name] = tuple(sorted(dated, key=lambda one: one.period.start))
        return replace(kept, links=links)

    return edit
