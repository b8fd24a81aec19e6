"""The change of one thing: from the facts in force in the graph to the present statements."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any, Literal, NamedTuple

import orjson

from graph.change_log import Operation
from graph.collation import PRINCIPAL_KEY, SORT_KEY, caption, folded, sort_key
from graph.identity.known_keys import RecordId
from graph.model import KINDS
from graph.statements.merge import LinkRow, State, Thing
from graph.statements.statement import Former, Value
from graph.time import FOREVER, union, without
from graph.writing.loading import KeptRecord

Compared = Operation | Literal["recorded"]
"""The kinds of difference. ``recorded``: nothing in force has changed, so the log has no entry."""

# A move is a change of place: these links, on a day that is not past.
PLACES = {"Employment": "unit", "Affiliation": "unit", "Unit": "parent"}


class Notice(NamedTuple):
    """A part of a statement that was rejected; the rest was accepted. ``field``: the link, or ``cpr``.

    ``persons``: as ``Problem.persons``.
    """

    field: str
    rule: str
    text: str
    persons: tuple[str, ...] = ()


@dataclass(slots=True)
class Difference:
    """One thing's change. ``version`` is the one it was compared with; 0 = the thing is new.

    ``recorded``: only a source's statement has changed, nothing in force. ``joined``, ``split``: of persons, by hand.
    """

    kind: str
    uuid: str
    version: int
    operation: Compared
    record: RecordId
    record_text: str
    fingerprint: str
    before: Thing
    after: Thing
    new: bool = False
    cpr: str | None = field(default=None, repr=False)
    formers: tuple[Former, ...] = field(default=(), repr=False)
    erased: frozenset[str] = frozenset()
    notices: tuple[Notice, ...] = ()
    kept: KeptRecord | None = None
    """The record as it was before."""
    stripped: tuple[tuple[RecordId, str], ...] = ()
    """Other records of the thing that lose withheld values (``withholding``), with the rest of them."""
    beside: Mapping[str, str] = field(default_factory=dict)
    """Additional data for the change log: the person with whom it was joined."""

    @property
    def lost_states(self) -> list[State]:
        return [each for each in self.before.states if each not in self.after.states]

    @property
    def gained_states(self) -> list[State]:
        return [each for each in self.after.states if each not in self.before.states]

    @property
    def lost_links(self) -> list[LinkRow]:
        kept = set(self.after.links)
        return [each for each in self.before.links if each not in kept]

    @property
    def gained_links(self) -> list[LinkRow]:
        kept = set(self.before.links)
        return [each for each in self.after.links if each not in kept]

    def loses_days(self, day: date) -> bool:
        """It is there on the day, and would be away on that day or later, though it was to be there."""
        before = [each.period for each in self.before.states]
        lost = without(before, (each.period for each in self.after.states)) if any(p.holds(day) for p in before) else ()
        return any(each.last > day for each in lost)

    def told(self, names: Mapping[str, str] | None = None) -> tuple[str, str]:
        """(before, after) as JSON for the change log: only the differences. The same difference gives the same text.

        ``names``: by uuid, names for linked things whose uuid is not (yet) a name for them.
        """
        return (
            _form(self.lost_states, self.lost_links, names=names),
            _form(self.gained_states, self.gained_links, self.beside, names),
        )


def operation(kind: str, before: Thing, after: Thing, today: date) -> Operation | None:
    """The kind of change; None if nothing in force differs."""
    if before.states == after.states and set(before.links) == set(after.links):
        return None
    if not before.states:
        return "created" if after.states else None
    if not after.states:
        return "withdrawn"
    if without((each.period for each in before.states), (each.period for each in after.states)):
        ended = max(each.period.last for each in after.states) < max(each.period.last for each in before.states)
        if ended:
            return "ended"
    place = PLACES.get(kind)
    if place is not None:
        was, now = _places(before, place, today), _places(after, place, today)
        if was and was != now:
            return "moved"
    return "changed"


def _places(thing: Thing, link: str, today: date) -> set[tuple[str, date, date]]:
    """Its places from today on: (place, from, to), without the past."""
    by_place: dict[str, list[LinkRow]] = {}
    for row in thing.links:
        if row.name == link and row.period.last > today:
            by_place.setdefault(row.to, []).append(row)
    return {
        (place, max(each.start, today), each.last)
        for place, rows in by_place.items()
        for each in union(row.period for row in rows)
    }


def copied(kind: str, thing: Thing, day: date) -> dict[str, Any]:
    """The identity node's content on a day: bounds of existence, whether it exists, and the values of that day.

    A thing that does not exist on the day shows its last values before it, or its first after it, so that a closed
    unit keeps its name in Neo4j Browser; ``active`` distinguishes them. Every property is there, None if unset.
    """
    begun = [each for each in thing.states if each.period.start <= day]
    state = begun[-1] if begun else next(iter(thing.states), None)
    shown: Mapping[str, Value] = state.values if state else {}
    active = state is not None and state.period.holds(day)
    last = max((each.period.last for each in thing.states), default=None)
    copy: dict[str, Any] = {each.name: shown.get(each.name) for each in KINDS[kind].properties}
    copy = {name: list(value) if isinstance(value, tuple) else value for name, value in copy.items()}
    copy["active"] = active
    name = shown.get(caption(kind))
    copy[SORT_KEY] = sort_key(name) if isinstance(name, str) else ""
    if kind == "Account":
        principal = shown.get("principal_name")
        copy[PRINCIPAL_KEY] = folded(principal) if isinstance(principal, str) else None
    if kind == "Unit":
        # Where the tree begins, by the index.
        above = any(each.name == "parent" and each.period.holds(day) for each in thing.links)
        copy["top"] = True if active and not above else None
    copy["from"] = min((each.period.start for each in thing.states), default=None)
    copy["to"] = None if last is None or last == FOREVER else last
    return copy


def _form(
    states: list[State],
    links: list[LinkRow],
    beside: Mapping[str, str] | None = None,
    names: Mapping[str, str] | None = None,
) -> str:
    """Sorted throughout: values come in the order of a set from the merge, and in Neo4j's order from the graph."""
    called = names or {}
    return orjson.dumps(
        {
            **(beside or {}),
            "states": [
                {"from": each.period.start, "to": each.period.end, **each.values}
                for each in sorted(states, key=lambda s: s.period.start)
            ],
            "links": [
                {
                    "name": each.name,
                    "from": each.period.start,
                    "to": each.period.end,
                    "kind": each.kind,
                    "uuid": called.get(each.to, each.to),
                    **dict(each.properties),
                }
                for each in sorted(
                    links, key=lambda r: (r.name, r.period.start, called.get(r.to, r.to), repr(r.properties))
                )
            ],
        },
        option=orjson.OPT_SORT_KEYS,
    ).decode()


NOTHING_DIFFERS = _form([], [])
"""An empty side of an entry in the change log."""
