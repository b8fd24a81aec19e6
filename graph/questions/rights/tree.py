"""The organisation's tree on a day, as rights walk it: up, down, by level, and to who pays."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from graph.questions.rights.organisation import Unit


@dataclass(slots=True)
class Tree:
    """Walks are kept, since many people are in one unit. Every walk ends, also where the data goes in a circle.

    It may be shared by threads: what is kept is whole when it can be seen.
    """

    units: Mapping[str, Unit]
    _chains: dict[str, tuple[Unit, ...]] = field(default_factory=dict)
    _below: dict[str, tuple[tuple[Unit, ...], ...]] = field(default_factory=dict)
    _children: Mapping[str, list[str]] | None = None

    def open(self, uuid: str | None) -> Unit | None:
        """The unit, where it is open on the day."""
        unit = self.units.get(uuid) if uuid is not None else None
        return unit if unit is not None and unit.active else None

    def chain(self, uuid: str) -> tuple[Unit, ...]:
        """The unit and all above it, the nearest first; closed ones too."""
        kept = self._chains.get(uuid)
        if kept is None:
            found: dict[str, Unit] = {}
            at: str | None = uuid
            while at is not None and at not in found and (unit := self.units.get(at)) is not None:
                found[at] = unit
                at = unit.parent
            kept = self._chains[uuid] = tuple(found.values())
        return kept

    def below(self, uuid: str) -> tuple[tuple[Unit, ...], ...]:
        """The unit and each one below it, as the way down to it; those that are open. A closed unit closes no way."""
        kept = self._below.get(uuid)
        if kept is None:
            kept = self._below[uuid] = tuple(self._ways_down(uuid))
        return kept

    def _ways_down(self, uuid: str) -> Iterator[tuple[Unit, ...]]:
        children = self._children
        if children is None:
            found: dict[str, list[str]] = {}
            for unit in self.units.values():
                if unit.parent is not None:
                    found.setdefault(unit.parent, []).append(unit.uuid)
            children = self._children = found
        start = self.units.get(uuid)
        waiting: list[tuple[Unit, ...]] = [] if start is None else [(start,)]
        met = {uuid}
        while waiting:
            way = waiting.pop()
            if way[-1].active:
                yield way
            for child in sorted(children.get(way[-1].uuid, ())):
                if child not in met:
                    met.add(child)
                    waiting.append((*way, self.units[child]))

    def lies_in(self, uuid: str | None, units: frozenset[str], *, below: bool) -> bool:
        """The unit is one of ``units``, or with ``below`` lies under one."""
        if uuid is None:
            return False
        return uuid in units or (below and any(each.uuid in units for each in self.chain(uuid)))

    def level(self, uuid: str) -> int:
        """As the organisation numbers it, else counted from the top, which is 1."""
        unit = self.units[uuid]
        return unit.level if unit.level is not None else len(self.chain(uuid))

    def at_level(self, uuid: str, level: int) -> Unit | None:
        """The nearest open unit at or above whose level is at most this one."""
        return next((each for each in self.chain(uuid) if each.active and self.level(each.uuid) <= level), None)

    def payer(self, uuid: str) -> tuple[Unit, str] | None:
        """The nearest unit at or above that has a paying unit, and that paying unit's uuid."""
        for each in self.chain(uuid):
            if each.active and each.paid_out_by is not None:
                return each, each.paid_out_by
        return None
