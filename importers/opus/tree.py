"""The unit tree as a whole file tells it: root, faults, and what the filters leave out (opus.md §4.6, §4.8).

Filters and faults are decided on all units of the file, never on those that have changed.
"""

from collections.abc import Mapping
from typing import Literal, NamedTuple

from graph.statements.normal_text import normal
from importers.opus import fields
from importers.opus.errors import Unreadable
from importers.opus.reader import Element
from importers.opus.settings import Filters

Fault = Literal["unknown_parent", "second_root", "cycle"]


class UnitKey(NamedTuple):
    """The client's number and the unit's (LOS id), both without padding."""

    client: str
    number: str

    def text(self) -> str:
        """As in statements."""
        return f"{self.client}:unit:{self.number}"


class KeptTree(NamedTuple):
    """What the last applied file said of the tree: each client's root, and the units that the filters left out."""

    roots: Mapping[str, str]
    filtered: frozenset[UnitKey] = frozenset()


class Tree:
    """``parents``: each unit's parent as the file has it, None where it has none.

    ``roots``: each client's root. ``faults``: units whose parent can't be taken. ``filtered``: units left out.
    """

    def __init__(self, units: Mapping[UnitKey, Element], filters: Filters, kept: KeptTree) -> None:
        self.parents = {key: _parent(key, element) for key, element in units.items()}
        self._kept = kept
        self._children: dict[UnitKey, list[UnitKey]] = {}
        for unit, parent in self.parents.items():
            if parent is not None:
                self._children.setdefault(parent, []).append(unit)
        self.roots = {client: self._root(client) for client in sorted({each.client for each in self.parents})}
        self.faults = self._faults()
        self.filtered = self._filtered(units, filters)

    def parent(self, unit: UnitKey) -> UnitKey | None:
        """The parent that the file tells; None for a root, and for a unit with a fault."""
        return None if unit in self.faults else self.parents[unit]

    def _root(self, client: str) -> UnitKey | None:
        """The unit without parent: of several the one that was the root before, else the one with most below it."""
        candidates = [each for each, parent in self.parents.items() if parent is None and each.client == client]
        if not candidates:
            return None
        kept = self._kept.roots.get(client)
        return min(candidates, key=lambda each: (each.number != kept, -len(self._below(each)), int(each.number)))

    def _below(self, unit: UnitKey) -> set[UnitKey]:
        """The unit and everything below it."""
        met: set[UnitKey] = set()
        waiting = [unit]
        while waiting:
            each = waiting.pop()
            if each not in met:
                met.add(each)
                waiting.extend(self._children.get(each, ()))
        return met

    def _faults(self) -> dict[UnitKey, Fault]:
        faults: dict[UnitKey, Fault] = {}
        sound: set[UnitKey] = set()
        for unit, parent in self.parents.items():
            if parent is None:
                if unit != self.roots[unit.client]:
                    faults[unit] = "second_root"
            elif parent not in self.parents:
                faults[unit] = "unknown_parent"
        for unit in self.parents:
            walked: list[UnitKey] = []
            step: UnitKey | None = unit
            while step is not None and step in self.parents and step not in sound and step not in walked:
                walked.append(step)
                step = self.parents[step]
            if step in walked:
                faults.update(dict.fromkeys(walked[walked.index(step) :], "cycle"))
            sound.update(walked)
        return faults

    def _filtered(self, units: Mapping[UnitKey, Element], filters: Filters) -> set[UnitKey]:
        """A unit whose parent can't be taken is held at its last known one (§4.6), so it stays left out if it was."""
        out: set[UnitKey] = set()
        names = [normal(each).casefold() for each in filters.unit_names]
        for unit, element in units.items():
            name = normal(element["longName"]).casefold()
            if int(unit.number) in filters.units or any(part in name for part in names):
                out |= self._below(unit)
        for unit in self.faults:
            if unit in self._kept.filtered:
                out |= self._below(unit)
        return out


def _parent(unit: UnitKey, element: Element) -> UnitKey | None:
    parent = element["parentOrgUnit"]
    if not parent:
        return None
    try:
        return UnitKey(unit.client, fields.number(parent))
    except Unreadable:
        return UnitKey(unit.client, parent)  # in no file: an unknown parent
