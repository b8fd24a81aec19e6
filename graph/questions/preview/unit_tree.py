"""The tree of units on one side of a preview, read whole: it is small, and limits look up and down it.

It is the tree of one day, or of all days of a period together. Then a unit may lie below several, one after the other,
and whatever may be on some day is found.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date

from graph.as_of import Day, in_force, overlaps
from graph.connection import Run

_OF_PERIOD = f"""
MATCH (u:Unit)
RETURN collect([
    u.uuid,
    COLLECT {{
        MATCH (u)-[r:STATE]->(values)
        WHERE {overlaps("r", "$at", "$end")}
        RETURN [r.from <= $at AND (r.to IS NULL OR r.to >= $end), toIntegerOrNull(values.level)]
    }},
    COLLECT {{
        MATCH (u)-[r:PART_OF]->(x:Unit)
        WHERE {overlaps("r", "$at", "$end")}
        RETURN [r.from <= $at AND (r.to IS NULL OR r.to >= $end), x.uuid]
    }},
    [(u)-[r:PAID_OUT_BY]->(x:Unit) WHERE {overlaps("r", "$at", "$end")} | x.uuid]
]) AS units
"""
"""Of a state and of a place first whether it is that on all days."""


def _of_day(day: Day) -> str:
    return f"""
        MATCH (u:Unit)
        RETURN collect([
            u.uuid,
            CASE WHEN {day.active("u")} THEN [[true, toIntegerOrNull(({day.values("u")}).level)]] ELSE [] END,
            [(u)-[r:PART_OF]->(x:Unit) WHERE {in_force("r")} | [true, x.uuid]],
            [(u)-[r:PAID_OUT_BY]->(x:Unit) WHERE {in_force("r")} | x.uuid]
        ]) AS units
    """


@dataclass(frozen=True, slots=True)
class Unit:
    """``parents``: the units that it lies below; ``stays``: on all days below the same one, or at the top.

    ``levels``: its own, None where it has none, while it is open. ``payers``: the units that pay out for it.
    """

    parents: tuple[str, ...]
    stays: bool
    levels: tuple[int | None, ...]
    is_always_open: bool
    payers: frozenset[str]


class UnitTree:
    """``units``: by uuid."""

    def __init__(self, session: Run, day: Day, at: date, end: date | None = None) -> None:
        """``end``: the day after the last of a period that starts at ``at``; None: only that day."""
        # In one row: to unpack a row a unit takes longer than to read them.
        query = _of_day(day) if end is None else _OF_PERIOD
        packed = session.run(query, at=at, end=end).single(strict=True)["units"]
        self.units: dict[str, Unit] = {}
        self._children: dict[str, list[str]] = {}
        for uuid, states, places, payers in packed:
            parents = tuple(dict.fromkeys(parent for _, parent in places))
            self.units[uuid] = Unit(
                parents,
                len(places) == 0 or [whole for whole, _ in places] == [True],
                tuple(level for _, level in states),
                any(whole for whole, _ in states),
                frozenset(payers),
            )
            for parent in parents:
                self._children.setdefault(parent, []).append(uuid)

    def chain(self, unit: str) -> list[str]:
        """A unit and those above it."""
        chain: dict[str, None] = {}
        waiting = [unit]
        while waiting:
            at = waiting.pop()
            if at in self.units and at not in chain:
                chain[at] = None
                waiting += self.units[at].parents
        return [*chain]

    def below(self, tops: Iterable[str]) -> set[str]:
        """The units and all below them."""
        found: set[str] = set()
        waiting = [*tops]
        while waiting:
            unit = waiting.pop()
            if unit not in found:
                found.add(unit)
                waiting += self._children.get(unit, ())
        return found

    def at_level(self, unit: str, level: int) -> set[str]:
        """The nearest open unit at or above that is at most at this level, counted from the top if it has none."""
        found: set[str] = set()
        met: set[str] = set()
        waiting = [unit]
        while waiting:
            at = waiting.pop()
            if at in met or at not in self.units:
                continue
            met.add(at)
            each = self.units[at]
            levels = self._levels(at)
            if any(own is None or own <= level for own in levels):
                found.add(at)
            if not each.is_always_open or any(own is None or own > level for own in levels):
                waiting += each.parents
        return found

    def _levels(self, unit: str) -> Sequence[int | None]:
        """While it is open; None: on some day any."""
        counted = self._counted(unit)
        return [counted if own is None else own for own in self.units[unit].levels]

    def _counted(self, unit: str) -> int | None:
        """From the top; None where that is not the same on all days."""
        chain = self.chain(unit)
        return len(chain) if all(self.units[each].stays for each in chain) else None
