"""The tree of units on one side of a preview, read whole: it is small, and limits look up and down it."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from graph.as_of import Day, in_force
from graph.connection import Run


@dataclass(frozen=True, slots=True)
class Unit:
    """``payer``: the unit that pays out for it."""

    parent: str | None
    active: bool
    level: int | None
    payer: str | None


class UnitTree:
    """``units``: by uuid."""

    def __init__(self, session: Run, day: Day, at: date) -> None:
        # In one row: to unpack a row a unit takes longer than to read them.
        packed = session.run(
            f"""
            MATCH (u:Unit)
            RETURN collect([
                u.uuid,
                {day.active("u")},
                toIntegerOrNull(({day.values("u")}).level),
                head([(u)-[r:PART_OF]->(x:Unit) WHERE {in_force("r")} | x.uuid]),
                head([(u)-[r:PAID_OUT_BY]->(x:Unit) WHERE {in_force("r")} | x.uuid])
            ]) AS units
            """,
            at=at,
        ).single(strict=True)["units"]
        self.units: dict[str, Unit] = {}
        self._children: dict[str, list[str]] = {}
        for uuid, active, level, parent, payer in packed:
            self.units[uuid] = Unit(parent, active, level, payer)
            if parent is not None:
                self._children.setdefault(parent, []).append(uuid)

    def chain(self, unit: str) -> list[str]:
        """A unit and those above it."""
        chain: dict[str, None] = {}
        at: str | None = unit
        while at is not None and at in self.units and at not in chain:
            chain[at] = None
            at = self.units[at].parent
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

    def at_level(self, unit: str, level: int) -> str | None:
        """The nearest open unit at or above that is at most at this level, counted from the top if it has none."""
        chain = self.chain(unit)
        for place, each in enumerate(chain):
            own = self.units[each].level
            if self.units[each].active and (len(chain) - place if own is None else own) <= level:
                return each
        return None
